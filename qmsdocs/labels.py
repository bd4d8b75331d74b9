"""Revision labels: what comes first, what comes next, what comes before what."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Scheme(StrEnum):
    """How a type of document labels its revisions."""

    INTEGER = "integer"
    LETTER = "letter"
    MAJOR_MINOR = "major.minor"


_FORM = {
    Scheme.INTEGER: re.compile(r"0|[1-9]\d{0,8}"),
    Scheme.LETTER: re.compile(r"[A-Z]{1,4}"),
    Scheme.MAJOR_MINOR: re.compile(r"(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})"),
}
_FIRST = {
    Scheme.INTEGER: ("1", "0"),
    Scheme.LETTER: ("A",),
    Scheme.MAJOR_MINOR: ("1.0", "0.1"),
}


@lru_cache(4096)
def is_label(scheme: Scheme, label: str) -> bool:
    """Whether `label` is written as `scheme` writes its labels."""
    return bool(_FORM[scheme].fullmatch(label))


def first_labels(scheme: Scheme) -> tuple[str, ...]:
    """Labels a document may start with, the usual one first."""
    return _FIRST[scheme]


def next_labels(scheme: Scheme, label: str) -> tuple[str, ...]:
    """Labels that may follow `label`, the usual one first (for `2.1`: `3.0`, then the minor `2.2`).

    Raises ValueError where `label` does not belong to the scheme.
    """
    place = order(scheme, label)
    if scheme is Scheme.INTEGER:
        return (str(place[0] + 1),)
    if scheme is Scheme.LETTER:
        return (_letters(place[0] + 1),)
    return (f"{place[0] + 1}.0", f"{place[0]}.{place[1] + 1}")


@lru_cache(4096)
def order(scheme: Scheme, label: str) -> tuple[int, ...]:
    """A key that sorts labels of one scheme: `9` before `10`, `Z` before `AA`, `2.9` before `2.10`.

    Raises ValueError where `label` does not belong to the scheme.
    """
    if not is_label(scheme, label):
        raise ValueError(f"{label!r} is not a revision label of the scheme {scheme}")
    if scheme is Scheme.LETTER:
        number = 0
        for letter in label:
            number = number * 26 + ord(letter) - ord("A") + 1
        return (number,)
    return tuple(int(part) for part in label.split("."))


def is_minor(scheme: Scheme, label: str) -> bool:
    """Whether `label` is an administrative (minor) revision: only major.minor has them."""
    return scheme is Scheme.MAJOR_MINOR and is_label(scheme, label) and order(scheme, label)[1] != 0


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
