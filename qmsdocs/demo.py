"""The sample QMS with its history: a story of dated steps, replayed into a real repository with real signatures.

The keys come from a published seed, so that anybody gets the same commits, and nobody may trust them.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from qmsdocs import authoring, labels
from qmsdocs.document import DocumentText, read_document
from qmsdocs.fastimport import FastImport, NewCommit
from qmsdocs.git import Repository, start_repository
from qmsdocs.library import is_document_path
from qmsdocs.lifecycle import ONLY_LABEL, attachment_path, policy_type
from qmsdocs.model import Identity, Meaning, QmsError, ReviewVerdict
from qmsdocs.policy import OWNER, POLICY_PATH, DocumentType, Policy, policy_document, read_policy
from qmsdocs.signature import SignedRecord, record_path, write_record
from qmsdocs.signing import SigningKey, sign

KEYS_FOLDER = "sample-keys"
_KEY_PLACEHOLDER = re.compile(r"\{key:([\w-]+)\}")
VISITOR = Identity("Visitor of the sample", "visitor@sample.invalid")


@dataclass(frozen=True)
class Story:
    """A story as read: who commits, which seed the keys come from, the steps in order, the day it is told."""

    organisation: str
    seed: str
    ends: date
    people: Mapping[str, Identity]
    steps: tuple[Mapping[str, Any], ...]
    files: Path


def read_story(folder: Path) -> Story:
    """The story in a folder. Raises QmsError where it cannot be read."""
    try:
        data = tomllib.loads((folder / "story.toml").read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise QmsError(f"The story in {folder} cannot be read: {error}.") from None
    head = data["story"]
    return Story(
        organisation=head["organisation"],
        seed=head["seed"],
        ends=date.fromisoformat(str(head["ends"])),
        people={person["id"]: Identity(person["name"], person["email"]) for person in data["people"]},
        steps=tuple(data["step"]),
        files=folder / "files",
    )


@dataclass
class _Branch:
    """A branch in the making: its newest commit, its whole tree, and the tree of the mainline it started from."""

    head: str | None = None
    tree: dict[str, bytes] = field(default_factory=dict)
    base: dict[str, bytes] = field(default_factory=dict)


def replay_story(story: Story, target: Path) -> Repository:
    """Replay a story into a new repository at `target` (a folder that is empty), and check its mainline out."""
    repository = start_repository(target, "main")
    keys = make_keys(story.seed, story.people, repository.git_dir / KEYS_FOLDER)
    with FastImport(repository) as stream:
        teller = _Teller(story, stream, keys)
        for number, step in enumerate(story.steps, 1):
            try:
                teller.tell(step)
            except (ValueError, LookupError, OSError) as error:
                raise QmsError(f"Step {number} of the story ({step.get('message', '')}): {error}.") from None
    settle(repository)
    return repository


def settle(repository: Repository) -> None:
    """Check the mainline out, and give commits made by hand a name of their own."""
    repository.configure("user.name", VISITOR.name)
    repository.configure("user.email", VISITOR.email)
    repository.configure("commit.gpgsign", "false")
    repository.check_out("main")


def make_keys(seed: str, people: Iterable[str], folder: Path) -> dict[str, SigningKey]:
    """A key pair for each person, in files that only the owner may read. WORTHLESS: anybody can make the same."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = {}
    for person in people:
        private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{seed}:{person}".encode()).digest())
        file = folder / person
        file.touch(mode=0o600)
        file.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
        )
        raw = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        public = f"{raw.decode()} {person}-WORTHLESS-SAMPLE-KEY"
        file.with_name(f"{person}.pub").write_text(public + "\n", "utf-8")
        keys[person] = SigningKey(public, file)
    return keys


