"""Revision: a label belongs to one approved content for ever, and the next one follows it (ISO 9001:2015, 7.5.3.2 c)."""

from __future__ import annotations

from collections.abc import Iterator

from qmsdocs import labels
from qmsdocs.lifecycle import Content, Dossier, Revision, attachment_path
from qmsdocs.model import Kind, Severity
from qmsdocs.policy import DocumentType
from qmsdocs.rules.base import Context, Found, Rule


def changed_without_revision(context: Context) -> Iterator[Found]:
    """Approved content was changed and still carries the approved label. The approved text stays in force; the change has no effect.

    Bad:
        editing a torque in WI-004 revision 2 and leaving `revision: 2`
    Good:
        qmsdocs revise WI-004 --change "Torque of M6 screws 9 Nm"
    Remedy: raise the revision and say what changed, or put the approved text back.
    Allow: Nothing does: a label belongs to one text. Only `tags` may change under it, being no part of what is
    approved; `tags = "keywords"` under `[front_matter]` gives it a name of your own.
    """
    for dossier, draft, _ in _drafts(context):
        approved = dossier.revision(draft.label)
        if approved is not None and not approved.root:
            evidence = (
                f"approved content {approved.content.digest[-64:][:12]}… in commit {approved.content.commit[:12]}",
                *_by(context, draft),
            )
            changed = _changed_attachments(approved.content, draft)
            what = f"its attachment {', '.join(changed)} is not the one" if changed else "this is not the text"
            files = [attachment_path(approved.content.path, name) for name in changed] or [approved.content.path]
            yield Found(
                draft.source("revision"),
                f"revision {draft.label} is approved, and {what} that was approved",
                f"'qmsdocs revise {dossier.id} --change \"…\"', or 'git checkout {approved.content.commit[:12]} -- {' '.join(files)}'",
                dossier.id,
                evidence,
            )


def _changed_attachments(approved: Content, draft: Content) -> list[str]:
    """The attachments that changed, where nothing else did."""
    same = (approved.text.front, approved.text.body_digest) == (draft.text.front, draft.text.body_digest)
    return [name for name, blob in draft.attachments.items() if same and approved.attachments.get(name) != blob]


def skipped_revision(context: Context) -> Iterator[Found]:
    """A revision does not follow the one before it: a label was left out.

    Bad:
        revision: 5 after revision 3
    Good:
        revision: 4 after revision 3
    Remedy: use the next label; `qmsdocs revise` knows it. Once approved, a skipped label only warns: it belongs to its text.
    Allow: Nothing lets a label be left out; `scheme = "major.minor"` under `[types.ID]` takes 1.1 and 2.0 alike after
    1.0. A document that was approved before it came here keeps its label by `qmsdocs baseline`.
    """
    for dossier, content, kind, before in _steps(context):
        expected = _expected(kind, before)
        if (
            content.label in expected
            or not labels.is_label(kind.scheme, content.label)
            or _goes_back(kind, content, before)
        ):
            continue
        previous = f"revision {before.label}" if before else "no revision"
        drafted = dossier.draft is not None and content is dossier.draft.content
        yield Found(
            content.source("revision"),
            f"revision {content.label} follows {previous}; expected {' or '.join(expected)}",
            f"Write 'revision: {expected[0]}'{_or_baseline(dossier)}"
            if drafted
            else "Nothing can be done: an approved label stays; skip none again",
            dossier.id,
            severity=None if drafted else Severity.WARNING,
        )


def _or_baseline(dossier: Dossier) -> str:
    first = not dossier.revisions
    return f'; was it approved on paper: qmsdocs baseline {dossier.id} --comment "who, when"' if first else ""


def lowered_revision(context: Context) -> Iterator[Found]:
    """A draft carries a label lower than one that was approved. It cannot be approved.

    Bad:
        revision: 2 while revision 3 is in force
    Good:
        revision: 4 while revision 3 is in force
    Remedy: use the next label.
    Allow: Nothing does: whoever holds the higher label on paper would take the newer text for the older.
    """
    for dossier, content, kind, before in _steps(context):
        drafted = dossier.draft is not None and content is dossier.draft.content
        if drafted and before and _goes_back(kind, content, before):
            expected = _expected(kind, before)[0]
            message = f"revision {content.label} is lower than revision {before.label}, which was approved"
            yield Found(content.source("revision"), message, f"Write 'revision: {expected}'", dossier.id)


def not_a_label(context: Context) -> Iterator[Found]:
    """A revision is not written as the type's scheme writes its labels.

    Bad:
        revision: v3
    Good:
        revision: 3 (integer), C (letter), 2.1 (major.minor)
    Remedy: write the label as the scheme has it.
    Allow: `scheme = "letter"` or `scheme = "major.minor"` under `[types.ID]`; there is no scheme beside these and
    `"integer"`.
    """
    for dossier, draft, kind in _drafts(context):
        if kind and kind.kind is not Kind.RECORD and draft.label and not labels.is_label(kind.scheme, draft.label):
            example = {"integer": "3", "letter": "C", "major.minor": "2.1"}[kind.scheme]
            yield Found(
                draft.source("revision"),
                f"'{draft.label}' is not a label of the scheme '{kind.scheme}' of type '{kind.id}'",
                f"Write it like {example}",
                dossier.id,
            )


def _drafts(context: Context) -> Iterator[tuple[Dossier, Content, DocumentType | None]]:
    for dossier, _ in context.documents:
        if dossier.draft is not None:
            yield dossier, dossier.draft.content, dossier.draft.type


def _steps(context: Context) -> Iterator[tuple[Dossier, Content, DocumentType, Revision | None]]:
    """Each approved content and the draft, with the revision before it; what changed under an approved label is another rule's."""
    for dossier, _ in context.documents:
        before: Revision | None = None
        for revision in dossier.revisions:
            if not revision.baseline and not revision.root:
                yield dossier, revision.content, revision.type, before
            before = revision
        draft = dossier.draft
        if (
            draft
            and draft.type
            and draft.type.kind is not Kind.RECORD
            and dossier.revision(draft.content.label) is None
            and draft.content.label
        ):
            yield dossier, draft.content, draft.type, before


def _expected(kind: DocumentType, before: Revision | None) -> tuple[str, ...]:
    if before is None or not labels.is_label(kind.scheme, before.label):
        return labels.first_labels(kind.scheme)
    return labels.next_labels(kind.scheme, before.label)


def _goes_back(kind: DocumentType, content: Content, before: Revision | None) -> bool:
    if before is None or not all(labels.is_label(kind.scheme, label) for label in (content.label, before.label)):
        return False
    return labels.order(kind.scheme, content.label) <= labels.order(kind.scheme, before.label)


def _by(context: Context, content: Content) -> tuple[str, ...]:
    landing = context.library.landings[content.landing]
    commit = context.commit(landing.commit.id)
    return (f"changed by {landing.commit.author} in {commit[:12] if commit else 'the files as they stand'}",)


RULES = (
    Rule("RE301", "changed-without-revision", Severity.ERROR, "ISO 9001 7.5.3.2 c", changed_without_revision),
    Rule("RE302", "skipped-revision", Severity.ERROR, "ISO 9001 7.5.3.2 c", skipped_revision),
    Rule("RE303", "lowered-revision", Severity.ERROR, "ISO 9001 7.5.3.2 c", lowered_revision),
    Rule("RE304", "not-a-label", Severity.ERROR, "your policy", not_a_label),
)
