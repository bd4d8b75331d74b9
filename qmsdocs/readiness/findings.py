"""Findings of audits, and nonconformities: put right, cause found, acted on, shown by evidence, closed by signature."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qmsdocs.lifecycle import Content, closing
from qmsdocs.readiness.evidence import Evidence, Holding, clauses_text
from qmsdocs.readiness.report import FindingRow, FindingState, Gap, Weight
from qmsdocs.standards import Standard

GRADES = ("major", "minor", "opportunity")
ANSWERS = ("correction", "cause", "corrective_action", "evidence")
FINDING, NONCONFORMITIES = "finding", ("nonconformity", "corrective-action")
_EVIDENCE = re.compile(r"(\S+?),?(?:\s+(?:rev(?:ision)?\.?\s*)?(\S+))?", re.IGNORECASE)


def finding_rows(evidence: Evidence) -> tuple[FindingRow, ...]:
    """Every finding that stands here, in the order of ids."""
    return tuple(_row(evidence, record) for record in evidence.records(FINDING))


def finding_gaps(evidence: Evidence, standard: Standard, rows: Sequence[FindingRow], stage: int) -> Iterator[Gap]:
    """Findings that are overdue; at Stage 2 all that are not closed, or were closed without what answers them."""
    for row in rows:
        if row.state is not FindingState.CLOSED:
            if stage == 2 or row.overdue:
                yield from _open(row, standard)
        elif stage == 2 and row.missing and row.grade != "opportunity":
            message = f"{row.id} was closed by {row.closed_by} on {row.closed_on} without {_words(row.missing)}"
            remedy = f"Write it into a new record that names {row.id} under `finding`: a closed one must not change"
            yield Gap(
                "closed-unanswered", Weight.MINOR, row.clauses, message, remedy, standard.name, row.id, row.source
            )
        if row.grade not in GRADES:
            found = f"{row.id} has the grade '{row.grade}'" if row.grade else f"{row.id} has no grade"
            remedy = f"Write grade: {' or '.join(GRADES)}"
            yield Gap(
                "no-grade",
                Weight.MINOR,
                row.clauses,
                found,
                remedy,
                standard.name,
                row.id,
                row.source,
            )
        if row.unknown:
            message = f"{row.id} names as evidence what is not here: {', '.join(row.unknown)}"
            remedy = "Correct it: the id of a document and its revision (QP-007 rev 2), or of a record"
            yield Gap("unknown-evidence", Weight.MINOR, row.clauses, message, remedy, standard.name, row.id, row.source)
    if stage == 2:
        yield from _stage_1_untold(evidence, standard, rows)


def _open(row: FindingRow, standard: Standard) -> Iterator[Gap]:
    """A major stays major; an overdue minor becomes one; an opportunity need not be taken, but it wants a word in time."""
    if row.grade == "opportunity" and not row.overdue:
        return
    heavy = row.grade == "major" or (row.overdue and row.grade != "opportunity")
    late = f", overdue since {row.due}" if row.overdue else f", due by {row.due}" if row.due else ""
    if row.state is FindingState.ANSWERED:
        message, remedy = (
            f"{row.id} ({row.title}) is answered and not closed{late}",
            f"Have it closed: qmsdocs close {row.id}",
        )
    else:
        message = f"{row.id} ({row.title}) is open{late}; {_words(row.missing)} not written"
        remedy = (
            "Write what is missing into its front matter or its marked sections, commit, then qmsdocs close " + row.id
        )
    weight = Weight.MAJOR if heavy else Weight.MINOR
    yield Gap("finding-open", weight, row.clauses, message, remedy, standard.name, row.id, row.source)


def _stage_1_untold(evidence: Evidence, standard: Standard, rows: Sequence[FindingRow]) -> Iterator[Gap]:
    for certificate in evidence.state.policy.system.certificates:
        day = certificate.stage_1
        if day is None or day > evidence.day or not _is_for(certificate.standards, standard, evidence):
            continue
        before_2 = certificate.stage_2 or evidence.day
        if not any(row.raised and day <= row.raised <= max(before_2, day) for row in rows):
            message = f"Stage 1 was held on {day}, and no finding of it is recorded here"
            remedy = 'Record each, qmsdocs new finding "…", with clauses, grade and due; if there was none, have the report to hand'
            yield Gap("stage-1-untold", Weight.UNCLEAR, (), message, remedy, standard.name)


def _is_for(names: Sequence[str], standard: Standard, evidence: Evidence) -> bool:
    named = names or evidence.state.policy.standards
    return not named or any(standard.called(name) for name in named)


# --- one finding ----------------------------------------------------------------------------------------------------


def _row(evidence: Evidence, record: Holding) -> FindingRow:
    content = record.dossier.current
    assert content is not None
    text, closed = content.text, closing(record.dossier)
    answering = [content, *evidence.answering.get(record.id, ())]
    missing = tuple(key for key in ANSWERS if not any(answers(evidence, part, key) for part in answering))
    named = tuple(dict.fromkeys(item for part in answering for item in part.text.items("evidence")))
    state = FindingState.CLOSED if closed else FindingState.OPEN if missing else FindingState.ANSWERED
    due, grade = text.day("due"), text.text("grade")
    return FindingRow(
        id=record.id,
        title=text.text("title") or "",
        grade=grade.casefold() if grade else None,
        audit=text.text("audit"),
        clauses=text.items("clauses"),
        documents=text.items("references"),
        raised=text.day("date"),
        due=due,
        state=state,
        overdue=closed is None and due is not None and due < evidence.day,
        missing=missing,
        evidence=named,
        unknown=tuple(item for item in named if not _is_here(evidence, item)),
        closed_on=closed.signed_day if closed else None,
        closed_by=closed.record.name if closed else None,
        source=content.source(),
    )


def answers(evidence: Evidence, content: Content, key: str) -> bool:
    """Whether a record says something for a key: in its front matter, or in a section marked `<!-- answers: KEY -->`."""
    if content.text.items(key):
        return True
    return any(m.word == "answers" and m.filled and key in map(_plain, m.items) for m in evidence.marks(content))


def _plain(item: str) -> str:
    return item.casefold().replace(" ", "_").replace("-", "_")


def _is_here(evidence: Evidence, item: str) -> bool:
    """Whether evidence can be seen here; words that begin with no id of ours are not ours to look up."""
    found = _EVIDENCE.fullmatch(item)
    identifier = item.split()[0].rstrip(",") if item.split() else ""
    dossier = evidence.state.dossiers.get(identifier)
    if dossier is None:
        prefixes = {kind.prefix for kind in evidence.state.policy.types.values() if kind.prefix}
        return not any(re.fullmatch(rf"{re.escape(prefix)}-\d[\w-]*", identifier) for prefix in prefixes)
    label = found[2] if found else None
    if label is None or dossier.current is None or not dossier.revisions:
        return dossier.current is not None or bool(dossier.revisions)
    return dossier.revision(label) is not None


def _words(keys: Sequence[str]) -> str:
    return clauses_text(tuple(key.replace("_", " ") for key in keys))


# --- nonconformities ------------------------------------------------------------------------------------------------


def nonconformity_gaps(evidence: Evidence, standard: Standard) -> Iterator[Gap]:
    """Stage 2: nonconformities overdue, closed without cause or action or a look at the effect; none ever recorded."""
    clause = standard.activities.get("nonconformity")
    if clause is None:
        return
    records, silent = evidence.records(*NONCONFORMITIES), []
    for record in records:
        content = record.dossier.current
        assert content is not None
        missing = tuple(k for k in ("cause", "corrective_action", "effectiveness") if not answers(evidence, content, k))
        if len(missing) == 3 and closing(record.dossier) is None and content.text.day("due") is None:
            silent.append(record.id)
        else:
            yield from _nonconformity(evidence, record, content, missing, clause, standard)
    if silent:
        message = f"cause, corrective action and effect cannot be told from {clauses_text(tuple(silent))}"
        remedy = "Mark the sections, <!-- answers: cause -->, corrective_action, effectiveness, in the next ones; close each: qmsdocs close"
        yield Gap("nonconformity-untold", Weight.UNCLEAR, (clause,), message, remedy, standard.name)
    if not records:
        message = "no nonconformity was ever recorded; an auditor will ask how you would know of one"
        remedy = 'Record the next one: qmsdocs new nonconformity "…"'
        yield Gap("no-nonconformity", Weight.UNCLEAR, (clause,), message, remedy, standard.name)


def _nonconformity(
    evidence: Evidence, record: Holding, content: Content, missing: tuple[str, ...], clause: str, standard: Standard
) -> Iterator[Gap]:
    closed, due = closing(record.dossier), content.text.day("due")
    if closed and missing:
        message = f"{record.id} was closed by {closed.record.name} on {closed.signed_day} without {_words(missing)}"
        remedy = f"Write it into a new record that refers to {record.id}: a closed one must not change"
    elif closed is None and due is not None and due < evidence.day:
        left = f"; {_words(missing)} not written" if missing else ""
        message, remedy = (
            f"{record.id} was due by {due} and is not closed{left}",
            f"Finish it, then qmsdocs close {record.id}",
        )
    else:
        return
    yield Gap(
        "nonconformity-open", Weight.MINOR, (clause,), message, remedy, standard.name, record.id, content.source()
    )
