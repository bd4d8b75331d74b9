"""`audit`: the whole history, every signature, for somebody who trusts nobody here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from qmsdocs.audit import build_audit
from qmsdocs.checkpoint import Checkpoint, read_checkpoint
from qmsdocs.cli.console import EXIT_CLEAN, EXIT_FINDINGS, emit, tell, today
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.options import as_of_option, at_option, format_option, output_option, repo_option
from qmsdocs.confirmation import confirmation
from qmsdocs.dates import local_day
from qmsdocs.eligibility import known
from qmsdocs.git import Repository
from qmsdocs.lifecycle import replay
from qmsdocs.model import QmsError
from qmsdocs.render.audit import audit_json, audit_text


@click.command()
@repo_option
@as_of_option
@at_option
@format_option("text", "json")
@output_option
@click.option("--root", metavar="DIGEST", help="The first policy must have this content digest.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A register.json published earlier: nothing in it may have been rewritten since.",
)
@click.option(
    "--explain", metavar="ID", help="Print stock commands that confirm a document's approvals, as a shell script."
)
def audit(
    repo: Path,
    as_of: date | None,
    at: str | None,
    form: str,
    output: Path | None,
    root: str | None,
    checkpoint: Path | None,
    explain: str | None,
) -> int:
    """Replay the whole history and verify every signed record against the policy in force when it landed.

    Exits with 1 where anything does not hold. Without --as-of all that landed is judged, whatever its date.
    """
    published = _published(checkpoint) if checkpoint else None
    judged = _judged(repo, at, as_of)
    now = None if as_of else today(judged.state.policy.timezone)
    found = build_audit(judged.library, judged.state, judged.findings, pinned=root, checkpoint=published, today=now)
    if explain is not None:
        emit(_script(judged, explain), output)
        for violation in found.violations:
            tell(f"qmsdocs: {violation.name}: see 'qmsdocs audit'.")
    else:
        emit(audit_json(found) if form == "json" else audit_text(found), output)
    return EXIT_CLEAN if found.holds else EXIT_FINDINGS


def _judged(repo: Path, at: str | None, as_of: date | None) -> Judged[Repository]:
    """The mainline to its end: a landing dated after today would else hide from the audit."""
    judged = judged_mainline(repo, at, as_of)
    judged.repository.require_sound()
    last = local_day(judged.library.landings[-1].time, judged.state.policy.timezone)
    if as_of is not None or last <= judged.state.as_of:
        return judged
    return replace(judged, state=replay(judged.library, last))


def _published(file: Path) -> Checkpoint:
    try:
        return read_checkpoint(file.read_bytes())
    except OSError as error:
        raise QmsError(f"The checkpoint {file} cannot be read ({error.strerror}); name a register.json.") from None
    except ValueError as error:
        raise QmsError(
            f"The checkpoint {file} is not a register ({error}); 'qmsdocs register --format json' writes one."
        ) from None


def _script(judged: Judged[Repository], document: str) -> bytes:
    from qmsdocs.render.confirmation import confirmation_script

    found = confirmation(judged.library, judged.state, known(judged.state, document))
    return confirmation_script(found, str(judged.repository.git_dir.absolute()))
