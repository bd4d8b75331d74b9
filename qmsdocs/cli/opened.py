"""From the options of a verb to a judged repository: opened, loaded, replayed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from qmsdocs.cli.console import now, tell, today
from qmsdocs.cli.judged import Judged
from qmsdocs.dates import local_day
from qmsdocs.git import Repository, open_repository
from qmsdocs.history import CLOCK_SKEW
from qmsdocs.library import Library
from qmsdocs.lifecycle import first_policy, replay
from qmsdocs.load import load, load_worktree, mainline_head, named_mainline
from qmsdocs.store import has_index


def judged_mainline(repo: Path, at: str | None, as_of: date | None) -> Judged[Repository]:
    """What was committed: the mainline, or a commit."""
    repository = open_repository(repo)
    head = mainline_head(repository, at)
    judged = _judged(repository, load(repository, head), as_of)
    if at is None:
        proper = named_mainline(repository, judged.state.policy.mainline)
        if proper not in (None, head):
            judged = _judged(repository, load(repository, proper or head), as_of)
    if as_of is None:
        _tell_of_dates_ahead(judged)
    if at is None and as_of is None and has_index(repository.git_dir):
        from qmsdocs.cli.indexing import refresh_index

        refresh_index(judged)
    return judged


def _tell_of_dates_ahead(judged: Judged[Repository]) -> None:
    """Say that commits are left out because their dates lie after today: they are here, so a clock was wrong."""
    ahead = [landing.commit for landing in judged.library.landings if landing.time > now() + CLOCK_SKEW]
    if ahead:
        tell(
            f"qmsdocs: {len(ahead)} of the newest commits are left out, because commit {ahead[0].id[:12]} by "
            f"{ahead[0].author} is dated after today; '--as-of' with a later day counts them."
        )


def judged_worktree(repo: Path, as_of: date | None = None) -> Judged[Repository]:
    """The files as they stand today, on top of what was committed (however far ahead the clock of a commit was).

    On a day that has passed they did not stand like this: then what had landed by then.
    """
    repository = open_repository(repo)
    library = load_worktree(repository, now())
    zone = first_policy(library).timezone
    last = local_day(library.landings[-1].time, zone) if library.landings else today(zone)
    return _judged(repository, library, as_of or max(today(zone), last))


def _judged(repository: Repository, library: Library, as_of: date | None) -> Judged[Repository]:
    day = as_of or today(first_policy(library).timezone)
    return Judged(repository, library, replay(library, day))
