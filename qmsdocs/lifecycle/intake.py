"""Taking in what a landing brought: files, the policy's text, signed records, and who made them."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from qmsdocs.dates import local_day
from qmsdocs.document import DocumentText
from qmsdocs.history import CLOCK_SKEW, Change, Commit, Landing
from qmsdocs.library import RECORD_SUFFIX, SIGNATURE_SUFFIX, Library, is_document_path, is_policy_path, is_signed_path
from qmsdocs.lifecycle.acts import LandedRecord, judge
from qmsdocs.lifecycle.authorship import Authorship, committer_of
from qmsdocs.lifecycle.dossier import Act, Content, Dossier, Incident, Moment, Revision, Touch
from qmsdocs.lifecycle.policies import Policies, policy_type
from qmsdocs.model import Problem, Source
from qmsdocs.policy import POLICY_PATH, Policy
from qmsdocs.signature import SignedRecord, read_record


class Intake:
    """What has been taken in so far: the files as they stand by path, the dossiers, and what went wrong on the way."""

    def __init__(self, library: Library, policies: Policies, authorship: Authorship) -> None:
        self.library, self.policies, self.authorship = library, policies, authorship
        self.dossiers: dict[str, Dossier] = {}
        self.incidents: list[Incident] = []
        self.tree: dict[str, str] = {}
        self.signed_blobs: Counter[str] = Counter()
        self.unread: dict[str, DocumentText] = {}
        self.unread_records: dict[str, Problem] = {}
        self._landed_signed: set[str] = set()
        self._altered: dict[str, str] = {}
        self._judged: set[tuple[str, str | None]] = set()
        self._unreadable: dict[str, Problem] = {}
        self._attached: dict[str, set[str]] = defaultdict(set)
        self._id_at: dict[str, str] = {}
        self._first_id_at = _first_ids(library, policies.root)
        self.now: Moment

    def take(self, landing: Landing, now: Moment) -> list[Dossier]:
        """Take in one landing; returns the documents that it may have changed."""
        self.now = now
        if landing.clock_wrong:
            self._incident("clock-wrong", None, None, "its committer's clock contradicts the commits around it")
        self._take_authors(landing)
        self._watch_merges(landing)
        affected: dict[str, None] = {}
        policy_changed = False
        signed: list[Change] = []
        before = {change.path: self.tree.get(change.path) for change in landing.commit.changes}
        for change in landing.commit.changes:
            self._apply(change)
        for change in landing.commit.changes:
            if is_signed_path(change.path):
                signed.append(replace(change, old=before[change.path], new=self.tree.get(change.path)))
            elif is_policy_path(change.path):
                policy_changed = True
            else:
                affected.update(dict.fromkeys(self._take_file(change)))
        if policy_changed:
            affected.update(dict.fromkeys(self._take_policy()))
        affected.update(dict.fromkeys(self._take_signed(landing, signed)))
        self._watch_dropped(landing)
        return [self.dossier(document) for document in affected]

    def read_again(self, before: Policy) -> None:
        """Read what stands by a policy that just came into force, where it reads other files or other key names."""
        now = self.policies.reading
        reads = [(p.names, p.documents, p.records, p.ignore) for p in (before, now)]
        if reads[0] != reads[1]:
            for path in list(self.tree):
                if is_document_path(path, now):
                    for _ in self._take_document(path):
                        pass

    # --- who touched what -------------------------------------------------------------------------------------

    def _apply(self, change: Change) -> None:
        if change.new is None or not change.is_file:
            self.tree.pop(change.path, None)
        else:
            self.tree[change.path] = change.new

    def _take_authors(self, landing: Landing) -> None:
        for commit in landing.brought:
            for change, what in self.authorship.note(self.now.index, commit):
                if what == "take":
                    continue
                for document in self._ids_of(change):
                    now = self.now
                    touch = Touch(commit.id, change.path, what, commit.author, now.index, now.day, commit.coauthors)
                    self.dossier(document).touches.append(touch)
        self.authorship.landed(self.now.index, landing.commit)

    def _watch_merges(self, landing: Landing) -> None:
        """A merge, here or on a branch, that brings text of a document which none of its parents has."""
        for commit in landing.brought:
            if len(commit.parents) < 2 or commit.id not in self.library.commits:
                continue
            for change in commit.changes:
                if change.new is None or not change.is_file or is_signed_path(change.path):
                    continue
                documents = self._ids_of(change)
                if documents and not self.authorship.is_found_in_a_parent(commit, change.new):
                    detail = f"the merge {commit.id[:12]} gave {change.path} a text that none of its parents has"
                    self._incident("merge-adds-text", change.path, documents[0], detail, of=commit)

    def _watch_dropped(self, landing: Landing) -> None:
        """A signed record that a merged branch had, and that did not land with it."""
        for commit in landing.brought[:-1]:
            for change in commit.changes:
                blob = change.new
                wanted = is_signed_path(change.path) and change.path.endswith(RECORD_SUFFIX) and change.is_file
                if not wanted or blob is None or self.signed_blobs[blob] > 0:
                    continue
                record = read_record(self.library.signed.get(blob, b""))
                if not isinstance(record, Problem):
                    detail = f"the signed record {change.path} was on what this merge brought, and did not land"
                    self._incident("record-dropped", change.path, record.document, detail, of=self.now.commit)

    def _ids_of(self, change: Change) -> list[str]:
        """The documents a change concerns: named by the text after it or before it, else known at its path then or later."""
        if is_policy_path(change.path):
            return [self.policies.root.id]
        if not is_document_path(change.path, self.policies.reading):
            paths = [path for path in self._attached.get(change.path, ()) if self._attaches(path, change.path)]
            return list(dict.fromkeys(self._id_at[path] for path in paths if path in self._id_at))
        found = [text.id for blob in (change.new, change.old) if blob and (text := self._text(blob)) and text.id]
        known = self._id_at.get(change.path) or self._first_id_at.get(change.path)
        return list(dict.fromkeys(found or ([known] if known else [])))

    def _attaches(self, document_path: str, path: str) -> bool:
        """Whether the document that stands at a path attaches a file now."""
        text = self._text(self.tree.get(document_path, ""))
        return text is not None and any(
            attachment_path(document_path, name) == path for name in text.items("attachments")
        )

    def _text(self, blob: str) -> DocumentText | None:
        return self.library.texts[self.policies.reading.names].get(blob)

    def dossier(self, document: str) -> Dossier:
        return self.dossiers.setdefault(document, Dossier(document))

    def _incident(
        self, rule: str, path: str | None, document: str | None, detail: str, of: Commit | None = None
    ) -> None:
        commit = of or self.now.commit
        self.incidents.append(Incident(rule, Source(path, None, commit.id), document, detail, commit.author))

    # --- documents --------------------------------------------------------------------------------------------

    def _take_file(self, change: Change) -> Iterable[str]:
        """Take in one changed file; yields the ids of the documents whose content it may have changed."""
        for document_path in list(self._attached.get(change.path, ())):
            if document_path in self.tree:
                yield from self._take_document(document_path)
        if is_document_path(change.path, self.policies.reading):
            yield from self._take_document(change.path)

    def _take_document(self, path: str) -> Iterable[str]:
        blob = self.tree.get(path)
        text = self._text(blob) if blob else None
        known = self._id_at.get(path)
        self.unread.pop(path, None)
        if known and (text is None or text.id != known):
            self._leave(path, known)
            yield known
        if blob is None or text is None:
            return
        if text.id is None:
            self.unread[path] = text
            if known and not text.readable:
                self._id_at[path] = known
                self.dossier(known).paths[path] = None
            return
        self._id_at[path] = text.id
        dossier = self.dossier(text.id)
        dossier.removed = None
        dossier.paths[path] = self._content(dossier, path, blob, text) if text.readable else None
        yield text.id

    def _leave(self, path: str, document: str) -> None:
        dossier = self.dossier(document)
        dossier.paths.pop(path, None)
        self._id_at.pop(path, None)
        if not dossier.paths:
            dossier.removed = next((t for t in reversed(dossier.touches) if t.path == path), None)

    def _content(self, dossier: Dossier, path: str, blob: str, text: DocumentText) -> Content:
        attachments = {name: self._attachment(path, name) for name in text.items("attachments")}
        digest = text.content({name: self.library.attachments.get(found, "") for name, found in attachments.items()})
        known = dossier.contents.get(digest)
        if known is None or path == POLICY_PATH != known.path:  # a copy of the policy never stands for it
            commit, label = self.now.commit.id, text.text("revision") or ""
            now = self.now
            known = Content(dossier.id, label, digest, text, path, blob, attachments, now.index, commit, now.day)
            dossier.contents[digest] = known
        return known

    def _attachment(self, path: str, name: str) -> str:
        """The blob of a file attached to the document at `path`, empty where there is none."""
        target = attachment_path(path, name)
        self._attached[target].add(path)
        return self.tree.get(target, "")

    # --- the policy -------------------------------------------------------------------------------------------

    def _take_policy(self) -> Iterable[str]:
        dossier = self.dossier(self.policies.root.id)
        dossier.paths.pop(POLICY_PATH, None)
        yield dossier.id
        blob = self.tree.get(POLICY_PATH)
        version = self.library.policies.get(blob) if blob else None
        if blob is None or version is None:
            return
        if version.read.policy is None:
            dossier.paths[POLICY_PATH] = None
            return
        content = self._content(dossier, POLICY_PATH, blob, version.text)
        dossier.paths[POLICY_PATH] = content
        if self.policies.current is None:
            self.policies.enforce(version.read.policy, self.now)
            kind, day = policy_type(version.read.policy), self.now.day
            root = Revision(content, kind, (), day, day, content.commit, self.now.index, root=True)
            dossier.revisions.append(root)

    # --- signed records ---------------------------------------------------------------------------------------

    def _take_signed(self, landing: Landing, changes: list[Change]) -> Iterable[str]:
        for change in changes:
            self.signed_blobs.update([change.new] if change.new else [])
            self.signed_blobs.subtract([change.old] if change.old else [])
        for change in changes:
            self._watch_landed(change)
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
            act = self._take_record(landing, path, blob)
            if act is not None:
                dossier = self.dossier(act.record.document)
                dossier.acts = [*(other for other in dossier.acts if other.blob != act.blob), act]
                yield dossier.id

    def _watch_landed(self, change: Change) -> None:
        """A landed record, or its signature, that changed or vanished: an error for ever after. To put it back is none."""
        old = change.old
        if old is None or old not in self._landed_signed or self.signed_blobs[old] > 0:
            return
        if change.new is not None and self._altered.get(change.path) == change.new:
            return
        self._altered.setdefault(change.path, old)
        what = "removed" if change.new is None else "changed"
        document = posixpath.basename(posixpath.dirname(posixpath.dirname(change.path))) or None
        self._incident(f"record-{what}", change.path, document, f"the landed file {change.path} was {what}")

    def _take_record(self, landing: Landing, path: str, blob: str) -> Act | None:
        signature = self.tree.get(path + ".sig")
        if (blob, signature) in self._judged or self.policies.current is None:
            if blob in self._unreadable:
                self.unread_records[path] = self._unreadable[blob]
            return None
        self._judged.add((blob, signature))
        landed = LandedRecord(
            data=self.library.signed.get(blob, b""),
            signature=self.library.signed.get(signature) if signature else None,
            committer=committer_of(landing, blob),
            time=landing.time,
            committed=landing.commit.committed,
            verified=(blob, signature) in self.library.verified,
        )
        judged = judge(landed, self.policies.current)
        if isinstance(judged, Problem):
            self.unread_records[path] = self._unreadable[blob] = judged
            return None
        self.unread_records.pop(path, None)
        self._landed_signed.update(part for part in (blob, signature) if part)
        commit = landing.commit.id
        known = any(act.blob == blob and act.refusal is None for act in self.dossier(judged.record.document).acts)
        if known:
            return None
        self._note_witness(path, judged.record)
        return Act(
            judged.record, path, blob, self.now.index, commit, self.now.day,
            judged.signed_day, judged.assurance, judged.key, judged.refusal, signature, judged.tied, judged.held,
        )  # fmt: skip

    def _note_witness(self, path: str, record: SignedRecord) -> None:
        """What the signer saw must still be on the mainline, and cannot be younger than the signature."""
        witness = record.witness
        if witness is None:
            return
        seen = self.library.mainline.get(witness)
        if witness not in self.library.commits:
            detail = f"its witness {witness[:12]} is not in this history"
            self._incident("witness-missing", path, record.document, detail)
        elif seen is None:
            detail = f"its witness {witness[:12]} is in this history, but no longer on the mainline"
            self._incident("witness-missing", path, record.document, detail)
        elif record.signed.timestamp() < seen - CLOCK_SKEW:
            day = local_day(seen, self.policies.reading.timezone)
            detail = f"it says that it was signed {record.signed:%Y-%m-%d}, and names a commit of {day} that its signer had seen"
            self._incident("record-backdated", path, record.document, detail)


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
