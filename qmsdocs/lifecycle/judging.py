"""Judging one document: which of its contents are approved, what the other acts on them do, what its draft waits for."""

from __future__ import annotations

    def evaluate(self, dossier: Dossier) -> None:
        """Approve every content whose signatures are complete, then apply the other acts."""
        if self.policies.current is None:
            return
        waiting = [c for c in dossier.contents.values() if self.is_weighed(dossier, c)]
        for content in sorted(waiting, key=lambda c: c.landing):
            kind = self.type_of(dossier, content)
            if kind is not None and kind.kind is not Kind.RECORD and self.may_follow(dossier, kind, content):
                self.approve(dossier, kind, content)
        self.apply_acts(dossier)

    def is_weighed(self, dossier: Dossier, content: Content) -> bool:
        """Contents that were signed, or that stand on the mainline now."""
        return content in dossier.paths.values() or any(a.record.content == content.digest for a in dossier.acts)

    def type_of(self, dossier: Dossier, content: Content) -> DocumentType | None:
        policy = self.policies.reading
        if dossier.id == self.policies.root.id:
            return policy_type(policy)
        return policy.type_of(content.text.text("type"), dossier.id, content.path)

    def may_follow(self, dossier: Dossier, kind: DocumentType, content: Content) -> bool:
        """Whether a content's label is still free and comes after every label used; a skipped one is for the rules."""
        if not labels.is_label(kind.scheme, content.label):
            return False
        for used in dossier.revisions:
            comparable = labels.is_label(kind.scheme, used.label)
            if used.label == content.label or (
                comparable and labels.order(kind.scheme, used.label) >= labels.order(kind.scheme, content.label)
            ):
                return False
        return True

    def weigh(self, dossier: Dossier, kind: DocumentType, content: Content) -> Outcome:
        acts = [
            act
            for act in dossier.acts
            if act.refusal is None
            and act.record.meaning in _SIGNATURES_ON_CONTENT
            and act.record.content == content.digest
            and act.record.revision == content.label
        ]
        policy = self.policies.reading
        required = needs(content, kind, policy, [revision.label for revision in dossier.revisions])
        return weigh(content, required, acts, self.authors(dossier, content), policy)

    def approve(self, dossier: Dossier, kind: DocumentType, content: Content) -> None:
        baseline = self.baseline(dossier, kind, content)
        outcome = self.weigh(dossier, kind, content)
        dossier.refusals.update(outcome.refusals)
        if not baseline and not outcome.complete:
            return
        assert self.landing
        approvals = (baseline,) if baseline else outcome.counted
        approved_on = max((act.signed_day for act in approvals), default=self.day)
        effective_on = max(approved_on, self.day, content.text.day("effective_date") or approved_on)
        if dossier.id == self.policies.root.id:
            effective_on = self.day
        dossier.revisions.append(
            Revision(
                content,
                kind,
                approvals,
                approved_on,
                effective_on,
                self.landing.commit.id,
                self.index,
                baseline is not None,
            )
        )

    def baseline(self, dossier: Dossier, kind: DocumentType, content: Content) -> Act | None:
        """The act that brings a legacy document in at its old revision: once, before anything else was approved."""
        if dossier.revisions:
            return None
        for act in dossier.acts:
            record = act.record
            if act.refusal is None and record.meaning is Meaning.BASELINE and record.content == content.digest:
                if record.revision == content.label and self.entitled(act, kind.revoked_by, content):
                    return act
        return None

    def authors(self, dossier: Dossier, content: Content) -> frozenset[str]:
        """People (or unknown identities) behind the commits since the content approved before this one."""
        earlier = (r.content.landing for r in dossier.revisions if r.content.landing < content.landing)
        after = max(earlier, default=-1)
        commits = (
            t.author for t in dossier.touches if t.what in ("edit", "merge") and after < t.landing <= content.landing
        )
        attached = [attachment_path(content.path, name) for name in content.attachments]
        paths = self.authorship.of_paths([content.path, *attached], after, content.landing)
        makers = self.authorship.makers([content.blob, *content.attachments.values()])
        in_force = [policy for _, _, policy in reversed(self.policies)] or [self.root]
        return people_behind([*commits, *paths, *makers], in_force)

    def apply_acts(self, dossier: Dossier) -> None:
        """Apply each act on an approved revision once, by the policy in force when it landed."""
        for act in dossier.acts:
            if act.refusal is not None or act.record.meaning not in _ACTS_ON_REVISION or act.blob in self.applied:
                continue
            place = next((i for i, r in enumerate(dossier.revisions) if r.content.digest == act.record.content), None)
            if place is None or dossier.revisions[place].label != act.record.revision:
                continue
            self.applied.add(act.blob)
            revision = dossier.revisions[place]
            why = self.why_not(act, revision)
            if why:
                dossier.refusals[act.blob] = why
            elif act.record.meaning is Meaning.REVOKE:
                dossier.revisions[place] = replace(revision, revoked=act)

    def why_not(self, act: Act, revision: Revision) -> str | None:
        """Why an act on an approved revision counts for nothing; None where it counts."""
        meaning = act.record.meaning
        if act.landing < revision.landing:
            return f"revision {revision.label} was not approved when it landed"
        if meaning is Meaning.REVOKE and revision.revoked is not None:
            return f"revision {revision.label} had been revoked before"
        if meaning is Meaning.BASELINE:
            return None if act in revision.approvals else f"revision {revision.label} needs no baseline"
        roles = revision.type.revoked_by if meaning is Meaning.REVOKE else revision.type.reviewed_by
        if meaning is not Meaning.ACKNOWLEDGE and not self.entitled(act, roles, revision.content):
            return f"the role '{act.record.role}' of {act.record.person} does not entitle to '{meaning}' here"
        return None

    def entitled(self, act: Act, roles: tuple[str, ...], content: Content) -> bool:
        owner, role = content.text.text("owner"), act.record.role
        person = self.policies.reading.people.get(act.record.person)
        if role in roles and role != OWNER:
            return True
        owns = person is not None and OWNER in roles and self.policies.reading.is_owner(person, owner, act.signed_day)
        return owns and role in (OWNER, owner)

    def draft(self, dossier: Dossier) -> Draft | None:
        content = dossier.current
        if content is None or dossier.approved_content(content.digest):
            return None
        kind = self.type_of(dossier, content)
        authors = self.authors(dossier, content)
        if kind is None or kind.kind is Kind.RECORD:
            return Draft(content, kind, Status.DRAFT, (), (), None, authors)
        outcome = self.weigh(dossier, kind, content)
        status = Status.IN_REVIEW if outcome.counted or outcome.rejected else Status.DRAFT
        return Draft(content, kind, status, outcome.counted, outcome.missing, outcome.rejected, authors)

    def refuse_strays(self, dossier: Dossier) -> None:
        """Say why an act counts for nothing where no content took it up."""
        for act in dossier.acts:
            if act.refusal is not None or act.blob in dossier.refusals:
                continue
            content = dossier.contents.get(act.record.content)
            if content is None:
                dossier.refusals[act.blob] = "it names content that never landed on the mainline"
            elif content.label != act.record.revision:
                dossier.refusals[act.blob] = (
                    f"it names revision {act.record.revision}, the content says {content.label}"
                )

