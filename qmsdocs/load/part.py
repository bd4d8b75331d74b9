"""The part of the history that concerns what is staged: the same landings as in the whole, found through the index.

Wherever the index does not fit (none there, the mainline was rewritten, the policy changes), the answer says so, and the whole
history has to be read.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from qmsdocs.document import read_document
from qmsdocs.history import Change, Commit, Landing, brought_by, landing_times
from qmsdocs.library import Library, is_document_path, is_policy_path, is_signed_path
from qmsdocs.load.assembly import assemble, no_garbage_collection
from qmsdocs.load.history import not_ahead
from qmsdocs.load.proposed import Bringing
from qmsdocs.load.worktree import NOBODY
from qmsdocs.plumbing import Plumbing
from qmsdocs.policy import POLICY_PATH, Policy
from qmsdocs.rules import Elsewhere
from qmsdocs.store import Index, signed_folder

_MOST = 1000  # commits that may have landed since the index was written
_TAIL = 12  # landings whose time a later one may still correct, and some more (see landing_times)


@dataclass(frozen=True)
class Part:
    """A part of a library that holds all there is of the documents a proposal touches; `elsewhere` answers for the rest,
    less the paths that are `touched` by the proposal or by what landed since the index was written (`landed`).
    """

    library: Library
    elsewhere: Elsewhere
    touched: frozenset[str]
    landed: frozenset[str]


class Unfit(Enum):
    """Why a part does not do: the policy changes, which concerns every document; or the index is not one of this history."""

    POLICY = "policy"
    INDEX = "index"


class _DoesNotFit(Exception):
    """The index cannot answer."""


class _PolicyChanges(_DoesNotFit):
    """The proposal, or what landed since the index was written, has another policy."""


@dataclass
class _Since:
    """The mainline since the index was written, and the branch that is checked out."""

    line: list[Landing] = field(default_factory=list)
    brought: tuple[Commit, ...] = ()
    base: str = ""
    known: dict[str, Commit] = field(default_factory=dict)


def load_staged_part(repository: Plumbing, index: Index, now: float) -> Part | Unfit:
    """What `load_staged` reads, for the documents concerned alone; or why the index does not do."""
    repository.require_whole()
    with no_garbage_collection():
        try:
            return _load(repository, index, now)
        except _PolicyChanges:
            return Unfit.POLICY
        except _DoesNotFit:
            return Unfit.INDEX


def _load(repository: Plumbing, index: Index, now: float) -> Part:
    head, tip, policy_blob = _names(repository, index)
    since = _since(repository, index, head, tip)
    changes = repository.staged("HEAD" if since.base == head else since.base)
    everything = [*changes, *(c for commit in since.brought for c in commit.changes)]
    everything += [change for landing in since.line for commit in landing.brought for change in commit.changes]
    if any(is_policy_path(change.path) for change in (*changes, *(c for one in since.brought for c in one.changes))):
        raise _PolicyChanges
    if any(is_policy_path(change.path) for change in everything):
        raise _DoesNotFit
    known = index.policy_version(policy_blob)
    policy = known.read.policy if known else None
    if policy is None:
        raise _DoesNotFit
    documents = _Documents(repository, index, policy).of(everything)
    place = index.landed(since.base)
    line = _line(index, documents, place.place if place else index.last)
    kept = since.line[: _position(since)]
    tips = tuple(one for one in (head, *repository.merge_heads()) if one != since.base)
    brought = tuple(_nearest(commit, since, line, index) for commit in since.brought)
    top = Bringing(changes, brought, tips, repository.identity() or NOBODY, now, policy_blob)
    library = assemble(
        repository,
        head,
        not_ahead((*line, *kept), now),
        _Known(index, since.known),
        _Line(index, since.line),
        top,
        index.policy_version,
    )
    library = replace(library, verified=index, proposed_from=len(line) + len(kept), onto=_branch(repository, policy))
    touched = frozenset(change.path for change in everything)
    landed = frozenset(change.path for landing in kept for commit in landing.brought for change in commit.changes)
    return Part(library, _Elsewhere(repository, index, since.base), touched, landed)


def _branch(repository: Plumbing, policy: Policy) -> str | None:
    """The branch the proposal is for, where that makes a difference."""
    return (repository.branch() or "") if policy.drafts == "branches" else None


def _names(repository: Plumbing, index: Index) -> tuple[str, str, str]:
    """HEAD, the tip of the mainline, the policy's blob at HEAD."""
    mainline = index.mainline
    wanted = ("HEAD", f"refs/heads/{mainline}", f"refs/remotes/origin/{mainline}", f"HEAD:{POLICY_PATH}")
    head, here, there, policy = repository.objects(wanted)
    tip = here or there
    if head is None or tip is None or policy is None:
        raise _DoesNotFit
    return head, tip, policy


