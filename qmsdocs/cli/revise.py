"""`revise`: a document's next revision."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from qmsdocs import authoring
from qmsdocs.cli.common import day, repo_option, tell
from qmsdocs.cli.judged import judged_worktree
from qmsdocs.eligibility import known
from qmsdocs.lifecycle import Dossier
from qmsdocs.model import Kind, QmsError
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
    label = _label(dossier, minor)
    if path == POLICY_PATH:
        edited = authoring.revise_policy(data, label, change)
    else:
        edited = authoring.revise(data, label, change, effective, judged.state.policy.names)
    _replace(root / path, edited)
    click.echo(f"{document} is revision {label} now, a draft: {path}")
    tell("Edit the text, commit, and have it approved.")


def _label(dossier: Dossier, minor: bool) -> str:
    kind = dossier.draft.type if dossier.draft else dossier.revisions[-1].type if dossier.revisions else None
    if kind is None:
        raise QmsError(
            f"{dossier.id} has no type that the policy knows, so nothing says how its revisions are labelled."
        )
    if kind.kind is Kind.RECORD:
        raise QmsError(f"{dossier.id} is a record; a record has no revisions, write a new one that corrects it.")
    if not dossier.revisions:
        raise QmsError(f"{dossier.id} was never approved, so it stays at its first revision; edit it freely.")
    return authoring.next_label(kind, [revision.label for revision in dossier.revisions], minor)


def _replace(path: Path, data: bytes) -> None:
    """Replace a file whole or not at all, keeping its permissions."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise QmsError(f"{path} cannot be written ({error.strerror}); nothing was changed.") from None
