"""`diff`: a redline between two revisions of a document."""

from __future__ import annotations

from pathlib import Path

import click

from qmsdocs.cli.console import Terminal, emit
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.options import at_option, output_option, repo_option
from qmsdocs.eligibility import known
from qmsdocs.lifecycle import Content, Dossier
from qmsdocs.load import read_bodies
from qmsdocs.model import QmsError
from qmsdocs.render.redline import redline, redline_keys


@click.command()
@click.argument("document", metavar="ID")
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@repo_option
@at_option
@output_option
def diff(document: str, before: str, after: str | None, repo: Path, at: str | None, output: Path | None) -> None:
    """Show what changed between revision A and revision B (by default the draft, or the newest revision)."""
    judged = judged_mainline(repo, at, None)
    dossier = known(judged.state, document)
    old = _content(dossier, before)
    new = _content(dossier, after) if after else _newest(dossier)
    colour = Terminal.here().colour and output is None
    bodies = read_bodies(judged.repository, judged.library, [old.blob, new.blob])
    text = redline_keys(old.text.front, new.text.front, colour) + redline(bodies[old.blob], bodies[new.blob], colour)
    emit(text or f"Revision {old.label} and {new.label or 'the draft'} are the same.\n", output)


def _content(dossier: Dossier, label: str) -> Content:
    revision = dossier.revision(label)
    if revision is not None:
        return revision.content
    if dossier.draft and dossier.draft.content.label == label:
        return dossier.draft.content
    labels = [revision.label for revision in dossier.revisions] + (
        [dossier.draft.content.label] if dossier.draft else []
    )
    raise QmsError(f"{dossier.id} has no revision '{label}'; it has {', '.join(labels) or 'none'}.")


def _newest(dossier: Dossier) -> Content:
    return dossier.draft.content if dossier.draft else dossier.revisions[-1].content
