"""What is proposed to land, judged: what is staged, a commit, a range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from qmsdocs.cli.common import now, today
from qmsdocs.cli.judged import Judged
from qmsdocs.dates import local_day
from qmsdocs.gate import raised
from qmsdocs.library import Library
from qmsdocs.lifecycle import first_policy, replay
from qmsdocs.load import load_range, load_staged
from qmsdocs.model import Finding, QmsError
from qmsdocs.plumbing import Plumbing, here

NOTHING = frozenset({"0" * 40, "0" * 64})  # how git writes "there was no commit" (githooks(5), "pre-receive")


@dataclass(frozen=True)
class Proposal:
    """The state before and the state that would be; `before` is None where no policy had landed."""

    before: Judged[Plumbing] | None
    after: Judged[Plumbing]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the proposal brings."""
        return raised(self.before.findings if self.before else (), self.after.findings, self.after.library)


def proposed_staged(repo: Path, as_of: date | None) -> Proposal:
    """What the next commit would bring."""
    repository = here(repo)
    return _proposal(repository, load_staged(repository, now()), as_of)


def proposed_commit(repo: Path, commit: str, as_of: date | None) -> Proposal:
    """What one commit brought to the line that it stands on."""
    repository = here(repo)
    end = _resolved(repository, commit)
    return _proposal(repository, load_range(repository, repository.resolve(f"{end}^1"), end, now()), as_of)


def proposed_range(repo: Path, span: str, as_of: date | None) -> Proposal:
    """What the end of a range brings over its start."""
    repository = here(repo)
    start, dots, end = span.partition("..")
    if not dots:
        raise QmsError(f"'{span}' is no range; write it as A..B, for example 'origin/main..HEAD'.")
    first = None if start in NOTHING else _resolved(repository, start or "HEAD")
    last = _resolved(repository, end.removeprefix(".") or "HEAD")
    return _proposal(repository, load_range(repository, first, last, now()), as_of)


def proposed_push(repository: Plumbing, start: str | None, end: str, branch: str) -> Proposal:
    """What a push to a branch brings over `start`; None where nothing was there."""
    return _proposal(repository, replace(load_range(repository, start, end, now()), onto=branch), None)


def _resolved(repository: Plumbing, revision: str) -> str:
    found = repository.resolve(revision)
    if found is None:
        raise QmsError(f"'{revision}' names no commit here; 'git log --oneline' lists those there are.")
    return found


def _proposal(repository: Plumbing, library: Library, as_of: date | None) -> Proposal:
    zone = first_policy(library).timezone
    last = local_day(library.landings[-1].time, zone) if library.landings else today(zone)
    day = as_of or max(today(zone), last)
    after = Judged(repository, library, replay(library, day))
    landed = library.landed()
    try:
        before = Judged(repository, landed, replay(landed, day)) if landed.landings else None
    except QmsError:  # no policy had landed
        before = None
    return Proposal(before, after)
