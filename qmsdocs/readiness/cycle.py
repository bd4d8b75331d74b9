"""The cycle of a certificate: stages, surveillance, recertification (ISO/IEC 17021-1:2015, 9.1.3 and 9.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from qmsdocs.dates import Interval
from qmsdocs.policy import Certificate, Policy

YEAR, LIFE = Interval(1, "year"), Interval(3, "year")
SOON = 90  # days: how far ahead a milestone is worth preparing for
_TO_DECIDE = Interval(-3, "month")  # what the body needs to decide before the certificate ends


class Reached(StrEnum):
    """How a milestone stands on a day."""

    DONE = "done"
    OVERDUE = "overdue"
    SOON = "soon"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step of the cycle: `on` is the day it is agreed for or was taken, `by` the last day it may be; one may be None."""

    name: str
    on: date | None
    by: date | None
    reached: Reached
    body: str
    standards: tuple[str, ...]
    line: int

    @property
    def day(self) -> date:
        """The day to put into a calendar."""
        day = self.on or self.by
        assert day
        return day

    @property
    def late(self) -> bool:
        """Whether it was taken, or is agreed for, after the last day it may be."""
        return self.on is not None and self.by is not None and self.on > self.by

    @property
    def told(self) -> str:
        """Its days in words: `2026-11-18 (by 2026-12-05)`, `by 2026-12-05, overdue`."""
        when = f"{self.on}{f' (by {self.by})' if self.by else ''}" if self.on else f"by {self.by}"
        if self.late:
            return f"{when}, late"
        return f"{when}, {self.reached}" if self.reached in (Reached.OVERDUE, Reached.SOON) else when


def cycle(policy: Policy, day: date) -> tuple[Milestone, ...]:
    """Every milestone of the policy's certificates as they stand on a day, in the order of their days."""
    found = [step for one in policy.system.certificates for step in _steps(one, one.standards or policy.standards, day)]
    return tuple(sorted(found, key=lambda step: step.day))


def _steps(certificate: Certificate, standards: tuple[str, ...], day: date) -> list[Milestone]:
    def step(name: str, on: date | None, by: date | None = None) -> list[Milestone]:
        if on is None and by is None:
            return []
        return [Milestone(name, on, by, _reached(on, by, day), certificate.body, standards, certificate.line)]

    return [
        *step("Stage 1", certificate.stage_1),
        *step("Stage 2", certificate.stage_2),
        *step("Certificate issued", certificate.issued),
        *(found for name, on, by in _surveillance(certificate) for found in step(name, on, by)),
        *step("Recertification audit", certificate.recertification, _recertified_by(certificate)),
        *step("Certificate expires", None, _expires(certificate)),
    ]


def _surveillance(certificate: Certificate) -> list[tuple[str, date | None, date | None]]:
    """Each surveillance with its last day, a year after the one before; the first counts from the decision.

    No further one is asked for where the recertification audit falls within the year.
    """
    found: list[tuple[str, date | None, date | None]] = []
    anchor = certificate.issued
    for on in certificate.surveillance:
        found.append((f"Surveillance {len(found) + 1}", on, YEAR.after(anchor) if anchor else None))
        anchor = on
    last = certificate.recertification or _recertified_by(certificate)
    while anchor and last and YEAR.after(anchor) < last:
        anchor = YEAR.after(anchor)
        found.append((f"Surveillance {len(found) + 1}", None, anchor))
    return found


def _expires(certificate: Certificate) -> date | None:
    """As written, else three years from the day it was issued."""
    return certificate.expires or (LIFE.after(certificate.issued) if certificate.issued else None)


def _recertified_by(certificate: Certificate) -> date | None:
    expires = _expires(certificate)
    return _TO_DECIDE.after(expires) if expires else None


def _reached(on: date | None, by: date | None, day: date) -> Reached:
    if on is not None and on <= day:
        return Reached.DONE
    if by is not None and by < day:
        return Reached.OVERDUE
    due = on or by
    assert due
    return Reached.SOON if (due - day).days <= SOON else Reached.AHEAD
