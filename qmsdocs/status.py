"""What waits for whom, and what falls due: the quality manager's and the approver's first question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from qmsdocs.eligibility import able
from qmsdocs.lifecycle import Dossier, State, stand
from qmsdocs.model import Condition, Kind, Status
from qmsdocs.policy import OWNER, Person
from qmsdocs.readiness.cycle import Milestone, Reached, cycle
from qmsdocs.register import natural


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits: for the people named, by a day where there is one, done by a command."""

    document: str
    title: str
    revision: str
    what: str
    people: tuple[Person, ...]
    due: date | None
    command: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that waits on a day. `coming` are approved revisions that are not yet in force."""

    as_of: date
    signatures: tuple[Task, ...]
    reviews: tuple[Task, ...]
    acknowledgements: tuple[Task, ...]
    coming: tuple[Task, ...]
    trouble: tuple[Task, ...]
    certificate: tuple[Milestone, ...] = ()


def outlook(state: State, person: str | None = None, days: int = 60) -> Outlook:
    """What waits (for one person, by id, or for all); reviews that are due within so many days, or overdue."""
    dossiers = sorted(state.dossiers.values(), key=lambda dossier: natural(dossier.id))

    def mine(tasks: Iterator[Task]) -> tuple[Task, ...]:
        return tuple(task for task in tasks if person is None or any(p.id == person for p in task.people))

    return Outlook(
        as_of=state.as_of,
        signatures=mine(task for dossier in dossiers for task in _signatures(dossier, state)),
        reviews=tuple(
            sorted(mine(t for d in dossiers for t in _reviews(d, state, days)), key=lambda task: task.due or date.max)
        ),
        acknowledgements=mine(task for dossier in dossiers for task in _acknowledgements(dossier, state)),
        coming=tuple(task for dossier in dossiers for task in _coming(dossier, state)) if person is None else (),
        trouble=tuple(task for dossier in dossiers for task in _trouble(dossier, state)) if person is None else (),
        certificate=_certificate(state) if person is None else (),
    )


def _certificate(state: State) -> tuple[Milestone, ...]:
    """The steps of the certificate that are overdue or worth preparing for."""
    near = (Reached.OVERDUE, Reached.SOON)
    return tuple(step for step in cycle(state.policy, state.as_of) if step.reached in near)


def _signatures(dossier: Dossier, state: State) -> Iterator[Task]:
    draft = dossier.draft
    if draft is None or draft.type is None or draft.type.kind is Kind.RECORD or dossier.revision(draft.content.label):
        return
    title = draft.content.text.text("title") or ""
    if draft.rejected:
        what = f"rejected by {draft.rejected.record.name}: {draft.rejected.record.comment or 'no reason given'}"
        owner = draft.content.text.text("owner")
        people = state.policy.holders(owner, state.as_of) if owner else ()
        yield Task(dossier.id, title, draft.content.label, what, people, None, "rework the text")
        return
    for need in draft.missing:
        command = f"qmsdocs {need.meaning} {dossier.id}"
        yield Task(
            dossier.id,
            title,
            draft.content.label,
            f"{need.meaning} as {need.requirement}",
            able(need, draft, state),
            None,
            command,
        )


def _reviews(dossier: Dossier, state: State, days: int) -> Iterator[Task]:
    standing = stand(dossier, state)
    revision = standing.shown
    if standing.status is not Status.EFFECTIVE or revision is None or standing.review_by is None:
        return
    if standing.review_by > state.as_of + timedelta(days=days):
        return
    left = (standing.review_by - state.as_of).days
    what = (
        f"overdue by {-left} days"
        if left < -1
        else "overdue by 1 day"
        if left == -1
        else "due today"
        if left == 0
        else f"due in {left} days"
    )
    owner = revision.content.text.text("owner") or ""
    roles = [owner if role == OWNER else role for role in revision.type.reviewed_by]
    people = {p.id: p for role in roles for p in state.policy.holders(role, state.as_of)}
    command = f"qmsdocs periodic-review {dossier.id} --verdict keep"
    yield Task(
        dossier.id,
        revision.content.text.text("title") or "",
        revision.label,
        what,
        tuple(people.values()),
        standing.review_by,
        command,
    )


def _acknowledgements(dossier: Dossier, state: State) -> Iterator[Task]:
    standing = stand(dossier, state)
    if standing.shown and standing.outstanding:
        title = standing.shown.content.text.text("title") or ""
        yield Task(
            dossier.id,
            title,
            standing.shown.label,
            "read and acknowledge",
            standing.outstanding,
            None,
            f"qmsdocs acknowledge {dossier.id}",
        )


def _coming(dossier: Dossier, state: State) -> Iterator[Task]:
    standing = stand(dossier, state)
    revision = standing.shown if standing.status is Status.APPROVED else standing.pending
    if revision is not None:
        title = revision.content.text.text("title") or ""
        yield Task(
            dossier.id, title, revision.label, f"takes effect on {revision.effective_on}", (), revision.effective_on, ""
        )


def _trouble(dossier: Dossier, state: State) -> Iterator[Task]:
    standing = stand(dossier, state)
    revision = standing.shown
    if revision is None:
        return
    title = revision.content.text.text("title") or ""
    if standing.status is Status.SUSPENDED and revision.revoked:
        what = f"suspended since {revision.revoked.day}: {revision.revoked.record.comment or 'no reason given'}"
        yield Task(dossier.id, title, revision.label, what, (), None, f'qmsdocs revise {dossier.id} --change "…"')
    if Condition.APPROVAL_BROKEN in standing.conditions:
        yield Task(
            dossier.id,
            title,
            revision.label,
            "approval broken: the text or a record was changed",
            (),
            None,
            "qmsdocs check",
        )
