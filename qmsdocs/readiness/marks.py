"""Marks in a text that its readers do not see: comments that say which clause, record or question a section answers.

`<!-- clauses: 7.5.3 -->` this section answers for clause 7.5.3; in a record, that it deals with that item.
`<!-- records: 8.6, 8.5.2 -->` here it is written where the records asked for at 8.6 and 8.5.2 are kept.
`<!-- answers: cause -->` in a finding or nonconformity: this section is the cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MAY_MARK = re.compile(r"<!--\s*(?:clauses|records|answers)\s*:", re.IGNORECASE)
_MARK = re.compile(r"<!--\s*(clauses|records|answers)\s*:(.*?)-->", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*#*[ \t]*")
_FEW_ROWS = 8
_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: its word (clauses, records or answers), its items as typed, its line in the file, the heading it is under.

    `filled` says whether the section says anything: prose, or a table row with an entry beside its first cell.
    """

    word: str
    items: tuple[str, ...]
    line: int
    heading: str
    filled: bool


def read_marks(body: str, first_line: int) -> tuple[Mark, ...]:
    """The marks of a body, in order; `first_line` is the body's. What stands in code is no mark."""
    if not _MAY_MARK.search(body):
        return ()
    lines = re.split(r"\r\n?|\n", body)
    return tuple(_mark(found, at, lines, first_line) for found, at in _found(_parser().parse(body)))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.inline.ruler.enableOnly(["text", "escape", "backticks", "html_inline", "newline"])
    return parser


def _found(tokens: list[Token]) -> Iterator[tuple[re.Match[str], int]]:
    """Each mark with its line in the body, counted from 0."""
    for token in tokens:
        start = token.map[0] if token.map else 0
        if token.type == "html_block":
            for mark in _MARK.finditer(token.content):
                yield mark, start + token.content.count("\n", 0, mark.start())
        elif token.type == "inline":
            for child in token.children or ():
                if child.type == "html_inline" and (found := _MARK.fullmatch(child.content)):
                    yield found, start + token.content.count("\n", 0, token.content.find(child.content))


def _mark(found: re.Match[str], at: int, lines: list[str], first_line: int) -> Mark:
    items = tuple(item.strip() for item in re.split(r"[,;\n]", found[2]) if item.strip())
    start, end, heading = _section(lines, at)
    return Mark(found[1].lower(), items, first_line + at, heading, _says_something("\n".join(lines[start:end])))


def _section(lines: list[str], at: int) -> tuple[int, int, str]:
    """First line after the heading over a line, the line after the section's last, and the heading's text."""
    headings = [(number, found) for number, line in enumerate(lines) if (found := _HEADING.fullmatch(line))]
    above = [(number, found) for number, found in headings if number <= at]
    if not above:
        return 0, headings[0][0] if headings else len(lines), ""
    number, found = above[-1]
    below = (later for later, other in headings if later > at and len(other[1]) <= len(found[1]))
    return number + 1, next(below, len(lines)), _COMMENT.sub("", found[2] or "").strip()


def is_blank(body: str) -> bool:
    """Whether a text is a form that was hardly filled in: of its table rows, two in three have no entry beside the first cell."""
    entries = [entry for entry in _entries(body) if entry is not None]
    return len(entries) >= _FEW_ROWS and sum(entries) * 3 <= len(entries)


def _says_something(section: str) -> bool:
    return any(entry is None or entry for entry in _entries(section))


def _entries(text: str) -> Iterator[bool | None]:
    """For each line that is neither heading nor empty: None for prose, for a table row whether it has an entry."""
    lines = _COMMENT.sub("", text).split("\n")
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not line.strip() or _HEADING.fullmatch(line) or _DELIMITER.fullmatch(line):
            continue
        if "|" not in line:
            yield None
        elif "|" not in following or not _DELIMITER.fullmatch(following):  # else it is the table's head
            cells = line.strip().strip("|").split("|")
            yield any(cell.strip() for cell in (cells[1:] or cells))
