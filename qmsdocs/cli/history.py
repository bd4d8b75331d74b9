"""`history`: a document's life."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from qmsdocs.cli.console import emit
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.options import as_of_option, at_option, format_option, output_option, repo_option
from qmsdocs.eligibility import known
from qmsdocs.render.history import history_json, history_text


@click.command()
@click.argument("document", metavar="ID")
@repo_option
@as_of_option
@at_option
@format_option("text", "json")
@output_option
def history(document: str, repo: Path, as_of: date | None, at: str | None, form: str, output: Path | None) -> None:
    """Tell a document's life: revisions, approvals, reviews, and the commits that touched it."""
    judged = judged_mainline(repo, at, as_of)
    dossier = known(judged.state, document)
    emit(history_json(dossier, judged.state) if form == "json" else history_text(dossier, judged.state), output)
