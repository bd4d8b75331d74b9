"""A document as its pages show it: plain values, so that the same values give the same bytes and can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from qmsdocs.lifecycle import Act, Content, Draft, Revision, State, period, revision_status
from qmsdocs.lifecycle.standing import closing, retain_until
from qmsdocs.model import Kind, Meaning, Status
from qmsdocs.policy import OWNER, POLICY_PATH
from qmsdocs.register import owner_name
from qmsdocs.site.catalogue import FILES, UNTITLED, Catalogue, Entry, Pointer
from qmsdocs.site.names import safe_name

_MEANINGS = {
    Meaning.APPROVE: "Approved",
    Meaning.REVIEW: "Reviewed",
    Meaning.BASELINE: "Baseline",
    Meaning.REJECT: "Rejected",
    Meaning.REVOKE: "Revoked",
    Meaning.PERIODIC_REVIEW: "Periodic review",
    Meaning.ACKNOWLEDGE: "Read and understood",
    Meaning.CLOSE: "Closed",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """An act of a person as pages show it; `why_not` says why it counts for nothing, None where it counts."""

    meaning: str
    revision: str
    name: str
    role: str
    day: date
    moment: str
    assurance: str
    comment: str | None
    why_not: str | None


@dataclass(frozen=True, slots=True)
class FileView:
    """An attachment: its name, its address from the document's folder, whether it is shown as a picture."""

    name: str
    address: str
    blob: str
    picture: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class TextView:
    """One content of a document: where its text stands, and what its front matter says."""

    title: str
    path: str
    blob: str
    commit: str
    digest: str
    plain: bool
    front: tuple[tuple[str, str], ...]
    files: tuple[FileView, ...]


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A revision, or a draft: `page` is its address, `changes` that of the redline, both from the document's folder.

    `start` and `end` are its first day in force and the first day no longer in force.
    """

    label: str
    status: str
    start: date | None
    end: date | None
    approved_on: date | None
    effective_on: date | None
    signatures: tuple[Signature, ...]
    change: str | None
    withdrawn: str | None
    text: TextView
    page: str
    changes: str | None
    before: str | None
    missing: tuple[str, ...] = ()
    rejected: Signature | None = None
    revoked: Signature | None = None
    root: bool = False


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document or record: its title block, its revisions (newest first), and what it has to do with others."""

    id: str
    title: str
    kind: str
    type_name: str | None
    folder: str
    owner: str | None
    owner_name: str | None
    status: str | None
    conditions: tuple[str, ...]
    shown: RevisionView
    draft: RevisionView | None
    pending: str | None
    revisions: tuple[RevisionView, ...]
    review_by: date | None
    last_review: date | None
    clauses: tuple[str, ...]
    facts: tuple[tuple[str, str | date], ...]
    replaced_by: Pointer | None
    form: Pointer | None
    uses: tuple[Pointer, ...]
    used_by: tuple[Pointer, ...]
    outstanding: tuple[str, ...]
    acts: tuple[Signature, ...]
    closed: Signature | None
    path: str


def document_view(entry: Entry, catalogue: Catalogue) -> DocumentView:
    """The view of one entry."""
    state, standing, text = catalogue.state, entry.standing, entry.content.text
    revisions = tuple(_revisions(entry, catalogue))
    draft = _draft_view(entry, catalogue)
    shown = next((r for r in revisions if r.page == "index.html"), None) or draft or _as_it_stands(entry, catalogue)
    closed = closing(entry.dossier) if entry.is_record else None
    return DocumentView(
        id=entry.id,
        title=entry.title,
        kind=entry.kind.value,
        type_name=entry.type.name if entry.type else text.text("type"),
        folder=entry.folder,
        owner=text.text("owner"),
        owner_name=owner_name(text.text("owner"), state),
        status=entry.status.value if entry.status else None,
        conditions=() if entry.is_record else tuple(condition.value for condition in standing.conditions),
        shown=shown,
        draft=draft if draft is not shown else None,
        pending=standing.pending.label if standing.pending and not entry.is_record else None,
        revisions=tuple(reversed(revisions)),
        review_by=None if entry.is_record else standing.review_by,
        last_review=standing.last_review.signed_day if standing.last_review and not entry.is_record else None,
        clauses=text.items("clauses"),
        facts=tuple(_facts(entry)),
        replaced_by=_pointed(text.text("replaced_by"), catalogue),
        form=_pointed(text.text("form"), catalogue),
        uses=tuple(catalogue.pointer(found) for found in catalogue.uses[entry.id]),
        used_by=tuple(catalogue.pointer(found) for found in catalogue.used_by.get(entry.id, ())),
        outstanding=tuple(person.name for person in standing.outstanding),
        acts=tuple(signature(act, state, entry.dossier.refusals.get(act.blob)) for act in entry.dossier.acts),
        closed=signature(closed, state) if closed else None,
        path=entry.dossier.path or entry.content.path,
    )


