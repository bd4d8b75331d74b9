"""From a repository to a Library: one pass over the history, then blobs in bulk."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qmsdocs.document import LFS_POINTER, MAX_DOCUMENT, DocumentText, KeyNames, body_of, read_document
from qmsdocs.history import CLOCK_SKEW, Change, Commit, Landing, landing_times, landings, mainline
from qmsdocs.library import Library, PolicyVersion, is_document_path, is_policy_path, is_signed_path
from qmsdocs.lifecycle import State, attachment_path
from qmsdocs.links import Link, read_links
from qmsdocs.model import CannotDetermine, Identity, QmsError
from qmsdocs.plumbing import Plumbing, blob_id, hash_file
from qmsdocs.policy import POLICY_PATH, Policy, policy_document, read_policy
from qmsdocs.sshsig import MAX_SIGNATURE

WORKTREE = "worktree"
NOBODY = Identity("", "")


def mainline_head(repository: Plumbing, at: str | None = None) -> str:
    """The commit that a report speaks of: `at`, else the tip of the mainline. Raises QmsError where there is none.

    The mainline is the one that the policy at HEAD names. That one may not be in force: `named_mainline` tells afterwards.
    """
    if at is not None:
        found = repository.resolve(at)
        if found is None:
            raise QmsError(f"'{at}' names no commit here; 'git log --oneline' lists those there are.")
        return found
    head = repository.head()
    policy = _policy_at(repository, head) if head else None
    found = named_mainline(repository, policy.mainline if policy else "main")
    if found is None and policy is not None:
        raise CannotDetermine(
            f"The mainline '{policy.mainline}' is not in this clone, so nothing tells what landed on it; fetch it "
            f"('git fetch origin {policy.mainline}:{policy.mainline}'), or name a commit with '--at'."
        )
    found = found or head
    if found is None:
        raise QmsError(
            "This repository has no commit yet; commit the policy (qms.toml) first ('qmsdocs init' writes one)."
        )
    return found


def named_mainline(repository: Plumbing, name: str) -> str | None:
    """The tip of the branch with a name, here or else on the remote `origin`."""
    return repository.resolve(f"refs/heads/{name}") or repository.resolve(f"refs/remotes/origin/{name}")


def _policy_at(repository: Plumbing, commit: str) -> Policy | None:
    data = repository.file_at(commit, POLICY_PATH)
    return read_policy(data).policy if data is not None else None


def load(repository: Plumbing, head: str) -> Library:
    """Everything that a replay of the history up to `head` needs. Raises CannotDetermine where it is not all there."""
    repository.require_whole()
    with _no_garbage_collection():
        commits = {commit.id: commit for commit in repository.log(head)}
        return _library(repository, head, landings(commits, head), commits, mainline(commits, head))


def load_worktree(repository: Plumbing, now: float) -> Library:
    """As `load`, with the files as they stand as one more landing on the mainline; `now` in Unix seconds."""
    repository.require_whole()
    head = repository.head()
    with _no_garbage_collection():
        if head is None:
            return _library(repository, WORKTREE, (), {}, [], _Overlay(repository, {}, None, (), now))
        base_tip = mainline_head(repository)
        commits = {commit.id: commit for commit in repository.log(head, base_tip)}
        base, brought = _fork(commits, head, base_tip)
        overlay = _Overlay(repository, repository.tree(base), None if base == head else head, brought, now)
        line = _not_ahead(landings(commits, base), now)
        return _library(repository, head, line, commits, mainline(commits, base_tip), overlay)


def _not_ahead(line: tuple[Landing, ...], now: float) -> tuple[Landing, ...]:
    """The landings, those dated more than a day after now with their clock known to be wrong."""
    return tuple(replace(part, clock_wrong=True) if part.time > now + CLOCK_SKEW else part for part in line)


def _fork(commits: dict[str, Commit], head: str, mainline_tip: str) -> tuple[str, tuple[Commit, ...]]:
    """The newest mainline commit that `head` is built on, and what the branch adds to it, parents first."""
    reachable = _ancestors(commits, head)
    base: str | None = mainline_tip
    while base is not None and base not in reachable:
        parents = commits[base].parents
        base = parents[0] if parents else None
    if base is None:
        return head, ()
    known = _ancestors(commits, base)
    return base, tuple(commit for commit in commits.values() if commit.id in reachable and commit.id not in known)


def _ancestors(commits: dict[str, Commit], head: str) -> set[str]:
    found: set[str] = set()
    stack = [head]
    while stack:
        commit = stack.pop()
        if commit not in found:
            found.add(commit)
            stack.extend(commits[commit].parents)
    return found


def read_bodies(repository: Plumbing, library: Library, blobs: Iterable[str]) -> dict[str, str]:
    """The bodies of some documents, by blob; one that cannot be read has an empty body."""
    found = {}
    for blob, data in _Blobs(repository, library.uncommitted).read(set(blobs)):
        found[blob] = body_of(data)
    return found


def standing_links(repository: Plumbing, library: Library, state: State) -> dict[str, tuple[Link, ...]]:
    """The links of every document and record that stands now, by blob."""
    texts = {c.blob: c.text for d in state.dossiers.values() for c in d.paths.values() if c and c.path != POLICY_PATH}
    bodies = read_bodies(repository, library, texts)
    return {blob: read_links(body, texts[blob].body_line) for blob, body in bodies.items()}


class _Overlay:
    """The files as they stand, as a landing that was never committed."""

    def __init__(
        self, repository: Plumbing, base: dict[str, str], branch: str | None, brought: tuple[Commit, ...], now: float
    ) -> None:
        if repository.root is None:
            raise QmsError(
                "This is a bare repository and has no files to check; use 'register', 'history' or 'status'."
            )
        self.repository, self.root, self.base = repository, repository.root, base
        self.branch, self.brought, self.now = branch, brought, now
        self.bytes: dict[str, bytes] = {}
        self.hashes: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}

    def files(self, policies: Iterable[Policy]) -> dict[str, Path]:
        """Files that a judgement may need, by their path in the repository."""
        folders = {"signatures", *(f for policy in policies for f in (*policy.documents, *policy.records))}
        found = {POLICY_PATH: self.root / POLICY_PATH} if _is_own_file(self.root / POLICY_PATH) else {}
        for folder in sorted(folders):
            for path in () if _leads_out(self.root, folder) else _walk(self.root / folder):
                found[path.relative_to(self.root).as_posix()] = path
        return found

    def landing(self, policies: list[Policy], before: Landing | None) -> Landing | None:
        """The landing, None where nothing differs from what was committed on the mainline."""
        paths = self.files(policies)
        tree = {path: self.blob(path, file) for path, file in paths.items()}
        concerned = {path for path in self.base if path in tree or self.concerns(path, policies)}
        changes = tuple(
            Change(path, self.base.get(path), tree.get(path))
            for path in sorted({*tree, *concerned})
            if self.base.get(path) != tree.get(path)
        )
        if not changes and not self.brought:
            return None
        parents = tuple(part for part in (before.commit.id if before else None, self.branch) if part)
        who = self.repository.identity() or NOBODY
        seconds = max(int(self.now), before.time if before else 0)
        commit = Commit(WORKTREE, parents, seconds, who, (), "not committed yet", changes)
        return Landing(commit, (*self.brought, commit), seconds)

    def concerns(self, path: str, policies: list[Policy]) -> bool:
        return (
            is_policy_path(path)
            or is_signed_path(path)
            or any(
                path.startswith(f"{folder}/") for policy in policies for folder in (*policy.documents, *policy.records)
            )
        )

    def blob(self, path: str, file: Path) -> str:
        """The blob id of a file as git would store it: the committed one where only its line ends differ."""
        try:
            if file.stat().st_size > MAX_DOCUMENT:
                return self.large(file)
            data = file.read_bytes()
        except OSError as error:
            raise QmsError(f"{path} cannot be read ({error.strerror}); mend its permissions or remove it.") from None
        blob = blob_id(data)
        if b"\r\n" in data and self.base.get(path) == blob_id(normal := data.replace(b"\r\n", b"\n")):
            data, blob = normal, blob_id(normal)
        self.bytes[blob] = data
        return blob

    def large(self, file: Path) -> str:
        """The blob id of a file larger than a document may be, of which only the beginning is kept."""
        blob, digest = hash_file(file)
        with file.open("rb") as stream:
            self.bytes[blob] = stream.read(MAX_DOCUMENT + 1)
        self.hashes[blob] = digest
        return blob


def _is_own_file(file: Path) -> bool:
    """Whether a file stands there itself: where a symbolic link leads is no part of the repository."""
    return file.is_file() and not file.is_symlink()


def _leads_out(root: Path, folder: str) -> bool:
    """Whether a folder is reached through a symbolic link or another repository (a submodule)."""
    parents = [root.joinpath(*Path(folder).parts[:end]) for end in range(1, len(Path(folder).parts) + 1)]
    return any(parent.is_symlink() or (parent / ".git").exists() for parent in parents)


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from () if (entry / ".git").exists() else _walk(entry)
        elif entry.is_file():
            yield entry


def _library(
    repository: Plumbing,
    head: str,
    line: tuple[Landing, ...],
    commits: dict[str, Commit],
    known_mainline: list[Commit],
    overlay: _Overlay | None = None,
) -> Library:
    held = overlay.bytes if overlay else {}
    reader = _Blobs(repository, held)
    changes = [change for landing in line for commit in landing.brought for change in commit.changes]
    policies = reader.policies(_new_blobs(changes, is_policy_path))
    if overlay:
        usable = [version.read.policy for version in policies.values() if version.read.policy]
        policies.update(reader.policies(_worktree_policy(overlay)))
        usable += [v.read.policy for v in policies.values() if v.read.policy and v.read.policy not in usable]
        landing = overlay.landing(usable, line[-1] if line else None)
        if landing:
            line = (*line, landing)
            changes += [change for commit in landing.brought for change in commit.changes]
            policies.update(reader.policies(_new_blobs(changes, is_policy_path) - policies.keys()))
    usable = [version.read.policy for version in policies.values() if version.read.policy]
    document_blobs = _new_blobs(changes, lambda path: any(is_document_path(path, policy) for policy in usable))
    texts = reader.texts(document_blobs, {policy.names for policy in usable})
    attached = _attached(changes, texts)
    return Library(
        head=head,
        landings=line,
        commits=frozenset(commits),
        mainline=_seen_since(known_mainline),
        texts=texts,
        policies=policies,
        signed=dict(reader.read(_new_blobs(changes, is_signed_path), MAX_SIGNATURE + 1)),
        attachments={**reader.hashes(attached), **(overlay.hashes if overlay else {})},
        uncommitted=held,
        pointers=frozenset(
            blob for blob, data in reader.read(attached, len(LFS_POINTER)) if data.startswith(LFS_POINTER)
        ),
    )


def _seen_since(line: list[Commit]) -> dict[str, int]:
    """The commits of a line with the earliest time since which each can have been seen there."""
    clocks = [commit.committed for commit in line]
    times = map(min, clocks, landing_times(clocks)[0])
    return {commit.id: time for commit, time in zip(line, times, strict=True)}


def _worktree_policy(overlay: _Overlay) -> set[str]:
    file = overlay.root / POLICY_PATH
    return {overlay.blob(POLICY_PATH, file)} if _is_own_file(file) else set()


def _new_blobs(changes: Iterable[Change], wanted: Callable[[str], bool]) -> set[str]:
    verdict: dict[str, bool] = {}
    found = set()
    for change in changes:
        if change.new is not None and change.is_file:
            if change.path not in verdict:
                verdict[change.path] = wanted(change.path)
            if verdict[change.path]:
                found.add(change.new)
    return found


def _attached(changes: Iterable[Change], texts: dict[KeyNames, dict[str, DocumentText]]) -> set[str]:
    """Blobs that ever stood where a document attaches a file."""
    names = {
        blob: text.items("attachments")
        for read in texts.values()
        for blob, text in read.items()
        if "attachments" in text.front
    }
    if not names:
        return set()
    changes = list(changes)
    paths = {attachment_path(change.path, name) for change in changes for name in names.get(change.new or "", ())}
    return {change.new for change in changes if change.new and change.is_file and change.path in paths}


class _Blobs:
    """Reads blobs from the repository, or from the files as they stand, and parses each once."""

    def __init__(self, repository: Plumbing, held: Mapping[str, bytes]) -> None:
        self.repository, self.held = repository, held

    def read(self, ids: set[str], limit: int = MAX_DOCUMENT + 1) -> Iterator[tuple[str, bytes]]:
        yield from ((blob, self.held[blob]) for blob in ids if blob in self.held)
        yield from self.repository.blobs(sorted(ids - self.held.keys()), limit) if ids - self.held.keys() else ()

    def policies(self, ids: set[str]) -> dict[str, PolicyVersion]:
        found = {}
        for blob, data in self.read(ids):
            read = read_policy(data)
            found[blob] = PolicyVersion(read, policy_document(data, read))
        return found

    def texts(self, ids: set[str], namings: set[KeyNames]) -> dict[KeyNames, dict[str, DocumentText]]:
        found: dict[KeyNames, dict[str, DocumentText]] = {names: {} for names in namings}
        for blob, data in self.read(ids):
            for names, texts in found.items():
                texts[blob] = read_document(data, names)
        return found

    def hashes(self, ids: set[str]) -> dict[str, str]:
        held = {blob: hashlib.sha256(self.held[blob]).hexdigest() for blob in ids if blob in self.held}
        rest = sorted(ids - self.held.keys())
        return {**held, **(dict(self.repository.blob_hashes(rest)) if rest else {})}


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Nothing that a load builds is garbage: collecting while it grows only costs time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
