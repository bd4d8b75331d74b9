"""The controlled-document register: one row a document, external document or record, each cell with its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from qmsdocs.lifecycle import Act, Content, Dossier, Revision, Standing, State, retain_until, stand
from qmsdocs.lifecycle.standing import closing
from qmsdocs.model import Assurance, Condition, Finding, Kind, Meaning, Source, Status
from qmsdocs.policy import DocumentType

Day = date  # the class below has a field named `date`


@dataclass(frozen=True, slots=True)
class Approver:
    """One approval that counted. `meaning` is approve, review or baseline; `signed` the time asserted in the record.

    The `comment` of a baseline declares who approved on paper.
    """

    person: str
    name: str
    role: str
    signed: datetime
    assurance: Assurance
    meaning: Meaning
    source: Source
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A newer content than the one in force: not approved, or approved and not yet effective.

    `missing` says which signatures are missing as people read it, `missing_roles` names a role for each of them.
    """

    revision: str | None
    status: Status
    missing: tuple[str, ...]
    effective_on: date | None
    missing_roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document or external document on the register. Absent values are None; `days_left` counts to `review_by`."""

    id: str
    title: str | None
    type: str | None
    type_name: str | None
    path: str | None
    owner: str | None
    owner_name: str | None
    status: Status
    revision: str | None
    approved_on: date | None
    approved_by: tuple[Approver, ...]
    effective_on: date | None
    last_review: date | None
    review_by: date | None
    days_left: int | None
    conditions: tuple[Condition, ...]
    outstanding: tuple[str, ...]
    change: str | None
    clauses: tuple[str, ...]
    replaced_by: str | None
    withdrawn: str | None
    issuer: str | None
    edition: str | None
    source: str | None
    checked: date | None
    draft: DraftRow | None
    content: str | None
    commit: str | None
    sources: Mapping[str, Source]

    @property
    def approvers(self) -> tuple[Approver, ...]:
        """Those of `approved_by` who approved the revision in force, or took it over from an older system."""
        return tuple(by for by in self.approved_by if by.meaning is not Meaning.REVIEW)

    @property
    def reviewers(self) -> tuple[Approver, ...]:
        """Those of `approved_by` who reviewed the revision in force before it was approved."""
        return tuple(by for by in self.approved_by if by.meaning is Meaning.REVIEW)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record (ISO 9000:2015, 3.8.10): `retain_until` is the last day it must be kept, None where nothing is said."""

    id: str
    title: str | None
    type: str | None
    type_name: str | None
    path: str
    date: Day | None
    form: str | None
    form_revision: str | None
    retain_until: Day | None
    closed_on: Day | None
    clauses: tuple[str, ...]
    commit: str
    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Register:
    """The register of one commit on one day; `root` is the content digest of the first policy, the trust root."""

    commit: str
    as_of: date
    organisation: str
    root: str | None
    documents: tuple[DocumentRow, ...]
    external: tuple[DocumentRow, ...]
    records: tuple[RecordRow, ...]
    findings: tuple[Finding, ...]


def build_register(state: State, findings: Iterable[Finding] = ()) -> Register:
    """The register of a state, in the order of ids (`QP-9` before `QP-10`)."""
    documents: list[DocumentRow] = []
    external: list[DocumentRow] = []
    records: list[RecordRow] = []
    for dossier in sorted(state.dossiers.values(), key=lambda d: natural(d.id)):
        kind = kind_of(dossier)
        if kind is not None and kind.kind is Kind.RECORD:
            if dossier.current is not None:
                records.append(_record_row(dossier, dossier.current, kind))
        elif dossier.revisions or dossier.draft:
            row = _document_row(dossier, kind, state)
            (external if kind is not None and kind.kind is Kind.EXTERNAL else documents).append(row)
    policy = next((d for d in state.dossiers.values() if d.revisions and d.revisions[0].root), None)
    return Register(
        commit=state.landing.commit.id if state.landing else state.head,
        as_of=state.as_of,
        organisation=state.policy.organisation,
        root=policy.revisions[0].content.digest if policy else None,
        documents=tuple(documents),
        external=tuple(external),
        records=tuple(records),
        findings=tuple(findings),
    )


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts the numbers within texts by their value."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part)


def kind_of(dossier: Dossier) -> DocumentType | None:
    """The type of a document as it is approved, else as it is drafted."""
    if dossier.revisions:
        return dossier.revisions[-1].type
    return dossier.draft.type if dossier.draft else None


