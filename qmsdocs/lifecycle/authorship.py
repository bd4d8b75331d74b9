"""Who made a content: the authors and co-authors of the commits, on any branch, that went into it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from qmsdocs.history import Change, Commit, Landing
from qmsdocs.model import Identity
from qmsdocs.policy import Policy


class Authorship:
    """Remembers, landing by landing, who changed which path and who first made which blob.

    A merge makes a blob only if nobody made it before: then the text was found in neither parent. A commit that merely
    moves a blob makes nothing.
    """

    def __init__(self) -> None:
        self._by_path: dict[str, list[tuple[int, frozenset[Identity], str]]] = defaultdict(list)
        self._makers: dict[str, frozenset[Identity]] = {}
        self._places: dict[str, list[str]] = defaultdict(list)
        self._commits: dict[str, Commit] = {}
        self._mainline: dict[str, int] = {}
        self._stood: dict[str, list[tuple[int, str | None]]] = defaultdict(list)

    def note(self, index: int, commit: Commit) -> Iterator[tuple[Change, str]]:
        """Take in one commit; yields each change with what it was: edit, move, remove, merge, or take (a merge that made nothing)."""
        self._commits[commit.id] = commit
        merge = len(commit.parents) > 1
        who = frozenset((commit.author, *commit.coauthors))
        removed = {change.old for change in commit.changes if change.new is None}
        for change in commit.changes:
            what = self._what(change, merge, removed)
            if change.new is not None:
                self._places[change.new].append(change.path)
            if what in ("edit", "merge") and change.new is not None:
                self._by_path[change.path].append((index, who, change.new))
                self._makers.setdefault(change.new, who)
            yield change, what

    def landed(self, index: int, commit: Commit) -> None:
        """Take in that a commit is the landing with a place on the mainline."""
        self._mainline[commit.id] = index
        for change in commit.changes:
            self._stood[change.path].append((index, change.new if change.is_file else None))

    def _what(self, change: Change, merge: bool, removed: set[str | None]) -> str:
        if change.new is None:
            return "take" if merge else "remove"
        if merge:
            return "take" if change.new in self._makers else "merge"
        return "move" if change.old is None and change.new in removed else "edit"

    def is_found_in_a_parent(self, commit: Commit, blob: str) -> bool:
        """Whether a blob stood in the files of one of a commit's parents, wherever it was made."""
        return any(self._blob_at(parent, path) == blob for path in set(self._places[blob]) for parent in commit.parents)

    def _blob_at(self, commit_id: str | None, path: str) -> str | None:
        """The blob at a path in a commit that was taken in: what changed last on its first-parent line."""
        while commit_id is not None and commit_id not in self._mainline:
            commit = self._commits.get(commit_id)
            if commit is None:
                return None
            for change in commit.changes:
                if change.path == path:
                    return change.new if change.is_file else None
            commit_id = commit.parents[0] if commit.parents else None
        if commit_id is None:
            return None
        stood = self._stood[path]
        last = bisect_right(stood, self._mainline[commit_id], key=lambda change: change[0])
        return stood[last - 1][1] if last else None

    def makers(self, blobs: Iterable[str]) -> Iterator[Identity]:
        """Those who first made some blobs."""
        for blob in blobs:
            yield from self._makers.get(blob, ())

    def of_paths(self, paths: Iterable[str], after: int, until: int, settled: set[str]) -> Iterator[Identity]:
        """Those who changed some paths in the landings after one and up to another, and those who first made what was put
        there then, less what was `settled` before.
        """
        for path in paths:
            for index, who, blob in self._by_path.get(path, ()):
                if after < index <= until:
                    yield from who
                    yield from () if blob in settled else self._makers.get(blob, ())


def committer_of(landing: Landing, blob: str) -> Identity | None:
    """The author of the commit in a landing that first had a blob: whoever merges or moves it later did not make it."""
    return next(
        (commit.author for commit in landing.brought if any(change.new == blob for change in commit.changes)), None
    )


def people_behind(identities: Iterable[Identity], policies: Iterable[Policy]) -> frozenset[str]:
    """Person ids behind some git identities, by e-mail or name in any policy given; an unknown one stands for itself."""
    known = list(policies)
    return frozenset(_person(identity, known) for identity in set(identities))


def _person(identity: Identity, policies: list[Policy]) -> str:
    for policy in policies:
        person = policy.person_of(identity)
        if person is not None:
            return person.id
    name = identity.name.casefold()
    for policy in policies:
        for person in policy.people.values():
            if name and name in (known.casefold() for known in (person.name, *person.names)):
                return person.id
    return str(identity)
