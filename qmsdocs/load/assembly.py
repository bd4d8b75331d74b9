"""From a history to a Library: blobs in bulk, each parsed once."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from qmsdocs.document import LFS_POINTER, MAX_DOCUMENT, DocumentText, KeyNames, read_document
from qmsdocs.history import Change, Commit, Landing, landing_times
from qmsdocs.library import Library, PolicyVersion, is_document_path, is_policy_path, is_signed_path
from qmsdocs.lifecycle import attachment_path
from qmsdocs.plumbing import Plumbing
from qmsdocs.policy import Policy, policy_document, read_policy
from qmsdocs.sshsig import MAX_SIGNATURE

KnownPolicy = Callable[[str], PolicyVersion | None]  # a version of the policy by its blob, where it was read before


class Top(Protocol):
    """What would land on top of the mainline, and has not: the files as they stand, what is staged, a branch.

    `bytes` are blobs that the repository does not hold, `hashes` the SHA-256 (hex) of those of them that are too large to keep.
    """

    @property
    def bytes(self) -> Mapping[str, bytes]: ...

    @property
    def hashes(self) -> Mapping[str, str]: ...

    def policy(self) -> str | None:
        """The blob of the policy's text."""

    def landing(self, policies: list[Policy], before: Landing | None) -> Landing | None:
        """The landing, None where nothing differs from what is on the mainline; `policies` are all that were usable."""


def assemble(
    repository: Plumbing,
    head: str,
    line: tuple[Landing, ...],
    commits: Container[str],
    seen: Mapping[str, int],
    top: Top | None = None,
    known_policy: KnownPolicy | None = None,
) -> Library:
    """All that a replay of a line of landings needs; `commits` are those there are, `seen` those of the mainline with the
    earliest time since which each can have been seen there.
    """
    held = top.bytes if top else {}
    reader = Blobs(repository, held, known_policy)
    changes = [change for landing in line for commit in landing.brought for change in commit.changes]
    policies = reader.policies(_new_blobs(changes, is_policy_path))
    if top:
        usable = [version.read.policy for version in policies.values() if version.read.policy]
        policies.update(reader.policies({blob} if (blob := top.policy()) else set()))
        usable += [v.read.policy for v in policies.values() if v.read.policy and v.read.policy not in usable]
        landing = top.landing(usable, line[-1] if line else None)
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
        commits=commits,
        mainline=seen,
        texts=texts,
        policies=policies,
        signed=dict(reader.read(_new_blobs(changes, is_signed_path), MAX_SIGNATURE + 1)),
        attachments={**reader.hashes(attached), **(top.hashes if top else {})},
        uncommitted=held,
        pointers=frozenset(
            blob for blob, data in reader.read(attached, len(LFS_POINTER)) if data.startswith(LFS_POINTER)
        ),
    )


def seen_since(line: list[Commit]) -> dict[str, int]:
    """The commits of a line with the earliest time since which each can have been seen there."""
    clocks = [commit.committed for commit in line]
    times = map(min, clocks, landing_times(clocks)[0])
    return {commit.id: time for commit, time in zip(line, times, strict=True)}


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


class Blobs:
    """Reads blobs from the repository, or from the files as they stand, and parses each once."""

    def __init__(
        self, repository: Plumbing, held: Mapping[str, bytes], known_policy: KnownPolicy | None = None
    ) -> None:
        self.repository, self.held, self.known_policy = repository, held, known_policy

    def read(self, ids: set[str], limit: int = MAX_DOCUMENT + 1) -> Iterator[tuple[str, bytes]]:
        yield from ((blob, self.held[blob]) for blob in ids if blob in self.held)
        yield from self.repository.blobs(sorted(ids - self.held.keys()), limit) if ids - self.held.keys() else ()

    def policies(self, ids: set[str]) -> dict[str, PolicyVersion]:
        known = {blob: self.known_policy(blob) for blob in ids} if self.known_policy else {}
        found = {blob: version for blob, version in known.items() if version is not None}
        for blob, data in self.read(ids - found.keys()):
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
def no_garbage_collection() -> Iterator[None]:
    """Nothing that a load builds is garbage: collecting while it grows only costs time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