def _since(repository: Plumbing, index: Index, head: str, tip: str) -> _Since:
    found = _Since()
    if index.landed(tip) is None:
        _newer_landings(repository, index, tip, found)
    places = {landing.commit.id for landing in found.line}
    tips = (head, *repository.merge_heads())
    if all(one in places or index.landed(one) for one in tips):
        found.base = max(tips, key=lambda one: _order(one, found, index))
        return found
    commits = {commit.id: commit for commit in repository.log(*tips, f"^{tip}")}
    edge = {parent for commit in commits.values() for parent in commit.parents if parent not in commits}
    edge |= {one for one in tips if one not in commits}
    if not edge or any(one not in places and index.landed(one) is None for one in edge):
        raise _DoesNotFit
    found.base = max(edge, key=lambda one: _order(one, found, index))
    found.brought = tuple(commits.values())
    found.known |= commits
    return found


def _order(commit: str, since: _Since, index: Index) -> int:
    landed = index.landed(commit)
    if landed is not None:
        return landed.place
    return index.last + 1 + next(at for at, landing in enumerate(since.line) if landing.commit.id == commit)


def _position(since: _Since) -> int:
    """How many of the newer landings the base is built on."""
    return next((at + 1 for at, landing in enumerate(since.line) if landing.commit.id == since.base), 0)


def _newer_landings(repository: Plumbing, index: Index, tip: str, found: _Since) -> None:
    """What landed since the index was written; raises _DoesNotFit where the mainline does not go on from there."""
    commits = {commit.id: commit for commit in repository.log(tip, f"^{index.head}", most=_MOST + 1)}
    line: list[Commit] = []
    current: str | None = tip
    while current is not None and current != index.head:
        commit = commits.get(current)
        if commit is None:
            raise _DoesNotFit
        line.insert(0, commit)
        current = commit.parents[0] if commit.parents else None
    if current is None or len(commits) > _MOST:
        raise _DoesNotFit
    known = index.clocks(index.last, _TAIL + 1)
    before = known.pop(0)[1] if len(known) > _TAIL else None
    clocks = [clock for clock, _ in known] + [commit.committed for commit in line]
    times, wrong = landing_times(clocks, before)
    old = len(known)
    if times[:old] != [time for _, time in known]:
        raise _DoesNotFit  # what came since shows that an older clock was wrong
    seen: set[str] = set()
    for commit, time, clock_wrong in zip(line, times[old:], wrong[old:], strict=True):
        found.line.append(Landing(commit, brought_by(commits, commit, seen), time, clock_wrong))
    found.known |= commits


def _line(index: Index, documents: Iterable[str], until: int) -> tuple[Landing, ...]:
    """The landings that concern some documents, as they were."""
    line: list[Landing] = []
    for landed, commits in index.touching({*documents, index.policy}, until):
        top = commits[-1] if commits[-1].id == landed.id else index.header(landed.id)
        if top is None:
            raise _DoesNotFit
        before = line[-1].commit.id if line else None
        top = replace(top, parents=tuple(part for part in (before, *top.parents[1:]) if part))
        brought = (*(commit for commit in commits if commit.id != landed.id), top)
        line.append(Landing(top, brought, landed.time, landed.clock_wrong))
    return tuple(line)


