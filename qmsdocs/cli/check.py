"""`check`: the rules on the files as they stand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from qmsdocs.cli.common import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    Terminal,
    as_of_option,
    emit,
    format_option,
    output_option,
    repo_option,
    tell,
)
from qmsdocs.cli.judged import judged_mainline, judged_worktree
from qmsdocs.git import open_repository
from qmsdocs.model import Finding, QmsError, Severity
from qmsdocs.policy import POLICY_PATH
from qmsdocs.render.json import findings_json
from qmsdocs.render.text import findings_text
from qmsdocs.rules import policy_findings


@click.command()
@repo_option
@click.option("--at", metavar="REV", help="Judge this commit in place of the files as they stand.")
@as_of_option
@format_option("text", "json")
@output_option
@click.option("--quiet", is_flag=True, help="Leave notes out; errors and warnings only.")
def check(repo: Path, at: str | None, as_of: date | None, form: str, output: Path | None, quiet: bool) -> int:
    """Check the documents and records by all rules.

    Changes nothing. Exits with 1 where there is an error; warnings and notes alone leave it 0. With --as-of a day that
    has passed, it judges what had landed by then.
    """
    findings = _findings(repo, at, as_of)
    shown = [f for f in findings if not (quiet and f.severity is Severity.NOTE)]
    terminal = Terminal.here()
    text = findings_json(shown) if form == "json" else findings_text(shown, colour=terminal.colour and output is None)
    emit(text, output)
    return EXIT_FINDINGS if any(f.severity is Severity.ERROR for f in findings) else EXIT_CLEAN


def _findings(repo: Path, at: str | None, as_of: date | None) -> tuple[Finding, ...]:
    try:
        return (judged_mainline(repo, at, as_of) if at else judged_worktree(repo, as_of)).findings
    except QmsError as error:
        broken = _broken_policy(repo) if error.exit_code == 2 and at is None else ()
        if not broken:
            raise
        tell(f"qmsdocs: nothing else can be checked before {POLICY_PATH} can be read.")
        return broken


def _broken_policy(repo: Path) -> tuple[Finding, ...]:
    """What is wrong with a policy that never was usable: without one, nothing else can be judged."""
    file = (open_repository(repo).root or repo) / POLICY_PATH
    return policy_findings(file.read_bytes()) if file.is_file() else ()
