"""Front matter of any kind, read from the events of PyYAML's parser: nothing is built, nothing nests, every error has its line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from qmsdocs.document.flat import Entry
from qmsdocs.document.parts import Unreadable
from qmsdocs.document.text import Value

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_HIDDEN_BREAK = re.compile("[\r\x85\u2028\u2029]")
_FLAT = "Front matter is flat: text, or a list of texts"


def read_yaml(text: str, lines_before: int) -> Iterator[Entry]:
    """Key, value and line of each entry of a flat mapping. Raises Unreadable, at the first thing that is not flat or not YAML."""
    if hidden := _HIDDEN_BREAK.search(text):
        raise Unreadable(
            text.count("\n", 0, hidden.start()) + 1 + lines_before,
            f"the character U+{ord(hidden[0]):04X} starts a new line for YAML, and for no editor",
            "Remove the character",
        )
    events = _events(text, lines_before)
    seen: dict[str, int] = {}
    first = next(events, None)
    if first is None:
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise Unreadable(
            _line(first, lines_before),
            "the front matter is not a list of 'key: value' lines",
            "Write 'key: value' on each line",
        )
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            next(events, None)  # nothing may follow, else it would be no part of the content
            return
        key, line = _scalar(event, lines_before, "a key"), _line(event, lines_before)
        if key in seen:
            raise Unreadable(
                line,
                f"the key '{key}' stands here again (first on line {seen[key]})",
                "Remove one of the two",
                "duplicate-key",
            )
        seen[key] = line
        yield key, _value(next(events), events, key, lines_before), line


def _events(text: str, lines_before: int) -> Iterator[yaml.Event]:
    structure = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent)
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Unreadable(
                        _line(event, lines_before), "a second YAML document starts here", "Keep one block of keys"
                    )
            elif isinstance(event, yaml.AliasEvent):
                raise Unreadable(
                    _line(event, lines_before), f"'*{event.anchor}' is a YAML alias", "Write the value out"
                )
            elif not isinstance(event, structure):
                _refuse_decoration(event, lines_before)
                yield event
    except Unreadable:
        raise
    except yaml.MarkedYAMLError as error:
        unclosed = "end of stream" in (error.problem or "")
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + 1 + lines_before
        if "nesting" in (error.problem or ""):  # newer libyaml stops at a depth of its own
            raise Unreadable(line, "a value is nested", _FLAT) from None
        raise Unreadable(
            line,
            f"the YAML cannot be read: {error.problem or error.context}",
            "Put the value in double quotes, or mend the indentation",
        ) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Unreadable(
            1 + lines_before, f"the YAML cannot be read: {_one_line(error)}", "Remove the character"
        ) from None


def _refuse_decoration(event: yaml.Event, lines_before: int) -> None:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if anchor:
        raise Unreadable(_line(event, lines_before), f"'&{anchor}' is a YAML anchor", "Write the value without it")
    if tag is not None:
        raise Unreadable(_line(event, lines_before), f"'{tag}' is a YAML tag", "Write the value without it")


def _value(event: yaml.Event, events: Iterator[yaml.Event], key: str, lines_before: int) -> Value:
    if not isinstance(event, yaml.SequenceStartEvent):
        return _scalar(event, lines_before, f"the value of '{key}'")
    items = []
    for item in events:
        if isinstance(item, yaml.SequenceEndEvent):
            break
        items.append(_scalar(item, lines_before, f"an item of '{key}'"))
    return tuple(items)


def _scalar(event: yaml.Event, lines_before: int, what: str) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise Unreadable(_line(event, lines_before), f"{what} is nested", _FLAT)
    return str(event.value)


def _line(event: yaml.Event, lines_before: int) -> int:
    mark = event.start_mark
    return (mark.line if mark else 0) + 1 + lines_before


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
