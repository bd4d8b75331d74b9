"""The documented information that clauses ask for: which document is it, or where are the records, and how new is the newest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from qmsdocs.dates import Interval
from qmsdocs.model import Kind
from qmsdocs.readiness.evidence import Claim, Evidence, Holding, clauses_text, until
from qmsdocs.readiness.report import Cover, Gap, InformationRow, Kept, StandardReport, Weight
from qmsdocs.standards import Information, Keep, Standard, within

_ALIVE = Interval(12, "month")


def information_rows(
    evidence: Evidence, standard: Standard, clause: str, claims: Sequence[Claim]
) -> tuple[InformationRow, ...]:
    """Where each piece of information is that a clause asks for; `claims` are those that touch the clause."""
    return tuple(
        _maintained(item, claims) if item.keep is Keep.MAINTAIN else _retained(evidence, standard, item, claims)
        for item in standard.asked_at(clause)
    )


def information_gaps(report: StandardReport, stage: int, day: date) -> Iterator[Gap]:
    """Records that the standard asks for and that nothing here tells of; at Stage 2 also those of which there is none yet.

    Documents to be maintained are missing where their clause is uncovered, which is said there.
    """
    rows = [row for clause in report.rows for row in clause.information if row.information.keep is Keep.RETAIN]
    untold = [row for row in rows if row.kept is Kept.UNTOLD]
    if untold:
        yield _untold(untold, report)
    if stage == 2:
        judged_apart = {"internal-audit", "management-review"}  # by when they were held
        rows = [row for row in rows if not judged_apart.intersection(row.information.records)]
        yield from _none_yet(rows, report)
        yield from _stale(rows, report, day)


def _maintained(item: Information, claims: Sequence[Claim]) -> InformationRow:
    held = [c for c in claims if c.cover is Cover.IN_FORCE and not c.wide and c.holding.kind.purpose != "form"]
    fitting = [c for c in held if within(item.at, c.reference) or within(c.reference, item.at)]
    where = tuple(dict.fromkeys(claim.holding.id for claim in fitting))
    return InformationRow(item, Kept.MAINTAINED if where else Kept.MISSING, where)


def _retained(evidence: Evidence, standard: Standard, item: Information, claims: Sequence[Claim]) -> InformationRow:
    records = [record for record in evidence.records() if _is_evidence(record, item, standard, evidence)]
    records = [record for record in records if not evidence.is_blank(record)]
    if records:
        days = [day for record in records if (day := record_day(record)) and day <= evidence.day]
        return InformationRow(item, Kept.RECORD, tuple(record.id for record in records), max(days, default=None))
    told = [c for c in evidence.kept_elsewhere if c.standard is standard and c.cover is Cover.IN_FORCE]
    where = [
        f"{c.holding.id}, {c.heading}" if c.heading else c.holding.id for c in told if _meets(item.at, c.reference)
    ]
    if where:
        return InformationRow(item, Kept.ELSEWHERE, tuple(dict.fromkeys(where)))
    forms = [c for c in claims if c.cover is Cover.IN_FORCE and c.holding.kind.purpose == "form" and not c.wide]
    if forms:
        return InformationRow(item, Kept.FORM, tuple(dict.fromkeys(c.holding.id for c in forms)))
    types = [
        t for t in evidence.state.policy.types.values() if t.kind is Kind.RECORD and _serves(t.purpose, t.retains, item)
    ]
    return InformationRow(item, Kept.PLANNED if types else Kept.UNTOLD, tuple(t.id for t in types))


def _is_evidence(record: Holding, item: Information, standard: Standard, evidence: Evidence) -> bool:
    """Whether a record is this information: by its type's purpose or `retains`; by its own clauses where its type says neither."""
    kind, content = record.kind, record.dossier.current
    if kind.purpose or kind.retains or content is None:
        return _serves(kind.purpose, kind.retains, item)
    found = (evidence.resolve(text) for text in content.text.items("clauses"))
    return any(claim is not None and claim[0] is standard and _meets(item.at, claim[1]) for claim in found)


def _serves(purpose: str, retains: Sequence[str], item: Information) -> bool:
    return purpose in item.records or any(_meets(item.at, reference) for reference in retains)


def _meets(asked: str, reference: str) -> bool:
    return "." in reference and (within(asked, reference) or within(reference, asked))


def record_day(record: Holding) -> date | None:
    """The day a record speaks of."""
    return record.dossier.current.text.day("date") if record.dossier.current else None


def _untold(rows: Sequence[InformationRow], report: StandardReport) -> Gap:
    asked = tuple(row.information.at for row in rows)
    message = f"nothing here tells where these records are: {'; '.join(_called(row.information) for row in rows)}"
    remedy = (
        "Have them to hand, and say in a document in force where they are kept, in a section marked "
        f'<!-- records: {asked[0]} -->; or name a type of record here for them in qms.toml: retains = ["{asked[0]}"]'
    )
    return Gap("records-not-told", Weight.UNCLEAR, asked, message, remedy, report.name)


def _called(information: Information) -> str:
    condition = f" ({information.condition})" if information.condition else ""
    return f"{information.at}, {information.what}{condition}"


def _none_yet(rows: Sequence[InformationRow], report: StandardReport) -> Iterator[Gap]:
    for row in rows:
        if row.kept is Kept.PLANNED:
            message = f"there is no record of type {', '.join(row.where)} yet: {row.information.what}"
            remedy = f'Record the next case: qmsdocs new {row.where[0]} "…"'
            yield Gap("no-record", Weight.MINOR, (row.information.at,), message, remedy, report.name)
    blank = [row for row in rows if row.kept is Kept.FORM]
    if blank:
        asked = tuple(row.information.at for row in blank)
        forms = clauses_text(tuple(form for row in blank for form in row.where))
        message = f"no record made on {forms} is here: {'; '.join(_called(row.information) for row in blank)}"
        remedy = f"Have filled ones to hand, and say where they are kept: <!-- records: {', '.join(asked)} -->"
        yield Gap("records-elsewhere", Weight.UNCLEAR, asked, message, remedy, report.name)


def _stale(rows: Sequence[InformationRow], report: StandardReport, day: date) -> Iterator[Gap]:
    old = [row for row in rows if row.kept is Kept.RECORD and row.newest and until(_ALIVE, row.newest) < day]
    for where, group in groupby(old, key=lambda row: (row.where, row.newest)):
        found = tuple(group)
        message = (
            f"the newest record is {where[0][-1]} of {where[1]}, more than a year old: {found[0].information.what}"
        )
        at = tuple(row.information.at for row in found)
        remedy = "Show that there was no case since, or record what was done"
        yield Gap("records-stale", Weight.UNCLEAR, at, message, remedy, report.name, where[0][-1])
