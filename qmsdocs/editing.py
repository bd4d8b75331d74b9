"""Editing a document: only the bytes of the keys, the links or the line ends that must change, all else as it stands.

Comments, order, quoting, line ends and a byte order mark stay, unless it is they that are edited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING
from urllib.parse import quote

from qmsdocs.document import KNOWN_KEYS, KeyNames, Value, read_document, split
from qmsdocs.document.scalars import quoted, yaml_text
from qmsdocs.links import Link, read_links

if TYPE_CHECKING:
    import yaml

_ORDER = (
    "id", "title", "type", "revision", "owner", "change", "effective_date", "review_every", "clauses", "references",
    "attachments", "withdrawn", "replaced_by",
)  # fmt: skip


_NOTHING_MORE = re.compile(r",?\s*(?:#.*)?")  # on the line of an item
_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*")


@dataclass(frozen=True, slots=True)
class _Item:
    """A text in a list, where it stands, and its quotes if it has any."""

    text: str
    start: int
    end: int
    style: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key and where it stands; `items` are those of a list in brackets (`flow`), or of one with an item a line."""

    key: str
    start: int
    value_start: int
    value_end: int
    style: str | None = None
    items: tuple[_Item, ...] = ()
    flow: bool = False

    @property
    def item_style(self) -> str | None:
        """The quotes that all items have, None where they differ or have none."""
        styles = {item.style for item in self.items}
        return styles.pop() if len(styles) == 1 else None


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
        if not entry.flow:
            return _edit_items(front, entry, value, newline)
        if value[: len(entry.items)] == tuple(item.text for item in entry.items):
            return _extend_flow(front, entry, value[len(entry.items) :], newline)
    space = "" if front[entry.value_start - 1 : entry.value_start] in (" ", "\t") else " "
    gap = newline if front[entry.value_start : entry.value_end].endswith("\n") else ""
    return front[: entry.value_start] + space + _format(value, entry.style) + gap + front[entry.value_end :]


def _edit_items(front: str, entry: _Entry, value: tuple[str, ...], newline: str) -> str:
    """Leave the items that stay at the head of the list as they are, and write the others below, one a line."""
    kept = len(list(takewhile(lambda pair: pair[0].text == pair[1], zip(entry.items, value, strict=False))))
    line_start = front.rfind("\n", 0, entry.value_start) + 1
    dash = front[line_start : entry.value_start] + "- "
    lines = [f"{dash}{_format(item, entry.item_style)}" for item in value[kept:]]
    head = front[: _line_end(front, entry.items[kept - 1].end) if kept else line_start]
    tail = front[_line_end(front, entry.value_end) if kept < len(entry.items) else len(head) :]
    return head + "".join(line + newline for line in lines) + tail


def _extend_flow(front: str, entry: _Entry, more: tuple[str, ...], newline: str) -> str:
    """Put items behind the last of a list in brackets: below it where each has a line of its own, else beside it."""
    last = entry.items[-1]
    texts = [_format(item, entry.item_style, flow=True) for item in more]
    indent = front[front.rfind("\n", 0, last.start) + 1 : last.start]
    below = _line_end(front, last.end)
    rest = front[last.end : below].strip()
    if indent.strip() or not _NOTHING_MORE.fullmatch(rest):
        return front[: last.end] + "".join(f", {text}" for text in texts) + front[last.end :]
    comma = "," if rest.startswith(",") else ""  # as some write one behind the last item too
    lines = f",{newline}".join(f"{indent}{text}" for text in texts) + comma + newline if texts else ""
    return front[: last.end] + ("" if comma or not texts else ",") + front[last.end : below] + lines + front[below:]


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
    if isinstance(value, yaml.SequenceNode):
        items = tuple(_Item(i.value, i.start_mark.index, i.end_mark.index, i.style) for i in value.value)
        if value.flow_style:
            return _Entry(key.value, key.start_mark.index, start, end, None, items, flow=True)
        one_a_line = front[front.rfind("\n", 0, start) + 1 : start].isspace() or front[start - 1] == "\n"
        return _Entry(key.value, key.start_mark.index, start, items[-1].end, None, items if one_a_line else ())
    style = value.style if isinstance(value, yaml.ScalarNode) else None
    if style in ("|", ">") and "+" not in front[start : _line_end(front, start)].partition("#")[0]:
        # its mark stands after the blank lines that follow, which are no part of the text
        end = start + len(front[start:end].rstrip())
    return _Entry(key.value, key.start_mark.index, start, end, style)


def _format(value: Value, style: str | None, flow: bool = False) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(yaml_text(item, flow=True) for item in value) + "]"
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return quoted(value) if style == '"' else yaml_text(value, flow)


# --- links and line ends ------------------------------------------------------------------------------------------


def edit_link(data: bytes, target: str, replacement: str) -> bytes:
    """The document with its links to a file (`target`, as it is written, decoded) leading to another; anchors and titles stay.

    What looks like the link and is none (in code, in a title) stays too, and so does a link that is written in a way we do not
    know. Raises ValueError where the document has no text that can be read.
    """
    text = data.decode("utf-8")
    body = split(text.removeprefix("\ufeff"))[2]
    head, new = text[: len(text) - len(body)], _address(replacement)
    place, spelled = 0, _spellings(target)
    while found := spelled.search(body, place):
        edited = body[: found.start()] + new + body[found.end() :]
        place = found.start() + 1
        if _only_moves(_links(body), _links(edited), target, replacement):
            body, place = edited, found.start() + len(new)
    return (head + body).encode("utf-8")


def _links(body: str) -> tuple[Link, ...]:
    return read_links(body.replace("\r\n", "\n"), 1)


def _only_moves(before: tuple[Link, ...], after: tuple[Link, ...], target: str, replacement: str) -> bool:
    """Whether some links lead to the replacement in place of the target, and nothing else is another."""
    pairs = [
        ((old.target, old.anchor, old.embeds), (new.target, new.anchor, new.embeds))
        for old, new in zip(before, after, strict=False)
    ]
    moved = [(old, new) for old, new in pairs if old != new]
    return (
        len(before) == len(after)
        and bool(moved)
        and all(old[0] == target and new == (replacement, *old[1:]) for old, new in moved)
    )


def _spellings(target: str) -> re.Pattern[str]:
    """Each way to write a path as a link's destination (CommonMark 6.3: escapes, percent-encoding), where it can stand."""
    return re.compile(rf"""(?<=[\s(<:"']){"".join(map(_spelling, target))}(?=[\s)>"'#?]|\Z)""")


def _spelling(char: str) -> str:
    encoded = "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    return rf"(?:\\?{re.escape(char)}|(?i:{encoded}){'|&amp;' if char == '&' else ''})"


def _address(path: str) -> str:
    """A path as a link's destination: letters of any script stay, what means something in Markdown or an address is encoded."""
    return "".join(char if char.isalnum() or char in "/._-~+,=@" else quote(char, safe="") for char in path)


def edit_line_ends(data: bytes, newline: bytes | None, names: KeyNames) -> bytes:
    """The document without a byte order mark and with one kind of line end (None: as they are): to its digest the same content.

    Raises ValueError where it would be read as another text.
    """
    plain = data.removeprefix(b"\xef\xbb\xbf")
    if newline is not None:
        plain = plain.replace(b"\r\n", b"\n").replace(b"\n", newline)
    before, after = read_document(data, names), read_document(plain, names)
    if (before.front, before.body_digest, before.problems) != (after.front, after.body_digest, after.problems):
        raise ValueError("its line ends are too mixed to be told apart; save it again with an editor")
    return plain
