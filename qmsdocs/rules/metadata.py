"""Metadata: what a document says of itself can be read and is complete (ISO 9001:2015, 7.5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from qmsdocs.lifecycle import Content, Dossier
from qmsdocs.model import Kind, Severity
from qmsdocs.policy import DocumentType
from qmsdocs.rules.base import Context, Found, Rule, problems

_REQUIRED = {
    Kind.DOCUMENT: ("title", "type", "revision", "owner"),
    Kind.EXTERNAL: ("title", "type", "revision", "owner", "issuer", "edition"),
    Kind.RECORD: ("title", "type", "date"),
}


def unreadable_metadata(context: Context) -> Iterator[Found]:
    """The front matter, or the file, cannot be read.

    Bad:
        title: Purchasing: how we buy
    Good:
        title: "Purchasing: how we buy"
    Remedy: mend the line that is named. Nothing typed there has any effect until then; the revision in force stays in force.
    Allow: Nothing does for a controlled document. `ignore = ["documents/notes/*"]` under `[repository]` takes out
    files that are not to be controlled.
    """
    yield from problems(context, "unreadable-metadata")


def duplicate_key(context: Context) -> Iterator[Found]:
    """A key stands twice, so that people and programs may each believe another one.

    Bad:
        owner: production
        owner: purchasing
    Good:
        owner: purchasing
    Remedy: remove one of the two lines.
    Allow: Nothing does, for keys of your own neither: what is approved must have one meaning.
    """
    yield from problems(context, "duplicate-key")


def wrong_type(context: Context) -> Iterator[Found]:
    """A value is not of the kind that its key takes: a date, an interval, a text.

    Bad:
        effective_date: 31 Nov 2026
    Good:
        effective_date: 2026-11-30
    Remedy: write dates as YYYY-MM-DD, intervals as `24 months`.
    Allow: Nothing does for a key of ours. Where a key of yours only has the same name, give ours another and keep
    yours, under `[front_matter]`: `effective_date = "valid_from"` and `own_keys = ["effective_date"]`.
    """
    yield from problems(context, "wrong-type")


def unknown_key(context: Context) -> Iterator[Found]:
    """A key is not one that we know; a slip of the pen would otherwise have no effect and nobody would notice.

    Bad:
        efective_date: 2026-12-01
    Good:
        effective_date: 2026-12-01
        x-shelf: B4
    Remedy: correct it, begin it with `x-`, or list it under `own_keys` in `[front_matter]` of qms.toml.
    Allow: `own_keys = ["department"]` under `[front_matter]`; a key that begins with `x-` needs no setting.
    """
    yield from problems(context, "unknown-key")


def typed_claim(context: Context) -> Iterator[Found]:
    """A key claims a status or an approval. Only signed records can; a typed one convinces nobody and may mislead.

    Bad:
        status: approved
    Good:
        (no such key: the register shows the status that the history proves)
    Remedy: remove the key.
    Allow: `own_keys = ["status"]` under `[front_matter]`: the key is then yours, and has no effect on the status that
    the register shows.
    """
    yield from problems(context, "typed-claim")


def missing_key(context: Context) -> Iterator[Found]:
    """A key that every document of this kind needs is missing: title, type, revision, owner; for an external document
    its issuer and edition; for a record its date.

    Bad:
        id: QP-001
        title: Control of documents
    Good:
        id: QP-001
        title: Control of documents
        type: procedure
        revision: 1
        owner: quality-manager
    Remedy: add the key.
    Allow: `owner = "responsible"` under `[front_matter]`, where the key stands under a name of your own.
    `kind = "record"` under `[types.ID]` needs neither revision nor owner, but a date.
    """
    for dossier, content, kind in _standing_files(context):
        for key in _REQUIRED[kind.kind if kind else Kind.DOCUMENT]:
            if not content.text.text(key) and not (key == "type" and kind) and dossier.draft:
                own = context.state.policy.names.own(key)
                yield Found(content.source(), f"'{own}' is missing", f"Add '{own}: …' to the front matter", dossier.id)


def unknown_type(context: Context) -> Iterator[Found]:
    """The type is not one of the policy's, so nothing says who approves the document or when it is reviewed.

    Bad:
        type: proceedure
    Good:
        type: procedure
    Remedy: correct it, or add `[types.…]` to qms.toml.
    Allow: a section for the type, such as `[types.form]` with its `approve = ["quality-manager"]`. Nothing does
    without one.
    """
    for dossier, content, kind in _standing_files(context):
        typed = content.text.text("type")
        if dossier.draft and typed and kind is None:
            known = ", ".join(context.state.policy.types) or "none yet"
            yield Found(content.source("type"), f"the policy has no type '{typed}'", f"Use one of: {known}", dossier.id)


def unknown_owner(context: Context) -> Iterator[Found]:
    """The owner is neither a role nor a person of the policy, or a role that nobody holds, so nobody answers for the document.

    Bad:
        owner: quality manger
    Good:
        owner: quality-manager
    Remedy: name a role (better than a person, who may leave) that someone holds.
    Allow: `kind = "record"` under `[types.ID]`: records need no owner. Nothing does for a document: someone must
    answer for it.
    """
    policy = context.state.policy
    for dossier, standing in context.documents:
        content = dossier.current or (standing.shown.content if standing.shown else None)
        owner = content.text.text("owner") if content else None
        kind = standing.shown.type if standing.shown else dossier.draft.type if dossier.draft else None
        if content is None or owner is None or (kind and kind.kind is Kind.RECORD) or standing.status == "Obsolete":
            continue
        if owner not in policy.roles and owner not in policy.people:
            message, remedy = (
                f"the owner '{owner}' is neither a role nor a person of the policy",
                "Name a role of qms.toml",
            )
        elif not policy.holders(owner, context.day):
            message, remedy = (
                f"nobody holds the role '{owner}', which owns this document",
                "Give the role to someone in qms.toml",
            )
        else:
            continue
        severity = None if dossier.draft else Severity.WARNING
        yield Found(content.source("owner"), message, remedy, dossier.id, severity=severity)


def missing_change(context: Context) -> Iterator[Found]:
    """A new revision does not say what changed, so an approver cannot see what they approve and readers what is new.

    Bad:
        revision: 3
    Good:
        revision: 3
        change: Adds the register of external documents.
    Remedy: add `change: …`; `qmsdocs revise ID --change "…"` does it with the revision.
    Allow: Nothing does from the second revision on; `change = "summary"` under `[front_matter]` where the key has a
    name of your own. First revisions and records need none.
    """
    for dossier, content, kind in _standing_files(context):
        record = kind is not None and kind.kind is Kind.RECORD
        if dossier.draft and dossier.revisions and not record and not content.text.text("change"):
            own = context.state.policy.names.own("change")
            yield Found(
                content.source("revision"),
                f"revision {content.label} does not say what changed",
                f"Add '{own}: …' in one sentence",
                dossier.id,
            )


def _standing_files(context: Context) -> Iterator[tuple[Dossier, Content, DocumentType | None]]:
    """Documents and records with the content that stands now and its type."""
    for dossier, _ in context.documents:
        content = dossier.current
        if content is not None:
            kind = dossier.draft.type if dossier.draft else dossier.revisions[-1].type if dossier.revisions else None
            yield dossier, content, kind


RULES = (
    Rule("MD201", "unreadable-metadata", Severity.ERROR, "ISO 9001 7.5.2 b", unreadable_metadata),
    Rule("MD202", "duplicate-key", Severity.ERROR, "ISO 9001 7.5.2 a", duplicate_key),
    Rule("MD203", "wrong-type", Severity.ERROR, "ISO 9001 7.5.2 a", wrong_type),
    Rule("MD204", "missing-key", Severity.ERROR, "ISO 9001 7.5.2 a", missing_key),
    Rule("MD205", "unknown-key", Severity.WARNING, "your policy", unknown_key),
    Rule("MD206", "unknown-type", Severity.ERROR, "your policy", unknown_type),
    Rule("MD207", "unknown-owner", Severity.ERROR, "ISO 9001 5.3", unknown_owner),
    Rule("MD208", "missing-change", Severity.ERROR, "ISO 9001 7.5.3.2 c", missing_change),
    Rule("MD209", "typed-claim", Severity.WARNING, "ISO 9001 7.5.2 c", typed_claim),
)
