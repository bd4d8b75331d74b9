"""Whether an SVG drawing is only a drawing: no script, no style or frame from elsewhere, nothing that loads or moves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

_RUNS = {"script", "handler", "listener", "foreignobject", "iframe", "object", "embed", "audio", "video", "canvas"}
_MOVES = {"animate", "animatemotion", "animatetransform", "animatecolor", "set", "discard"}
_FORBIDDEN = _RUNS | _MOVES | {"link", "meta", "base"}
_LINKS = {"href", "src", "from", "to", "values"}
_LOCAL = re.compile(r"#|data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_LOADS = re.compile(r"url\(\s*['\"]?(?!#)|@import|javascript:|expression\(", re.IGNORECASE)
_MAX = 8 * 1024 * 1024  # bytes


class _Active(Exception):
    pass


def is_passive_svg(data: bytes) -> bool:
    """Whether a file is an SVG (SVG 1.1, 2) of which nothing can run or load; a doctype or a fault in the XML counts against it."""
    if len(data) > _MAX:
        return False
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = _element
    parser.StartDoctypeDeclHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    parser.CharacterDataHandler = _text
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (_Active, expat.ExpatError, ValueError, LookupError):
        return False
    return True


def _refuse(*_: object) -> None:
    raise _Active


def _text(text: str) -> None:
    if _LOADS.search(text):
        raise _Active


def _element(name: str, attributes: Mapping[str, str]) -> None:
    if name.rpartition(" ")[2].lower() in _FORBIDDEN:
        raise _Active
    for key, value in attributes.items():
        local = key.rpartition(" ")[2].lower()
        if local.startswith("on") or _LOADS.search(value) or (local in _LINKS and not _LOCAL.match(value.strip())):
            raise _Active