def _nearest(commit: Commit, since: _Since, line: tuple[Landing, ...], index: Index) -> Commit:
    """A commit of a branch whose parents on the mainline are the nearest ones before them that are in the part."""
    return replace(commit, parents=tuple(_nearest_parent(one, since, line, index) for one in commit.parents))


def _nearest_parent(parent: str, since: _Since, line: tuple[Landing, ...], index: Index) -> str:
    landed = index.landed(parent)
    if landed is None or parent in since.known:
        return parent
    before = [
        landing.commit.id
        for landing in line
        if (found := index.landed(landing.commit.id)) and found.place <= landed.place
    ]
    return before[-1] if before else parent


class _Documents:
    """Which documents some changes concern."""

    def __init__(self, repository: Plumbing, index: Index, policy: Policy) -> None:
        self.repository, self.index, self.policy = repository, index, policy

    def of(self, changes: Iterable[Change]) -> set[str]:
        found: set[str] = set()
        blobs: set[str] = set()
        gone: set[str] = set()
        for change in changes:
            if is_signed_path(change.path):
                found.update(signed_folder(change.path))
                continue
            found.update(self.index.attaching(change.path))
            known = self.index.document_at(change.path, once=True)
            found.update([known] if known else ())
            if is_document_path(change.path, self.policy):
                blobs.update(blob for blob in (change.old, change.new) if blob and change.is_file)
                if change.new is None:
                    gone.add(change.path)
        for _, data in self.repository.blobs(sorted(blobs)) if blobs else ():
            text = read_document(data, self.policy.names)
            found.update([text.id] if text.id else ())
        found.update(other for identifier in list(found) for other in self.index.alike(identifier))
        return found | (set(self._pointing_to(gone)) if gone else set())

    def _pointing_to(self, gone: set[str]) -> Iterator[str]:
        """The documents that mention a file that is gone from its place: their links may lead to nothing."""
        folders = (*self.policy.documents, *self.policy.records)
        for path in self.repository.mentioning([path.rsplit("/", 1)[-1] for path in gone], folders):
            known = self.index.document_at(path)
            if known:
                yield known


class _Known(Container[str]):
    """The commits of the history, most of them by what the index says."""

    def __init__(self, index: Index, newer: Mapping[str, Commit]) -> None:
        self.index, self.newer = index, newer

    def __contains__(self, commit: object) -> bool:
        return commit in self.newer or self.index.knows(str(commit))


class _Line(Mapping[str, int]):
    """The commits of the mainline, each with the earliest time since which it can have been seen there."""

    def __init__(self, index: Index, newer: list[Landing]) -> None:
        self.index = index
        self.newer = {landing.commit.id: min(landing.time, landing.commit.committed) for landing in newer}

    def __getitem__(self, commit: str) -> int:
        if commit in self.newer:
            return self.newer[commit]
        seen = self.index.seen(commit)
        if seen is None:
            raise KeyError(commit)
        return seen

    def __iter__(self) -> Iterator[str]:
        return iter(self.newer)

    def __len__(self) -> int:
        return len(self.newer)


class _Elsewhere(Elsewhere):
    """The other documents, as the index has them, and other files, as the base of the proposal has them."""

    def __init__(self, repository: Plumbing, index: Index, base: str) -> None:
        self.repository, self.index, self.base = repository, index, base

    def document_at(self, path: str, once: bool = False) -> str | None:
        return self.index.document_at(path, once)

    def path_of(self, document: str) -> str | None:
        known = self.index.document(document)
        return known.path if known else None

    def withdrawn(self, document: str, day: date) -> str | None:
        known = self.index.document(document)
        return known.replacement if known and known.ends and known.ends <= day else None

    def alike(self, document: str) -> tuple[str, ...]:
        return self.index.alike(document)

    def is_there(self, path: str, folder: bool = False) -> bool:
        if not folder and self.index.document_at(path):
            return True
        return self.repository.is_there(self.base, path, folder)
