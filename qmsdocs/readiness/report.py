"""What readiness says: the clause matrix, the gaps, the findings, who has read what, the cycle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from qmsdocs.model import Source, Status
from qmsdocs.readiness.cycle import Milestone
from qmsdocs.standards import Information


class Weight(StrEnum):
    """How an auditor would grade a gap. `unclear` is what cannot be told from the repository: have the evidence to hand."""

    MAJOR = "major"
    MINOR = "minor"
    UNCLEAR = "unclear"


class Cover(StrEnum):
    """What answers for a clause, best first."""

    IN_FORCE = "in force"
    FORM = "only a form"
    CHAPTER = "only a whole chapter"
    COMING = "not yet in force"
    DRAFT = "only a draft"
    SUSPENDED = "only suspended"
    CANCELLED = "only cancelled"
    OBSOLETE = "only obsolete"
    NONE = "nothing"
    NOT_APPLICABLE = "does not apply"


class Kept(StrEnum):
    """Where documented information is that a clause asks for."""

    MAINTAINED = "maintained"
    RECORD = "records here"
    ELSEWHERE = "kept elsewhere"
    FORM = "a form, no record yet"
    PLANNED = "no record yet"
    MISSING = "missing"
    UNTOLD = "not told"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something an auditor would say, and what closes it. `standard` is None where it concerns the system as a whole."""

    name: str
    weight: Weight
    clauses: tuple[str, ...]
    message: str
    remedy: str
    standard: str | None = None
    document: str | None = None
    source: Source | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A document that answers for a clause. `claimed` is the reference it names, `heading` the section that does, if one."""

    document: str
    title: str
    revision: str
    status: Status
    cover: Cover
    claimed: str
    heading: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class InformationRow:
    """Documented information a clause asks for: where it is, by ids or words, and the day of the newest record."""

    information: Information
    kept: Kept
    where: tuple[str, ...]
    newest: date | None = None


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause without parts: what answers for it, and the information it asks for. `reason` says why it does not apply."""

    clause: str
    title: str
    cover: Cover
    answers: tuple[Answer, ...]
    information: tuple[InformationRow, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StandardReport:
    """One standard's clause matrix."""

    name: str
    title: str
    rows: tuple[ClauseRow, ...]


class FindingState(StrEnum):
    """How far a finding is."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding of an audit. `missing` are the answers that are not there; `unknown` evidence that is not here."""

    id: str
    title: str
    grade: str | None
    audit: str | None
    clauses: tuple[str, ...]
    documents: tuple[str, ...]
    raised: date | None
    due: date | None
    state: FindingState
    overdue: bool
    missing: tuple[str, ...]
    evidence: tuple[str, ...]
    unknown: tuple[str, ...]
    closed_on: date | None
    closed_by: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """What a person must have read in a role, and which of it is outstanding."""

    role: str
    person: str
    name: str
    required: int
    outstanding: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """The report of one stage on one day. Gaps stand heaviest first."""

    stage: int
    commit: str
    as_of: date
    organisation: str
    standards: tuple[StandardReport, ...]
    gaps: tuple[Gap, ...]
    findings: tuple[FindingRow, ...]
    readers: tuple[ReaderRow, ...]
    cycle: tuple[Milestone, ...]

    def count(self, weight: Weight) -> int:
        """How many gaps there are of a weight."""
        return sum(gap.weight is weight for gap in self.gaps)
