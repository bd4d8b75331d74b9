"""Integrity: nothing that was approved, signed or must be kept has been lost or altered (ISO 9001:2015, 7.5.3)."""

from __future__ import annotations

from collections.abc import Iterator

from qmsdocs.lifecycle import Dossier, retain_until
from qmsdocs.model import Kind, Severity, Source, Status
from qmsdocs.rules.base import Context, Found, Rule, incidents


def record_changed(context: Context) -> Iterator[Found]:
    """A signed record, or its signature, was changed after it landed. This stays an error whatever is done later.

    Bad:
        editing a file under signatures/
    Good:
        signed records are only ever added
    Remedy: put the file back as it was, and let the auditor see both commits.
    """
    yield from incidents(
        context,
        "record-changed",
        "Put the file back as it was ('git log -- FILE' shows it) and explain the change to the auditor",
    )


def record_removed(context: Context) -> Iterator[Found]:
    """A signed record, or its signature, was removed after it landed. This stays an error whatever is done later.

    Bad:
        git rm under signatures/
    Good:
        signed records are only ever added
    Remedy: put the file back, and let the auditor see both commits.
    """
    yield from incidents(
        context,
        "record-removed",
        "Put the file back ('git log -- FILE' shows it) and explain the removal to the auditor",
    )


def deleted_in_force(context: Context) -> Iterator[Found]:
    """The file of a document in force was deleted. The document stays in force: only an approved withdrawal ends that.

    Bad:
        git rm documents/procedures/QP-004.md
    Good:
        a last revision with `withdrawn: reason`, approved; then the file may go
    Remedy: put the file back, or withdraw the document.
    """
    for dossier, standing in context.documents:
        if (
            not dossier.paths
            and standing.shown
            and standing.status is not Status.OBSOLETE
            and not standing.shown.root
            and not _policy(dossier)
        ):
            content = standing.shown.content
            yield Found(
                Source(content.path),
                f"{dossier.id} is {standing.status.lower()} (revision {standing.shown.label}), and its file is gone",
                f"git checkout {content.commit[:12]} -- {content.path}",
                dossier.id,
                _removed(dossier),
            )


def record_deleted(context: Context) -> Iterator[Found]:
    """A record was deleted before its retention ended.

    Bad:
        git rm records/2025/IA-2025-01.md in 2026, with retention of six years
    Good:
        records stay until the day the register shows
    Remedy: put the file back.
    """
    for dossier in context.state.dossiers.values():
        if dossier.paths or not dossier.contents:
            continue
        content = list(dossier.contents.values())[-1]
        kind = context.state.policy.type_of(content.text.text("type"), dossier.id, content.path)
        if kind is None or kind.kind is not Kind.RECORD:
            continue
        until = retain_until(content, kind)
        if until is None or until >= context.day:
            kept = f"must be kept until {until}" if until else "must be kept"
            yield Found(
                Source(content.path),
                f"the record {dossier.id} {kept}, and its file is gone",
                f"git checkout {content.commit[:12]} -- {content.path}",
                dossier.id,
                _removed(dossier),
            )


def witness_missing(context: Context) -> Iterator[Found]:
    """A signed record names a commit that its signer saw on the mainline and that is not in this history: history may have been rewritten.

    Bad:
        a force-push that drops commits
    Good:
        a mainline that only grows
    Remedy: find the lost commits in another clone; if they were dropped on purpose, keep the reason as a record.
    """
    yield from incidents(
        context,
        "witness-missing",
        "Look for the commit in other clones; if history was rewritten on purpose, keep a record of why",
    )


def clock_wrong(context: Context) -> Iterator[Found]:
    """A commit's date contradicts the commits around it: a wrong clock, or a date that was set by hand.

    Bad:
        a commit dated 2019 on top of one dated 2026
    Good:
        dates that never go back along the mainline
    Remedy: nothing depends on it (the commit is taken to have landed with the one before); set the clock right.
    """
    yield from incidents(
        context,
        "clock-wrong",
        "Set the clock of that machine right; the commit counts as landed with the one before it",
    )


def _policy(dossier: Dossier) -> bool:
    return bool(dossier.revisions) and dossier.revisions[0].root


def _removed(dossier: Dossier) -> tuple[str, ...]:
    touch = dossier.removed
    return (f"removed by {touch.author} on {touch.day}, commit {touch.commit[:12]}",) if touch else ()


RULES = (
    Rule("IN701", "record-changed", Severity.ERROR, "ISO 9001 7.5.3.2 b", record_changed),
    Rule("IN702", "record-removed", Severity.ERROR, "ISO 9001 7.5.3.2 b", record_removed),
    Rule("IN703", "deleted-in-force", Severity.ERROR, "ISO 9001 7.5.3.1 a", deleted_in_force),
    Rule("IN704", "record-deleted", Severity.ERROR, "ISO 9001 7.5.3.2 d", record_deleted),
    Rule("IN705", "witness-missing", Severity.WARNING, "ISO 9001 7.5.3.1 b", witness_missing),
    Rule("IN706", "clock-wrong", Severity.WARNING, "ISO 9001 7.5.3.1 b", clock_wrong),
)
