"""One document or record of the made-up firm as it is being written, and its file."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field

from benchmarks.firm import COMPANY, Kind, manager
from qmsdocs.document import KeyNames, read_document
from qmsdocs.document.scalars import yaml_text


@dataclass
class Document:
    """A document: what its newest draft says, and what the story must know of it.

    `authors` are those who wrote since the last approval; `open` says that somebody works on it; `cited` that others may
    point to it, so that it never moves and is never withdrawn.
    """

    id: str
    kind: Kind
    title: str
    area: str
    path: str
    blocks: list[str]
    cited: bool
    revision: str = ""
    change: str = ""
    effective: str | None = None
    withdrawn: str | None = None
    replaced_by: str | None = None
    tags: list[str] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    drawing: bytes | None = None
    authors: list[str] = field(default_factory=list)
    open: bool = True

    @property
    def owner(self) -> str:
        """The role that owns it."""
        return self.kind.owner or manager(self.area)

    @property
    def drawing_path(self) -> str:
        """Where its drawing lies: beside it, under a name that stays."""
        return posixpath.join(posixpath.dirname(self.path), f"{self.id}.svg")

    def front(self) -> str:
        """The front matter."""
        values: dict[str, str | None] = {
            "id": self.id,
            "title": yaml_text(self.title),
            "type": self.kind.id,
            "revision": self.revision,
            "owner": self.owner,
            "change": yaml_text(self.change),
            "effective_date": self.effective,
        }
        if self.kind.external:
            values |= {"issuer": "International Organization for Standardization", "edition": self.revision}
        values |= {
            "references": _list([id_ for id_, _, _ in self.links]),
            "attachments": _list([f"{self.id}.svg"]) if self.drawing else None,
            "withdrawn": self.withdrawn and yaml_text(self.withdrawn),
            "replaced_by": self.replaced_by,
            "tags": _list(self.tags),
        }
        return "".join(f"{key}: {value}\n" for key, value in values.items() if value)

    def text(self) -> bytes:
        """The file."""
        parts = [f"---\n{self.front()}---\n\n# {self.title}", *self.blocks]
        if self.drawing:
            parts.append(f"![Drawing]({self.id}.svg)")
        if self.links:
            parts.append("## Related documents")
            parts.append("\n".join(f"- [{id_} {title}](../../{path})" for id_, path, title in self.links))
        return ("\n\n".join(parts) + "\n").encode()

    def files(self) -> dict[str, bytes | None]:
        """All its files by their path."""
        found: dict[str, bytes | None] = {self.path: self.text()}
        return found | ({self.drawing_path: self.drawing} if self.drawing else {})

    def content(self) -> str:
        """The digest that is signed."""
        attached = {f"{self.id}.svg": _sha256(self.drawing)} if self.drawing else {}
        return read_document(self.text(), KeyNames()).content(attached)


def place(kind: Kind, area: str, id_: str, title: str) -> str:
    """The path of a document: by type, then by area."""
    slug = title.lower().replace(" ", "-")
    return f"documents/{kind.folder}/{COMPANY if kind.owner else area}/{id_}-{slug}.md"


def record_text(id_: str, kind: str, title: str, day: str, blocks: list[str]) -> bytes:
    """The file of a record, such as an audit report."""
    front = f"id: {id_}\ntitle: {yaml_text(title)}\ntype: {kind}\ndate: {day}\n"
    return ("\n\n".join([f"---\n{front}---\n\n# {title}", *blocks]) + "\n").encode()


def _list(texts: list[str]) -> str | None:
    return f"[{', '.join(texts)}]" if texts else None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
