"""A test kit: a QMS repository built by readable verbs, with pinned names, dates and keys.

Commits are made in memory and written as git objects, byte for byte what git would write, so that a history costs no
process; `state` and `standing` read them back with the real git, `memory` gives the same Library without it.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qmsdocs.document import DocumentText, KeyNames, read_document
from qmsdocs.git import open_repository
from qmsdocs.history import Change, Commit, landings, mainline
from qmsdocs.library import Library, PolicyVersion
from qmsdocs.lifecycle import Dossier, Draft, Standing, State, replay, stand
from qmsdocs.load import load
from qmsdocs.model import Identity, Meaning, ReviewVerdict
from qmsdocs.policy import policy_document, read_policy
from qmsdocs.signature import SignedRecord, record_path, write_record

ENVIRONMENT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "LC_ALL": "C"}
DOC = "documents/QP-001.md"
POLICY = "qms.toml"
START = datetime(2026, 1, 1, 9, tzinfo=UTC)
LINK = b"link:"  # what a file's bytes begin with to stand there as a symbolic link

Files = Mapping[str, str | bytes | None]


@dataclass(frozen=True)
class Someone:
    """A person as git and the policy have them."""

    id: str
    name: str
    roles: str
    email: str = ""
    extra: str = ""

    @property
    def identity(self) -> Identity:
        return Identity(self.name, self.email or f"{self.id}@example.com")


OWEN = Someone("owen", "Owen Bell", '"production-manager"')  # owns the procedures
JANE = Someone("jane", "Jane Doe", '"quality-manager"')
QUINN = Someone("quinn", "Quinn Roe", '"quality-manager"')
TOM = Someone("tom", "Tom Hale", '"top-management"')
ADA = Someone("ada", "Ada Stone", '"engineer"')  # writes
BOB = Someone("bob", "Bob Gray", '"engineer"')
PEOPLE = (OWEN, JANE, QUINN, TOM, ADA, BOB)
STRANGER = Someone("zoe", "Zoe Unknown", "")


def policy(
    revision: int = 1,
    *,
    people: Sequence[Someone] = PEOPLE,
    approve: str = '["owner", "quality-manager"]',
    settings: str = "",
    zone: str = "UTC",
    change_by: str = '["top-management"]',
    repository: str = "",
    extra: str = "",
) -> str:
    """A short policy. `settings` are lines of the one type (procedure), `repository` lines of that table."""
    persons = "".join(
        f'[people.{p.id}]\nname = "{p.name}"\nemails = ["{p.identity.email}"]\nroles = [{p.roles}]\n'
        f"{p.extra or _keys(p.id)}\n"
        for p in people
    )
    return (
        f'[document]\nid = "QMS-001"\nrevision = {revision}\nowner = "quality-manager"\napprove = {change_by}\n'
        f'[organisation]\nname = "Example"\ntimezone = "{zone}"\n[repository]\n{repository}\n'
        '[roles]\nproduction-manager = "Production manager"\nquality-manager = "Quality manager"\n'
        'top-management = "Director"\nengineer = "Engineer"\n'
        f'[types.procedure]\nprefix = "QP"\nfolder = "documents"\napprove = {approve}\n{settings}\n{extra}\n{persons}'
    )


def doc(revision: str | int = 1, body: str = "Do it well.", *, id: str = "QP-001", **keys: str) -> str:
    """A procedure owned by the production manager; further front matter as `key="value"`."""
    front = {"id": id, "title": "Doing it well", "type": "procedure", "revision": str(revision)}
    front |= {"owner": "production-manager", **keys}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items() if value) + f"---\n{body}\n"


def _keys(seed: str) -> str:
    return f'keys = ["{public_line(seed)}"]'


# --- keys and signatures ----------------------------------------------------------------------------------------


@cache
def key_of(seed: str) -> Ed25519PrivateKey:
    """The key of a person (or of any other text), the same on each run."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


@cache
def _public(seed: str) -> bytes:
    return _string(b"ssh-ed25519") + _string(key_of(seed).public_key().public_bytes_raw())


