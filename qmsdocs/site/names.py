"""Where things stand in the site: file names that are safe on every file system, and never the same for two things."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[A-Z0-9](?:[A-Z0-9_.-]{0,62}[A-Z0-9_-])?", re.ASCII)
_OTHER = re.compile(r"[^a-z0-9]+")
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{n}" for name in ("COM", "LPT") for n in range(10))}
_MAX_READABLE = 40  # characters
_DIGITS = 12  # hex digits of a SHA-256

# What browsers show, or hand to another program, without running anything of it within the site.
_PICTURES = {"avif", "bmp", "gif", "jpeg", "jpg", "png", "svg", "tif", "tiff", "webp"}
_PAPERS = {"csv", "doc", "docx", "md", "odp", "ods", "odt", "pdf", "ppt", "pptx", "rtf", "txt", "xls", "xlsx"}
_MODELS = {"dwg", "dxf", "igs", "iges", "odg", "step", "stl", "stp"}
_OTHERS = {"json", "mp3", "mp4", "ogg", "wav", "webm", "yaml", "zip"}
_PASSIVE = _PICTURES | _PAPERS | _MODELS | _OTHERS
SVG = "svg"


def safe_name(text: str) -> str:
    """A name for a file or folder: the text itself where that is safe, else letters of it and a part of its SHA-256.

    Two texts never get names that differ only by case (Windows, macOS), and none gets the name of a device (Windows).
    The name depends on nothing but the text, so an address stays when other documents come and go.
    """
    if _PLAIN.fullmatch(text) and text.partition(".")[0] not in _DEVICES:
        return text
    readable = _OTHER.sub("-", text.lower().encode("ascii", "ignore").decode()).strip("-")[:_MAX_READABLE]
    return f"{readable or 'x'}~{_digest(text)}"


def extension(name: str) -> str:
    """The ending of a file name, in lower case; empty where there is none."""
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    return ending.lower() if dot and stem else ""


def attachment_name(name: str, blob: str, passive: bool = True) -> str:
    """The name under which an attachment is published.

    One that a browser might run (`passive` says whether an SVG is known to be harmless) ends in `.bin`, so that it can
    only be saved.
    """
    ending = extension(name)
    stem = name.rpartition("/")[2].removesuffix(f".{ending}") if ending else name.rpartition("/")[2]
    kept = ending in _PASSIVE and (ending != SVG or passive)
    readable = _OTHER.sub("-", stem.lower().encode("ascii", "ignore").decode()).strip("-")[:_MAX_READABLE]
    return f"{readable or 'file'}~{_digest(name + blob)}.{ending if kept else 'bin'}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
