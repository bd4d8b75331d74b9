"""`withdraw`: the revision that ends a document."""

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
from qmsdocs.lifecycle import Dossier, Revision, State, stand
from qmsdocs.model import Kind, QmsError, Status
from qmsdocs.policy import POLICY_PATH
from qmsdocs.register import kind_of


@click.command()
@click.argument("document", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why nobody is to work by it any more, in one sentence.")
@click.option("--replaced-by", metavar="ID", help="The document that takes its place.")
@click.option(
    "--effective",
    callback=day,
    metavar="YYYY-MM-DD",
    help="Its last day is the day before (default: when the last approval lands).",
)
@repo_option
def withdraw(document: str, reason: str, replaced_by: str | None, effective: date | None, repo: Path) -> None:
    """Write the revision that withdraws a document.

    Edits the front matter alone, and changes nothing by itself: the withdrawal is a revision to be approved.
    """
    judged = judged_worktree(repo)
    root, state = judged.repository.root, judged.state
    dossier = known(state, document)
    path = dossier.path
    if root is None or path is None:
        raise QmsError(f"The file of {document} is gone; 'qmsdocs check' says how to put it back.")
    reason = " ".join(reason.split())
    _require_reason(reason)
    last = _revision_to_end(dossier, state)
    if replaced_by is not None:
        _require_successor(replaced_by, document, state)
    label = authoring.label_after(dossier)
    data = (root / path).read_bytes()
    replace_file(root / path, authoring.withdraw(data, label, reason, replaced_by, effective, state.policy.names))
    click.echo(f"{document} is revision {label} now, a draft that withdraws it: {path}")
    roles = ", ".join(str(requirement) for requirement in (*last.type.review, *last.type.approve)) or "nobody"
    tell(f"Commit it, then 'qmsdocs approve {document}' ({roles}). Until then revision {last.label} stands as it did.")


def _require_reason(reason: str) -> None:
    if reason.lower() in ("", "no", "false"):
        raise QmsError('Say why nobody is to work by it any more: --reason "…" in one sentence.')


def _revision_to_end(dossier: Dossier, state: State) -> Revision:
    """The newest approved revision of a document that can be withdrawn."""
    kind = kind_of(dossier)
    if dossier.path == POLICY_PATH:
        raise QmsError(f"{dossier.id} is the policy, and a QMS has one; change it with 'qmsdocs revise {dossier.id}'.")
    if kind is not None and kind.kind is Kind.RECORD:
        raise QmsError(f"{dossier.id} is a record; records are kept, and closed with 'qmsdocs close {dossier.id}'.")
    if not dossier.revisions:
        raise QmsError(
            f"{dossier.id} was never approved, so there is nothing to withdraw; delete the draft if you like."
        )
    last = dossier.revisions[-1]
    if stand(dossier, state).status is Status.OBSOLETE or (last.content.text.withdrawn and last.revoked is None):
        raise QmsError(f"{dossier.id} is withdrawn already, by revision {last.label} (from {last.effective_on}).")
    return last


def _require_successor(successor: str, document: str, state: State) -> None:
    """The replacement must be another document, one that is not withdrawn itself."""
    dossier = known(state, successor)
    kind = kind_of(dossier)
    if successor == document or dossier.path == POLICY_PATH or (kind is not None and kind.kind is Kind.RECORD):
        raise QmsError(f"{successor} cannot take the place of {document}; name another document.")
    if stand(dossier, state).status is Status.OBSOLETE:
        raise QmsError(f"{successor} is obsolete itself; name the document that is in force.")
