"""Approval: what is in force was approved by those who had to, and every signed record counts (ISO 9001:2015, 7.5.2 c)."""

from __future__ import annotations

from collections.abc import Iterator

from qmsdocs.eligibility import able, names
from qmsdocs.lifecycle import Content, Draft
from qmsdocs.model import Condition, Kind, Severity, Source, Status
from qmsdocs.rules.base import Context, Found, Rule


def awaiting_approval(context: Context) -> Iterator[Found]:
    """A draft waits for signatures. This stops nobody: drafts commit freely; they are not in force.

    Bad:
        (nothing is wrong)
    Good:
        qmsdocs approve QP-001
    Remedy: those named look at the change and sign.
    Allow: `review` and `approve` under `[types.ID]` say whose signatures are waited for: `approve = []` waits for
    nobody's, and then PO005 warns. It is a note, and stops nothing.
    """
    for dossier, draft in _waiting(context):
        if draft.missing and not draft.rejected:
            who = "; ".join(f"{need}: {names(able(need, draft, context.state))}" for need in draft.missing)
            signed = [f"signed by {act.record.person} as {act.record.role} on {act.signed_day}" for act in draft.acts]
            yield Found(
                draft.content.source("revision"),
                f"revision {draft.content.label} is {draft.status.lower()}; it waits for {who}",
                f"qmsdocs approve {dossier}",
                dossier,
                tuple(signed),
            )


def nobody_can_approve(context: Context) -> Iterator[Found]:
    """A signature is required and nobody can give it: the role has no holder, or all of them are authors of the text.

    Bad:
        the only quality manager writes a procedure that the quality manager must approve
    Good:
        someone else writes it, or a deputy holds the role too
    Remedy: give the role to another person in qms.toml.
    Allow: `own_work = "allowed"` under `[repository]`, where it is the authors who are left: then they may approve
    their own text. Nothing does for a role that too few hold.
    """
    for dossier, draft in _waiting(context):
        for need in draft.missing:
            if len(able(need, draft, context.state)) < need.requirement.count:
                authors = ", ".join(sorted(draft.authors)) or "unknown"
                yield Found(
                    draft.content.source("revision"),
                    f"revision {draft.content.label} needs '{need}', and nobody is left who can give it",
                    f"Give the role to someone else in qms.toml, or let another person than the authors ({authors}) hold it",
                    dossier,
                )


def unknown_author(context: Context) -> Iterator[Found]:
    """An author of a draft is nobody whom the policy knows, so nothing can tell whether an approver approves their own work.

    Bad:
        commits by J. Doe <jane@home.example> while the policy knows jane@example.com
    Good:
        commits with an e-mail that stands under emails in [people.…]
    Remedy: add the address to that person in qms.toml, or make sure that the author is none of the approvers.
    Allow: the address under the person's `emails` in `[people.ID]`:
    `emails = ["jane@example.com", "jane@home.example"]`. Nothing does for an author who is not among the people.
    """
    for dossier, standing in context.documents:
        draft = dossier.draft
        if standing.shown and not standing.shown.root and standing.shown.approvals:
            yield from _unknown(context, dossier.id, standing.shown.content, standing.shown.authors, Severity.WARNING)
        if draft and draft.missing and draft.type:
            yield from _unknown(context, dossier.id, draft.content, draft.authors, Severity.NOTE)


def _unknown(
    context: Context, document: str, content: Content, authors: frozenset[str], severity: Severity
) -> Iterator[Found]:
    known = {person for _, _, policy in context.state.policies for person in policy.people}
    unknown = sorted(author for author in authors if author not in known)
    if unknown:
        yield Found(
            content.source("revision"),
            f"revision {content.label} has an author whom the policy does not know: {', '.join(unknown)}",
            "Add the address under emails of that person in qms.toml, or make sure that no approver is behind it",
            document,
            severity=severity,
        )


