"""The index of the full-text search: a plain script, so that it works in a folder too, where a page may fetch nothing.

Words are in order, so that a beginning finds them by bisection; each has the parts of texts it stands in, as the
differences of their numbers, in base 36, with a weight (heading 2, text 1).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qmsdocs.site.catalogue import Catalogue
from qmsdocs.site.documents import script_safe

INDEX = "search-index.js"
_WORD = re.compile(r"[^\W_]+(?:[.-][^\W_]+)*")
_PIECES = re.compile(r"[^\W_]+")
_LONGEST = 40  # characters
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CALL = re.compile(r"qmsText\((.*)\)\s*", re.DOTALL)

Parts = list[tuple[str, str, str]]  # anchor, heading, words


@dataclass(frozen=True, slots=True)
class Card:
    """A document or record as a search result shows it."""

    id: str
    title: str
    folder: str
    note: str
    has_text: bool


def cards(catalogue: Catalogue) -> tuple[Card, ...]:
    """All that can be found, in the order of ids."""
    from qmsdocs.site.documents import is_searched

    return tuple(
        Card(entry.id, entry.title, entry.folder, entry.status.value if entry.status else "Record", is_searched(entry))
        for entry in catalogue.entries.values()
    )


def read_text(script: str) -> Parts:
    """The parts of a text, from the script that holds them."""
    found = _CALL.fullmatch(script)
    return [] if found is None else [(part[0], part[1], part[2]) for part in json.loads(found[1])[1]]


def search_index(found: Iterable[Card], texts: Mapping[str, str]) -> str:
    """The index; `texts` has the script of each folder whose text is searched."""
    listed = list(found)
    documents: list[list[str]] = []
    units: list[tuple[int, str, str]] = []
    postings: dict[str, dict[int, int]] = {}
    for number, card in enumerate(listed):
        documents.append([card.id, card.title, card.folder, card.note])
        _enter(postings, words(f"{card.id} {card.title}"), len(units), 3)
        units.append((number, "", ""))
        for anchor, heading, text in read_text(texts[card.folder]) if card.folder in texts else ():
            _enter(postings, words(heading), len(units), 2)
            _enter(postings, words(text), len(units), 1)
            units.append((number, anchor, heading))
    ordered = sorted(postings)
    whole = {
        "documents": documents,
        "units": units,
        "words": " ".join(ordered),
        "postings": "\n".join(_packed(postings[word]) for word in ordered),
    }
    return f"const qmsIndex = {script_safe(json.dumps(whole, ensure_ascii=False, separators=(',', ':')))};\n"


def words(text: str) -> set[str]:
    """The words of a text as the index has them: without case and accents; those with a dot or hyphen whole and in pieces."""
    plain = folded(text)
    whole = set(_WORD.findall(plain))
    pieces = {piece for word in whole if not word.isalnum() for piece in _PIECES.findall(word)}
    return {word for word in whole | pieces if len(word) <= _LONGEST}


def folded(text: str) -> str:
    """A text without case and accents; the search in the browser folds what is typed in the same way."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))


def _enter(postings: dict[str, dict[int, int]], found: set[str], unit: int, weight: int) -> None:
    for word in found:
        units = postings.setdefault(word, {})
        if units.get(unit, 0) < weight:
            units[unit] = weight


def _packed(units: Mapping[int, int]) -> str:
    """`10.3 5 1`: differences of numbers in base 36, a weight of more than 1 after a dot."""
    parts, before = [], 0
    for unit, weight in units.items():
        parts.append(_base36(unit - before) + (f".{weight}" if weight > 1 else ""))
        before = unit
    return " ".join(parts)


def _base36(number: int) -> str:
    text = ""
    while number >= 36:
        number, rest = divmod(number, 36)
        text = _DIGITS[rest] + text
    return _DIGITS[number] + text
