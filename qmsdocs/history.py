"""A git history as values: commits with what they changed, the mainline, and what landed on it when.

The stream is that of `git log --raw -z` with LOG_FORMAT, oldest first, merges diffed against their first parent
(git-log(1), "Raw output format"). Every field ends in NUL, the one byte no author can write into a name or subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qmsdocs.model import CannotDetermine, Identity

LOG_FORMAT = "%H%x00%P%x00%ct%x00%an%x00%ae%x00%s%x00%b"
LOG_OPTIONS = (
    "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-merges=first-parent", "--topo-order", "--reverse",
    "--root", "--no-relative", "--encoding=UTF-8", "--no-show-signature", "--no-notes", "--no-color", "--no-ext-diff",
    "--no-textconv",
    f"--format={LOG_FORMAT}",
)  # fmt: skip
_FIELDS = 7
_NAMED_AUTHOR = re.compile(r"(?im)^[ \t]*(?:co-authored-by|author)[ \t]*:[ \t]*([^\n]*<[^<>\n]*>)")
CLOCK_SKEW = 86_400  # seconds that a clock may differ from another before we call it wrong
_RUN = 3  # commits in a row whose clock may be far ahead
_WITNESSES = 3  # commits after them that must say otherwise
_BROKEN_OFF = "The output of 'git log' broke off; run 'git fsck' on this repository."


@dataclass(frozen=True, slots=True)
class Change:
    """One path in one commit: the blob before and after, None where there was or is no file.

    `mode` is the mode after (before, for a deletion), such as 100644, or 120000 for a symbolic link.
    """

    path: str
    old: str | None
    new: str | None
    mode: str = "100644"

    @property
    def is_file(self) -> bool:
        """Whether an ordinary file stands there: no symbolic link, no submodule."""
        return self.mode.startswith("100")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `committed` is the committer's Unix time in seconds."""

    id: str
    parents: tuple[str, ...]
    committed: int
    author: Identity
    coauthors: tuple[Identity, ...]
    subject: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Landing:
    """A commit on the mainline with all it brought there.

    `brought` are the commits that became part of the mainline with it, itself last, parents before children.
    `time` is when it landed: the committer's time, or the time of the landing before it where the clock was wrong
    (`clock_wrong`).
    """

    commit: Commit
    brought: tuple[Commit, ...]
    time: int
    clock_wrong: bool = False


def parse_log(stream: Iterable[bytes]) -> Iterator[Commit]:
    """Commits of a log stream given in pieces of any size. Raises CannotDetermine on a stream that breaks off."""
    tokens = _tokens(stream)
    token = next(tokens, None)
    while token is not None:
        header = [token, *(_need(tokens) for _ in range(_FIELDS - 1))]
        changes = []
        token = next(tokens, None)
        while token is not None and token.lstrip(b"\n").startswith(b":"):
            changes.append((token, _need(tokens)))
            token = next(tokens, None)
        yield _commit(header, changes)


def parse_raw(stream: Iterable[bytes]) -> tuple[Change, ...]:
    """Changes of a raw diff (git-diff-tree(1), "Raw output format", with -z). What is unmerged is left out."""
    tokens = _tokens(stream)
    entries = [(raw, _need(tokens)) for raw in tokens]
    return tuple(_change(raw, path) for raw, path in entries if not raw.endswith(b" U"))


