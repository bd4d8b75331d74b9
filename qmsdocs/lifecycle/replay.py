"""The walk along the mainline, oldest landing first, that derives the state of every document.

At each landing the changed documents and records are taken in and judged by the policy then in force; a policy that the
landing completes is in force from the next one on. The first usable policy that lands is the trust root.
"""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from qmsdocs import labels
from qmsdocs.dates import local_day
from qmsdocs.document import DocumentText
from qmsdocs.history import Change, Landing
from qmsdocs.library import RECORD_SUFFIX, SIGNATURE_SUFFIX, Library, is_document_path, is_policy_path, is_signed_path
from qmsdocs.lifecycle.acts import LandedRecord, judge
from qmsdocs.lifecycle.approval import Outcome, needs, weigh
from qmsdocs.lifecycle.authorship import Authorship, committers_of, people_behind
from qmsdocs.lifecycle.dossier import Act, Content, Dossier, Draft, Incident, Revision, State, Touch
from qmsdocs.model import Identity, Kind, Meaning, Problem, QmsError, Source, Status
from qmsdocs.policy import OWNER, POLICY_PATH, DocumentType, Policy

POLICY_TYPE = "policy"
_ACTS_ON_REVISION = (Meaning.REVOKE, Meaning.PERIODIC_REVIEW, Meaning.ACKNOWLEDGE, Meaning.BASELINE)
_SIGNATURES_ON_CONTENT = (Meaning.REVIEW, Meaning.APPROVE, Meaning.REJECT)


def replay(library: Library, as_of: date) -> State:
    """The state at the end of a day. Raises QmsError where no usable policy ever landed."""
    walk = _Replay(library, as_of)
    for index, landing in enumerate(library.landings):
        if local_day(landing.time, walk.zone_policy.timezone) > as_of:
            break
        walk.step(index, landing)
    return walk.finish()


def policy_type(policy: Policy) -> DocumentType:
    """The type of the policy itself, as its own [document] table has it."""
    return DocumentType(
        id=POLICY_TYPE,
        name="Policy of document control",
        kind=Kind.DOCUMENT,
        prefix="",
        folder="",
        template=None,
        scheme=labels.Scheme.INTEGER,
        review=(),
        approve=policy.approve,
        approve_minor=None,
        review_every=policy.review_every,
        reviewed_by=(OWNER,),
        revoked_by=(),
        acknowledged_by=(),
        retain=None,
        line=policy.line,
    )


