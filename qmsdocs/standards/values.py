"""A standard as values. A reference is a clause's number, or the number and an item: `8.3.2`, `8.3.2 j`, `9.3.2 c4`, `A.5.1`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_REFERENCE = re.compile(r"((?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3})*)(?:\s*\(?([a-z]{1,2})\)?(?:\s*\(?(\d{1,2})\)?)?)?")


class Keep(StrEnum):
    """What is to be done with documented information: maintain a document, or retain a record (ISO 9001:2015, A.6)."""

    MAINTAIN = "maintain"
    RETAIN = "retain"


@dataclass(frozen=True, slots=True)
class Information:
    """Documented information that a clause asks for; `condition` says when, where it is not asked of everyone.

    `records` are the purposes of record types whose records are this information.
    """

    at: str
    keep: Keep
    what: str
    condition: str | None = None
    records: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Standard:
    """One edition of a standard: titles by clause in the standard's order, and what it asks to be written down.

    `activities` name the clause that asks for something that records show (internal-audit, management-review, …);
    `contents` what a record of a purpose must deal with, by reference.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    clauses: Mapping[str, str]
    information: tuple[Information, ...]
    activities: Mapping[str, str]
    contents: Mapping[str, Mapping[str, str]]
    may_not_apply: tuple[str, ...]
    leaves: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        parents = {number.rpartition(".")[0] for number in self.clauses}
        object.__setattr__(self, "leaves", tuple(number for number in self.clauses if number not in parents))

    def called(self, name: str) -> bool:
        """Whether a name is this standard's: its own or an alias, without regard to case and white space."""
        return _plain(name) in {_plain(known) for known in (self.name, *self.aliases)}

    def knows(self, reference: str) -> bool:
        """Whether the standard has the clause of a reference."""
        return clause_of(reference) in self.clauses

    def gathered(self, clauses: Iterable[str]) -> tuple[str, ...]:
        """Clauses without parts in their order, with a whole section or subsection by its own number where all of it is meant."""
        left, found = set(clauses), []
        for number in self.clauses:
            parts = {leaf for leaf in self.leaves if within(leaf, number)}
            if not is_chapter(number) and parts and parts <= left:
                found.append(number)
                left -= parts
        return tuple(found)

    def asked_at(self, clause: str) -> tuple[Information, ...]:
        """The documented information that one clause, or an item of it, asks for."""
        return tuple(item for item in self.information if clause_of(item.at) == clause)


def parse_reference(text: str) -> str:
    """A reference in its one form: `8.3.2j`, `8.3.2 j)` and `8.3.2 (j)` are `8.3.2 j`. Raises ValueError."""
    found = _REFERENCE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a clause such as '8.3.2' or '8.3.2 j'")
    return found[1] + (f" {found[2]}{found[3] or ''}" if found[2] else "")


def clause_of(reference: str) -> str:
    """The clause of a reference, without the item."""
    return reference.partition(" ")[0]


def section_of(reference: str) -> str:
    """The section that a clause belongs to: `8.3` of `8.3.2 j`."""
    return ".".join(clause_of(reference).split(".")[:2])


def is_chapter(reference: str) -> bool:
    """Whether a reference is to a whole chapter, such as `8`: too wide to say anything of one requirement."""
    return "." not in reference


def within(inner: str, outer: str) -> bool:
    """Whether a reference is another, or a part of it."""
    return (
        inner == outer or inner.startswith((f"{outer}.", f"{outer} ")) or (" " in outer and _item_within(inner, outer))
    )


def matching(name: str, standards: Iterable[Standard]) -> Standard | None:
    """The standard with a name, or None."""
    return next((standard for standard in standards if standard.called(name)), None)


def _item_within(inner: str, outer: str) -> bool:
    """`9.3.2 c4` is a part of `9.3.2 c`."""
    return inner.startswith(outer) and inner[len(outer) :].isdigit() and not outer[-1].isdigit()


def _plain(name: str) -> str:
    return re.sub(r"\s+", "", name).casefold()