def rejected(context: Context) -> Iterator[Found]:
    """A signer rejected this content. It cannot be approved unless that person approves it after all.

    Bad:
        leaving the rejected text as it is
    Good:
        reworking the draft (the label stays) and asking again
    Remedy: rework the text; the rejection belongs to the old content alone.
    Allow: Nothing does: a rejection stands until its signer approves the text or the text changes.
    """
    for dossier, draft in _waiting(context):
        act = draft.rejected
        if act:
            comment = f": {act.record.comment}" if act.record.comment else ""
            message = f"revision {draft.content.label} was rejected by {act.record.name} on {act.signed_day}{comment}"
            yield Found(
                draft.content.source("revision"),
                message,
                "Rework the text and ask for approval again",
                dossier,
                (f"record {act.path}",),
            )


def record_without_effect(context: Context) -> Iterator[Found]:
    """A signed record counts for nothing: wrong key, wrong role, own work, another content.

    Once landed, one that is honest (a wrong role, own work) only warns; one that is not proved to come from the person it
    names stays an error.

    Bad:
        an approval of QP-001 by its author
    Good:
        an approval of QP-001 by a quality manager who did not write it
    Remedy: have the right person sign again; a record that landed stays where it is.
    Allow: `own_work = "allowed"` under `[repository]` for an approval by an author, `signatures = "attributed"` for a
    record without a signature; neither for what landed before. Nothing does for a wrong key, role or content.
    """
    for dossier in context.state.dossiers.values():
        for act in dossier.acts:
            why = act.refusal or dossier.refusals.get(act.blob)
            if why:
                fresh = context.library.is_proposed(act.landing)
                record = act.record
                remedy = (
                    "Remove the file before you commit, and have the right person sign"
                    if fresh
                    else "Have the right person sign again; leave the file"
                )
                yield Found(
                    act.source,
                    f"the record '{record.meaning}' of {record.person} on {record.document} revision {record.revision} counts for nothing: {why}",
                    remedy,
                    dossier.id,
                    severity=Severity.ERROR if fresh or not act.tied else Severity.WARNING,
                )


def unreadable_record(context: Context) -> Iterator[Found]:
    """A file among the signed records is none.

    Bad:
        a note kept under signatures/
    Good:
        only what `qmsdocs approve` and its like write there
    Remedy: restore the file as it was signed, or move it elsewhere.
    Allow: Nothing does: `signatures/` holds signed records alone, and `ignore` does not reach it.
    """
    for path, problem in context.state.unread_records.items():
        yield Found(Source(path, problem.line), problem.message, problem.remedy)


def approval_broken(context: Context) -> Iterator[Found]:
    """The signed record of an approval that the revision in force rests on is gone or altered.

    Bad:
        git rm signatures/QP/QP-001/3/…-approve-jane-doe.yaml
    Good:
        signed records are only ever added
    Remedy: put the file back as it was signed.
    Allow: Nothing does: what is in force rests on that file.
    """
    for dossier, standing in context.documents:
        if standing.shown:
            for act in standing.shown.approvals:
                if not {part for part in (act.blob, act.signature) if part} <= context.state.signed_blobs:
                    yield Found(
                        Source(act.path),
                        f"the approval of revision {standing.shown.label} by {act.record.person} is gone or altered",
                        f"git checkout {act.commit[:12]} -- {act.path}",
                        dossier.id,
                    )


def suspended(context: Context) -> Iterator[Found]:
    """The revision in force was revoked, and nothing took its place: the document may not be used.

    Bad:
        working by a suspended instruction
    Good:
        a new revision, approved
    Remedy: issue the next revision, or withdraw the document.
    Allow: Nothing does: a revocation is not undone. `revoked_by = ["quality-manager"]` under `[types.ID]` says who
    may revoke.
    """
    for dossier, standing in context.documents:
        if standing.status is Status.SUSPENDED and standing.shown and standing.shown.revoked:
            act = standing.shown.revoked
            comment = f": {act.record.comment}" if act.record.comment else ""
            yield Found(
                standing.shown.content.source("revision"),
                f"revision {standing.shown.label} was revoked by {act.record.name} on {act.signed_day}{comment}",
                f"'qmsdocs revise {dossier.id} --change \"…\"' and have it approved",
                dossier.id,
                (f"record {act.path}",),
            )


