"""The two stages of a certification audit (ISO/IEC 17021-1:2015, 9.3.1): is it all written down, and is it alive?"""

from __future__ import annotations

from collections.abc import Iterator

from qmsdocs.lifecycle import Dossier
from qmsdocs.model import Finding, Kind, Severity, Source
from qmsdocs.policy import POLICY_PATH
from qmsdocs.readiness.coverage import coverage_gaps, matrix
from qmsdocs.readiness.cycle import Milestone, Reached, cycle
from qmsdocs.readiness.evidence import Evidence
from qmsdocs.readiness.findings import finding_gaps, finding_rows, nonconformity_gaps
from qmsdocs.readiness.information import information_gaps
from qmsdocs.readiness.life import claimed_gaps, form_gaps, objective_gaps, reader_gaps, reader_rows, review_gaps
from qmsdocs.readiness.programme import holding_gaps, planning_gaps
from qmsdocs.readiness.report import FindingRow, Gap, Readiness, StandardReport, Weight
from qmsdocs.register import kind_of
from qmsdocs.standards import Standard

_WEIGHTS = tuple(Weight)
_CODES_SHOWN = 8
_SAID_APART = ("approval-broken", "changed-without-revision")  # by the document's own gap
_TAMPERED = (
    "record-changed",
    "record-removed",
    "closed-record-changed",
    "record-deleted",
    "deleted-in-force",
    "key-revoked-since",
)


def readiness(evidence: Evidence, stage: int) -> Readiness:
    """What an auditor would say at a stage on the day that is judged. Stage 2 repeats the gaps of Stage 1 that are left."""
    state = evidence.state
    reports = {standard: matrix(evidence, standard) for standard in evidence.standards}
    findings = finding_rows(evidence)
    steps = cycle(state.policy, state.as_of)
    gaps = [*_unknown_standards(evidence), *_errors(evidence), *claimed_gaps(evidence), *_missed(steps)]
    for at, (standard, report) in enumerate(reports.items()):
        gaps += _of_standard(evidence, standard, report, stage)
        if at == 0:  # what concerns the organisation as a whole is said once, by the first standard's clauses
            gaps += _of_system(evidence, standard, report, findings, stage)
    return Readiness(
        stage=stage,
        commit=state.landing.commit.id if state.landing else state.head,
        as_of=state.as_of,
        organisation=state.policy.organisation,
        standards=tuple(reports.values()),
        gaps=tuple(sorted(gaps, key=lambda gap: _WEIGHTS.index(gap.weight))),
        findings=findings,
        readers=reader_rows(evidence),
        cycle=steps,
    )


def _of_standard(evidence: Evidence, standard: Standard, report: StandardReport, stage: int) -> Iterator[Gap]:
    yield from coverage_gaps(evidence, standard, report)
    yield from information_gaps(report, stage, evidence.day)
    if stage == 2:
        yield from objective_gaps(evidence, standard)
        yield from review_gaps(evidence, standard)
        yield from holding_gaps(evidence, standard, report)


def _of_system(
    evidence: Evidence, standard: Standard, report: StandardReport, findings: tuple[FindingRow, ...], stage: int
) -> Iterator[Gap]:
    yield from finding_gaps(evidence, standard, findings, stage)
    if stage == 1:
        yield from planning_gaps(evidence, standard, report)
    else:
        yield from nonconformity_gaps(evidence, standard)
        yield from reader_gaps(evidence, standard)
        yield from form_gaps(evidence, standard)


def _unknown_standards(evidence: Evidence) -> Iterator[Gap]:
    for name in evidence.unknown:
        message = f"the policy lists {name}, of which no list of clauses is here, so nothing can be said of it"
        remedy = "Put one into standards/ of this repository: one TOML file, as docs/readiness.md shows"
        yield Gap("unknown-standard", Weight.UNCLEAR, (), message, remedy, name)


def _errors(evidence: Evidence) -> Iterator[Gap]:
    """What `check` calls an error in documents that were issued: an auditor who looks at them will find the same."""
    errors = [finding for finding in evidence.errors if _counts(finding, evidence)]
    tampered = [finding for finding in errors if finding.rule in _TAMPERED]
    for found, weight in ((tampered, Weight.MAJOR), ([e for e in errors if e not in tampered], Weight.MINOR)):
        if found:
            codes = sorted({f"{finding.code} {finding.rule}" for finding in found})
            named = ", ".join(codes[:_CODES_SHOWN]) + ("…" if len(codes) > _CODES_SHOWN else "")
            count = f"{len(found)} error{'' if len(found) == 1 else 's'}"
            name = "records-tampered" if weight is Weight.MAJOR else "errors"
            yield Gap(
                name,
                weight,
                (),
                f"'qmsdocs check' reports {count}: {named}",
                "See them, each with its remedy: qmsdocs check",
            )


def _counts(finding: Finding, evidence: Evidence) -> bool:
    dossier = evidence.state.dossiers.get(finding.document or "")
    issued = dossier is None or bool(dossier.revisions) or (dossier.draft is not None and _is_record(dossier))
    return finding.severity is Severity.ERROR and finding.rule not in _SAID_APART and issued


def _is_record(dossier: Dossier) -> bool:
    kind = kind_of(dossier)
    return kind is not None and kind.kind is Kind.RECORD


def _missed(steps: tuple[Milestone, ...]) -> Iterator[Gap]:
    """Steps of the certificate that are past their day, or agreed for later than that; what was taken late is the body's affair."""
    for step in steps:
        if step.reached is Reached.DONE or not (step.reached is Reached.OVERDUE or step.late):
            continue
        how = f"is agreed for {step.on}, after the last day, {step.by}" if step.on else f"was to be by {step.by}"
        weight = Weight.MINOR if step.on else Weight.MAJOR
        remedy = "Agree a day with the certification body, and write it into [certificate] of qms.toml"
        yield Gap("cycle", weight, (), f"{step.name} {how}", remedy, None, None, Source(POLICY_PATH, step.line))