class _Replay:
    def __init__(self, library: Library, as_of: date) -> None:
        self.library, self.as_of = library, as_of
        self.root = first_policy(library)
        self.policy: Policy | None = None
        self.policies: list[tuple[date, str, Policy]] = []
        self.dossiers: dict[str, Dossier] = {}
        self.tree: dict[str, str] = {}
        self.signed_blobs: Counter[str] = Counter()
        self.landed_signed: set[str] = set()
        self.applied: set[str] = set()
        self.judged: set[tuple[str, str | None]] = set()
        self.unread: dict[str, DocumentText] = {}
        self.unread_records: dict[str, Problem] = {}
        self.attached: dict[str, set[str]] = defaultdict(set)
        self.id_at: dict[str, str] = {}
        self.first_id_at = _first_ids(library, self.root)
        self.authorship = Authorship()
        self.incidents: list[Incident] = []
        self.index, self.landing, self.day = -1, None, as_of  # type: int, Landing | None, date

    @property
    def zone_policy(self) -> Policy:
        """The policy in force, or the trust root to come: what is older than it is read by it."""
        return self.policy or self.root

    # --- one landing ------------------------------------------------------------------------------------------

    def step(self, index: int, landing: Landing) -> None:
        self.index, self.landing = index, landing
        self.day = local_day(landing.time, self.zone_policy.timezone)
        if landing.clock_wrong:
            self.incident("clock-wrong", None, None, "its committer's clock contradicts the commits around it")
        self.take_authors(landing)
        affected: dict[str, None] = {}
        policy_changed = False
        signed: list[Change] = []
        for change in landing.commit.changes:
            self.apply(change)
            if is_signed_path(change.path):
                signed.append(change)
            elif is_policy_path(change.path):
                policy_changed = True
            else:
                affected.update(dict.fromkeys(self.take_file(change)))
        if policy_changed:
            affected.update(dict.fromkeys(self.take_policy()))
        affected.update(dict.fromkeys(self.take_signed(landing, signed)))
        for document in affected:
            self.evaluate(self.dossier(document))
        self.enforce_policy()

    def apply(self, change: Change) -> None:
        if change.new is None or not change.is_file:
            self.tree.pop(change.path, None)
        else:
            self.tree[change.path] = change.new

    def take_authors(self, landing: Landing) -> None:
        for commit in landing.brought:
            for change, what in self.authorship.note(self.index, commit):
                if what == "take":
                    continue
                for document in self.ids_of(change):
                    touch = Touch(commit.id, change.path, what, commit.author, self.index, self.day)
                    self.dossier(document).touches.append(touch)

    def ids_of(self, change: Change) -> list[str]:
        """The documents a change concerns: named by the text after it or before it, else known at its path then or later."""
        if is_policy_path(change.path):
            return [self.root.id]
        if not is_document_path(change.path, self.zone_policy):
            return list(dict.fromkeys(self.id_at[p] for p in self.attached.get(change.path, ()) if p in self.id_at))
        found = [text.id for blob in (change.new, change.old) if blob and (text := self.text(blob)) and text.id]
        known = self.id_at.get(change.path) or self.first_id_at.get(change.path)
        return list(dict.fromkeys(found or ([known] if known else [])))

    def text(self, blob: str) -> DocumentText | None:
        return self.library.texts[self.zone_policy.names].get(blob)

    def dossier(self, document: str) -> Dossier:
        return self.dossiers.setdefault(document, Dossier(document))

    def incident(
        self, rule: str, path: str | None, document: str | None, detail: str, by: Identity | None = None
    ) -> None:
        assert self.landing
        commit = self.landing.commit
        self.incidents.append(Incident(rule, Source(path, None, commit.id), document, detail, by or commit.author))

    # --- documents --------------------------------------------------------------------------------------------

    def take_file(self, change: Change) -> Iterable[str]:
        """Take in one changed file; yields the ids of the documents whose content it may have changed."""
        for document_path in list(self.attached.get(change.path, ())):
            if document_path in self.tree:
                yield from self.take_document(document_path)
        if is_document_path(change.path, self.zone_policy):
            yield from self.take_document(change.path)

    def take_document(self, path: str) -> Iterable[str]:
        blob = self.tree.get(path)
        text = self.text(blob) if blob else None
        known = self.id_at.get(path)
        self.unread.pop(path, None)
        if known and (text is None or text.id != known):
            self.leave(path, known)
            yield known
        if blob is None or text is None:
            return
        if text.id is None:
            self.unread[path] = text
            if known and not text.readable:
                self.id_at[path] = known
                self.dossier(known).paths[path] = None
            return
        self.id_at[path] = text.id
        dossier = self.dossier(text.id)
        dossier.paths[path] = self.content(dossier, path, blob, text) if text.readable else None
        yield text.id

    def leave(self, path: str, document: str) -> None:
        dossier = self.dossier(document)
        dossier.paths.pop(path, None)
        self.id_at.pop(path, None)
        if not dossier.paths:
            dossier.removed = next((t for t in reversed(dossier.touches) if t.path == path), None)

    def content(self, dossier: Dossier, path: str, blob: str, text: DocumentText) -> Content:
        assert self.landing
        attachments = {name: self.attachment(path, name) for name in text.items("attachments")}
        digest = text.content({name: self.library.attachments.get(found, "") for name, found in attachments.items()})
        known = dossier.contents.get(digest)
        if known is None:
            commit, label = self.landing.commit.id, text.text("revision") or ""
            known = Content(dossier.id, label, digest, text, path, blob, attachments, self.index, commit, self.day)
            dossier.contents[digest] = known
        return known

    def attachment(self, path: str, name: str) -> str:
        """The blob of a file attached to the document at `path`, empty where there is none."""
        target = attachment_path(path, name)
        self.attached[target].add(path)
        return self.tree.get(target, "")

    # --- the policy -------------------------------------------------------------------------------------------

    def take_policy(self) -> Iterable[str]:
        assert self.landing
        dossier = self.dossier(self.root.id)
        dossier.paths.pop(POLICY_PATH, None)
        yield dossier.id
        blob = self.tree.get(POLICY_PATH)
        version = self.library.policies.get(blob) if blob else None
        if blob is None or version is None:
            return
        if version.read.policy is None:
            dossier.paths[POLICY_PATH] = None
            return
        content = self.content(dossier, POLICY_PATH, blob, version.text)
        dossier.paths[POLICY_PATH] = content
        if self.policy is None:
            self.policy = version.read.policy
            self.policies.append((self.day, self.landing.commit.id, self.policy))
            dossier.revisions.append(
                Revision(
                    content, policy_type(self.policy), (), self.day, self.day, content.commit, self.index, root=True
                )
            )

    def enforce_policy(self) -> None:
        """Put the newest approved policy in force, and weigh what waits by it."""
        assert self.landing
        dossier = self.dossiers.get(self.root.id)
        if self.policy is None or dossier is None or not dossier.revisions:
            return
        version = self.library.policies.get(dossier.revisions[-1].content.blob)
        if version is None or version.read.policy is None or version.read.policy is self.policy:
            return
        self.policy = version.read.policy
        self.policies.append((self.day, self.landing.commit.id, self.policy))
        for waiting in list(self.dossiers.values()):
            if waiting.acts and waiting.id != self.root.id:
                self.evaluate(waiting)

    # --- signed records ---------------------------------------------------------------------------------------

    def take_signed(self, landing: Landing, changes: list[Change]) -> Iterable[str]:
        for change in changes:
            self.signed_blobs.update([change.new] if change.new and change.is_file else [])
            self.signed_blobs.subtract([change.old] if change.old else [])
        for change in changes:
            self.watch_landed(change)
        stems = dict.fromkeys(
            change.path.removesuffix(".sig")
            for change in changes
            if change.path.endswith((RECORD_SUFFIX, SIGNATURE_SUFFIX))
        )
        for path in stems:
            blob = self.tree.get(path)
            if blob is None:
                self.unread_records.pop(path, None)
                continue
            act = self.take_record(landing, path, blob)
            if act is not None:
                self.dossier(act.record.document).acts.append(act)
                yield act.record.document

    def watch_landed(self, change: Change) -> None:
        """A landed record, or its signature, that changed or vanished: an error for ever after."""
        old = change.old
        if old is None or old not in self.landed_signed or self.signed_blobs[old] > 0:
            return
        what = "removed" if change.new is None else "changed"
        document = posixpath.basename(posixpath.dirname(posixpath.dirname(change.path))) or None
        self.incident(f"record-{what}", change.path, document, f"the landed file {change.path} was {what}")

    def take_record(self, landing: Landing, path: str, blob: str) -> Act | None:
        signature = self.tree.get(path + ".sig")
        if (blob, signature) in self.judged or self.policy is None:
            return None
        self.judged.add((blob, signature))
        landed = LandedRecord(
            data=self.library.signed.get(blob, b""),
            signature=self.library.signed.get(signature) if signature else None,
            committers=committers_of(landing, path, blob),
            time=landing.time,
        )
        judged = judge(landed, self.policy)
        if isinstance(judged, Problem):
            self.unread_records[path] = judged
            return None
        self.unread_records.pop(path, None)
        self.landed_signed.update(part for part in (blob, signature) if part)
        commit = landing.commit.id
        known = any(act.blob == blob and act.refusal is None for act in self.dossier(judged.record.document).acts)
        if known:
            return None
        self.note_witness(path, judged.record.witness, judged.record.document)
        return Act(
            judged.record, path, blob, self.index, commit, self.day,
            judged.signed_day, judged.assurance, judged.key, judged.refusal,
        )  # fmt: skip

    def note_witness(self, path: str, witness: str | None, document: str) -> None:
        if witness and witness not in self.library.commits:
            self.incident("witness-missing", path, document, f"its witness {witness[:12]} is not in this history")

    # --- judging one document ---------------------------------------------------------------------------------

    def evaluate(self, dossier: Dossier) -> None:
        """Approve every content whose signatures are complete, then apply the other acts."""
        if self.policy is None:
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
        policy = self.zone_policy
        if dossier.id == self.root.id:
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
        policy = self.zone_policy
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
        if dossier.id == self.root.id:
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

    # --- other acts -------------------------------------------------------------------------------------------

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
        person = self.zone_policy.people.get(act.record.person)
        if role in roles and role != OWNER:
            return True
        owns = person is not None and OWNER in roles and self.zone_policy.is_owner(person, owner, act.signed_day)
        return owns and role in (OWNER, owner)

    # --- the end ----------------------------------------------------------------------------------------------

    def finish(self) -> State:
        for dossier in self.dossiers.values():
            dossier.draft = self.draft(dossier)
            self.refuse_strays(dossier)
        return State(
            as_of=self.as_of,
            head=self.library.head,
            policy=self.zone_policy,
            dossiers=self.dossiers,
            policies=self.policies,
            incidents=self.incidents,
            tree=self.tree,
            signed_blobs=frozenset(blob for blob, count in self.signed_blobs.items() if count > 0),
            unread=self.unread,
            unread_records=self.unread_records,
            landing=self.landing,
        )

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


def attachment_path(document_path: str, name: str) -> str:
    """Where a file attached to a document stands in the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(document_path), name))


def _first_ids(library: Library, policy: Policy) -> dict[str, str]:
    """The first id that ever stood at each path: what a file without one was to become."""
    texts = library.texts[policy.names]
    found: dict[str, str] = {}
    for landing in library.landings:
        for commit in landing.brought:
            for change in commit.changes:
                text = texts.get(change.new or "")
                if text is not None and text.id is not None:
                    found.setdefault(change.path, text.id)
    return found


def first_policy(library: Library) -> Policy:
    for landing in library.landings:
        for change in landing.commit.changes:
            version = library.policies.get(change.new or "") if is_policy_path(change.path) else None
            if version is not None and version.read.policy is not None:
                return version.read.policy
    raise QmsError(
        f"No usable policy ({POLICY_PATH}) has landed on the mainline; write one with 'qmsdocs init' and commit it, "
        "or see what is wrong with it by 'qmsdocs check'."
    )
