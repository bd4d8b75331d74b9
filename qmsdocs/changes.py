"""What a change would do to the documents: between the state it starts from and the state it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from qmsdocs.eligibility import able
from qmsdocs.lifecycle import Act, Content, Dossier, Draft, Revision, Standing, State, revision_status, stand
from qmsdocs.model import Assurance, Condition, Kind, Meaning, Status
from qmsdocs.register import kind_of, natural

_ON_CONTENT = (Meaning.REVIEW, Meaning.APPROVE, Meaning.BASELINE)


class What(StrEnum):
    """What happens to a document; several things can at once."""

    NEW = "new"
    TEXT = "text changed"
    WITHDRAWAL = "withdrawal"
    ADMINISTRATIVE = "administrative edit"
    MOVE = "moved"
    REMOVAL = "file removed"
    SIGNATURE = "signed"
    STANDING = "status changed"


@dataclass(frozen=True, slots=True)
class GivenSignature:
    """A signature that counts; `day` is the day signed in the organisation's timezone."""

    name: str
    role: str
    day: date
    meaning: Meaning
    assurance: Assurance
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class MissingSignature:
    """A signature that is missing: `requirement` as the policy has it, `people` who can give it, by name."""

    meaning: Meaning
    requirement: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A document or record that differs between two states. Absent values are None.

    `before` is the revision that the register of the first state shows, and `before_commit` the commit that brought its text;
    `after` is the revision that stands in the second state, with its `status` there; `given` are the signatures on it (the
    new ones, where it was approved before) and other new acts that count, `missing` the signatures that it waits for.
    `path` is where its file stands then, or stood last.
    """

    id: str
    title: str | None
    type: str | None
    kind: Kind
    path: str
    what: tuple[What, ...]
    before: str | None
    before_commit: str | None
    after: str | None
    status: Status
    change: str | None
    given: tuple[GivenSignature, ...]
    missing: tuple[MissingSignature, ...]
    rejected: GivenSignature | None
    effective_on: date | None
    review_by: date | None
    conditions: tuple[Condition, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing that stands here waits for a signature."""
        return not self.missing and self.rejected is None


def changed_documents(before: State, after: State) -> tuple[ChangedDocument, ...]:
    """All that differs between two states of one repository, judged on the same day, in the order of ids."""
    found = []
    for identifier in sorted(before.dossiers.keys() | after.dossiers.keys(), key=natural):
        old, new = before.dossiers.get(identifier), after.dossiers.get(identifier)
        what = tuple(_what(old or Dossier(identifier), new or Dossier(identifier), before, after))
        dossier, state = (new, after) if new is not None else (old, before)
        if what and dossier is not None and (dossier.revisions or dossier.touches):
            found.append(_changed(what, old, before, dossier, state))
    return tuple(found)


def _what(old: Dossier, new: Dossier, before: State, after: State) -> Iterator[What]:
    yield from _happened_to_file(old, new, before, after)
    signed = {act.blob for act in new.acts} - {act.blob for act in old.acts}
    if signed:
        yield What.SIGNATURE
    elif _approved(old) != _approved(new) and old.paths:
        yield What.STANDING


def _happened_to_file(old: Dossier, new: Dossier, before: State, after: State) -> Iterator[What]:
    was, now = old.current, new.current
    if now is None:
        if old.paths and not new.paths:
            yield What.REMOVAL
        return
    if was is None:
        yield What.TEXT if old.revisions else What.NEW
        return
    if was.digest != now.digest:
        yield What.WITHDRAWAL if now.text.withdrawn and not was.text.withdrawn else What.TEXT
    elif before.tree.get(old.path or "") != after.tree.get(new.path or ""):
        yield What.ADMINISTRATIVE
    if old.paths.keys() != new.paths.keys():
        yield What.MOVE


def _approved(dossier: Dossier) -> tuple[tuple[str, bool], ...]:
    return tuple((revision.content.digest, revision.revoked is not None) for revision in dossier.revisions)


def _changed(
    what: tuple[What, ...], old: Dossier | None, before: State, dossier: Dossier, state: State
) -> ChangedDocument:
    shown = stand(old, before).shown if old is not None and (old.revisions or old.draft) else None
    standing = stand(dossier, state)
    draft, revision = dossier.draft, _standing_revision(dossier)
    content = _content(dossier, revision)
    kind = kind_of(dossier)
    rejected = draft.rejected if draft else None
    return ChangedDocument(
        id=dossier.id,
        title=content.text.text("title") if content else None,
        type=kind.name if kind else None,
        kind=kind.kind if kind else Kind.DOCUMENT,
        path=dossier.path or (content.path if content else dossier.touches[-1].path),
        what=what,
        before=shown.label if shown else None,
        before_commit=shown.content.commit if shown else None,
        after=(content.label or None) if content else None,
        status=_status(dossier, revision, standing, state),
        change=content.text.text("change") if content else None,
        given=tuple(_given(act) for act in _signatures(old, shown, dossier, revision)),
        missing=tuple(_missing(dossier, draft, state)) if draft else (),
        rejected=_given(rejected) if rejected else None,
        effective_on=revision.effective_on if revision and not draft else None,
        review_by=standing.review_by,
        conditions=standing.conditions,
    )


def _signatures(
    old: Dossier | None, shown: Revision | None, dossier: Dossier, revision: Revision | None
) -> Iterator[Act]:
    """The signatures on what stands now, only the new ones where it was approved before; and all other new acts."""
    known = {act.blob for act in old.acts} if old else set()
    approvals = dossier.draft.acts if dossier.draft else revision.approvals if revision else ()
    same = shown is not None and revision is not None and shown.label == revision.label
    yield from (act for act in approvals if not (same and act.blob in known))
    yield from (act for act in dossier.acts if act.blob not in known and _counts(dossier, act))


def _standing_revision(dossier: Dossier) -> Revision | None:
    """The approved revision whose text stands now; where no file stands, the last there was."""
    if dossier.current is not None:
        return dossier.approved_content(dossier.current.digest)
    return dossier.revisions[-1] if dossier.revisions else None


def _status(dossier: Dossier, revision: Revision | None, standing: Standing, state: State) -> Status:
    """The status of what stands now, whatever else is in force."""
    if dossier.draft is not None:
        return dossier.draft.status
    return revision_status(revision, dossier.revisions, state.as_of) if revision else standing.status


def _content(dossier: Dossier, revision: Revision | None) -> Content | None:
    if dossier.current is not None:
        return dossier.current
    return revision.content if revision else next(reversed(dossier.contents.values()), None)


def _counts(dossier: Dossier, act: Act) -> bool:
    """Whether an act says something beside the approval of a content, and was not refused."""
    special = act.record.meaning not in (*_ON_CONTENT, Meaning.REJECT)
    return special and act.refusal is None and act.blob not in dossier.refusals


def _given(act: Act) -> GivenSignature:
    record = act.record
    return GivenSignature(record.name, record.role, act.signed_day, record.meaning, act.assurance, record.comment)


def _missing(dossier: Dossier, draft: Draft, state: State) -> Iterator[MissingSignature]:
    """The signatures that would make a draft approved; none where its label is taken, since then none can."""
    if dossier.revision(draft.content.label) is None:
        for need in draft.missing:
            people = tuple(person.name for person in able(need, draft, state))
            yield MissingSignature(need.meaning, str(need.requirement), people)
