"""`status`: what waits for whom, and what falls due."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from qmsdocs.cli.console import emit, tell
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.options import as_of_option, at_option, format_option, output_option, repo_option
from qmsdocs.git import Repository
from qmsdocs.model import QmsError
from qmsdocs.render.status import status_json, status_text
from qmsdocs.status import outlook


@click.command()
@repo_option
@as_of_option
@at_option
@click.option("--person", metavar="ID", help="Only what waits for this person (an id of the policy).")
@click.option(
    "--days",
    type=click.IntRange(min=0),
    default=60,
    show_default=True,
    metavar="N",
    help="How far ahead reviews are shown.",
)
@format_option("text", "json")
@output_option
def status(
    repo: Path, as_of: date | None, at: str | None, person: str | None, days: int, form: str, output: Path | None
) -> None:
    """Show what waits for whom and which reviews fall due."""
    judged = judged_mainline(repo, at, as_of)
    if person is not None and person not in judged.state.policy.people:
        raise QmsError(
            f"The policy knows no person '{person}'; it knows {', '.join(judged.state.policy.people) or 'nobody'}."
        )
    view = outlook(judged.state, person, days)
    organisation = judged.state.policy.organisation
    emit(status_json(view, organisation) if form == "json" else status_text(view, organisation), output)
    if at is None:
        _mention_branch(judged)


def _mention_branch(judged: Judged[Repository]) -> None:
    """Work on a branch has not landed: say that it is not in what was shown."""
    repository = judged.repository
    head = repository.head()
    if head is not None and head not in judged.library.commits:
        tell(
            f"\nThe branch '{repository.branch() or head[:12]}' has commits that have not landed; 'qmsdocs status --at HEAD' shows them."
        )
