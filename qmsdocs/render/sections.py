"""How a register is divided for people: what counts today, what is obsolete, and in which order findings are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qmsdocs.model import Finding, Severity, Status

if TYPE_CHECKING:
    from qmsdocs.register import DocumentRow, RecordRow, Register

SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Sections:
    """The rows of a register; obsolete documents, external ones among them, stand apart so that nobody uses them."""

    documents: tuple[DocumentRow, ...]
    external: tuple[DocumentRow, ...]
    records: tuple[RecordRow, ...]
    obsolete: tuple[DocumentRow, ...]


def sections(register: Register) -> Sections:
    """The sections of a register."""
    gone = [row for row in (*register.documents, *register.external) if row.status is Status.OBSOLETE]
    from qmsdocs.register import natural  # late: `check` shows findings alone

    return Sections(
        documents=tuple(row for row in register.documents if row.status is not Status.OBSOLETE),
        external=tuple(row for row in register.external if row.status is not Status.OBSOLETE),
        records=register.records,
        obsolete=tuple(sorted(gone, key=lambda row: natural(row.id))),
    )


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by file, then line, then weight; those that concern no file come first."""
    return sorted(findings, key=_finding_key)


def severity_counts(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings of each weight, heaviest first, zeros too."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in SEVERITIES}


def status_counts(rows: Iterable[DocumentRow]) -> dict[Status, int]:
    """How many rows of each status, in the order of a document's life, without zeros."""
    counts = Counter(row.status for row in rows)
    return {status: counts[status] for status in Status if counts[status]}


def _finding_key(finding: Finding) -> tuple[str, int, int, str, str]:
    source = finding.source
    return source.path or "", source.line or 0, SEVERITIES.index(finding.severity), finding.code, finding.message
