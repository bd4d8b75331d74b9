"""Editing a document's front matter: only the bytes of the keys that must change, all else as it stands.

Comments, order, quoting, line ends and a byte order mark stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from qmsdocs.document import KNOWN_KEYS, KeyNames, Value, split

_ORDER = (
    "id", "title", "type", "revision", "owner", "change", "effective_date", "review_every", "clauses", "references",
    "attachments", "withdrawn", "replaced_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    start: int
    value_start: int
    value_end: int
    style: str | None


def edit_keys(data: bytes, changes: Mapping[str, Value | None], names: KeyNames) -> bytes:
    """The document with some keys (our names) set, or removed where the value is None.

    The front matter must be readable. Raises ValueError where it is not.
    """
    mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    text = data.decode("utf-8").removeprefix("\ufeff")
    newline = "\r\n" if "\r\n" in text.split("\n", 2)[0] + "\n" else "\n"
    start = text.index("\n") + 1
    front = split(text)[1]
    for key, value in changes.items():
        front = _edit(front, key, value, names, newline)
    return (mark + text[:start] + front + text[start + len(split(text)[1]) :]).encode("utf-8")


def _edit(front: str, key: str, value: Value | None, names: KeyNames, newline: str) -> str:
    entries = {entry.key: entry for entry in _entries(front)}
    entry = entries.get(names.own(key))
    if value is None:
        return front if entry is None else front[: entry.start] + front[_line_end(front, entry.value_end) :]
    if entry is None:
        return _insert(front, f"{names.own(key)}: {_format(value, None)}{newline}", key, entries, names, newline)
    old = front[entry.value_start : entry.value_end]
    space = "" if front[entry.value_start - 1 : entry.value_start] in (" ", "\t") else " "
    return (
        front[: entry.value_start]
        + space
        + _format(value, entry.style)
        + (newline if old.endswith("\n") else "")
        + front[entry.value_end :]
    )


def _insert(front: str, line: str, key: str, entries: Mapping[str, _Entry], names: KeyNames, newline: str) -> str:
    """Put a new key's line after the key that comes before it in our usual order, else at the end."""
    before = _ORDER[: _ORDER.index(key)] if key in _ORDER else KNOWN_KEYS
    place = next((entries[names.own(known)] for known in reversed(before) if names.own(known) in entries), None)
    position = _line_end(front, place.value_end) if place else len(front)
    gap = newline if position and not front[:position].endswith("\n") else ""
    return front[:position] + gap + line + front[position:]


def _line_end(text: str, position: int) -> int:
    if position and text[position - 1] == "\n":
        return position
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _entries(front: str) -> list[_Entry]:
    try:
        node = yaml.compose(front, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"the front matter cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(node, yaml.MappingNode):
        return []
    return [
        _Entry(
            key.value,
            key.start_mark.index,
            value.start_mark.index,
            value.end_mark.index,
            value.style if isinstance(value, yaml.ScalarNode) else None,
        )
        for key, value in node.value
    ]


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
