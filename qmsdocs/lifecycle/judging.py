"""Judging one document: which of its contents are approved, what the other acts on them do, what its draft waits for."""

from __future__ import annotations

from dataclasses import replace

from qmsdocs import labels
from qmsdocs.lifecycle.approval import Outcome, needs, owner_asked, was_owner, weigh
from qmsdocs.lifecycle.authorship import Authorship, people_behind
from qmsdocs.lifecycle.dossier import Act, Content, Dossier, Draft, Moment, Need, Revision
from qmsdocs.lifecycle.intake import attachment_path
from qmsdocs.lifecycle.policies import Policies
from qmsdocs.lifecycle.standing import closing_label, closing_roles
from qmsdocs.model import Kind, Meaning, Status
from qmsdocs.policy import OWNER, DocumentType

_ACTS_ON_REVISION = (Meaning.REVOKE, Meaning.PERIODIC_REVIEW, Meaning.ACKNOWLEDGE, Meaning.BASELINE)
_SIGNATURES_ON_CONTENT = (Meaning.REVIEW, Meaning.APPROVE, Meaning.REJECT)


class Judging:
    """Judges documents by the policy in force; remembers which acts were applied, for each counts once."""

    def __init__(self, policies: Policies, authorship: Authorship) -> None:
        self.policies, self.authorship = policies, authorship
        self._applied: set[str] = set()

    def evaluate(self, dossier: Dossier, now: Moment) -> None:
        """Approve every content whose signatures are complete, then apply the other acts."""
        if self.policies.current is None:
            return
        waiting = [c for c in dossier.contents.values() if _is_weighed(dossier, c)]
        for content in sorted(waiting, key=lambda c: c.landing):
            kind = self.policies.type_of(content)
            if kind is not None and kind.kind is not Kind.RECORD and _may_follow(dossier, kind, content):
                self._approve(dossier, kind, content, now)
        self._apply_acts(dossier)

    def finish(self, dossier: Dossier) -> None:
        """What is left at the end: the draft that stands, and acts that nothing took up."""
        dossier.draft = self._draft(dossier)
        _refuse_strays(dossier)

    # --- approval ---------------------------------------------------------------------------------------------

    def _approve(self, dossier: Dossier, kind: DocumentType, content: Content, now: Moment) -> None:
        baseline = self._baseline(dossier, kind, content)
        outcome = self._weigh(dossier, kind, content)
        for act in outcome.weighed:
            dossier.refusals.pop(act.blob, None)
        dossier.refusals.update(outcome.refusals)
        if not baseline and not outcome.complete:
            return
        approvals = (baseline,) if baseline else outcome.counted
        approved_on = max((act.signed_day for act in approvals), default=now.day)
        effective_on = max(approved_on, now.day, content.text.day("effective_date") or approved_on)
        if dossier.id == self.policies.root.id:
            effective_on = now.day
        revision = Revision(
            content=content,
            type=kind,
            approvals=approvals,
            approved_on=approved_on,
            effective_on=effective_on,
            completed=now.commit.id,
            landing=now.index,
            baseline=baseline is not None,
            authors=self._authors(dossier, content),
        )
        dossier.revisions.append(revision)

    def _weigh(self, dossier: Dossier, kind: DocumentType, content: Content) -> Outcome:
        acts = [
            act
            for act in dossier.acts
            if act.refusal is None
            and act.record.meaning in _SIGNATURES_ON_CONTENT
            and act.record.content == content.digest
            and act.record.revision == content.label
        ]
        policy = self.policies.reading
        owner = owner_asked(content, dossier.revisions, policy)
        required = self._needs(dossier, kind, content, owner)
        return weigh(owner, required, acts, self._authors(dossier, content), policy)

    def _needs(self, dossier: Dossier, kind: DocumentType, content: Content, owner: str | None) -> tuple[Need, ...]:
        """What its type requires, and what the type it was approved under last requires: a text cannot choose its judges."""
        policy, used = self.policies.reading, [revision.label for revision in dossier.revisions]
        found = needs(content, kind, policy, used, owner)
        before = policy.types.get(dossier.revisions[-1].type.id) if dossier.revisions else None
        if before is None or before.id == kind.id:
            return found
        both = (*found, *needs(content, before, policy, used, owner))
        most: dict[tuple[Meaning, str], Need] = {}
        for need in sorted(both, key=lambda need: need.requirement.count):
            most[need.meaning, need.requirement.role] = need
        return tuple(most.values())

    def _baseline(self, dossier: Dossier, kind: DocumentType, content: Content) -> Act | None:
        """The act that brings a legacy document in at its old revision: once, before anything else was approved.

        Its author may declare it where the text is older than the trust root, and nobody's rule was broken by writing it.
        """
        if dossier.revisions:
            return None
        free = self.policies.reading.own_work_allowed or content.landing < self.policies.since
        authors = frozenset() if free else self._authors(dossier, content)
        for act in dossier.acts:
            record = act.record
            names_it = record.content == content.digest and record.revision == content.label
            baseline = act.refusal is None and record.meaning is Meaning.BASELINE
            if not (baseline and names_it and self._entitled(act, kind.revoked_by, content)):
                continue
            if record.person in authors:
                dossier.refusals[act.blob] = f"{record.person} is an author of this content"
            else:
                return act
        return None

    def _authors(self, dossier: Dossier, content: Content) -> frozenset[str]:
        """People (or unknown identities) behind the commits since the content approved before this one."""
        earlier = [r.content for r in dossier.revisions if r.content.landing < content.landing]
        base = max(earlier, key=lambda c: c.landing, default=None)
        after = base.landing if base else -1
        edits = [t for t in dossier.touches if t.what in ("edit", "merge") and after < t.landing <= content.landing]
        commits = [identity for touch in edits for identity in (touch.author, *touch.coauthors)]
        attached = [attachment_path(content.path, name) for name in content.attachments]
        settled = {base.blob, *base.attachments.values()} if base else set()
        paths = self.authorship.of_paths([content.path, *attached], after, content.landing, settled)
        makers = self.authorship.makers({content.blob, *content.attachments.values()} - settled)
        return people_behind([*commits, *paths, *makers], self.policies.newest_first())

    # --- other acts -------------------------------------------------------------------------------------------

    def _apply_acts(self, dossier: Dossier) -> None:
        """Apply each act on an approved revision once, by the policy in force when it landed."""
        for act in dossier.acts:
            if _closes(act):
                self._close(dossier, act)
            if act.refusal is not None or act.record.meaning not in _ACTS_ON_REVISION or act.blob in self._applied:
                continue
            place = next((i for i, r in enumerate(dossier.revisions) if r.content.digest == act.record.content), None)
            if place is None or dossier.revisions[place].label != act.record.revision:
                continue
            self._applied.add(act.blob)
            revision = dossier.revisions[place]
            why = self._why_not(act, revision)
            if why:
                dossier.refusals[act.blob] = why
            elif act.record.meaning is Meaning.REVOKE:
                dossier.revisions[place] = replace(revision, revoked=act)

    def _why_not(self, act: Act, revision: Revision) -> str | None:
        """Why an act on an approved revision counts for nothing; None where it counts."""
        meaning = act.record.meaning
        if act in revision.approvals:
            return None
        if meaning is Meaning.BASELINE:
            return f"revision {revision.label} needs no baseline"
        if act.landing < revision.landing:
            return f"revision {revision.label} was not approved when it landed"
        if meaning is Meaning.REVOKE and revision.revoked is not None:
            return f"revision {revision.label} had been revoked before"
        kind = revision.type
        roles = {Meaning.REVOKE: kind.revoked_by, Meaning.ACKNOWLEDGE: kind.acknowledged_by}.get(
            meaning, kind.reviewed_by
        )
        free = meaning is Meaning.ACKNOWLEDGE and not roles
        return None if free or self._entitled(act, roles, revision.content) else _not_entitled(act)

    def _close(self, dossier: Dossier, act: Act) -> None:
        """Close a record once, with the content that stood when the act landed."""
        content = dossier.contents.get(act.record.content)
        waits = content is None or closing_label(content) != act.record.revision
        if waits or content is None or act.refusal is not None or act.blob in self._applied:
            return
        self._applied.add(act.blob)
        why = self._why_not_closed(dossier, act, content)
        if why:
            dossier.refusals[act.blob] = why

    def _why_not_closed(self, dossier: Dossier, act: Act, content: Content) -> str | None:
        kind = self.policies.type_of(content)
        if kind is None or kind.kind is not Kind.RECORD:
            return "only records are closed, and this is none"
        before = (other for other in dossier.acts if _closes(other) and other is not act)
        if any(other.blob in self._applied and other.blob not in dossier.refusals for other in before):
            return "the record had been closed before"
        if content not in dossier.paths.values():
            return "the record had another text when it landed"
        return None if self._entitled(act, closing_roles(kind, self.policies.reading), content) else _not_entitled(act)

    def _entitled(self, act: Act, roles: tuple[str, ...], content: Content) -> bool:
        owner, role = content.text.text("owner"), act.record.role
        if role in roles and role != OWNER:
            return True
        return OWNER in roles and was_owner(owner, act) and role in (OWNER, owner)

    # --- the end ----------------------------------------------------------------------------------------------

    def _draft(self, dossier: Dossier) -> Draft | None:
        content = dossier.current
        if content is None or dossier.approved_content(content.digest):
            return None
        kind = self.policies.type_of(content)
        authors = self._authors(dossier, content)
        if kind is None or kind.kind is Kind.RECORD:
            return Draft(content, kind, Status.DRAFT, (), (), None, authors)
        outcome = self._weigh(dossier, kind, content)
        status = Status.IN_REVIEW if outcome.counted or outcome.rejected else Status.DRAFT
        owner = owner_asked(content, dossier.revisions, self.policies.reading)
        return Draft(content, kind, status, outcome.counted, outcome.missing, outcome.rejected, authors, owner)


