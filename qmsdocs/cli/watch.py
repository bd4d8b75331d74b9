"""`watch`: check as you write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from qmsdocs.cli.console import Terminal, tell
from qmsdocs.cli.opened import judged_worktree
from qmsdocs.cli.options import repo_option
from qmsdocs.git import open_repository
from qmsdocs.model import Finding, QmsError, Severity
from qmsdocs.render.text import findings_text
from qmsdocs.watch import watching


@click.command()
@repo_option
def watch(repo: Path) -> None:
    """Check the files again each time one is saved, and say what came and what went. Ctrl-C ends it."""
    root = open_repository(repo).root
    if root is None:
        raise QmsError("This is a bare repository and has no files to watch.")
    with watching(root) as changes:
        known = _report(repo, None)
        try:
            for _ in changes:
                known = _report(repo, known)
        except KeyboardInterrupt:
            return


def _report(repo: Path, before: Sequence[Finding] | None) -> Sequence[Finding]:
    """Check and say what is new; what was there before is not said again."""
    try:
        findings = [f for f in judged_worktree(repo).findings if f.severity is not Severity.NOTE]
    except QmsError as error:
        tell(f"qmsdocs: {error}")
        return before or ()
    click.echo(news(before, findings, Terminal.here().colour), nl=False)
    return findings


def news(before: Sequence[Finding] | None, after: Sequence[Finding], colour: bool) -> str:
    """What came and what went between two checks; a finding that only moved to another line is no news."""
    known = {_key(finding) for finding in before or ()}
    now = {_key(finding) for finding in after}
    came = [finding for finding in after if _key(finding) not in known]
    gone = [finding for finding in before or () if _key(finding) not in now]
    lines = [f"mended  {finding.source.path}: {finding.code} {finding.rule}\n" for finding in gone]
    if came:
        lines.append(findings_text(came, colour))
    elif before is None or gone:
        lines.append(f"{len(after)} to mend\n" if after else "no errors, no warnings\n")
    return "".join(lines)


def _key(finding: Finding) -> tuple[str, str | None, str]:
    return finding.code, finding.source.path, finding.message