@cache
def public_line(seed: str) -> str:
    """The public key as OpenSSH writes it."""
    return f"ssh-ed25519 {base64.b64encode(_public(seed)).decode()} {seed}"


def armored(data: bytes, seed: str, namespace: bytes = b"qmsdocs") -> bytes:
    """A detached SSHSIG over some bytes, as `ssh-keygen -Y sign -n qmsdocs` makes it (PROTOCOL.sshsig)."""
    head = _string(namespace) + _string(b"") + _string(b"sha512")
    signature = key_of(seed).sign(b"SSHSIG" + head + _string(hashlib.sha512(data).digest()))
    wire = _string(b"ssh-ed25519") + _string(signature)
    whole = b"SSHSIG" + struct.pack(">I", 1) + _string(_public(seed)) + head + _string(wire)
    text = base64.b64encode(whole).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n".encode()


# --- the repository ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A commit as it was made: the whole tree it has, beside what git tells of it."""

    commit: Commit
    tree: Mapping[str, bytes]


@dataclass
class Qms:
    """A repository that grows by verbs. Times are UTC unless they say otherwise; a day alone means noon."""

    root: Path | None = None
    made: dict[str, Made] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    now: datetime = START
    _objects: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    _libraries: dict[str, Library] = field(default_factory=dict)

    # --- time and trees -----------------------------------------------------------------------------------------

    def at(self, when: str | None) -> datetime:
        """Set the clock; without a time a minute passes."""
        if when is None:
            self.now += timedelta(minutes=1)
        else:
            moment = datetime.fromisoformat(when)
            moment = moment.replace(hour=12) if len(when) == 10 else moment
            self.now = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return self.now

    def files(self, on: str = "main") -> dict[str, bytes]:
        """The files of a branch (or commit) by their path."""
        tip = self.branches.get(on, on)
        return dict(self.made[tip].tree) if tip in self.made else {}

    # --- verbs --------------------------------------------------------------------------------------------------

    def commit(
        self,
        who: Someone,
        files: Files,
        at: str | None = None,
        *,
        co: Sequence[Someone] = (),
        on: str = "main",
        subject: str = "A change",
    ) -> str:
        """Write some files (None deletes) and commit them."""
        parents = [self.branches[on]] if on in self.branches else []
        return self._commit(
            who.identity,
            _with(self.files(on), files),
            at,
            co=[c.identity for c in co],
            parents=parents,
            on=on,
            subject=subject,
        )

    def start(self, text: str | None = None, at: str = "2026-01-01") -> str:
        """The policy lands: the trust root."""
        return self.commit(TOM, {POLICY: text or policy()}, at)

    def write(
        self,
        who: Someone,
        text: str,
        at: str | None = None,
        *,
        path: str = DOC,
        co: Sequence[Someone] = (),
        on: str = "main",
    ) -> str:
        """Write one document and commit it."""
        return self.commit(who, {path: text}, at, co=co, on=on)

    def branch(self, name: str, start: str = "main") -> None:
        """Start a branch."""
        self.branches[name] = self.branches.get(start, start)

    def merge(
        self, name: str, who: Someone, at: str | None = None, *, into: str = "main", files: Files | None = None
    ) -> str:
        """Merge a branch, file by file against the fork; `files` resolves conflicts, or slips something in."""
        tip, other = self.branches[into], self.branches[name]
        base, mine, theirs = self.files(self._fork(tip, other)), self.files(into), self.files(name)
        tree = {}
        for path in sorted({*base, *mine, *theirs}):
            before, ours, yours = base.get(path), mine.get(path), theirs.get(path)
            if ours != before and yours not in (before, ours):
                assert path in (files or {}), f"{path} conflicts"
            chosen = yours if ours == before else ours
            if chosen is not None:
                tree[path] = chosen
        return self._commit(who.identity, _with(tree, files or {}), at, parents=[tip, other], on=into)

    def squash(self, name: str, who: Someone, at: str | None = None, *, co: Sequence[Someone] = ()) -> str:
        """One commit on the mainline with all that a branch changed."""
        fork = self.files(self._fork(self.branches["main"], self.branches[name]))
        return self.commit(who, _difference(fork, self.files(name)), at, co=co)

    def rebase(self, name: str, at: str | None = None) -> None:
        """Replay a branch on the mainline and move the mainline there: authors stay, ids and committers' times are new."""
        base = self._fork(self.branches["main"], self.branches[name])
        picked = []
        tip = self.branches[name]
        while tip != base:
            picked.append(tip)
            tip = self.made[tip].commit.parents[0]
        for commit in reversed(picked):
            self.cherry_pick(commit, at)

    def cherry_pick(self, commit: str, at: str | None = None, on: str = "main") -> str:
        """Apply what one commit changed, with its author and co-authors."""
        made = self.made[commit]
        changed = _difference(self.files(made.commit.parents[0]), made.tree)
        return self._commit(
            made.commit.author,
            _with(self.files(on), changed),
            at,
            co=made.commit.coauthors,
            parents=[self.branches[on]],
            on=on,
        )

    def move(
        self, who: Someone, old: str, new: str, at: str | None = None, *, text: str | None = None, on: str = "main"
    ) -> str:
        """Rename a file, with an edit where a text is given."""
        return self.commit(who, {old: None, new: self.files(on)[old] if text is None else text}, at, on=on)

    def delete(self, who: Someone, path: str, at: str | None = None, *, on: str = "main") -> str:
        """Delete a file."""
        return self.commit(who, {path: None}, at, on=on)

    def redate(self, tip: str, seconds: int, on: str = "main") -> None:
        """Give the newest commit of a branch a committer's time that no calendar has."""
        made = self.made.pop(tip)
        kind, data = self._objects[tip]
        lines = data.split(b"\n")
        place = next(at for at, line in enumerate(lines) if line.startswith(b"committer "))
        lines[place] = b" ".join([*lines[place].split(b" ")[:-2], b"%d +0000" % seconds])
        identifier = self._put(kind, b"\n".join(lines))
        self.made[identifier] = Made(replace(made.commit, id=identifier, committed=seconds), made.tree)
        self.branches[on] = identifier

    # --- signed records -----------------------------------------------------------------------------------------

    def record(
        self,
        who: Someone,
        role: str,
        meaning: Meaning = Meaning.APPROVE,
        *,
        signed: str | None = None,
        path: str = DOC,
        on: str = "main",
        text: str | None = None,
        verdict: ReviewVerdict | None = None,
        key: str | None = "own",
        witness: str | None = None,
        name: str | None = None,
    ) -> dict[str, bytes]:
        """A signed record on a document as it stands on a branch (or on `text`), and its signature (none for key=None)."""
        identifier, label, digest = self._named(path, on, text)
        moment = self.at(signed) if signed else self.now
        record = SignedRecord(
            identifier, label, digest, meaning, role, who.id, name or who.name, moment, witness, None, verdict
        )
        data, place = write_record(record), record_path(record)
        return (
            {place: data}
            if key is None
            else {place: data, f"{place}.sig": armored(data, who.id if key == "own" else key)}
        )

    def sign(
        self,
        who: Someone,
        role: str,
        meaning: Meaning = Meaning.APPROVE,
        at: str | None = None,
        *,
        signed: str | None = None,
        by: Someone | None = None,
        path: str = DOC,
        on: str = "main",
        text: str | None = None,
        verdict: ReviewVerdict | None = None,
        key: str | None = "own",
        witness: str | None = None,
        name: str | None = None,
    ) -> str:
        """Make a signed record and commit it, signed when it lands unless `signed` says otherwise. Returns its path."""
        landed = self.at(at)
        files = self.record(
            who,
            role,
            meaning,
            signed=signed,
            path=path,
            on=on,
            text=text,
            verdict=verdict,
            key=key,
            witness=witness,
            name=name,
        )
        self.commit(by or who, files, landed.isoformat(), on=on)
        return next(iter(files))

    def approve(self, at: str | None = None, *, path: str = DOC, on: str = "main", text: str | None = None) -> None:
        """What the default policy asks for: the owner's approval and a quality manager's, in one commit."""
        landed = self.at(at)
        files = {
            **self.record(OWEN, "owner", path=path, on=on, text=text),
            **self.record(JANE, "quality-manager", path=path, on=on, text=text),
        }
        self.commit(JANE, files, landed.isoformat(), on=on)

    def enforce(self, text: str, at: str | None = None, who: Someone = JANE) -> None:
        """A new policy, approved by top management in the next commit."""
        self.commit(who, {POLICY: text}, at)
        self.sign(TOM, "top-management", path=POLICY)

    # --- reading back -------------------------------------------------------------------------------------------

    def library(self) -> Library:
        """The mainline as the real git tells it."""
        head = self.branches["main"]
        if head not in self._libraries:
            self._libraries[head] = load(open_repository(self.save()), head)
        return self._libraries[head]

    def state(self, as_of: str = "2099-12-31") -> State:
        """The state at the end of a day."""
        return replay(self.library(), date.fromisoformat(as_of))

    def dossier(self, document: str = "QP-001", as_of: str = "2099-12-31") -> Dossier:
        """What the history says of one document."""
        return self.state(as_of).dossiers[document]

    def draft(self, document: str = "QP-001", as_of: str = "2099-12-31") -> Draft:
        """A document's draft; there must be one."""
        found = self.dossier(document, as_of).draft
        assert found, f"{document} has no draft"
        return found

    def standing(self, as_of: str, document: str = "QP-001") -> Standing:
        """How a document stands at the end of a day."""
        state = self.state(as_of)
        return stand(state.dossiers[document], state)

    def status(self, as_of: str, document: str = "QP-001") -> str:
        """Its revision and status in words, such as `2 Effective`; a draft shows its own label."""
        standing = self.standing(as_of, document)
        label = standing.shown.label if standing.shown else standing.draft.content.label if standing.draft else "-"
        return f"{label} {standing.status}"

    def save(self) -> Path:
        """Write the repository; its mainline is checked out by name, without a work tree's files."""
        assert self.root, "this history lives in memory only"
        git = self.root / ".git"
        for name in ("objects", "refs/heads"):
            (git / name).mkdir(parents=True, exist_ok=True)
        (git / "HEAD").write_text("ref: refs/heads/main\n")
        (git / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
        for name, tip in self.branches.items():
            (git / "refs/heads" / name).write_text(f"{tip}\n")
        for identifier, (kind, data) in self._objects.items():
            file = git / "objects" / identifier[:2] / identifier[2:]
            if not file.exists():
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(zlib.compress(kind + b" %d\0" % len(data) + data, 1))
        return self.root

    def memory(self, upto: int | None = None) -> Library:
        """The same Library without git: of the whole mainline, or of its first commits. One naming of keys only."""
        commits = {identifier: made.commit for identifier, made in self.made.items()}
        line = landings(commits, self.branches["main"])[:upto]
        blobs = {_blob(data): data for made in self.made.values() for data in made.tree.values()}
        policy_texts = {made.tree[POLICY] for made in self.made.values() if POLICY in made.tree}
        policies = {_blob(data): _policy_version(data) for data in policy_texts}
        names = KeyNames()
        return Library(
            head=line[-1].commit.id,
            landings=line,
            commits=frozenset(commits),
            mainline={commit.id: commit.committed for commit in mainline(commits, self.branches["main"])},
            texts={names: {blob: _document(data) for blob, data in blobs.items()}},
            policies=policies,
            signed=blobs,
            attachments={blob: hashlib.sha256(data).hexdigest() for blob, data in blobs.items()},
        )

    # --- how commits are made -----------------------------------------------------------------------------------

    def _commit(
        self,
        author: Identity,
        tree: Mapping[str, bytes],
        at: str | None,
        *,
        parents: Sequence[str],
        on: str,
        co: Sequence[Identity] = (),
        subject: str = "A change",
    ) -> str:
        seconds = int(self.at(at).timestamp())
        trailers = "".join(f"Co-authored-by: {identity}\n" for identity in co)
        lines = [f"tree {self._tree(tree)}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {author} {seconds} +0000", f"committer {author} {seconds} +0000"]
        text = "\n".join(lines) + f"\n\n{subject}\n" + (f"\n{trailers}" if trailers else "")
        identifier = self._put(b"commit", text.encode())
        before = self.made[parents[0]].tree if parents else {}
        changes = tuple(_changes(before, tree))
        commit = Commit(identifier, tuple(parents), seconds, author, tuple(co), subject, changes)
        self.made[identifier] = Made(commit, dict(tree))
        self.branches[on] = identifier
        return identifier

    def _put(self, kind: bytes, data: bytes) -> str:
        identifier = hashlib.sha1(kind + b" %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        self._objects[identifier] = (kind, data)
        return identifier

    def _tree(self, files: Mapping[str, bytes]) -> str:
        folders: dict[str, dict[str, bytes]] = {}
        entries: list[tuple[bytes, bytes, str]] = []
        for path, data in files.items():
            folder, slash, rest = path.partition("/")
            if slash:
                folders.setdefault(folder, {})[rest] = data
            else:
                mode = b"120000" if data.startswith(LINK) else b"100644"
                entries.append((path.encode(), mode, self._put(b"blob", data.removeprefix(LINK))))
        entries += [(name.encode() + b"/", b"40000", self._tree(inside)) for name, inside in folders.items()]
        packed = (
            mode + b" " + name.rstrip(b"/") + b"\0" + bytes.fromhex(identifier)
            for name, mode, identifier in sorted(entries)
        )
        return self._put(b"tree", b"".join(packed))

    def _fork(self, one: str, other: str) -> str:
        """The newest commit that two have in common (histories here have one)."""
        mine = set(self._ancestors(one))
        return next(commit for commit in self._ancestors(other) if commit in mine)

    def _ancestors(self, tip: str) -> Iterator[str]:
        waiting, seen = [tip], set()
        while waiting:
            waiting.sort(key=lambda identifier: self.made[identifier].commit.committed)
            commit = waiting.pop()
            if commit not in seen:
                seen.add(commit)
                yield commit
                waiting.extend(self.made[commit].commit.parents)

    def _named(self, path: str, on: str, text: str | None) -> tuple[str, str, str]:
        files = self.files(on)
        data = text.encode() if text is not None else files[path]
        read = policy_document(data, read_policy(data)) if path == POLICY else read_document(data, KeyNames())
        folder = posixpath.dirname(path)
        attached = {name: files[posixpath.normpath(f"{folder}/{name}")] for name in read.items("attachments")}
        digest = read.content({name: hashlib.sha256(content).hexdigest() for name, content in attached.items()})
        return read.id or "", read.text("revision") or "", digest


@cache
def _policy_version(data: bytes) -> PolicyVersion:
    read = read_policy(data)
    return PolicyVersion(read, policy_document(data, read))


@cache
def _document(data: bytes) -> DocumentText:
    return read_document(data, KeyNames())


def _with(tree: dict[str, bytes], files: Files) -> dict[str, bytes]:
    for path, data in files.items():
        if data is None:
            del tree[path]
        else:
            tree[path] = data.encode() if isinstance(data, str) else data
    return tree


def _difference(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str | bytes | None]:
    return {path: new.get(path) for path in sorted({*old, *new}) if old.get(path) != new.get(path)}


def _changes(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[Change]:
    for path, after in _difference(old, new).items():
        before = old.get(path)
        shown = after if isinstance(after, bytes) else before or b""
        mode = "120000" if shown.startswith(LINK) else "100644"
        yield Change(
            path,
            _blob(before) if before is not None else None,
            _blob(after) if isinstance(after, bytes) else None,
            mode,
        )


def _blob(data: bytes) -> str:
    data = data.removeprefix(LINK)
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
