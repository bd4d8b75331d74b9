"""What the site is made of: every document and record with its address, and how they point to each other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from qmsdocs.lifecycle import Content, Dossier, Standing, State, attachment_path, stand
from qmsdocs.links import Link
from qmsdocs.model import Kind, Status
from qmsdocs.policy import DocumentType
from qmsdocs.register import Register, kind_of, natural
from qmsdocs.site.diagrams import Tool
from qmsdocs.site.names import SVG, attachment_name, extension, safe_name
from qmsdocs.status import Outlook

FILES = "files"
UNTITLED = "Untitled"


@dataclass(frozen=True)
class Material:
    """All that the site is made from, as of one day.

    `links` are those of the texts that are shown, by blob; `passive` the blobs of SVG attachments that only draw;
    `missing` those of attachments whose bytes are not in the repository; `templates` the organisation's own, by name;
    `tool` draws Mermaid diagrams, where there is one.
    """

    register: Register
    state: State
    outlook: Outlook
    links: Mapping[str, tuple[Link, ...]]
    passive: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    templates: Mapping[str, str] = field(default_factory=dict)
    tool: Tool | None = None


@dataclass(frozen=True)
class Entry:
    """A document or record in the site. `content` is what its page shows: what is in force, else what there is."""

    id: str
    dossier: Dossier
    standing: Standing
    type: DocumentType | None
    content: Content
    folder: str

    @property
    def address(self) -> str:
        """Its page, from the top of the site."""
        return f"{self.folder}/index.html"

    @property
    def title(self) -> str:
        """Its title, or a word for having none."""
        return self.content.text.text("title") or UNTITLED

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.type.kind if self.type else Kind.DOCUMENT

    @property
    def is_record(self) -> bool:
        """Whether it is a record, which has no revisions to be in force."""
        return self.kind is Kind.RECORD

    @property
    def status(self) -> Status | None:
        """The status of a document; a record has none."""
        return None if self.is_record else self.standing.status


@dataclass(frozen=True, slots=True)
class Pointer:
    """One document or record as another page names it."""

    id: str
    title: str
    address: str
    status: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link leads: an address from the top of the site; `page` is false for a file, `content` is then its blob."""

    address: str
    title: str
    page: bool = True
    content: str = ""


class Catalogue:
    """Every document and record by id, with what points where."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.state = material.state
        found = (self._entry(dossier) for dossier in self.state.dossiers.values())
        entries = [entry for entry in found if entry is not None]
        self.entries = {entry.id: entry for entry in sorted(entries, key=lambda entry: natural(entry.id))}

    def _entry(self, dossier: Dossier) -> Entry | None:
        kind = kind_of(dossier)
        standing = stand(dossier, self.state)
        if kind is not None and kind.kind is Kind.RECORD:
            content, folder = dossier.current, "records"
        else:
            shown, draft, folder = standing.shown, dossier.draft, "documents"
            content = shown.content if shown else draft.content if draft else None
        if content is None:
            return None
        return Entry(dossier.id, dossier, standing, kind, content, f"{folder}/{safe_name(dossier.id)}")

    @property
    def day(self) -> date:
        """The day of the site."""
        return self.state.as_of

    def of_kind(self, *kinds: Kind) -> tuple[Entry, ...]:
        """The entries of some kinds, in the order of ids."""
        return tuple(entry for entry in self.entries.values() if entry.kind in kinds)

    @cached_property
    def id_at(self) -> Mapping[str, str]:
        """The id of what stands at each path, or stood there last."""
        once = {touch.path: entry.id for entry in self.entries.values() for touch in entry.dossier.touches}
        return once | {path: entry.id for entry in self.entries.values() for path in entry.dossier.paths}

    def pointer(self, document: str) -> Pointer:
        """How other pages name a document; one that is not there has an empty address."""
        entry = self.entries.get(document)
        if entry is None:
            return Pointer(document, "", "", None)
        return Pointer(entry.id, entry.title, entry.address, entry.status.value if entry.status else None)

    # --- links ------------------------------------------------------------------------------------------------

    def target(self, content: Content, written: str) -> Place | None:
        """Where a link within a text leads: a document by path or id, or an attachment of that very text."""
        path = _resolved(content.path, written)
        for name, blob in content.attachments.items():
            if attachment_path(content.path, name) == path and blob not in self.material.missing:
                folder = self.entries[content.document].folder
                return Place(f"{folder}/{FILES}/{self.file_name(name, blob)}", name, False, blob)
        found = self.id_at.get(path) or (written if written in self.entries else None)
        entry = self.entries.get(found) if found else None
        return Place(entry.address, f"{entry.id} {entry.title}") if entry else None

    def file_name(self, name: str, blob: str) -> str:
        """The name under which an attachment is published."""
        return attachment_name(name, blob, blob in self.material.passive)

    def is_picture(self, name: str, blob: str) -> bool:
        """Whether a browser can show an attachment as a picture."""
        ending = extension(name)
        return ending in ("png", "jpg", "jpeg", "gif", "webp", "avif") or (
            ending == SVG and blob in self.material.passive
        )

    @cached_property
    def uses(self) -> Mapping[str, tuple[str, ...]]:
        """The ids that each document or record refers to, by `references`, `form`, or a link in its text."""
        return {entry.id: tuple(dict.fromkeys(self._uses(entry))) for entry in self.entries.values()}

    def _uses(self, entry: Entry) -> Iterator[str]:
        text, content = entry.content.text, entry.content
        named = [*text.items("references"), *filter(None, [text.text("form"), text.text("replaced_by")])]
        linked = (
            self.id_at.get(_resolved(content.path, link.target)) for link in self.material.links.get(content.blob, ())
        )
        for found in (*named, *linked):
            if found and found != entry.id and found in self.entries:
                yield found

    @cached_property
    def used_by(self) -> Mapping[str, tuple[str, ...]]:
        """The ids that refer to each document or record; nothing that was withdrawn counts."""
        found: dict[str, list[str]] = {}
        for identifier, targets in self.uses.items():
            if self.entries[identifier].status is not Status.OBSOLETE:
                for target in targets:
                    found.setdefault(target, []).append(identifier)
        return {target: tuple(sources) for target, sources in found.items()}


def _resolved(path: str, written: str) -> str:
    """The path in the repository that a relative link from a file names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), written)) if written else path
