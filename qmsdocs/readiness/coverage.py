"""Which documents answer for each clause, and the gaps where none in force does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from qmsdocs.eligibility import able, names
from qmsdocs.model import Condition, Source, Status
from qmsdocs.policy import POLICY_PATH, NotApplicable
from qmsdocs.readiness.evidence import Claim, Evidence, Holding, clauses_text, touch, unlettered
from qmsdocs.readiness.information import information_rows
from qmsdocs.readiness.report import Answer, ClauseRow, Cover, Gap, StandardReport, Weight
from qmsdocs.standards import Keep, Standard, section_of, within

_ORDER = tuple(Cover)
_ANSWERED = (Cover.IN_FORCE, Cover.FORM, Cover.CHAPTER, Cover.NOT_APPLICABLE)


def matrix(evidence: Evidence, standard: Standard) -> StandardReport:
    """The clause matrix: a row for each clause without parts."""
    claims: dict[str, list[Claim]] = {}
    for claim in evidence.claims_on(standard):
        claims.setdefault(claim.reference, []).append(claim)
    reasons = {entry.clause: entry for entry in _not_applicable(evidence, standard)}
    rows = []
    for clause in standard.leaves:
        touching = [claim for reference, group in claims.items() if touch(clause, reference) for claim in group]
        touching.sort(key=lambda claim: _ORDER.index(_weighed(claim)))
        excused = next((entry for outer, entry in reasons.items() if within(clause, outer)), None)
        cover = Cover.NOT_APPLICABLE if excused else _weighed(touching[0]) if touching else Cover.NONE
        rows.append(
            ClauseRow(
                clause=clause,
                title=standard.clauses[clause],
                cover=cover,
                answers=tuple(_answer(claim) for claim in touching),
                information=() if excused else information_rows(evidence, standard, clause, touching),
                reason=excused.reason if excused else None,
            )
        )
    return StandardReport(standard.name, standard.title, tuple(rows))


def coverage_gaps(evidence: Evidence, standard: Standard, report: StandardReport) -> Iterator[Gap]:
    """Clauses for which nothing in force answers, documents in trouble that others stand in for, claims that miss."""
    blamed: set[str] = set()
    for gap, documents in _clause_gaps(evidence, standard, report):
        blamed |= documents
        yield gap
    yield from _document_gaps(evidence, standard, blamed)
    yield from _declaration_gaps(evidence, standard, report)


def _weighed(claim: Claim) -> Cover:
    """How much a claim is worth: in force, it may still be that of a blank form or of a whole chapter."""
    if claim.cover is Cover.IN_FORCE:
        return Cover.CHAPTER if claim.wide else Cover.FORM if claim.holding.kind.purpose == "form" else Cover.IN_FORCE
    return claim.cover


def _answer(claim: Claim) -> Answer:
    text, standing = claim.content.text, claim.holding.standing
    shown = standing.shown is not None and claim.content is standing.shown.content
    status = standing.status if shown else Status.APPROVED if claim.cover is Cover.COMING else Status.DRAFT
    if claim.cover is Cover.DRAFT and standing.draft is not None:
        status = standing.draft.status
    return Answer(
        claim.holding.id,
        text.text("title") or "",
        claim.content.label,
        status,
        _weighed(claim),
        claim.reference,
        claim.heading,
        claim.source,
    )


def _not_applicable(evidence: Evidence, standard: Standard) -> Iterator[NotApplicable]:
    first = evidence.standards[0] if evidence.standards else None
    for entry in evidence.state.policy.system.not_applicable:
        if standard is first if entry.standard is None else standard.called(entry.standard):
            yield entry


# --- clauses --------------------------------------------------------------------------------------------------------


def _clause_gaps(evidence: Evidence, standard: Standard, report: StandardReport) -> Iterator[tuple[Gap, set[str]]]:
    answered = {section_of(row.clause) for row in report.rows if row.cover in _ANSWERED}
    open_rows = [row for row in report.rows if row.cover not in (Cover.IN_FORCE, Cover.NOT_APPLICABLE)]

    def together(row: ClauseRow) -> tuple[str, Cover, Weight, tuple[str, ...]]:
        weight = _weight(row, standard, answered)
        documents = tuple(answer.document for answer in (*_best(row), *_beside(row)))
        return section_of(row.clause), row.cover, weight, documents

    for (_, cover, weight, documents), group in groupby(open_rows, key=together):
        rows = list(group)
        yield _clause_gap(evidence, standard, cover, weight, rows), set(documents)


def _best(row: ClauseRow) -> list[Answer]:
    found = {answer.document: answer for answer in row.answers if answer.cover is row.cover}
    return list(found.values())


def _beside(row: ClauseRow) -> list[Answer]:
    """Where only a form or a whole chapter is in force: what would say how it is done, and is not in force."""
    found = {a.document: a for a in reversed(row.answers) if a.cover not in _ANSWERED}
    return list(found.values())[::-1] if row.cover in (Cover.FORM, Cover.CHAPTER) else []


def _weight(row: ClauseRow, standard: Standard, answered: set[str]) -> Weight:
    """Major where a whole section is without an answer, or a document that the standard asks for is missing."""
    if row.cover in (Cover.FORM, Cover.CHAPTER, Cover.COMING):
        return Weight.MINOR
    asked = any(item.keep is Keep.MAINTAIN and item.condition is None for item in standard.asked_at(row.clause))
    return Weight.MAJOR if asked or section_of(row.clause) not in answered else Weight.MINOR


def _clause_gap(evidence: Evidence, standard: Standard, cover: Cover, weight: Weight, rows: Sequence[ClauseRow]) -> Gap:
    clauses, answers = standard.gathered(row.clause for row in rows), _best(rows[0])
    titles = ", ".join(standard.clauses[clause] for clause in clauses)
    message = f"{titles}: {_said(cover, answers, 'it' if len(clauses) == 1 else 'them')}"
    asked = [
        i.what for row in rows for i in standard.asked_at(row.clause) if i.keep is Keep.MAINTAIN and not i.condition
    ]
    beside = _beside(rows[0])
    if beside:
        message += f"; {_named(beside)} is not in force"
    if asked and cover not in (Cover.FORM, Cover.CHAPTER, Cover.COMING):
        message += f"; the standard asks for it in writing: {', '.join(asked)}"
    first = answers[0] if answers else None
    return Gap(
        "uncovered" if cover is Cover.NONE else cover.value.replace(" ", "-"),
        weight,
        clauses,
        message,
        _remedy(evidence, beside[0].cover, beside, clauses, standard)
        if beside
        else _remedy(evidence, cover, answers, clauses, standard),
        standard.name,
        first.document if first else None,
        first.source if first else None,
    )


def _named(answers: Sequence[Answer]) -> str:
    return ", ".join(f"{a.document} revision {a.revision} ({a.status.lower()})" for a in answers)


def _said(cover: Cover, answers: Sequence[Answer], it: str) -> str:
    who = _named(answers)
    told = {
        Cover.NONE: f"no document answers for {it}",
        Cover.FORM: f"only a blank form answers for {it}, so nothing says how it is done: {who}",
        Cover.CHAPTER: f"only a claim on a whole chapter reaches {it}: {who}",
        Cover.COMING: f"what answers for {it} is approved and not yet in force: {who}",
        Cover.DRAFT: f"only a draft answers for {it}: {who}",
    }
    return told.get(cover) or f"only what must not be used answers for {it}: {who}"


def _remedy(
    evidence: Evidence, cover: Cover, answers: Sequence[Answer], clauses: tuple[str, ...], standard: Standard
) -> str:
    named = ", ".join(clauses)
    if cover is Cover.DRAFT:
        return "; ".join(_to_approve(evidence, answer.document) for answer in answers)
    if cover is Cover.COMING:
        return "Nothing more is to be done before the day it takes effect"
    if cover is Cover.CHAPTER:
        return f"Name {named} in the document that says how it is done, or over its section: <!-- clauses: {named} -->"
    if cover in (Cover.SUSPENDED, Cover.CANCELLED):
        return "; ".join(_to_replace(answer.document) for answer in answers)
    remedy = f"Add {named} to `clauses` of the document in force that says how it is done, or write one (qmsdocs new)"
    if cover is Cover.OBSOLETE:
        return f"{remedy}; what replaces {', '.join(a.document for a in answers)} does not name it"
    if all(any(within(clause, allowed) for allowed in standard.may_not_apply) for clause in clauses):
        remedy += f'; where it does not apply, give the reason in qms.toml: [not_applicable] "{clauses[0]}" = "…"'
    return remedy


def _to_approve(evidence: Evidence, document: str) -> str:
    draft = evidence.state.dossiers[document].draft
    if draft is None or draft.rejected or not draft.missing:
        return f"Mend {document} and have it approved: qmsdocs status"
    who = "; ".join(f"{need}: {names(able(need, draft, evidence.state))}" for need in draft.missing)
    return f"Have {document} approved, missing {who}: qmsdocs {draft.missing[0].meaning} {document}"


def _to_replace(document: str) -> str:
    return f'Put right why it was stopped: qmsdocs revise {document} --change "…", then have it approved'


# --- documents ------------------------------------------------------------------------------------------------------


def _document_gaps(evidence: Evidence, standard: Standard, blamed: set[str]) -> Iterator[Gap]:
    """Documents that answer for a clause and are not as they should be, beside those already named for their clause."""
    for holding in evidence.documents:
        claims = evidence.claims_of(holding.id, standard)
        clauses = unlettered(tuple(claim.reference for claim in claims))
        if clauses:
            yield from (
                gap
                for gap in _troubles(holding, clauses, standard)
                if gap.name != "suspended" or holding.id not in blamed
            )


def _troubles(holding: Holding, clauses: tuple[str, ...], standard: Standard) -> Iterator[Gap]:
    standing, document = holding.standing, holding.id
    revision = standing.shown
    if revision is None:
        return
    called, source = f"{document} revision {revision.label}", revision.content.source()
    if Condition.OVERDUE in standing.conditions:
        message = f"{called} was to be reviewed by {standing.review_by}, and was not"
        remedy = f"Review it: qmsdocs periodic-review {document} --verdict keep (or revise, withdraw)"
        yield Gap("overdue", Weight.MINOR, clauses, message, remedy, standard.name, document, source)
    if Condition.APPROVAL_BROKEN in standing.conditions:
        message = f"the approval of {called} is broken: its text was changed under the same revision, or a signed record is gone"
        remedy = f'Bring back what was approved, or qmsdocs revise {document} --change "…" and have it approved'
        yield Gap("approval-broken", Weight.MAJOR, clauses, message, remedy, standard.name, document, source)
    if standing.status is Status.SUSPENDED and revision.revoked is not None:
        act = revision.revoked
        message = f"{called} is suspended since {act.day} ({act.record.comment or 'no reason given'}); other documents in force name the clause"
        yield Gap("suspended", Weight.MINOR, clauses, message, _to_replace(document), standard.name, document, source)


# --- declarations ---------------------------------------------------------------------------------------------------


def _declaration_gaps(evidence: Evidence, standard: Standard, report: StandardReport) -> Iterator[Gap]:
    for entry in _not_applicable(evidence, standard):
        source = Source(POLICY_PATH, entry.line)
        if not standard.knows(entry.clause):
            message = f"qms.toml says that {entry.clause} does not apply, and {standard.name} has no such clause"
            yield Gap(
                "unknown-clause",
                Weight.MINOR,
                (entry.clause,),
                message,
                "Correct the number",
                standard.name,
                None,
                source,
            )
        elif not any(within(entry.clause, allowed) for allowed in standard.may_not_apply):
            message = f"qms.toml says that it does not apply ({entry.reason}); an auditor will hardly accept that for this clause"
            remedy = "Answer for it in a document, or have a reason that shows it cannot touch your product or your customers"
            yield Gap("not-excusable", Weight.MAJOR, (entry.clause,), message, remedy, standard.name, None, source)
        yield from _contradicted(entry.clause, report, standard)


def _contradicted(clause: str, report: StandardReport, standard: Standard) -> Iterator[Gap]:
    rows = [row for row in report.rows if row.cover is Cover.NOT_APPLICABLE and within(row.clause, clause)]
    found = {a.document: a for row in rows for a in row.answers if a.cover is Cover.IN_FORCE}
    if found:
        message = f"qms.toml says that it does not apply, yet {clauses_text(tuple(found))} in force answers for it"
        remedy = "Strike the declaration in qms.toml, or the clause from the document in its next revision"
        first = next(iter(found.values()))
        yield Gap(
            "contradiction", Weight.MINOR, (clause,), message, remedy, standard.name, first.document, first.source
        )
