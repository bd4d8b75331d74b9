"""Reading one version of a document: its parts, its front matter, what is wrong with them."""

from __future__ import annotations

import hashlib
import re

from qmsdocs.document.checks import wrong_values
from qmsdocs.document.flat import Entry, read_flat
from qmsdocs.document.keys import KeyNames
from qmsdocs.document.parts import Unreadable, decode, split
from qmsdocs.document.text import DocumentText, Value

_SALVAGE = r"(?m)^{}[ \t]*:[ \t]*[\"']?([^\s\"'#]+)[\"']?[ \t]*(?:#.*)?$"


def read_document(data: bytes, names: KeyNames) -> DocumentText:
    """Read one version of a document. Never raises: what is wrong stands in `problems`."""
    try:
        text = decode(data)
        opening, front_text, body, body_line = split(text)
    except Unreadable as stop:
        return DocumentText({}, {}, 1, hashlib.sha256(data).hexdigest(), (stop.problem,), False)
    body_digest = hashlib.sha256(body.encode()).hexdigest()
    try:
        entries = _entries(front_text, opening)
    except Unreadable as stop:
        front, lines = _salvage(front_text, opening, names)
        return DocumentText(front, lines, body_line, body_digest, (stop.problem,), False)
    front, lines = {}, {}
    for own, value, line in entries:
        key = names.canonical(own)
        front[key], lines[key] = value, line
    problems = tuple(wrong_values(front, lines, names))
    return DocumentText(front, lines, body_line, body_digest, problems, True)


def body_of(data: bytes) -> str:
    """A document's text after its front matter, empty where the file cannot be read."""
    try:
        return split(decode(data))[2]
    except Unreadable:
        return ""


def _entries(front_text: str, lines_before: int) -> list[Entry]:
    entries = read_flat(front_text, lines_before)
    if entries is None:
        from qmsdocs.document.yaml_events import read_yaml  # late: PyYAML costs a hook more than its check

        entries = list(read_yaml(front_text, lines_before))
    return entries


def _salvage(front_text: str, lines_before: int, names: KeyNames) -> tuple[dict[str, Value], dict[str, int]]:
    """The id alone, so that a document with broken metadata is still known for the document it is."""
    found = re.search(_SALVAGE.format(re.escape(names.own("id"))), front_text)
    if not found:
        return {}, {}
    return {"id": found[1]}, {"id": front_text.count("\n", 0, found.start()) + 1 + lines_before}
