"""How a document stands on a day: which revision is in force, until when it must be reviewed, what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qmsdocs import labels
from qmsdocs.document import ID_FORM
from qmsdocs.lifecycle.dossier import Act, Content, Dossier, Draft, Revision, State
from qmsdocs.model import Condition, Meaning, ReviewVerdict, Status
from qmsdocs.policy import DocumentType, Person, Policy

ONLY_LABEL = "1"  # under which a record that names no revision is closed: it has only one


@dataclass(frozen=True, slots=True)
class Standing:
    """A document on a day.

    `shown` is the revision its row speaks of (in force, else approved, else the last there was), `pending` one that is
    approved and not yet effective beside it; `anchor` the day from which the next periodic review is counted.
    """

    status: Status
    shown: Revision | None
    pending: Revision | None
    draft: Draft | None
    anchor: date | None
    last_review: Act | None
    review_by: date | None
    conditions: tuple[Condition, ...]
    outstanding: tuple[Person, ...]


def stand(dossier: Dossier, state: State) -> Standing:
    """The standing of a document at the end of the day that the state was derived for."""
    day = state.as_of
    current = in_force(dossier.revisions, day)
    waiting = [r for r in dossier.revisions if r.effective_on > day and not is_cancelled(r)]
    pending = waiting[-1] if waiting and (current is None or _after(dossier, waiting[-1], current)) else None
    shown = current or pending or (dossier.revisions[-1] if dossier.revisions and dossier.draft is None else None)
    status = (
        revision_status(shown, dossier.revisions, day)
        if shown
        else dossier.draft.status
        if dossier.draft
        else Status.DRAFT
    )
    anchor, last_review, review_by = None, None, None
    if shown is not None and status in (Status.EFFECTIVE, Status.APPROVED):
        anchor, last_review, review_by = _review(dossier, shown)
    outstanding = _outstanding(dossier, shown, state) if shown and status is Status.EFFECTIVE else ()
    awaited = last_review is not None and last_review.record.verdict is not ReviewVerdict.KEEP
    changing = shown is not None and (awaited or _newer_draft(dossier) or pending not in (None, shown))
    conditions = tuple(_conditions(dossier, shown, status, review_by, state, bool(outstanding), changing))
    return Standing(
        status,
        shown,
        None if pending is shown else pending,
        dossier.draft,
        anchor,
        last_review,
        review_by,
        conditions,
        outstanding,
    )


def in_force(revisions: Sequence[Revision], day: date) -> Revision | None:
    """The newest revision whose day has come, even if it was suspended since: nothing older comes back by itself."""
    return next((r for r in reversed(revisions) if r.effective_on <= day and not is_cancelled(r)), None)


def is_cancelled(revision: Revision) -> bool:
    """Whether the revision was revoked before it took effect."""
    return revision.revoked is not None and revoked_on(revision.revoked) < revision.effective_on


def revoked_on(act: Act) -> date:
    """The day from which a revocation counts: when it landed, and never before it was signed, whatever clocks said."""
    return max(act.day, act.signed_day)


def revision_status(revision: Revision, revisions: Sequence[Revision], day: date) -> Status:
    """The status of one approved revision on a day."""
    if is_cancelled(revision):
        return Status.CANCELLED
    current = in_force(revisions, day)
    if current is not None and current is not revision and revisions.index(revision) < revisions.index(current):
        return Status.SUPERSEDED
    if revision.effective_on > day:
        return Status.APPROVED
    if revision.revoked is not None:
        return Status.SUSPENDED
    return Status.OBSOLETE if revision.content.text.withdrawn else Status.EFFECTIVE


def period(revision: Revision, revisions: Sequence[Revision]) -> tuple[date | None, date | None]:
    """First day in force and the first day no longer in force; (None, None) where it never was or will be."""
    if is_cancelled(revision):
        return None, None
    later = [r.effective_on for r in revisions[revisions.index(revision) + 1 :] if not is_cancelled(r)]
    ends = [*later, *([revoked_on(revision.revoked)] if revision.revoked else [])]
    end = min(ends, default=None)
    return (None, None) if end is not None and end <= revision.effective_on and later else (revision.effective_on, end)


def _after(dossier: Dossier, revision: Revision, other: Revision) -> bool:
    return dossier.revisions.index(revision) > dossier.revisions.index(other)


def _review(dossier: Dossier, revision: Revision) -> tuple[date | None, Act | None, date | None]:
    """Anchor, last periodic review and review by; none of them for a document withdrawn or without an interval."""
    reviews = dossier.counting(Meaning.PERIODIC_REVIEW, revision)
    last = reviews[-1] if reviews else None
    kept = [act.signed_day for act in reviews if act.record.verdict is ReviewVerdict.KEEP]
    anchor = max([revision.effective_on, *kept])
    interval = revision.content.text.interval("review_every") or revision.type.review_every
    if interval is None or revision.content.text.withdrawn:
        return anchor, last, None
    try:
        return anchor, last, interval.after(anchor)
    except OverflowError:
        return anchor, last, None


def _outstanding(dossier: Dossier, revision: Revision, state: State) -> tuple[Person, ...]:
    """People who hold a role that must acknowledge the revision in force, and have not."""
    read = [revision, *(_waived_for(dossier, revision) if not revision.type.acknowledge_minor else ())]
    done = {act.record.person for known in read for act in dossier.counting(Meaning.ACKNOWLEDGE, known)}
    people = {p.id: p for role in revision.type.acknowledged_by for p in state.policy.holders(role, state.as_of)}
    return tuple(person for person in people.values() if person.id not in done)


def _waived_for(dossier: Dossier, revision: Revision) -> list[Revision]:
    """The revisions of the same major number before a minor one: who has read any of them need not read it again."""
    if not labels.is_minor(revision.type.scheme, revision.label):
        return []
    major = revision.label.split(".")[0]
    earlier = dossier.revisions[: dossier.revisions.index(revision)]
    return [known for known in earlier if known.label.split(".")[0] == major]


def _conditions(
    dossier: Dossier,
    shown: Revision | None,
    status: Status,
    review_by: date | None,
    state: State,
    outstanding: bool,
    changing: bool,
) -> list[Condition]:
    found = []
    if status is Status.EFFECTIVE and review_by is not None:
        if state.as_of > review_by:
            found.append(Condition.OVERDUE)
        elif state.as_of == review_by:
            found.append(Condition.REVIEW_DUE)
    if is_broken(dossier, shown, state):
        found.append(Condition.APPROVAL_BROKEN)
    if outstanding:
        found.append(Condition.ACKNOWLEDGEMENT_OUTSTANDING)
    if changing:
        found.append(Condition.CHANGE_PENDING)
    if dossier.draft is not None and dossier.draft.rejected:
        found.append(Condition.REJECTED)
    return found


def _newer_draft(dossier: Dossier) -> bool:
    return dossier.draft is not None and dossier.revision(dossier.draft.content.label) is None


def is_broken(dossier: Dossier, shown: Revision | None, state: State) -> bool:
    """Whether an approved label stands on other content now, or a record of the revision shown is gone or altered."""
    draft = dossier.draft
    if draft is not None and dossier.revision(draft.content.label) is not None:
        return True
    if shown is None:
        return False
    return not state.signed_blobs.issuperset(
        blob for act in shown.approvals for blob in (act.blob, act.signature) if blob is not None
    )


def retain_until(content: Content, kind: DocumentType) -> date | None:
    """The last day a record must be kept: its date (or the day it landed) and the retention of its own or of its type."""
    interval = content.text.interval("retain") or kind.retain
    if interval is None:
        return None
    try:
        return interval.after(content.text.day("date") or content.day)
    except OverflowError:
        return None


def closing_label(content: Content) -> str:
    """The label under which a record is closed: its own where it has one that can be signed."""
    return content.label if ID_FORM.fullmatch(content.label) else ONLY_LABEL


def closing_roles(kind: DocumentType, policy: Policy) -> tuple[str, ...]:
    """The roles that may close a record, any one: those that its type names under `approve`, else all there are."""
    return tuple(requirement.role for requirement in kind.approve) or tuple(policy.roles)


def closing(dossier: Dossier) -> Act | None:
    """The act that closed a record, None where it is open; of a finished state (then all others are refused)."""
    closings = (act for act in dossier.acts if act.record.meaning is Meaning.CLOSE)
    return next((act for act in closings if act.refusal is None and act.blob not in dossier.refusals), None)
