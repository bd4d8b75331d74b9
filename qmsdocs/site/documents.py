"""The pages of one document or record: what is in force, the draft, every earlier revision, and what changed between them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from qmsdocs.lifecycle import Content
from qmsdocs.model import Status
from qmsdocs.render.printable import printable
from qmsdocs.site.batches import Batch, Made, digest
from qmsdocs.site.catalogue import FILES, Catalogue, Entry
from qmsdocs.site.diagrams import draw
from qmsdocs.site.engine import Engine, Page
from qmsdocs.site.markdown import Picture
from qmsdocs.site.redline import compare
from qmsdocs.site.texts import Resolver, Text, answer, markdown_text, sections, source_text
from qmsdocs.site.timeline import timeline
from qmsdocs.site.views import DocumentView, RevisionView, document_view

SEARCH_TEXT = "text.js"
_DEPTH = 2  # folders below the top
_FRONT_ORDER = ("title", "type", "owner", "effective_date", "review_every", "clauses", "references", "attachments")
_ANCHOR = re.compile(r' id="change-\d+"')
_LEFT_OUT = ("id", "revision", "change")  # of a redline: they stand in its head


def document_batch(entry: Entry, catalogue: Catalogue, engine: Engine) -> Batch:
    """The pages of one entry, to be made when they are needed."""
    view = document_view(entry, catalogue)
    contents = tuple(_contents(entry))
    year = catalogue.day.year
    files = {
        (f"{view.folder}/{file.address}", file.blob)
        for text in _texts(view)
        for file in text.text.files
        if not file.missing
    }

    def make(bodies: Mapping[str, str]) -> Made:
        return _Writer(view, contents, catalogue, engine).made(bodies)

    def resolve(at: int, written: str) -> str | None:
        return answer(catalogue.target(contents[at], written))

    return Batch(
        name=view.folder,
        inputs=digest(view, year),
        make=make,
        contents=contents,
        files=tuple(sorted(files)),
        searched=is_searched(entry),
        resolve=resolve,
    )


def is_searched(entry: Entry) -> bool:
    """Whether the whole text is searched: of documents in force, and of records."""
    return entry.status in (Status.EFFECTIVE, None)


def _contents(entry: Entry) -> Iterator[Content]:
    """Each content that the pages show, once."""
    seen: set[tuple[str, str]] = set()
    draft = entry.dossier.draft
    revisions = () if entry.is_record else entry.dossier.revisions
    for content in (entry.content, *(r.content for r in revisions), *([draft.content] if draft else [])):
        if (content.path, content.blob) not in seen:
            seen.add((content.path, content.blob))
            yield content


def _texts(view: DocumentView) -> Iterator[RevisionView]:
    yield view.shown
    yield from view.revisions
    if view.draft:
        yield view.draft


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key of the front matter that changed, and its value with what was removed and added marked."""

    key: str
    marked: Markup


