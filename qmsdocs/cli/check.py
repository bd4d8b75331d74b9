"""`check`: the rules on the files as they stand, on what is staged, on a commit, a range or a push."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qmsdocs.cli.console import Terminal, emit
from qmsdocs.cli.options import as_of_option, format_option, output_option, repo_option
from qmsdocs.cli.proposed import proposed_commit, proposed_range
from qmsdocs.cli.told import Told, exit_code, told_policy, told_staged
from qmsdocs.model import Finding, QmsError, Severity
from qmsdocs.plumbing import here
from qmsdocs.policy import POLICY_PATH
from qmsdocs.render.text import findings_text
from qmsdocs.rules import RULES

if TYPE_CHECKING:
    from qmsdocs.register import DocumentRow, RecordRow

_WAYS = ("at", "staged", "commit", "range", "pre-receive")


@click.command()
@repo_option
@click.option("--at", metavar="REV", help="Judge this commit in place of the files as they stand.")
@click.option("--staged", is_flag=True, help="Judge what the next commit would bring (for a pre-commit hook).")
@click.option("--commit", metavar="REV", help="Judge what one commit brought.")
@click.option("--range", "span", metavar="A..B", help="Judge what B brings over A: a push, or a branch to be merged.")
@click.option("--pre-receive", is_flag=True, help="Judge a push by the lines that git gives to a pre-receive hook.")
@as_of_option
@format_option("text", "json", "sarif", "junit", "github", "codequality", "markdown")
@output_option
@click.option("--quiet", is_flag=True, help="Leave notes out; errors and warnings only.")
@click.option("--fix", is_flag=True, help="First mend in the files what has one right answer, and show it as a diff.")
@click.option("--dry-run", is_flag=True, help="With --fix: show the diff, and write nothing.")
def check(
    repo: Path,
    at: str | None,
    staged: bool,
    commit: str | None,
    span: str | None,
    pre_receive: bool,
    as_of: date | None,
    form: str,
    output: Path | None,
    quiet: bool,
    fix: bool,
    dry_run: bool,
) -> int:
    """Check the documents and records by all rules.

    Changes nothing but what --fix shows. Exits with 1 where there is an error; warnings and notes alone leave it 0. With
    --as-of a day that has passed, it judges what had landed by then. --staged, --commit, --range and --pre-receive tell what a change brings and
    leave out what was there before.
    """
    _one_way(at, staged, commit, span, pre_receive)
    if dry_run and not fix:
        raise click.UsageError("--dry-run goes with --fix; without it nothing is written anyway.")
    if fix and (at or staged or commit or span or pre_receive or as_of):
        raise click.UsageError(
            "--fix mends the files as they stand today; give it alone, then 'git add' what it mended."
        )
    if fix:
        from qmsdocs.cli.fix import fix_files

        fix_files(repo, write=not dry_run, data=form != "text" and output is None)
    if pre_receive:
        from qmsdocs.cli.receive import receive

        return receive(repo)
    told = _told(repo, at, staged, commit, span, as_of)
    shown = [f for f in told.findings if not (quiet and f.severity is Severity.NOTE)]
    emit(_rendered(form, told, shown, output is None), output)
    return exit_code(told, staged)


def _one_way(*given: object) -> None:
    named = [f"--{name}" for name, value in zip(_WAYS, given, strict=True) if value]
    if len(named) > 1:
        raise click.UsageError(f"{' and '.join(named)} name different things to judge; give one of them.")


def _told(repo: Path, at: str | None, staged: bool, commit: str | None, span: str | None, as_of: date | None) -> Told:
    if staged:
        return told_staged(repo, as_of)
    if commit is not None or span is not None:
        proposal = proposed_commit(repo, commit, as_of) if commit else proposed_range(repo, str(span), as_of)
        return Told(proposal.findings, proposal.after, proposal)
    from qmsdocs.cli.opened import judged_mainline, judged_worktree

    try:
        judged = judged_mainline(repo, at, as_of) if at else judged_worktree(repo, as_of)
        return Told(judged.findings, judged)
    except QmsError as error:
        file = (here(repo).root or repo) / POLICY_PATH
        if error.exit_code != 2 or at or not file.is_file():
            raise
        return told_policy(file.read_bytes(), error)


def _rendered(form: str, told: Told, shown: Sequence[Finding], colour: bool) -> str | bytes:
    """Findings in one of the formats; what a format needs is loaded for it alone."""
    if form == "text":
        return findings_text(shown, colour and Terminal.here().colour)
    if form == "json":
        from qmsdocs.render.json import findings_json

        return findings_json(shown)
    if form == "junit":
        from qmsdocs.render.junit import findings_junit

        return findings_junit(shown, _rows(told))
    if form == "github":
        from qmsdocs.render.github import findings_github

        return findings_github(shown)
    if form == "markdown":
        return _summary(told, shown)
    from qmsdocs.render.sarif import findings_codequality, findings_sarif

    return findings_sarif(shown, RULES, _commit(told)) if form == "sarif" else findings_codequality(shown)


def _commit(told: Told) -> str | None:
    """The commit that was judged, None where it is not made yet."""
    return told.judged.library.head if told.judged and not told.judged.library.uncommitted else None


def _rows(told: Told) -> Iterable[DocumentRow | RecordRow]:
    if told.judged is None:
        return ()
    from qmsdocs.register import build_register

    register = build_register(told.judged.state, told.findings)
    return (*register.documents, *register.external, *register.records)


def _summary(told: Told, shown: Sequence[Finding]) -> str:
    from qmsdocs.changes import changed_documents
    from qmsdocs.forge import forge_links
    from qmsdocs.render.summary import ChangeSummary, summary_markdown
    from qmsdocs.status import outlook

    if told.judged is None:
        raise QmsError("There is no policy that can be read, so there is nothing to sum up; run 'qmsdocs check'.")
    state, before = told.judged.state, told.proposal.before if told.proposal else None
    summary = ChangeSummary(
        organisation=state.policy.organisation,
        base=before.library.landings[-1].commit.id if before else None,
        head=told.judged.library.head,
        as_of=state.as_of,
        documents=changed_documents(before.state, state) if before else (),
        findings=tuple(shown),
        reviews=outlook(state).reviews,
    )
    return summary_markdown(summary, forge_links(os.environ))
