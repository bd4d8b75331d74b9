"""Ordinary front matter, read by one regular expression: a strict subset of YAML, many times faster than a parser of all of it.

What is read here, PyYAML reads the same; whatever leaves room for doubt is left to PyYAML, every error included. Why
each rule is safe (sections of YAML 1.1, as libyaml and PyYAML keep it):

- Printable characters and line feeds only: no tab, no byte order mark, none of the line breaks editors do not show (5.1, 5.4).
- A line is blank, a comment, an entry or an item of a list. A text goes on only on lines further right than its key;
  the one such line we take is an item, and only where its key has no value yet (9.1).
- A plain text begins with no indicator; ': ' in it is refused and ' #' ends it (9.1.3). Within '[…]' it has no ':', '#' or '?'.
- A quoted text has neither its own quote in it nor, between double quotes, an escape (9.1.1, 9.1.2).
- The items of a list have one indentation and one line each, and do not nest (9.2.1).
- A key is letters, digits, '_' and '-', far below the 1,024 characters that a key may have (9.3.2), and stands once.
"""

from __future__ import annotations

import re

from qmsdocs.document.text import Value

Entry = tuple[str, Value, int]  # key, value and line

_QUOTED = r"""'[^'\n]*+' | "[^"\\\n]*+" """
_FIRST = r"""[^\n \-?:,\[\]{}#&*!|>'"%@`]"""  # of a plain text
_PLAIN = rf"{_FIRST} [^:#\n]*+ (?: (?: :(?![ \n]|\Z) | (?<![ ])\# ) [^:#\n]*+ )*+"
_LISTED = rf"(?: {_QUOTED} | {_FIRST} [^,\[\]{{}}:#?\n]*+ ) [ ]*+"
_LIST = rf"\[ [ ]*+ (?: {_LISTED} (?: , [ ]*+ {_LISTED} )*+ )?+ \]"
_LINE = re.compile(
    rf"""
    ^ (?: (?: (?P<key> \w [\w-]{{0,99}}+ ) : | (?P<dash> [ ]*+ - ) )
          (?: [ ]++ (?P<value> {_PLAIN} | {_LIST} | {_QUOTED} ) )?+ [ ]*+ (?: (?<=[ ]) \# .*+ )?+
        | [ ]*+ (?: \# .*+ )?+
      ) (?: \n | \Z )
    """,
    re.VERBOSE | re.MULTILINE,
)
_EACH = re.compile(rf"{_QUOTED} | [^ ,] [^,]*+", re.VERBOSE)

Line = tuple[str, str, str]  # key, dash, value as written: each may be empty


def read_flat(text: str, lines_before: int) -> list[Entry] | None:
    """The entries as PyYAML gives them, or None where there is any doubt; lines end with a line feed alone."""
    lines: list[Line] = _LINE.findall(text)  # at most one match a line
    if len(lines) != text.count("\n") + 1 or not text.replace("\n", "").isprintable():
        return None
    entries: dict[str, Entry] = {}
    items: dict[int, list[Line]] = {}  # those below the line of each key
    last = 0
    for index, line in enumerate(lines):
        key, dash, value = line
        if key:
            if key in entries:
                return None
            entries[key] = key, _value(value) if value else "", index + 1 + lines_before
            last = index
        elif dash:
            items.setdefault(last, []).append(line)
    if not all(_is_list(lines[index], below) for index, below in items.items()):
        return None
    for index, below in items.items():
        key, _, number = entries[lines[index][0]]
        entries[key] = key, tuple([_text(value) for _, _, value in below]), number
    return list(entries.values()) or None


def _is_list(head: Line, below: list[Line]) -> bool:
    """Whether items are the list of the line above them: a key without a value; and they texts with one indentation."""
    key, _, written = head
    return (
        bool(key)
        and not written
        and all(dash == below[0][1] and value[:1] not in ("", "[") for _, dash, value in below)
    )


def _value(written: str) -> Value:
    if written[0] != "[":
        return _text(written)
    inner = written[1:-1].strip(" ")
    if "'" in inner or '"' in inner:
        return tuple([_text(item) for item in _EACH.findall(inner)])
    return tuple([item.strip(" ") for item in inner.split(",")]) if inner else ()


def _text(written: str) -> str:
    return written[1:-1] if written[0] in "'\"" else written.rstrip(" ")
