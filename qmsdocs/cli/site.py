"""`site`: everything an employee, a manager and an auditor open, as a folder of pages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from qmsdocs.cli.console import tell, today
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.options import as_of_option, at_option, repo_option
from qmsdocs.publish import publish

DEFAULT = Path("site")


@click.command()
@repo_option
@as_of_option
@at_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT,
    show_default=True,
    metavar="DIR",
    help="The folder to write; a site that stands there is replaced.",
)
def site(repo: Path, as_of: date | None, at: str | None, output: Path) -> None:
    """Publish the documents as a site: a folder that needs no server, no network and no script to be read.

    It shows what was in force at the end of the day --as-of, as the mainline (or the commit --at) proves it. Where a site stands in
    the folder already, only what changed is made again.
    """
    judged = judged_mainline(repo, at, as_of)
    past = as_of is not None and as_of < today(judged.state.policy.timezone)
    with progress_bar() as progress:
        done = publish(judged.repository, judged.library, judged.state, output.absolute(), past=past, progress=progress)
    tell(f"Wrote {output / 'index.html'}: {done.files} files; {done.made} parts made, {done.kept} taken over.")


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere. It draws when it is told something: a thread of its own would not survive a fork."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = (TextColumn("Making the site"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("")

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, refresh=done == total or done % 20 == 0)

        yield update
