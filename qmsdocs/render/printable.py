"""Text that came from documents, made safe to show: nothing in it can steer a terminal, break a format or hide."""

from __future__ import annotations

import re
from datetime import date

from qmsdocs.model import Source

SHORT_COMMIT = 10

# C0 and C1 controls, line separators, bidirectional overrides, lone surrogates, characters that XML cannot hold
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def printable(text: str) -> str:
    """The text with its white space as single blanks and each unsafe character as an escape such as `\\x1b`."""
    return _UNSAFE.sub(_escape, " ".join(re.split(r"[ \t\r\n]+", text)) if re.search(r"[\t\r\n]", text) else text)


def encodable(text: str) -> str:
    """The text with undecodable bytes (surrogate escapes) as `\\xff`, so that it can be written as UTF-8."""
    return _SURROGATE.sub(_escape, text)


def short(commit: str) -> str:
    """A commit id as people write it."""
    return printable(commit[:SHORT_COMMIT])


def place(source: Source) -> str:
    """`path:line @ commit`, less what is not known; empty where nothing is."""
    where = printable(source.path) if source.path is not None else ""
    if where and source.line is not None:
        where += f":{source.line}"
    commit = f"@ {short(source.commit)}" if source.commit else ""
    return " ".join(part for part in (where, commit) if part)


def day_text(day: date) -> str:
    """`3 Feb 2026`: without ambiguity, and the same in every locale."""
    return f"{day.day} {month_text(day)} {day.year}"


def month_text(day: date) -> str:
    """`Feb`."""
    return _MONTHS[day.month - 1]


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, as git and Python hand it on
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