class _Teller:
    """Tells the steps, one commit each."""

    def __init__(self, story: Story, stream: FastImport, keys: Mapping[str, SigningKey]) -> None:
        self.story, self.stream, self.keys = story, stream, keys
        self.branches: dict[str, _Branch] = {"main": _Branch()}
        self.mainline: list[tuple[datetime, str]] = []

    def tell(self, step: Mapping[str, Any]) -> None:
        """One step: merge or squash, move, write, edit, revise, delete, sign; then commit."""
        name = step.get("branch", "main")
        branch = self.branches.setdefault(name, self._fork())
        before = dict(branch.tree)
        parents = [branch.head] if branch.head else []
        merged = step.get("merge") or step.get("squash")
        if merged:
            self._take(branch, self.branches[merged])
            parents += [self.branches[merged].head or ""] if "merge" in step else []
        self._edit(branch, step)
        for act in step.get("sign", ()):
            for document in act.get("documents") or [act["document"]]:
                self._sign(branch, step, act, document)
        files = {p: branch.tree.get(p) for p in sorted({*before, *branch.tree}) if before.get(p) != branch.tree.get(p)}
        branch.head = self.stream.commit(
            NewCommit(name, parents, self.story.people[step["by"]], _when(step["at"]), self._message(step), files)
        )
        if name == "main":
            self.mainline.append((_when(step["at"]), branch.head))
        if merged:
            self.stream.forget(merged)
            del self.branches[merged]

    def _fork(self) -> _Branch:
        main = self.branches["main"]
        return _Branch(main.head, dict(main.tree), dict(main.tree))

    def _take(self, branch: _Branch, other: _Branch) -> None:
        """Merge by taking from the other branch every file that it changed since the two parted; the story has no conflicts."""
        for path in {*other.tree, *other.base}:
            if other.tree.get(path) != other.base.get(path):
                if path in other.tree:
                    branch.tree[path] = other.tree[path]
                else:
                    branch.tree.pop(path, None)

    def _message(self, step: Mapping[str, Any]) -> str:
        people = [self.story.people[person] for person in step.get("coauthors", ())]
        trailers = "".join(f"\nCo-authored-by: {person}" for person in people)
        return f"{step['message']}\n{trailers}\n" if trailers else f"{step['message']}\n"

    # --- files ------------------------------------------------------------------------------------------------

    def _edit(self, branch: _Branch, step: Mapping[str, Any]) -> None:
        tree = branch.tree
        for move in step.get("move", ()):
            tree[move["to"]] = tree.pop(move["from"])
        for path in step.get("write", ()):
            tree[path] = self._file(path)
        for copy in step.get("write_from", ()):
            tree[copy["path"]] = self._file(copy["from"])
        for edit in step.get("edit", ()):
            text = tree[edit["path"]].decode()
            if text.count(edit["old"]) != 1:
                raise ValueError(f"{edit['path']} has {text.count(edit['old'])} times {edit['old'][:60]!r}")
            tree[edit["path"]] = text.replace(edit["old"], self._with_keys(edit["new"])).encode()
        for revision in step.get("revise", ()):
            self._revise(branch, revision)
        for path in step.get("delete", ()):
            del tree[path]

    def _file(self, path: str) -> bytes:
        data = (self.story.files / path).read_bytes()
        if path != POLICY_PATH:
            return data
        return self._with_keys(data.decode()).encode()

    def _with_keys(self, text: str) -> str:
        """A text with `{key:PERSON}` replaced by the line of that person's public key."""
        return _KEY_PLACEHOLDER.sub(lambda m: self.keys[m[1]].public, text)

    def _revise(self, branch: _Branch, revision: Mapping[str, Any]) -> None:
        path, text, kind = self._find(branch, revision["id"])
        following = labels.next_labels(kind.scheme, text.text("revision") or "")
        label = following[1 if revision.get("minor") else 0]
        if path == POLICY_PATH:
            branch.tree[path] = authoring.revise_policy(branch.tree[path], label, revision["change"])
            return
        day = revision.get("effective_date")
        effective = date.fromisoformat(str(day)) if day else None
        names = self._policy(branch).names
        branch.tree[path] = authoring.revise(branch.tree[path], label, revision["change"], effective, names)

    def _policy(self, branch: _Branch) -> Policy:
        read = read_policy(branch.tree[POLICY_PATH])
        if read.policy is None:
            raise ValueError(f"qms.toml line {read.problems[0].line}: {read.problems[0].message}")
        return read.policy

    def _find(self, branch: _Branch, document: str) -> tuple[str, DocumentText, DocumentType]:
        """A document's path, text and type on a branch."""
        policy = self._policy(branch)
        if document == policy.id:
            data = branch.tree[POLICY_PATH]
            return POLICY_PATH, policy_document(data, read_policy(data)), policy_type(policy)
        for path, data in branch.tree.items():
            if is_document_path(path, policy) and f"{document}".encode() in data:
                text = read_document(data, policy.names)
                kind = policy.type_of(text.text("type"), document, path)
                if text.id == document and kind is not None:
                    return path, text, kind
        raise LookupError(f"there is no document {document} on this branch")

    # --- signed records ---------------------------------------------------------------------------------------

    def _sign(self, branch: _Branch, step: Mapping[str, Any], act: Mapping[str, Any], document: str) -> None:
        path, text, kind = self._find(branch, document)
        policy = self._policy(branch)
        person = policy.people[act["person"]]
        attachments = {
            name: hashlib.sha256(branch.tree[attachment_path(path, name)]).hexdigest()
            for name in text.items("attachments")
        }
        meaning = Meaning(act["meaning"])
        when = _when(act.get("at", step["at"]))
        label = text.text("revision") or (ONLY_LABEL if meaning is Meaning.CLOSE else "")
        record = SignedRecord(
            document=document,
            revision=label,
            content=text.content(attachments),
            meaning=meaning,
            role=act.get("role") or _role(policy, kind, text, act["person"], meaning, when.date()),
            person=person.id,
            name=person.name,
            signed=when,
            witness=next((commit for time, commit in reversed(self.mainline) if time <= when), None),
            comment=act.get("comment"),
            verdict=ReviewVerdict(act["verdict"]) if "verdict" in act else None,
        )
        data, place = write_record(record), record_path(record)
        branch.tree[place] = data
        branch.tree[f"{place}.sig"] = sign(data, self.keys[person.id])


def _role(policy: Policy, kind: DocumentType, text: DocumentText, person_id: str, meaning: Meaning, day: date) -> str:
    """The first role in which the policy lets a person do this."""
    person, owner = policy.people[person_id], text.text("owner")
    held = tuple(grant.role for grant in person.roles if grant.holds(day))
    minor = kind.approve_minor if labels.is_minor(kind.scheme, text.text("revision") or "") else None
    wanted = {
        Meaning.REVIEW: tuple(need.role for need in kind.review),
        Meaning.PERIODIC_REVIEW: kind.reviewed_by,
        Meaning.REVOKE: kind.revoked_by,
        Meaning.ACKNOWLEDGE: kind.acknowledged_by,
    }.get(meaning, tuple(need.role for need in minor or kind.approve))
    for role in (*wanted, *(held if meaning in (Meaning.ACKNOWLEDGE, Meaning.CLOSE) else ())):
        if role in held or (role == OWNER and policy.is_owner(person, owner, day)):
            return role
    raise ValueError(f"{person_id} holds no role that may '{meaning}' {text.id}")


def _when(text: object) -> datetime:
    when = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    if when.tzinfo is None:
        raise ValueError(f"{text} has no offset from UTC")
    return when