def signature(act: Act, state: State, refusal: str | None = None) -> Signature:
    """An act as pages show it."""
    record = act.record
    return Signature(
        meaning=_MEANINGS[record.meaning] + (f": {record.verdict}" if record.verdict else ""),
        revision=record.revision,
        name=record.name,
        role="Owner" if record.role == OWNER else state.policy.roles.get(record.role, record.role),
        day=act.signed_day,
        moment=f"{record.signed.astimezone(state.policy.timezone):%Y-%m-%d %H:%M %Z}",
        assurance=act.assurance.value,
        comment=record.comment,
        why_not=act.refusal or refusal,
    )


def _pointed(document: str | None, catalogue: Catalogue) -> Pointer | None:
    return catalogue.pointer(document) if document else None


def _facts(entry: Entry) -> Iterator[tuple[str, str | date]]:
    """What external documents and records have beside the common."""
    text = entry.content.text
    if entry.kind is Kind.EXTERNAL:
        found: list[tuple[str, str | date | None]] = [
            (key.capitalize(), text.text(key)) for key in ("issuer", "edition", "source")
        ]
        found.append(("Checked", text.day("checked")))
    elif entry.is_record and entry.type:
        found = [
            ("Date", text.day("date")),
            ("Form revision", text.text("form_revision")),
            ("Keep until", retain_until(entry.content, entry.type)),
        ]
    else:
        found = []
    yield from ((name, value) for name, value in found if value is not None)


# --- revisions ----------------------------------------------------------------------------------------------------


def _revisions(entry: Entry, catalogue: Catalogue) -> Iterator[RevisionView]:
    """The approved revisions, oldest first; a record has none."""
    before: str | None = None
    for revision in () if entry.is_record else entry.dossier.revisions:
        yield _revision_view(revision, before, entry, catalogue)
        before = revision.label


def _revision_view(revision: Revision, before: str | None, entry: Entry, catalogue: Catalogue) -> RevisionView:
    state, revisions = catalogue.state, entry.dossier.revisions
    start, end = period(revision, revisions)
    name = safe_name(revision.label)
    text = revision.content.text
    return RevisionView(
        label=revision.label,
        status=revision_status(revision, revisions, state.as_of).value,
        start=start,
        end=end,
        approved_on=revision.approved_on,
        effective_on=revision.effective_on,
        signatures=tuple(signature(act, state) for act in revision.approvals),
        change=text.text("change"),
        withdrawn=text.withdrawn,
        text=text_view(revision.content, catalogue),
        page="index.html" if revision is entry.standing.shown else f"revision-{name}.html",
        changes=f"changes-{name}.html" if before is not None else None,
        before=before,
        revoked=signature(revision.revoked, state) if revision.revoked else None,
        root=revision.root,
    )


def _draft_view(entry: Entry, catalogue: Catalogue) -> RevisionView | None:
    """The draft, unless it stands under a label that is approved (then the approval is broken, and it is no revision)."""
    draft = entry.dossier.draft
    if entry.is_record or draft is None or entry.dossier.revision(draft.content.label):
        return None
    before = entry.dossier.revisions[-1].label if entry.dossier.revisions else None
    text = draft.content.text
    return RevisionView(
        label=draft.content.label,
        status=draft.status.value,
        start=None,
        end=None,
        approved_on=None,
        effective_on=text.day("effective_date"),
        signatures=tuple(signature(act, catalogue.state) for act in _signed(draft)),
        change=text.text("change"),
        withdrawn=text.withdrawn,
        text=text_view(draft.content, catalogue),
        page="draft.html" if entry.standing.shown else "index.html",
        changes="changes-draft.html" if before is not None else None,
        before=before,
        missing=tuple(str(need) for need in draft.missing),
        rejected=signature(draft.rejected, catalogue.state) if draft.rejected else None,
    )


def _signed(draft: Draft) -> list[Act]:
    return [
        act for act in draft.acts if act.refusal is None and act.record.meaning in (Meaning.APPROVE, Meaning.REVIEW)
    ]


def _as_it_stands(entry: Entry, catalogue: Catalogue) -> RevisionView:
    """A record, or a document of which nothing was approved, as it stands."""
    return RevisionView(
        label=entry.content.label,
        status="" if entry.is_record else Status.DRAFT.value,
        start=None,
        end=None,
        approved_on=None,
        effective_on=None,
        signatures=(),
        change=entry.content.text.text("change"),
        withdrawn=None,
        text=text_view(entry.content, catalogue),
        page="index.html",
        changes=None,
        before=None,
    )


def text_view(content: Content, catalogue: Catalogue) -> TextView:
    """One content."""
    return TextView(
        title=content.text.text("title") or UNTITLED,
        path=content.path,
        blob=content.blob,
        commit=content.commit,
        digest=content.digest,
        plain=content.path == POLICY_PATH,
        front=tuple(
            (key, value if isinstance(value, str) else ", ".join(value)) for key, value in content.text.front.items()
        ),
        files=tuple(
            FileView(
                name,
                f"{FILES}/{catalogue.file_name(name, blob)}",
                blob,
                catalogue.is_picture(name, blob),
                blob in catalogue.material.missing,
            )
            for name, blob in sorted(content.attachments.items())
        ),
    )
