"""`watch`: check as you write."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import click

from qmsdocs.cli.console import Terminal, tell
from qmsdocs.cli.opened import judged_worktree
from qmsdocs.cli.options import repo_option
from qmsdocs.git import open_repository
from qmsdocs.model import Finding, QmsError, Severity
from qmsdocs.preview import Preview, serving
from qmsdocs.render.text import findings_text
from qmsdocs.watch import watching


@click.command()
@repo_option
@click.option("--port", type=click.IntRange(0, 65535), help="Where the preview is served; 0 for any port that is free.")
@click.option("--preview/--no-preview", default=True, help="Whether to serve a preview of what you write.")
@click.option("--open", "opened", is_flag=True, help="Open the preview in the browser.")
def watch(repo: Path, port: int | None, preview: bool, opened: bool) -> None:
    """Check the files again each time one is saved, and say what came and what went. Ctrl-C ends it.

    A preview on this machine shows each document as its file stands, its findings beside it, and its redline.
    """
    root = open_repository(repo).root
    if root is None:
        raise QmsError("This is a bare repository and has no files to watch.")
    if not preview and (opened or port is not None):
        raise QmsError("'--no-preview' goes with neither '--open' nor '--port'; leave one out.")
    shown = Preview(root)
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        if preview:
            address = stack.enter_context(serving(shown, port))
            tell(f"qmsdocs: the preview is at {address}")
        changes = stack.enter_context(watching(root, shown.saved))
        known = _report(repo, None, shown)
        if opened:
            webbrowser.open(address)
        for _ in changes:
            known = _report(repo, known, shown)


def _report(repo: Path, before: Sequence[Finding] | None, shown: Preview) -> Sequence[Finding]:
    """Check and say what is new; what was there before is not said again."""
    begun = shown.begins()
    try:
        judged = judged_worktree(repo)
        findings = [f for f in judged.findings if f.severity is not Severity.NOTE]
        shown.checked(begun, judged.repository, judged.library, judged.state, judged.findings)
    except QmsError as error:
        shown.failed(begun, str(error))
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