def acknowledgement_outstanding(context: Context) -> Iterator[Found]:
    """People who must have read the revision in force have not said so.

    Bad:
        an operator who has not read WI-004 revision 3
    Good:
        qmsdocs acknowledge WI-004
    Remedy: those named read it and acknowledge.
    Allow: leave `acknowledged_by` out of `[types.ID]`: then nobody must acknowledge. `acknowledge_minor = false`
    spares those who have acknowledged 2.0 an acknowledgement of 2.1.
    """
    for dossier, standing in context.documents:
        if Condition.ACKNOWLEDGEMENT_OUTSTANDING in standing.conditions and standing.shown:
            names = ", ".join(person.name for person in standing.outstanding)
            yield Found(
                standing.shown.content.source("revision"),
                f"revision {standing.shown.label} has not been acknowledged by {names}",
                f"qmsdocs acknowledge {dossier.id}",
                dossier.id,
            )


def _waiting(context: Context) -> Iterator[tuple[str, Draft]]:
    for dossier, _ in context.documents:
        draft = dossier.draft
        if (
            draft
            and draft.type
            and draft.type.kind is not Kind.RECORD
            and dossier.revision(draft.content.label) is None
        ):
            yield dossier.id, draft


def unapproved_on_mainline(context: Context) -> Iterator[Found]:
    """The policy wants drafts on branches alone (`drafts = "branches"`), and one stands on the mainline or is about to land there.

    Bad:
        git commit on main, of revision 4 that nobody has approved
    Good:
        git switch -c qp-001-rev-4; commit, have it approved there, and merge
    Remedy: bring text and approvals to the mainline together. What landed before the policy said so only warns.
    Allow: `drafts = "allowed"` under `[repository]`, which is the default.
    """
    policy, library = context.state.policy, context.library
    if policy.drafts != "branches":
        return
    for dossier, standing in context.documents:
        draft = standing.draft
        if draft is None or draft.type is None or draft.type.kind is Kind.RECORD:
            continue
        proposed = library.is_proposed(draft.content.landing)
        if proposed and library.onto not in (None, policy.mainline):
            continue
        yield Found(
            draft.content.source("revision"),
            f"revision {draft.content.label} is {draft.status.lower()}, and only what is approved may stand on '{policy.mainline}'",
            f"Commit it on a branch ('git switch -c {dossier.id.lower()}'), have it approved there, and merge",
            dossier.id,
            severity=None if proposed else Severity.WARNING,
        )


RULES = (
    Rule("AP401", "awaiting-approval", Severity.NOTE, "ISO 9001 7.5.2 c", awaiting_approval),
    Rule("AP402", "nobody-can-approve", Severity.WARNING, "ISO 9001 7.5.2 c", nobody_can_approve),
    Rule("AP403", "rejected", Severity.WARNING, "ISO 9001 7.5.2 c", rejected),
    Rule("AP404", "record-without-effect", Severity.ERROR, "ISO 9001 7.5.2 c", record_without_effect),
    Rule("AP405", "unreadable-record", Severity.ERROR, "ISO 9001 7.5.3.2 b", unreadable_record),
    Rule("AP406", "approval-broken", Severity.ERROR, "ISO 9001 7.5.3.1 b", approval_broken),
    Rule("AP407", "suspended", Severity.WARNING, "ISO 9001 7.5.3.1 a", suspended),
    Rule("AP408", "acknowledgement-outstanding", Severity.NOTE, "ISO 9001 7.3", acknowledgement_outstanding),
    Rule("AP409", "unknown-author", Severity.WARNING, "ISO 9001 7.5.2 c", unknown_author),
    Rule("AP410", "unapproved-on-mainline", Severity.ERROR, "your policy", unapproved_on_mainline),
)
