"""A document as its author has it now, for their eyes alone: its status, its text with the findings beside it, its redline.

Pure: what the pages show comes as values, the pages go out as text. They are served to one person on one machine, so
they may hold what the published site never shows: a text that nobody has approved, or that was not even committed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import quote

from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from qmsdocs.model import Finding, Severity
from qmsdocs.site.engine import Engine, style_sheet
from qmsdocs.site.markdown import Resolve, render
from qmsdocs.site.redline import Change, compare
from qmsdocs.site.texts import source_text

ASSETS = "_"  # the folder of what is no document: an id never begins so
_TEMPLATE = "preview.html.j2"
_PARTS = {
    "site.css": ("assets/site.css", "text/css; charset=utf-8"),
    "icon.svg": ("assets/icon.svg", "image/svg+xml"),
    "preview.css": ("templates/preview.css", "text/css; charset=utf-8"),
    "preview.js": ("templates/preview.js", "text/javascript; charset=utf-8"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the list: `found` counts its errors and warnings, `draft` tells that its text is not approved."""

    id: str
    title: str
    path: str
    status: str | None
    draft: bool
    found: int


@dataclass(frozen=True, slots=True)
class Stray:
    """A file that names no document, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text to render: its body, the line of the file on which that begins, how its links are found.

    `plain` is for a text that is shown as it was typed (the policy).
    """

    title: str
    body: str
    line: int
    resolve: Resolve
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Writing:
    """A document as it stands in its file.

    `status` is that of the text shown, None for a record; `standing` a sentence on what that means for a reader;
    `problem` says why the file cannot be read (then the text is the last one that could be); `before` is the revision in
    force with its label, where there is one to compare with. `checking` tells that the findings are those of an earlier save.
    """

    id: str
    path: str | None
    type_name: str | None
    revision: str
    owner: str | None
    change: str | None
    status: str | None
    in_force: bool
    standing: str
    words: Words
    before: tuple[str, Words] | None
    findings: tuple[Finding, ...]
    problem: str | None
    checking: bool


def list_page(rows: Sequence[Row], strays: Sequence[Stray], trouble: str | None, checking: bool, engine: Engine) -> str:
    """The list of documents; `trouble` says why nothing could be checked."""
    drafts, others = [row for row in rows if row.draft], [row for row in rows if not row.draft]
    groups = [("Drafts", drafts), ("Documents and records", others)]
    values = {"groups": [group for group in groups if group[1]], "strays": strays, "checking": checking}
    return engine.text(_TEMPLATE, {"page": "list", "id": "", "trouble": trouble, "url": address, **values})


def document_page(writing: Writing, redline: bool, trouble: str | None, engine: Engine) -> str:
    """The page of a document: its text with the findings at their lines, or as a redline against what is in force."""
    changes: tuple[Change, ...] = ()
    if redline and writing.before:
        marked = compare(_html(writing.before[1]), _html(writing.words))
        text, above, changes = Markup(marked.html), writing.findings, marked.changes
    else:
        redline = False
        text, above = _with_notes(writing, engine)
    values = {"writing": writing, "text": text, "above": above, "redline": redline, "changes": changes}
    return engine.text(_TEMPLATE, {"page": "document", "id": writing.id, "trouble": trouble, "url": address, **values})


def missing_page(document: str, trouble: str | None, engine: Engine) -> str:
    """The page of a document that is not there, or not yet."""
    return engine.text(_TEMPLATE, {"page": "missing", "id": document, "trouble": trouble, "url": address})


def address(document: str) -> str:
    """Where the page of a document is."""
    return "/" + quote(document, safe="")


def part(name: str, engine: Engine) -> tuple[bytes, str] | None:
    """A style sheet, script or icon of the pages and its media type; None for what is not there."""
    if name not in _PARTS:
        return None
    path, kind = _PARTS[name]
    text = _read(path)
    return (style_sheet(text, engine.frame) if path.startswith("assets/") else text).encode(), kind


@cache
def _read(path: str) -> str:
    return resources.files("qmsdocs.site").joinpath(path).read_text("utf-8")


# --- findings beside the text -------------------------------------------------------------------------------------


def _html(words: Words) -> str:
    if words.plain:
        return str(source_text(words.body).html)
    return render(words.body, words.resolve, title=words.title).html


def _with_notes(writing: Writing, engine: Engine) -> tuple[Markup, tuple[Finding, ...]]:
    """The text with each finding before the block that it speaks of, and the findings that have no place in it."""
    words = writing.words
    beside = () if words.plain or writing.problem else tuple(f for f in writing.findings if _is_beside(f, writing))
    places = _blocks(words.body, {(finding.source.line or 1) - words.line for finding in beside})
    noted: dict[int, list[Finding]] = {}
    for finding in beside:
        noted.setdefault(places[(finding.source.line or 1) - words.line], []).append(finding)
    notes = {line: engine.text(_TEMPLATE, {"page": "notes", "findings": found}) for line, found in noted.items()}
    above = tuple(finding for finding in writing.findings if finding not in beside)
    shown = _placed(words, notes)
    return (Markup(shown), above) if shown is not None else (Markup(_html(words)), writing.findings)


def _is_beside(finding: Finding, writing: Writing) -> bool:
    """Whether a finding speaks of a line of the text: what it says of the front matter stands above."""
    return finding.source.path == writing.path and (finding.source.line or 0) >= writing.words.line


def _placed(words: Words, notes: Mapping[int, str]) -> str | None:
    """The text as HTML with notes before some of its blocks; None where one of them did not find its place.

    A paragraph of its own marks each place while the text is rendered. Its words are random, so no document holds them.
    """
    lines, marks = words.body.split("\n"), {line: f"mark{secrets.token_hex(12)}" for line in notes if line > 0}
    for line in sorted(marks, reverse=True):
        lines[line:line] = ["", marks[line], ""]
    shown = render("\n".join(lines), words.resolve, title=words.title).html
    for line, mark in marks.items():
        paragraph = f"<p>{mark}</p>"
        if shown.count(mark) != 1 or paragraph not in shown:
            return None
        shown = shown.replace(paragraph, notes[line])
    return notes.get(0, "") + shown


def _blocks(body: str, lines: set[int]) -> dict[int, int]:
    """For some lines of a text, counted from 0, the first line of the outermost block that holds each.

    0 stands for the first block too, wherever that begins: before it, a title that the page repeats would not be known.
    """
    if not lines:
        return {}
    tokens = _parser().parse(body)
    starts = sorted({token.map[0] for token in tokens if token.map and token.level == 0 and token.nesting >= 0})[1:]
    return {line: max((start for start in starts if start <= line), default=0) for line in lines}


@cache
def _parser() -> MarkdownIt:
    """Blocks alone, as `qmsdocs.site.markdown` has them."""
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table")
    parser.use(footnote_plugin, inline=False).use(deflist_plugin)
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def counts(finding: Finding) -> bool:
    """Whether a finding is something to mend."""
    return finding.severity is not Severity.NOTE