def _not_entitled(act: Act) -> str:
    return f"the role '{act.record.role}' of {act.record.person} does not entitle to '{act.record.meaning}' here"


def _is_weighed(dossier: Dossier, content: Content) -> bool:
    """Contents that were signed, or that stand on the mainline now."""
    return content in dossier.paths.values() or any(a.record.content == content.digest for a in dossier.acts)


def _may_follow(dossier: Dossier, kind: DocumentType, content: Content) -> bool:
    """Whether a content's label is still free and comes after every label used; a skipped one is for the rules.

    Content with a value that cannot be read (a date that is none) says nothing certain, so nobody can approve it.
    """
    if not labels.is_label(kind.scheme, content.label) or content.text.unread_value:
        return False
    for used in reversed(dossier.revisions):
        comparable = labels.is_label(kind.scheme, used.label)
        if used.label == content.label or (
            comparable and labels.order(kind.scheme, used.label) >= labels.order(kind.scheme, content.label)
        ):
            return False
    return True


def _closes(act: Act) -> bool:
    return act.record.meaning is Meaning.CLOSE


def _refuse_strays(dossier: Dossier) -> None:
    """Say why an act counts for nothing where no content took it up."""
    for act in dossier.acts:
        if act.refusal is not None or act.blob in dossier.refusals:
            continue
        content = dossier.contents.get(act.record.content)
        if content is None:
            dossier.refusals[act.blob] = "it names content that never landed on the mainline"
        elif (label := closing_label(content) if _closes(act) else content.label) != act.record.revision:
            dossier.refusals[act.blob] = f"it names revision {act.record.revision}, the content says {label}"
        elif content.text.unread_value and not dossier.approved_content(content.digest):
            dossier.refusals[act.blob] = (
                f"the text has a value that cannot be read: {content.text.unread_value.message}"
            )
        elif act.record.meaning is Meaning.REJECT:
            revision = dossier.approved_content(content.digest)
            if revision is not None and revision.landing < act.landing:
                dossier.refusals[act.blob] = (
                    f"revision {revision.label} was approved before it landed; it can be revoked"
                )
