"""Signs that the system is alive: reviews that deal with everything, people who have read, objectives with figures, right forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qmsdocs.lifecycle import in_force, period
from qmsdocs.model import Status
from qmsdocs.readiness.evidence import Evidence, Holding, clauses_text
from qmsdocs.readiness.programme import REVIEW, held
from qmsdocs.readiness.report import Cover, Gap, ReaderRow, Weight
from qmsdocs.standards import Standard, within

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NAME_WITH_FIGURES = re.compile(r"\b(?:\d{4}-\d{2}-\d{2}|(?:19|20)\d{2}|[A-Za-z]+-?\d[\w-]*|\d+(?:\.\d+){2,})\b")
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+")


def review_gaps(evidence: Evidence, standard: Standard) -> Iterator[Gap]:
    """Whether the last management review dealt with each input and output that the standard lists."""
    reviews, asked = held(evidence, REVIEW), standard.contents.get(REVIEW, {})
    if not reviews or not asked:
        return
    last = reviews[-1]
    named = {
        r: True for text in last.content.text.items("clauses") if " " in (r := _reference(evidence, text, standard))
    }
    for mark in evidence.marks(last.content):
        for text in mark.items if mark.word == "clauses" else ():
            reference = _reference(evidence, text, standard)
            named[reference] = named.get(reference, False) or mark.filled
    named.pop("", None)
    source, document = last.content.source(), last.record.id
    if not named:
        message = f"which inputs and outputs {document} dealt with cannot be told from it: its sections are not marked"
        remedy = "Mark them, <!-- clauses: 9.3.2 a --> and so on, as the template does"
        clause = standard.activities[REVIEW]
        yield Gap("review-untold", Weight.UNCLEAR, (clause,), message, remedy, standard.name, document, source)
        return
    missing = [item for item in asked if not any(within(item, reference) for reference in named)]
    empty = [
        item for item in asked if item not in missing and not any(full and within(item, r) for r, full in named.items())
    ]
    for items, how in ((missing, "does not deal with"), (empty, "has nothing to say on")):
        if items:
            message = f"{document} {how} {'; '.join(f'{asked[item]} ({item})' for item in items)}"
            remedy = "Deal with it, with facts and a conclusion, in an addition to the review or the next one"
            yield Gap("review-incomplete", Weight.MINOR, tuple(items), message, remedy, standard.name, document, source)


def _reference(evidence: Evidence, text: str, standard: Standard) -> str:
    found = evidence.resolve(text)
    return found[1] if found and found[0] is standard else ""


# --- readers --------------------------------------------------------------------------------------------------------


def reader_rows(evidence: Evidence) -> tuple[ReaderRow, ...]:
    """By role and person: how many documents in force they must have read, and which are outstanding."""
    required: dict[tuple[str, str], list[str]] = {}
    outstanding: dict[tuple[str, str], list[str]] = {}
    state = evidence.state
    for holding in _to_be_read(evidence):
        left = {person.id for person in holding.standing.outstanding}
        for role in holding.standing.shown.type.acknowledged_by if holding.standing.shown else ():
            for person in state.policy.holders(role, state.as_of):
                required.setdefault((role, person.id), []).append(holding.id)
                if person.id in left:
                    outstanding.setdefault((role, person.id), []).append(holding.id)
    people = state.policy.people
    return tuple(
        ReaderRow(role, person, people[person].name, len(ids), tuple(outstanding.get((role, person), ())))
        for (role, person), ids in sorted(required.items())
    )


def reader_gaps(evidence: Evidence, standard: Standard) -> Iterator[Gap]:
    """Documents in force that somebody who must has not read."""
    clause = standard.activities.get("awareness")
    if clause is None:
        return
    to_read = list(_to_be_read(evidence))
    for holding in to_read:
        people = holding.standing.outstanding
        if people and holding.standing.shown is not None:
            who = ", ".join(person.name for person in people)
            message = f"{holding.id} revision {holding.standing.shown.label} is not acknowledged by {who}"
            remedy = f"They read it and sign: qmsdocs acknowledge {holding.id}"
            ids = tuple(person.id for person in people)
            yield Gap("not-read", Weight.MINOR, (clause,), message, remedy, standard.name, holding.id, None, ids)
    if not to_read:
        message = "the policy asks nobody to sign that they have read anything; an auditor will ask people instead"
        remedy = 'Name the roles in qms.toml, under the types that matter: acknowledged_by = ["ROLE"]'
        yield Gap("nobody-reads", Weight.UNCLEAR, (clause,), message, remedy, standard.name)


def _to_be_read(evidence: Evidence) -> Iterator[Holding]:
    for holding in evidence.holdings:
        shown = holding.standing.shown
        if holding.standing.status is Status.EFFECTIVE and shown is not None and shown.type.acknowledged_by:
            yield holding


# --- objectives -----------------------------------------------------------------------------------------------------


def objective_gaps(evidence: Evidence, standard: Standard) -> Iterator[Gap]:
    """Objectives in which no figure stands cannot be measured."""
    clause = standard.activities.get("objectives")
    if clause is None:
        return
    claims = [c for c in evidence.claims_on(standard) if c.cover is Cover.IN_FORCE and not c.wide and c.touches(clause)]
    found = {claim.holding.id: claim for claim in claims if claim.holding.kind.purpose != "form"}
    if found and not any(has_figures(evidence.bodies.get(claim.content.blob, "")) for claim in found.values()):
        message = f"no figure stands in the objectives ({clauses_text(tuple(found))}), so nobody can tell whether they are met"
        remedy = "Give each a measure, a target and a day, in the next revision"
        first = next(iter(found.values()))
        yield Gap("no-measure", Weight.MINOR, (clause,), message, remedy, standard.name, first.holding.id, first.source)


def has_figures(body: str) -> bool:
    """Whether a figure stands in a table or a list: not a year, a day, a clause or the number of a document."""
    for line in _COMMENT.sub("", body).split("\n"):
        listed = _LIST_MARK.match(line)
        if listed or line.lstrip().startswith("|"):
            rest = _NAME_WITH_FIGURES.sub("", line[listed.end() :] if listed else line)
            if re.search(r"\d", rest):
                return True
    return False


# --- forms ----------------------------------------------------------------------------------------------------------


def form_gaps(evidence: Evidence, standard: Standard) -> Iterator[Gap]:
    """Records made on a form that was not in force on their day, or on another revision of it."""
    clause = standard.activities.get("control-of-documents")
    if clause is None:
        return
    for record in evidence.records():
        wrong = _wrong_form(evidence, record)
        content = record.dossier.current
        if wrong and content is not None:
            remedy = "Say in the record why, or make the next one on the form in force"
            source = content.source("form_revision" if "form_revision" in content.text.front else "form")
            yield Gap(
                "wrong-form", Weight.MINOR, (clause,), f"{record.id} {wrong}", remedy, standard.name, record.id, source
            )


def _wrong_form(evidence: Evidence, record: Holding) -> str | None:
    text = record.dossier.current.text if record.dossier.current else None
    form, day = (text.text("form"), text.day("date")) if text else (None, None)
    if text is None or form is None or day is None or day > evidence.day:
        return None
    dossier = evidence.state.dossiers.get(form)
    if dossier is None or not dossier.revisions:
        return f"was made on the form {form}, which was never approved here"
    revision = in_force(dossier.revisions, day)
    end = period(revision, dossier.revisions)[1] if revision else None
    if revision is None or revision.content.text.withdrawn or (revision.revoked and end is not None and end <= day):
        return f"of {day} was made on the form {form}, of which no revision was in force that day"
    typed = text.text("form_revision")
    if typed is None:
        return f"of {day} does not say which revision of {form} it was made on; revision {revision.label} was in force"
    if typed != revision.label:
        return f"of {day} was made on revision {typed} of {form}; revision {revision.label} was in force"
    return None


def claimed_gaps(evidence: Evidence) -> Sequence[Gap]:
    """Claims on clauses that no listed standard has."""
    found = []
    for claim in evidence.unclaimed:
        message = f"{claim.holding.id} answers for '{claim.text}', which none of the standards listed has"
        remedy = (
            "Correct the clause; of a standard that is not the first listed, write its name before it: ISO 14001 8.2"
        )
        found.append(Gap("unknown-clause", Weight.MINOR, (), message, remedy, None, claim.holding.id, claim.source))
    return found
