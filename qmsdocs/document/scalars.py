"""Texts as YAML writes them."""

from __future__ import annotations

import re


def yaml_text(value: str, flow: bool = False) -> str:
    """A text as a YAML scalar on one line that reads back as the same text, plain where that is safe."""
    plain = re.fullmatch(r"[^\W_](?:[\w ./()+-]|,(?= )|:(?! |$))*", value) and value == value.strip()
    if plain and not (flow and "," in value):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """A text as a YAML scalar in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else _escape(char) for char in escaped) + '"'


def _escape(char: str) -> str:
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return known.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
