"""Values shared by every layer: where a fact comes from, what was found, which words are allowed.

The vocabulary is that of the design (section 2) and of ISO 9001 practice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Status of one revision of a document (or of the document that it stands for)."""

    DRAFT = "Draft"
    IN_REVIEW = "In review"
    APPROVED = "Approved"
    EFFECTIVE = "Effective"
    SUPERSEDED = "Superseded"
    SUSPENDED = "Suspended"
    CANCELLED = "Cancelled"
    OBSOLETE = "Obsolete"


class Condition(StrEnum):
    """What is shown beside a status; a document can have several."""

    REVIEW_DUE = "review due"
    OVERDUE = "overdue"
    APPROVAL_BROKEN = "approval broken"
    ACKNOWLEDGEMENT_OUTSTANDING = "acknowledgement outstanding"
    CHANGE_PENDING = "change pending"
    REJECTED = "rejected"


class Meaning(StrEnum):
    """What a signed record says was done (the signature's meaning, 21 CFR 11.50(a)(3))."""

    REVIEW = "review"
    APPROVE = "approve"
    REJECT = "reject"
    REVOKE = "revoke"
    PERIODIC_REVIEW = "periodic-review"
    ACKNOWLEDGE = "acknowledge"
    BASELINE = "baseline"
    CLOSE = "close"


class ReviewVerdict(StrEnum):
    """Outcome of a periodic review."""

    KEEP = "keep"
    REVISE = "revise"
    WITHDRAW = "withdraw"


class Assurance(StrEnum):
    """How an act is tied to its person: by their key, or only by the commit's author."""

    SIGNED = "signed"
    ATTRIBUTED = "attributed"


class Kind(StrEnum):
    """What a type of file is: a document we control, one from outside, or a record (ISO 9000:2015 3.8.5, 3.8.10)."""

    DOCUMENT = "document"
    EXTERNAL = "external"
    RECORD = "record"


class Severity(StrEnum):
    """Weight of a finding: only an error makes `check` exit with 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact stands: a file, a line counted from 1, a full commit id; each is None where there is none."""

    path: str | None = None
    line: int | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a reader could not take as it stands; the rules turn it into a finding.

    `rule` is the name of the rule it breaks, `line` counts from 1 in the file that was read.
    """

    rule: str
    line: int
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth saying, and what clears it."""

    code: str
    rule: str
    severity: Severity
    source: Source
    document: str | None
    message: str
    remedy: str
    basis: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """Name and e-mail as git has them: a claim, never proof of a person."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class QmsError(Exception):
    """Something the user can cause: one clear sentence, and the exit code it leads to.

    `exit_code` is 2 for wrong usage or setting and 3 where the truth cannot be determined.
    """

    exit_code = 2


class CannotDetermine(QmsError):
    """The repository does not hold what is needed to tell (shallow, partial, damaged)."""

    exit_code = 3
