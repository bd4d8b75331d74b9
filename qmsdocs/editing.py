"""Editing a document's front matter: only the bytes of the keys that must change, all else as it stands.

Comments, order, quoting, line ends and a byte order mark stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from qmsdocs.document import KNOWN_KEYS, KeyNames, Value, read_document, split

if TYPE_CHECKING:
    import yaml

_ORDER = (
    "id", "title", "type", "revision", "owner", "change", "effective_date", "review_every", "clauses", "references",
    "attachments", "withdrawn", "replaced_by",
)  # fmt: skip


_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key and where it stands; `items` are the ends of the items of a list with one item a line."""

    key: str
    start: int
    value_start: int
    value_end: int
    style: str | None = None
    items: tuple[tuple[str, int], ...] = ()


def edit_keys(data: bytes, changes: Mapping[str, Value | None], names: KeyNames) -> bytes:
    """The document with some keys (our names) set, or removed where the value is None.

    The front matter must be readable, and read back as changed. Raises ValueError where it is or does not.
    """
    before = read_document(data, names)
    if not before.readable:
        raise ValueError(f"the front matter cannot be read: {before.problems[0].message}")
    text = data.decode("utf-8").removeprefix("\ufeff")
    mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    start = text.index("\n") + 1
    old = front = split(text)[1]
    newline = "\r\n" if text[:start].endswith("\r\n") else "\n"
    for key, value in changes.items():
        front = _edit(front, key, value, names, newline)
    edited = (mark + text[:start] + front + text[start + len(old) :]).encode("utf-8")
    after = read_document(edited, names)
    wanted = {key: value for key, value in {**before.front, **changes}.items() if value is not None}
    if not after.readable or after.front != wanted or after.body_digest != before.body_digest:
        raise ValueError(f"the front matter is laid out too unusually to set {', '.join(changes)}; edit it by hand")
    return edited


def _edit(front: str, key: str, value: Value | None, names: KeyNames, newline: str) -> str:
    entries = {entry.key: entry for entry in _entries(front)}
    entry = entries.get(names.own(key))
    if value is None:
        return front if entry is None else front[: entry.start] + front[_end_of(front, entry) :]
    if entry is None:
        return _insert(front, f"{names.own(key)}: {_format(value, None)}{newline}", key, entries, names, newline)
    if entry.items and value and isinstance(value, tuple):
        return _edit_items(front, entry, value, newline)
    space = "" if front[entry.value_start - 1 : entry.value_start] in (" ", "\t") else " "
    gap = newline if front[entry.value_start : entry.value_end].endswith("\n") else ""
    return front[: entry.value_start] + space + _format(value, entry.style) + gap + front[entry.value_end :]


def _edit_items(front: str, entry: _Entry, value: tuple[str, ...], newline: str) -> str:
    """Leave the items that stay at the head of the list as they are, and write the others below, one a line."""
    kept = len(list(takewhile(lambda pair: pair[0][0] == pair[1], zip(entry.items, value, strict=False))))
    line_start = front.rfind("\n", 0, entry.value_start) + 1
    dash = front[line_start : entry.value_start] + "- "
    lines = [f"{dash}{yaml_text(item)}" for item in value[kept:]]
    head = front[: _line_end(front, entry.items[kept - 1][1]) if kept else line_start]
    tail = front[_line_end(front, entry.value_end) if kept < len(entry.items) else len(head) :]
    return head + "".join(line + newline for line in lines) + tail


def _insert(front: str, line: str, key: str, entries: Mapping[str, _Entry], names: KeyNames, newline: str) -> str:
    """Put a new key's line after the key that comes before it in our usual order, else at the end."""
    before = _ORDER[: _ORDER.index(key)] if key in _ORDER else KNOWN_KEYS
    place = next((entries[names.own(known)] for known in reversed(before) if names.own(known) in entries), None)
    position = _line_end(front, place.value_end) if place else len(front)
    gap = newline if position and not front[:position].endswith("\n") else ""
    return front[:position] + gap + line + front[position:]


def _end_of(front: str, entry: _Entry) -> int:
    """Where what follows a key begins; blank lines after a block of text belong to the block."""
    end = _line_end(front, entry.value_end)
    blank = _BLANK_LINES.match(front, end) if entry.style in ("|", ">") else None
    return blank.end() if blank else end


def _line_end(text: str, position: int) -> int:
    if position and text[position - 1] == "\n":
        return position
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _entries(front: str) -> list[_Entry]:
    import yaml  # late: only an edit needs it

    node = yaml.compose(front, Loader=yaml.BaseLoader)
    return [_entry(front, key, value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []


def _entry(front: str, key: yaml.ScalarNode, value: yaml.Node) -> _Entry:
    import yaml

    start, end = value.start_mark.index, value.end_mark.index
    if isinstance(value, yaml.SequenceNode) and not value.flow_style:
        items = tuple((item.value, item.end_mark.index) for item in value.value)
        one_a_line = front[front.rfind("\n", 0, start) + 1 : start].isspace() or front[start - 1] == "\n"
        return _Entry(key.value, key.start_mark.index, start, items[-1][1], None, items if one_a_line else ())
    style = value.style if isinstance(value, yaml.ScalarNode) else None
    if style in ("|", ">") and "+" not in front[start : _line_end(front, start)].partition("#")[0]:
        # its mark stands after the blank lines that follow, which are no part of the text
        end = start + len(front[start:end].rstrip())
    return _Entry(key.value, key.start_mark.index, start, end, style)


def _format(value: Value, style: str | None) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(yaml_text(item, flow=True) for item in value) + "]"
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return _quoted(value) if style == '"' else yaml_text(value)


def yaml_text(value: str, flow: bool = False) -> str:
    """A text as a YAML scalar on one line that reads back as the same text, plain where that is safe."""
    plain = re.fullmatch(r"[^\W_](?:[\w ./()+-]|,(?= )|:(?! |$))*", value) and value == value.strip()
    if plain and not (flow and "," in value):
        return value
    return _quoted(value)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else _escape(char) for char in escaped) + '"'


def _escape(char: str) -> str:
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return known.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
