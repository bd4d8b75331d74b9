"""What is proposed to land, judged: what is staged, a commit, a range."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from qmsdocs.cli.console import now, today
from qmsdocs.cli.judged import Judged
from qmsdocs.dates import local_day
from qmsdocs.gate import raised
from qmsdocs.library import Library
from qmsdocs.lifecycle import first_policy, replay
from qmsdocs.load import Part, Unfit, load_range, load_staged, load_staged_part
from qmsdocs.model import Finding, QmsError
from qmsdocs.plumbing import Plumbing, here
from qmsdocs.rules import Elsewhere
from qmsdocs.session import Session, open_session
from qmsdocs.store import drop_index, open_index

NOTHING = frozenset({"0" * 40, "0" * 64})  # how git writes "there was no commit" (githooks(5), "pre-receive")


@dataclass(frozen=True)
class Proposal:
    """The state that would be, on a day; and the state before."""

    after: Judged[Plumbing]
    day: date
    elsewhere: Elsewhere
    landed: frozenset[str]

    @cached_property
    def before(self) -> Judged[Plumbing] | None:
        """What stood before; None where no policy had landed."""
        landed = self.after.library.landed()
        try:
            state = replay(landed, self.day)
        except QmsError:
            return None
        return Judged(self.after.repository, landed, state, self.elsewhere, self.landed)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the proposal brings."""
        unapproved = {dossier.id for dossier in self.after.state.dossiers.values() if not dossier.revisions}
        return raised(self._findings_before, self.after.findings, self.after.library, unapproved)

    def _findings_before(self) -> tuple[Finding, ...] | None:
        return self.before.findings if self.before else None


def proposed_staged(repo: Path, as_of: date | None, session: Session | None = None) -> Proposal:
    """What the next commit would bring: judged by the part of the history that concerns it, where there is an index."""
    session = session or open_session(repo)
    if session is not None:
        with session:
            part = _part(session)
            if part is Unfit.INDEX:
                part = _part_by_new_index(session)
            if isinstance(part, Part):
                proposal = _proposal(session, part.library, as_of, part)
                proposal.findings  # noqa: B018  while the session is open
                return proposal
    repository = here(repo)
    return _proposal(repository, load_staged(repository, now()), as_of)


def _part(repository: Session) -> Part | Unfit:
    """What the index gives; where it is damaged, it goes."""
    index = open_index(repository.git_dir)
    if index is None:
        return Unfit.INDEX
    repository.keep(index.close)
    try:
        return load_staged_part(repository, index, now())
    except (sqlite3.Error, json.JSONDecodeError):
        drop_index(repository.git_dir)
        return Unfit.INDEX


def _part_by_new_index(repository: Session) -> Part | Unfit:
    """What an index gives that is written now: the history is read once, and not again by the next commit."""
    from qmsdocs.cli.indexing import build_index

    return _part(repository) if build_index(repository.folder) else Unfit.INDEX


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


def _proposal(repository: Plumbing, library: Library, as_of: date | None, part: Part | None = None) -> Proposal:
    zone = first_policy(library).timezone
    last = local_day(library.landings[-1].time, zone) if library.landings else today(zone)
    day = as_of or max(today(zone), last)
    elsewhere, touched = (part.elsewhere, part.touched) if part else (Elsewhere(), frozenset())
    after = Judged(repository, library, replay(library, day), elsewhere, touched)
    return Proposal(after, day, elsewhere, part.landed if part else frozenset())
