"""The whole history, up to a commit or to the files as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from qmsdocs.document import body_of
from qmsdocs.history import CLOCK_SKEW, Commit, Landing, landings, mainline
from qmsdocs.library import Library
from qmsdocs.lifecycle import State
from qmsdocs.links import Link, read_links
from qmsdocs.load.assembly import Blobs, assemble, no_garbage_collection, seen_since
from qmsdocs.load.worktree import WORKTREE, Files
from qmsdocs.model import CannotDetermine, QmsError
from qmsdocs.plumbing import Plumbing
from qmsdocs.policy import POLICY_PATH, Policy, read_policy


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
    policy = policy_at(repository, head) if head else None
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


def policy_at(repository: Plumbing, commit: str) -> Policy | None:
    """The policy's text in a commit, whether or not it is in force; None where it cannot be read."""
    data = repository.file_at(commit, POLICY_PATH)
    return read_policy(data).policy if data is not None else None


def load(repository: Plumbing, head: str) -> Library:
    """Everything that a replay of the history up to `head` needs. Raises CannotDetermine where it is not all there."""
    repository.require_whole()
    with no_garbage_collection():
        commits = {commit.id: commit for commit in repository.log(head)}
        return assemble(
            repository, head, landings(commits, head), frozenset(commits), seen_since(mainline(commits, head))
        )


def load_worktree(repository: Plumbing, now: float) -> Library:
    """As `load`, with the files as they stand as one more landing on the mainline; `now` in Unix seconds."""
    repository.require_whole()
    head = repository.head()
    with no_garbage_collection():
        if head is None:
            return assemble(repository, WORKTREE, (), frozenset(), {}, Files(repository, {}, None, (), now))
        base_tip = mainline_head(repository)
        commits = {commit.id: commit for commit in repository.log(head, base_tip)}
        base, brought = fork(commits, (head,), base_tip)
        overlay = Files(repository, repository.tree(base), None if base == head else head, brought, now)
        line = not_ahead(landings(commits, base), now)
        library = assemble(repository, head, line, frozenset(commits), seen_since(mainline(commits, base_tip)), overlay)
        return replace(library, proposed_from=len(line), onto=repository.branch() or "")


def not_ahead(line: tuple[Landing, ...], now: float) -> tuple[Landing, ...]:
    """The landings, those dated more than a day after now with their clock known to be wrong."""
    return tuple(replace(part, clock_wrong=True) if part.time > now + CLOCK_SKEW else part for part in line)


def fork(commits: dict[str, Commit], tips: tuple[str, ...], mainline_tip: str) -> tuple[str, tuple[Commit, ...]]:
    """The newest mainline commit that some commits are built on, and what they add to it, parents first."""
    reachable = ancestors(commits, tips)
    base: str | None = mainline_tip
    while base is not None and base not in reachable:
        parents = commits[base].parents
        base = parents[0] if parents else None
    if base is None:
        return tips[0], ()
    known = ancestors(commits, (base,))
    return base, tuple(commit for commit in commits.values() if commit.id in reachable and commit.id not in known)


def ancestors(commits: dict[str, Commit], tips: tuple[str, ...]) -> set[str]:
    """Some commits and all that they are built on."""
    found: set[str] = set()
    stack = list(tips)
    while stack:
        commit = stack.pop()
        if commit not in found:
            found.add(commit)
            stack.extend(commits[commit].parents)
    return found


def read_bodies(repository: Plumbing, library: Library, blobs: Iterable[str]) -> dict[str, str]:
    """The bodies of some documents, by blob; one that cannot be read has an empty body."""
    found = {}
    for blob, data in Blobs(repository, library.uncommitted).read(set(blobs)):
        found[blob] = body_of(data)
    return found


def standing_links(repository: Plumbing, library: Library, state: State) -> dict[str, tuple[Link, ...]]:
    """The links of every document and record that stands now, by blob."""
    texts = {c.blob: c.text for d in state.dossiers.values() for c in d.paths.values() if c and c.path != POLICY_PATH}
    bodies = read_bodies(repository, library, texts)
    return {blob: read_links(body, texts[blob].body_line) for blob, body in bodies.items()}
