"""Keeping the index of a clone: built when the hooks are installed, and again by the verbs that read the whole history anyway."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from qmsdocs.cli.console import Terminal, today
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.dates import local_day
from qmsdocs.git import Repository
from qmsdocs.library import is_policy_path
from qmsdocs.lifecycle import replay
from qmsdocs.model import QmsError
from qmsdocs.plumbing import here
from qmsdocs.store import open_index, write_index

_BEHIND = 100  # landings after which the index is written anew


def build_index(repo: Path) -> bool:
    """Write the index of a repository; returns whether it was written: not where no policy has landed, or nothing can be written."""
    try:
        return here(repo).head() is not None and _write(judged_mainline(repo, None, None))
    except QmsError as error:
        if error.exit_code == 3:
            raise
        return False


def refresh_index(judged: Judged[Repository]) -> None:
    """Write the index anew where there is one that is far behind what was read, or that a newer policy has overtaken."""
    index = open_index(judged.repository.git_dir)
    landings = judged.library.landings
    if index is not None:
        place = next((at for at, landing in enumerate(landings) if landing.commit.id == index.head), None)
        index.close()
        newer = landings[place + 1 :] if place is not None else landings
        policy = any(is_policy_path(change.path) for landing in newer for change in landing.commit.changes)
        if place is not None and len(newer) < _BEHIND and not policy:
            return
    _write(judged)


def _write(judged: Judged[Repository]) -> bool:
    library, state = judged.library, judged.state
    if not library.landings:
        return False
    last = local_day(library.landings[-1].time, state.policy.timezone)
    if last > state.as_of:
        state = replay(library, max(last, today(state.policy.timezone)))
    if not Terminal.talks():
        return write_index(judged.repository.git_dir, library, state)
    with click.progressbar(length=len(library.landings), label="Indexing the history", file=sys.stderr) as bar:
        return write_index(judged.repository.git_dir, library, state, lambda done: bar.update(done - bar.pos))
