"""What a commit, a push or a merge would bring: landings on top of the mainline that are judged before they are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from qmsdocs.history import Change, Commit, Landing, landings, mainline
from qmsdocs.library import Library
from qmsdocs.load.assembly import assemble, no_garbage_collection, seen_since
from qmsdocs.load.history import ancestors, fork, mainline_head, not_ahead
from qmsdocs.load.worktree import NOBODY, WORKTREE
from qmsdocs.model import Identity, QmsError
from qmsdocs.plumbing import Plumbing
from qmsdocs.policy import POLICY_PATH, Policy


@dataclass(frozen=True)
class Bringing:
    """Changes that would land as one, with the commits of the branches that they come from."""

    changes: tuple[Change, ...]
    brought: tuple[Commit, ...]
    others: tuple[str, ...]
    who: Identity
    now: float
    policy_blob: str | None
    bytes: Mapping[str, bytes] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)

    def policy(self) -> str | None:
        """The blob of qms.toml."""
        return self.policy_blob

    def landing(self, policies: list[Policy], before: Landing | None) -> Landing | None:  # noqa: ARG002
        """The landing, None where nothing would change."""
        if not self.changes and not self.brought:
            return None
        parents = tuple(part for part in (before.commit.id if before else None, *self.others) if part)
        seconds = max(int(self.now), before.time if before else 0)
        commit = Commit(WORKTREE, parents, seconds, self.who, (), "not landed yet", self.changes)
        return Landing(commit, (*self.brought, commit), seconds)


def load_staged(repository: Plumbing, now: float) -> Library:
    """The history with what is staged as one more landing on the mainline: what the next commit would be judged by."""
    repository.require_whole()
    head = repository.head()
    who = repository.identity() or NOBODY
    with no_garbage_collection():
        if head is None:
            changes = repository.staged(None)
            top = Bringing(changes, (), (), who, now, _policy_blob(changes, None))
            return _proposed(assemble(repository, WORKTREE, (), frozenset(), {}, top), 0, repository.branch() or "")
        tips = (head, *repository.merge_heads())
        tip = mainline_head(repository)
        commits = {commit.id: commit for commit in repository.log(*tips, tip)}
        base, brought = fork(commits, tips, tip)
        changes = repository.staged(base)
        others = tuple(one for one in tips if one != base)
        top = Bringing(
            changes, brought, others, who, now, _policy_blob(changes, repository.tree_entry(base, POLICY_PATH))
        )
        line = not_ahead(landings(commits, base), now)
        library = assemble(repository, head, line, frozenset(commits), seen_since(mainline(commits, tip)), top)
        return _proposed(library, len(line), repository.branch() or "")


def load_range(repository: Plumbing, start: str | None, end: str, now: float) -> Library:
    """The history up to `start` as it is, and what leads from there to `end` as proposed to land on it.

    Where `start` lies on the mainline of `end`, each commit after it is a landing; else `end` is a branch, and lands as
    a merge of it would. `start` is None where nothing was there before.
    """
    repository.require_whole()
    with no_garbage_collection():
        commits = {commit.id: commit for commit in repository.log(end, *([start] if start else []))}
        line = mainline(commits, end)
        place = next((index for index, commit in enumerate(line) if commit.id == start), None)
        if start is None or place is not None:
            whole = not_ahead(landings(commits, end), now)
            return _proposed(
                assemble(repository, end, whole, frozenset(commits), seen_since(line)),
                0 if place is None else place + 1,
            )
        known, reachable = ancestors(commits, (start,)), ancestors(commits, (end,))
        forked = repository.merge_base(start, end)
        if forked is None:
            raise QmsError(f"{start[:12]} and {end[:12]} have no commit in common, so there is no range between them.")
        changes = repository.difference(forked, end)
        brought = tuple(commit for commit in commits.values() if commit.id in reachable - known)
        policy = _policy_blob(changes, repository.tree_entry(start, POLICY_PATH))
        top = Bringing(changes, brought, (end,), commits[end].author, now, policy)
        base = not_ahead(landings(commits, start), now)
        return _proposed(
            assemble(repository, end, base, frozenset(commits), seen_since(mainline(commits, start)), top), len(base)
        )


def _proposed(library: Library, place: int, onto: str | None = None) -> Library:
    return replace(library, proposed_from=min(place, len(library.landings)), onto=onto)


def _policy_blob(changes: tuple[Change, ...], before: str | None) -> str | None:
    return next((change.new if change.is_file else None for change in changes if change.path == POLICY_PATH), before)