def _tokens(stream: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in stream:
        parts = (rest + piece).split(b"\0")
        rest = parts.pop()
        yield from parts
    if rest.strip():
        raise CannotDetermine(_BROKEN_OFF)


def _need(tokens: Iterator[bytes]) -> bytes:
    token = next(tokens, None)
    if token is None:
        raise CannotDetermine(_BROKEN_OFF)
    return token


def _commit(header: list[bytes], changes: list[tuple[bytes, bytes]]) -> Commit:
    try:
        return _parsed(header, tuple(_change(raw, path) for raw, path in changes))
    except ValueError:
        raise CannotDetermine(_BROKEN_OFF) from None


def _parsed(header: list[bytes], changes: tuple[Change, ...]) -> Commit:
    commit, parents, seconds, name, email, subject, body = header
    return Commit(
        id=commit.decode("ascii"),
        parents=tuple(parents.decode("ascii").split()),
        committed=int(seconds or 0),
        author=Identity(_text(name), _text(email)),
        coauthors=tuple(named_authors(_text(body))) if b"uthor" in body else (),
        subject=_text(subject),
        changes=changes,
    )


def _change(raw: bytes, path: bytes) -> Change:
    old_mode, new_mode, old, new, _ = raw.lstrip(b"\n")[1:].split(b" ", 4)
    return Change(
        path=path.decode("utf-8", "surrogateescape"),
        old=None if old_mode == b"000000" else old.decode("ascii"),
        new=None if new_mode == b"000000" else new.decode("ascii"),
        mode=(old_mode if new_mode == b"000000" else new_mode).decode("ascii"),
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def named_authors(body: str) -> Iterator[Identity]:
    """The authors that a commit's message names besides its own: `Co-authored-by` anywhere in it (squashing puts several
    messages into one), and `Author` as the message of `git merge --squash` lists them (git-merge(1), "--squash").
    """
    for found in _NAMED_AUTHOR.finditer(body):
        yield parse_identity(found[1])


def parse_identity(text: str) -> Identity:
    """`Name <e-mail>` as in a Co-authored-by trailer; a text without an e-mail is all name."""
    name, mark, rest = text.strip().partition("<")
    return Identity(name.strip(), rest.partition(">")[0].strip() if mark else "")


def mainline(commits: Mapping[str, Commit], head: str) -> list[Commit]:
    """The first-parent line that ends in `head`, oldest first. Raises CannotDetermine where a parent is missing."""
    line: list[Commit] = []
    current: str | None = head
    while current is not None:
        commit = commits.get(current)
        if commit is None:
            raise CannotDetermine(
                f"The commit {current} is not in this clone; fetch the whole history ('git fetch --unshallow')."
            )
        line.append(commit)
        current = commit.parents[0] if commit.parents else None
    line.reverse()
    return line


def landings(commits: Mapping[str, Commit], head: str) -> tuple[Landing, ...]:
    """What landed on the mainline, oldest first, with the commits that each landing brought."""
    line = mainline(commits, head)
    times, wrong = landing_times([commit.committed for commit in line])
    seen: set[str] = set()
    found = []
    for commit, time, clock_wrong in zip(line, times, wrong, strict=True):
        brought = brought_by(commits, commit, seen)
        found.append(Landing(commit, brought, time, clock_wrong))
    return tuple(found)


def brought_by(commits: Mapping[str, Commit], tip: Commit, seen: set[str]) -> tuple[Commit, ...]:
    """The commits reachable from `tip` and not seen before, parents first."""
    if len(tip.parents) <= 1:
        seen.add(tip.id)
        return (tip,)
    ordered: list[Commit] = []
    stack = [(tip, False)]
    while stack:
        commit, done = stack.pop()
        if done:
            ordered.append(commit)
        elif commit.id not in seen:
            seen.add(commit.id)
            stack.append((commit, True))
            stack.extend((commits[p], False) for p in reversed(commit.parents) if p in commits and p not in seen)
    return tuple(ordered)


def landing_times(times: Sequence[int], since: int | None = None) -> tuple[list[int], list[bool]]:
    """When each commit of a line landed, given the committers' clocks, and whose clock was wrong; `since` is when the commit
    before the first of them landed, None where there is none.

    A line only grows, so a commit landed no earlier than the one before it, whatever its clock says: what is added
    later never changes what was true on a past day. The one exception heals a clock far ahead, which would
    otherwise hide all that follows: a commit in a run of at most three that is more than a day ahead of each of the
    three after the run, none of which is behind the commit before it, is taken to have landed with that one (the
    first of all: with the earliest of those three).
    """
    result: list[int] = []
    wrong = []
    for index, time in enumerate(times):
        before = result[-1] if result else since
        healed = _healed(time, before, times[index + 1 : index + _RUN + _WITNESSES])
        landed = max(time, time if before is None else before) if healed is None else healed
        result.append(landed)
        wrong.append(landed != time)
    return result, wrong


def _healed(time: int, before: int | None, following: Sequence[int]) -> int | None:
    """When a commit landed whose clock was far ahead; None where it was not, as far as what follows tells."""
    for run in range(_RUN):
        witnesses = following[run : run + _WITNESSES]
        agreed = all(other < time - CLOCK_SKEW and (before is None or other >= before) for other in witnesses)
        if len(witnesses) == _WITNESSES and agreed:
            return min(witnesses) if before is None else before
    return None
