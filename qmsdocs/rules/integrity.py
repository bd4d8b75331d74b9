"""Integrity: nothing that was approved, signed or must be kept has been lost or altered (ISO 9001:2015, 7.5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from qmsdocs.lifecycle import Act, Dossier, retain_until
from qmsdocs.lifecycle.standing import closing, is_cancelled
from qmsdocs.model import Kind, Severity, Source, Status
from qmsdocs.rules.base import Context, Found, Rule, incidents
from qmsdocs.sshsig import fingerprint, public_key_blob


def record_changed(context: Context) -> Iterator[Found]:
    """A signed record, or its signature, was changed after it landed. This stays an error whatever is done later.

    Bad:
        editing a file under signatures/
    Good:
        signed records are only ever added
    Remedy: put the file back as it was, and let the auditor see both commits.
    Allow: Nothing does, and no later policy does.
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
    Allow: Nothing does, and no later policy does.
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
    Allow: Nothing does: whoever can delete a file could end a document without approval.
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
    Allow: `retain = "3 years"` under `[types.ID]`: from the day after its retention a record may go (its own `retain`
    goes before its type's). Without any `retain` it must stay for ever.
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


def closed_record_changed(context: Context) -> Iterator[Found]:
    """A record was closed by a signature, and its text, or a file attached to it, is not what was closed.

    Bad:
        editing records/2026/IA-2026-01.md after `qmsdocs close IA-2026-01`
    Good:
        a new record that corrects the closed one and names it
    Remedy: put the file back as it was closed; write what is to be corrected into a new record.
    Allow: Nothing does: a closed record is evidence. `approve = ["quality-manager"]` under `[types.ID]` says who may
    close one.
    """
    for dossier in context.state.dossiers.values():
        act = closing(dossier)
        closed = dossier.contents.get(act.record.content) if act else None
        if act is None or closed is None:
            continue
        for path, content in dossier.paths.items():
            if content is None or content.digest != closed.digest:
                yield Found(
                    content.source() if content else Source(path),
                    f"the record {dossier.id} was closed by {act.record.name} on {act.signed_day}, and this is not the text that was closed",
                    f"git checkout {closed.commit[:12]} -- {closed.path}; what is to be corrected goes into a new record",
                    dossier.id,
                    (f"record {act.path}", *_last_edit(dossier, act)),
                )


def _last_edit(dossier: Dossier, act: Act) -> tuple[str, ...]:
    edits = [touch for touch in dossier.touches if touch.landing >= act.landing and touch.what != "move"]
    return (f"changed by {edits[-1].author} on {edits[-1].day}, commit {edits[-1].commit[:12]}",) if edits else ()


def witness_missing(context: Context) -> Iterator[Found]:
    """A signed record names a commit that its signer saw on the mainline and that is not there now: history may have been rewritten.

    It is not in this history at all, or no longer on the mainline's first-parent line.

    Bad:
        a force-push that drops commits; a merge that makes the mainline the second parent (a foxtrot merge)
    Good:
        a mainline that only grows, with branches merged into it
    Remedy: find the lost commits in another clone; if they were dropped on purpose, keep the reason as a record.
    Allow: Nothing does: a policy cannot make a lost history whole.
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
    Allow: Nothing does; it only warns.
    """
    yield from incidents(
        context,
        "clock-wrong",
        "Set the clock of that machine right; the commit counts as landed with the one before it",
    )


def record_backdated(context: Context) -> Iterator[Found]:
    """A signed record is dated more than a day before the newest commit that its signer had seen.

    Bad:
        an approval "signed" on 2 January whose witness is a commit of 1 February
    Good:
        records dated when they are signed
    Remedy: ask the signer; the record never counts before it landed, but the day it shows is not to be believed.
    Allow: Nothing does; it only warns. A clock that is wrong by a day or less is let pass.
    """
    yield from incidents(
        context,
        "record-backdated",
        "Ask the signer when it was signed; it never counts before the day it landed",
    )


def record_dropped(context: Context) -> Iterator[Found]:
    """A merge brought commits with a signed record, and left the record itself out.

    Bad:
        a merge with `-s ours` of a branch (or of the old mainline) that holds signed records
    Good:
        merges that keep every file under signatures/
    Remedy: put the file back, or let the auditor see why the merge left it out.
    Allow: Nothing does; it only warns.
    """
    yield from incidents(
        context,
        "record-dropped",
        "Put the file back ('git log --all -- FILE' shows it), or tell the auditor why the merge left it out",
    )


def merge_adds_text(context: Context) -> Iterator[Found]:
    """A merge gave a document, an attachment or the policy a text that none of its parents has. A review of the branch never showed it.

    Bad:
        a sentence slipped in while merging
    Good:
        a merge that takes over what the branch has; conflicts resolved in a commit on the branch
    Remedy: look at the text that the merge made (`git show --cc COMMIT`) before you approve it.
    Allow: Nothing does; it only warns.
    """
    yield from incidents(
        context,
        "merge-adds-text",
        "Look at what the merge made ('git show --cc COMMIT') before you approve it",
    )


def superseded_text(context: Context) -> Iterator[Found]:
    """The file went back to the text of an older revision. The newest approved revision stays in force.

    Bad:
        reverting QP-001 to revision 1 while revision 2 is in force
    Good:
        the old wording in a new revision, approved
    Remedy: put the text in force back, or bring the old wording as the next revision.
    Allow: Nothing does: the file would say something else than what is in force.
    """
    for dossier, standing in context.documents:
        newest = next((r for r in reversed(dossier.revisions) if not is_cancelled(r)), None)
        for path, content in dossier.paths.items():
            stands = dossier.approved_content(content.digest) if content else None
            if newest is None or stands is None or stands is newest or content is None:
                continue
            status = standing.status.lower() if standing.shown is newest else "approved"
            yield Found(
                Source(path, content.text.line("revision"), _last_commit(dossier, path)),
                f"the file has the text of revision {stands.label}, and revision {newest.label} is {status}",
                f"git checkout {newest.content.commit[:12]} -- {newest.content.path}",
                dossier.id,
                _last_touch(dossier, path),
            )


def key_revoked_since(context: Context) -> Iterator[Found]:
    """What is in force rests on a signature by a key that was revoked since, from a day before the signature landed.

    Bad:
        an approval of 5 March by a key that its owner revokes on 20 March as stolen "from 1 March"
    Good:
        approvals by keys that nobody else had
    Remedy: ask the signer whether they signed it; if not, `qmsdocs revoke` the revision.
    Allow: the day in `[people.ID]`: `keys = [{key = "…", revoked = 2026-03-20}]` leaves alone what was signed and
    landed before it, and a key that was only replaced ends by `until = 2026-03-19`, which puts nothing in doubt.
    """
    for dossier, standing in context.documents:
        for act in standing.shown.approvals if standing.shown else ():
            day = _revoked(context, act)
            if day is not None and day <= max(act.signed_day, act.day) and standing.shown:
                yield Found(
                    act.source,
                    f"the approval of revision {standing.shown.label} by {act.record.person} landed on {act.day}, and its key is revoked from {day}",
                    f'Ask {act.record.name} whether they signed it; if not: qmsdocs revoke {dossier.id} --comment "…"',
                    dossier.id,
                    (f"key {act.key}",),
                )


def _revoked(context: Context, act: Act) -> date | None:
    person = context.state.policy.people.get(act.record.person)
    keys = person.keys if person and act.key else ()
    days = [key.revoked for key in keys if key.revoked and fingerprint(public_key_blob(key.key)) == act.key]
    return min(days, default=None)


def _last_touch(dossier: Dossier, path: str) -> tuple[str, ...]:
    touch = next((t for t in reversed(dossier.touches) if t.path == path), None)
    return (f"last changed by {touch.author} on {touch.day}, commit {touch.commit[:12]}",) if touch else ()


def _last_commit(dossier: Dossier, path: str) -> str | None:
    return next((t.commit for t in reversed(dossier.touches) if t.path == path), None)


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
    Rule("IN707", "closed-record-changed", Severity.ERROR, "ISO 9001 7.5.3.2 b", closed_record_changed),
    Rule("IN708", "record-backdated", Severity.WARNING, "ISO 9001 7.5.3.1 b", record_backdated),
    Rule("IN709", "record-dropped", Severity.WARNING, "ISO 9001 7.5.3.2 b", record_dropped),
    Rule("IN710", "merge-adds-text", Severity.WARNING, "ISO 9001 7.5.3.2 c", merge_adds_text),
    Rule("IN711", "superseded-text", Severity.ERROR, "ISO 9001 7.5.3.2 c", superseded_text),
    Rule("IN712", "key-revoked-since", Severity.ERROR, "ISO 9001 7.5.3.1 b", key_revoked_since),
)