class _Writer:
    """Makes the pages of one document; each of its texts is rendered once."""

    def __init__(self, view: DocumentView, contents: tuple[Content, ...], catalogue: Catalogue, engine: Engine) -> None:
        self.view, self.contents, self.catalogue, self.engine = view, contents, catalogue, engine
        self.drawings: dict[str, Page] = {}

    def made(self, bodies: Mapping[str, str]) -> Made:
        resolvers = [Resolver(self.catalogue, content, _DEPTH) for content in self.contents]
        texts: dict[tuple[str, str], Text] = {}
        for content, resolver in zip(self.contents, resolvers, strict=True):
            body, title = bodies[content.blob], content.text.text("title") or ""
            plain = content.path == self.view.shown.text.path and self.view.shown.text.plain
            texts[content.path, content.blob] = (
                source_text(body) if plain else markdown_text(body, resolver, title, self.draw)
            )
        pages = (*self.pages(texts), *self.drawings.values())
        return Made(pages, tuple(resolver.asked for resolver in resolvers))

    def draw(self, source: str) -> Picture:
        """A diagram as a picture beside the pages; what stands in two revisions is drawn once."""
        drawing = draw(source, self.catalogue.material.tool)
        address = f"{FILES}/diagram~{digest(source)[:12]}.svg"
        self.drawings[source] = Page(f"{self.view.folder}/{address}", drawing.svg.encode())
        return Picture(address, drawing.alt)

    def pages(self, texts: Mapping[tuple[str, str], Text]) -> Iterator[Page]:
        view = self.view
        yield self.text_page(view.shown, texts)
        by_label = {revision.label: revision for revision in view.revisions}
        for revision in dict.fromkeys((*view.revisions, *([view.draft] if view.draft else []))):
            if revision is not view.shown and revision.page != view.shown.page:
                yield self.text_page(revision, texts)
            if revision.changes and revision.before in by_label:
                yield self.changes_page(by_label[revision.before], revision, texts)
        yield self.search_text(texts[view.shown.text.path, view.shown.text.blob])

    def text_page(self, revision: RevisionView, texts: Mapping[tuple[str, str], Text]) -> Page:
        view = self.view
        path = f"{view.folder}/{revision.page}"
        return self.engine.page(
            path,
            "document.html.j2",
            current=self.section,
            sheet=self.sheet(revision),
            document=view,
            revision=revision,
            is_shown=revision is view.shown,
            text=texts[revision.text.path, revision.text.blob],
            drawing=timeline(view, date(self.catalogue.day.year, 1, 1)) if revision is view.shown else None,
        )

    def changes_page(self, before: RevisionView, after: RevisionView, texts: Mapping[tuple[str, str], Text]) -> Page:
        old, new = (texts[revision.text.path, revision.text.blob] for revision in (before, after))
        marked = compare(str(old.html), str(new.html))
        return self.engine.page(
            f"{self.view.folder}/{after.changes}",
            "changes.html.j2",
            current=self.section,
            sheet=f"{self.view.id} {self.view.title}: changes from revision {before.label} to {after.label}",
            document=self.view,
            before=before,
            after=after,
            front=tuple(_front_changes(before, after)),
            files=_file_changes(before, after),
            body=Markup(marked.html),
            changes=marked.changes,
        )

    @property
    def section(self) -> str:
        """The entry of the navigation that the pages belong to."""
        return {"record": "records.html", "external": "external.html"}.get(self.view.kind, "register.html")

    def sheet(self, revision: RevisionView) -> str:
        """What stands at the head of each printed page."""
        if self.view.kind == "record":
            return f"{self.view.id}  {revision.text.title}"
        return f"{self.view.id}  {revision.text.title}  ·  Revision {revision.label}  ·  {revision.status}"

    def search_text(self, text: Text) -> Page:
        """The words of the text shown, in a form that a page opened from a folder can load."""
        parts = [[part.anchor, part.heading, part.words] for part in sections(text)]
        data = json.dumps([self.view.id, parts], ensure_ascii=False, separators=(",", ":"))
        return Page(
            f"{self.view.folder}/{SEARCH_TEXT}", f"qmsText({script_safe(data)})\n".encode("utf-8", "backslashreplace")
        )


def script_safe(data: str) -> str:
    """JSON that is safe as a script: no character that ends a line there, and none that ends a script element."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _front_changes(before: RevisionView, after: RevisionView) -> Iterator[KeyChange]:
    old, new = dict(before.text.front), dict(after.text.front)
    known = [key for key in _FRONT_ORDER if key in old or key in new]
    for key in dict.fromkeys((*known, *old, *new)):
        if key not in _LEFT_OUT and old.get(key) != new.get(key):
            yield KeyChange(key, _marked(old.get(key, ""), new.get(key, "")))


def _marked(old: str, new: str) -> Markup:
    """One line of plain text as a redline, without the anchors that those of the text have."""
    return Markup(_ANCHOR.sub("", compare(str(escape(printable(old))), str(escape(printable(new)))).html))


def _file_changes(before: RevisionView, after: RevisionView) -> tuple[str, ...]:
    """The names of attachments whose bytes changed."""
    old = {file.name: file.blob for file in before.text.files}
    return tuple(file.name for file in after.text.files if old.get(file.name, file.blob) != file.blob)