def _document_row(dossier: Dossier, kind: DocumentType | None, state: State) -> DocumentRow:
    standing = stand(dossier, state)
    revision = standing.shown
    content = revision.content if revision else dossier.draft.content if dossier.draft else None
    assert content is not None
    text = content.text
    owner = text.text("owner")
    return DocumentRow(
        id=dossier.id,
        title=text.text("title"),
        type=text.text("type") or (kind.id if kind else None),
        type_name=kind.name if kind else None,
        path=dossier.path or content.path,
        owner=owner,
        owner_name=owner_name(owner, state),
        status=standing.status,
        revision=content.label or None,
        approved_on=revision.approved_on if revision else None,
        approved_by=tuple(_approver(act) for act in revision.approvals) if revision else (),
        effective_on=revision.effective_on if revision else None,
        last_review=standing.last_review.signed_day if standing.last_review else None,
        review_by=standing.review_by,
        days_left=(standing.review_by - state.as_of).days if standing.review_by else None,
        conditions=standing.conditions,
        outstanding=tuple(person.name for person in standing.outstanding),
        change=text.text("change"),
        clauses=text.items("clauses"),
        replaced_by=text.text("replaced_by"),
        withdrawn=text.withdrawn,
        issuer=text.text("issuer"),
        edition=text.text("edition"),
        source=text.text("source"),
        checked=text.day("checked"),
        draft=_draft_row(standing),
        content=content.digest,
        commit=content.commit,
        sources=_sources(standing, content, kind),
    )


def owner_name(owner: str | None, state: State) -> str | None:
    """The name of a role or person, None where the policy knows neither."""
    if owner is None:
        return None
    person = state.policy.people.get(owner)
    return person.name if person else state.policy.roles.get(owner)


def _approver(act: Act) -> Approver:
    record = act.record
    return Approver(
        record.person,
        record.name,
        record.role,
        record.signed,
        act.assurance,
        record.meaning,
        act.source,
        record.comment,
    )


def _draft_row(standing: Standing) -> DraftRow | None:
    draft, pending = standing.draft, standing.pending
    if draft is not None:
        return DraftRow(
            draft.content.label or None,
            draft.status,
            tuple(str(need) for need in draft.missing),
            draft.content.text.day("effective_date"),
            tuple(need.requirement.role for need in draft.missing for _ in range(need.requirement.count)),
        )
    if pending is not None:
        return DraftRow(pending.label, Status.APPROVED, (), pending.effective_on)
    return None


def _sources(standing: Standing, content: Content, kind: DocumentType | None) -> dict[str, Source]:
    """Where each cell's value came from: a key's line in the content's commit, a signed record, or the policy's line."""
    keys = (
        "id",
        "title",
        "type",
        "owner",
        "revision",
        "change",
        "clauses",
        "replaced_by",
        "withdrawn",
        "issuer",
        "edition",
        "source",
        "checked",
    )
    found = {key: content.source(key) for key in keys if key in content.text.front}
    found["content"] = found["commit"] = Source(content.path, None, content.commit)
    revision = standing.shown
    if revision is None:
        found["status"] = content.source()
        return found
    completed = Source(None, None, revision.completed)
    last = revision.approvals[-1] if revision.approvals else None
    found["approved_on"] = found["approved_by"] = last.source if last else completed
    found["effective_on"] = _effective_source(revision, completed, last)
    found["status"] = revision.revoked.source if revision.revoked else found["effective_on"]
    if standing.last_review:
        found["last_review"] = standing.last_review.source
    if standing.review_by:
        found["review_by"] = found["days_left"] = _interval_source(content, kind)
    return found


def _effective_source(revision: Revision, completed: Source, last: Act | None) -> Source:
    if revision.content.text.day("effective_date") == revision.effective_on:
        return revision.content.source("effective_date")
    return last.source if last and last.signed_day == revision.effective_on else completed


def _interval_source(content: Content, kind: DocumentType | None) -> Source:
    if content.text.interval("review_every"):
        return content.source("review_every")
    return Source("qms.toml", kind.line if kind else None, None)


def _record_row(dossier: Dossier, content: Content, kind: DocumentType) -> RecordRow:
    text = content.text
    closed = closing(dossier)
    keys = ("id", "title", "type", "date", "form", "form_revision", "clauses")
    sources = {key: content.source(key) for key in keys if key in text.front}
    sources["commit"] = Source(content.path, None, content.commit)
    if closed:
        sources["closed_on"] = closed.source
    return RecordRow(
        id=dossier.id,
        title=text.text("title"),
        type=text.text("type") or kind.id,
        type_name=kind.name,
        path=dossier.path or content.path,
        date=text.day("date"),
        form=text.text("form"),
        form_revision=text.text("form_revision"),
        retain_until=retain_until(content, kind),
        closed_on=closed.signed_day if closed else None,
        clauses=text.items("clauses"),
        commit=content.commit,
        sources=sources,
    )
