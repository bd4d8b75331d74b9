"""`revise`: a document's next revision."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from qmsdocs import authoring
from qmsdocs.cli.console import tell
from qmsdocs.cli.edited import replace_file
from qmsdocs.cli.opened import judged_worktree
from qmsdocs.cli.options import day, repo_option
from qmsdocs.eligibility import known
from qmsdocs.model import QmsError
from qmsdocs.policy import POLICY_PATH


@click.command()
@click.argument("document", metavar="ID")
@click.option("--change", required=True, metavar="TEXT", help="What changes and why, in one sentence.")
@click.option(
    "--effective",
    callback=day,
    metavar="YYYY-MM-DD",
    help="The day it is to take effect (default: when the last approval lands).",
)
@click.option(
    "--minor", is_flag=True, help="An administrative revision (2.0 to 2.1); only for types that label by major.minor."
)
@repo_option
def revise(document: str, change: str, effective: date | None, minor: bool, repo: Path) -> None:
    """Raise a document's revision and say what changes.

    Edits the keys revision, change and effective_date, and no other byte of the file.
    """
    judged = judged_worktree(repo)
    dossier = known(judged.state, document)
    root = judged.repository.root
    path = dossier.path
    if root is None or path is None:
        raise QmsError(f"The file of {document} is gone; 'qmsdocs check' says how to put it back.")
    if not change.strip():
        raise QmsError('Say what changes: --change "…" in one sentence.')
    data = (root / path).read_bytes()
    label = authoring.label_after(dossier, minor)
    if path == POLICY_PATH:
        edited = authoring.revise_policy(data, label, change)
    else:
        edited = authoring.revise(data, label, change, effective, judged.state.policy.names)
    replace_file(root / path, edited)
    click.echo(f"{document} is revision {label} now, a draft: {path}")
    tell("Edit the text, commit, and have it approved.")
