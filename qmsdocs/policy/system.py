"""What the policy says of the management system as a whole: certificates, what does not apply, intervals, processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from qmsdocs.dates import Interval

AUDITS_EVERY, REVIEWS_EVERY = Interval(36, "month"), Interval(12, "month")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, held or sought. `surveillance` and `recertification` are days held or agreed with the body."""

    body: str
    scope: str
    number: str
    standards: tuple[str, ...]
    stage_1: date | None
    stage_2: date | None
    issued: date | None
    expires: date | None
    surveillance: tuple[date, ...]
    recertification: date | None
    line: int


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the organisation; `owner` is a role or person, `documents` are the ids of those that describe it."""

    id: str
    name: str
    owner: str | None
    documents: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A clause that does not apply, and why. `standard` is None where the first of the policy's standards is meant."""

    standard: str | None
    clause: str
    reason: str
    line: int


@dataclass(frozen=True)
class ManagementSystem:
    """The system as a whole; an interval is None where the policy states none."""

    certificates: tuple[Certificate, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    internal_audits: Interval | None = None
    management_reviews: Interval | None = None
    processes: Mapping[str, Process] = field(default_factory=dict)

    @property
    def audits_every(self) -> Interval:
        """Within which time every clause and process is audited: as the policy says, else the life of a certificate."""
        return self.internal_audits or AUDITS_EVERY

    @property
    def reviews_every(self) -> Interval:
        """How often top management reviews the system: as the policy says, else every year."""
        return self.management_reviews or REVIEWS_EVERY
