"""A redline: what changed between two texts of a document, word by word, for the terminal."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from qmsdocs.document import Value

_CONTEXT = 2  # lines kept around a change
_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_RED, _GREEN, _BOLD, _OFF = "\033[31;9m", "\033[32m", "\033[1m", "\033[0m"
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)) if chr(code) not in "\n\t"}
_CONTROL |= {code: f"\\u{code:04x}" for code in (*range(0x2028, 0x202F), *range(0x2066, 0x206A), 0x200B, 0xFEFF)}
_SIMILAR = 0.5


def redline(before: str, after: str, colour: bool) -> str:
    """Changed paragraphs with their neighbours; removed words as [-…-], added ones as {+…+}, or in colour."""
    old, new = clean(before).split("\n"), clean(after).split("\n")
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT)
    blocks = ["\n".join(_block(group, old, new, colour)) for group in groups]
    return "\n".join(blocks) + "\n" if blocks else ""


def redline_keys(before: Mapping[str, Value], after: Mapping[str, Value], colour: bool) -> str:
    """Changed keys of the front matter."""
    lines = []
    for key in dict.fromkeys((*before, *after)):
        old, new = _text(before.get(key)), _text(after.get(key))
        if old != new:
            lines.append(f"  {key}: {_mark(old, '-', colour)}{' ' if old and new else ''}{_mark(new, '+', colour)}")
    return "\n".join(lines) + "\n" if lines else ""


def clean(text: str) -> str:
    """A text without anything that a terminal would obey, that is not seen, or that turns the order of what is seen."""
    return text.translate(_CONTROL)


def _text(value: Value | None) -> str:
    return clean(", ".join(value) if isinstance(value, tuple) else value or "").replace("\n", " ")


def _block(group: list[tuple[str, int, int, int, int]], old: list[str], new: list[str], colour: bool) -> Iterator[str]:
    yield _paint(f"@@ line {group[0][3] + 1} @@", _BOLD, colour)
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            yield from (f"  {line}" for line in new[j1:j2])
        elif tag == "replace":
            yield from _replaced(old[i1:i2], new[j1:j2], colour)
        else:
            yield from (f"- {_mark(line, '-', colour)}" for line in old[i1:i2])
            yield from (f"+ {_mark(line, '+', colour)}" for line in new[j1:j2])


def _replaced(old: list[str], new: list[str], colour: bool) -> Iterator[str]:
    """Lines that resemble each other are shown as one, word by word; others one after the other."""
    if len(old) == len(new):
        for before, after in zip(old, new, strict=True):
            if difflib.SequenceMatcher(None, before, after, autojunk=False).ratio() >= _SIMILAR:
                yield f"~ {_words(before, after, colour)}"
            else:
                yield from (f"- {_mark(before, '-', colour)}", f"+ {_mark(after, '+', colour)}")
        return
    yield f"~ {_words(' '.join(old), ' '.join(new), colour)}"


def _words(before: str, after: str, colour: bool) -> str:
    old, new = _WORD.findall(before), _WORD.findall(after)
    parts = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append("".join(new[j1:j2]))
        else:
            parts += [_mark("".join(old[i1:i2]), "-", colour), _mark("".join(new[j1:j2]), "+", colour)]
    return "".join(parts)


def _mark(text: str, sign: str, colour: bool) -> str:
    if not text:
        return ""
    if colour:
        return _paint(text, _RED if sign == "-" else _GREEN, True)
    return f"[-{text}-]" if sign == "-" else f"{{+{text}+}}"


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{_OFF}" if colour else text
