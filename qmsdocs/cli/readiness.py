"""`readiness`: what the auditor of the certification body would say today."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from qmsdocs.cli.console import EXIT_FINDINGS, emit
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.options import as_of_option, at_option, format_option, output_option, repo_option
from qmsdocs.git import Repository
from qmsdocs.load import read_bodies
from qmsdocs.readiness import Evidence, Weight, listed, wanted
from qmsdocs.readiness import readiness as readiness_of
from qmsdocs.render.readiness import readiness_html, readiness_json, readiness_markdown, readiness_text
from qmsdocs.standards import FOLDER, Standard, parse_standard, shipped_standards

_RENDERED = {
    "text": readiness_text,
    "json": readiness_json,
    "markdown": readiness_markdown,
    "html": readiness_html,
}


@click.command()
@click.option(
    "--stage",
    type=click.Choice(["1", "2"]),
    default="1",
    show_default=True,
    help="1: is it all written down? 2: are the gaps answered, and is the system alive?",
)
@click.option(
    "--standard", "names", multiple=True, metavar="NAME", help="Judge by this standard (default: those of the policy)."
)
@repo_option
@as_of_option
@at_option
@format_option(*_RENDERED)
@output_option
def readiness(
    stage: str, names: tuple[str, ...], repo: Path, as_of: date | None, at: str | None, form: str, output: Path | None
) -> None:
    """Show what an auditor would say: the clauses, what answers for each, and every gap with its remedy.

    Exit code 1 where a gap is major.
    """
    judged = judged_mainline(repo, at, as_of)
    report = readiness_of(_evidence(judged, names), int(stage))
    emit(_RENDERED[form](report), output)
    if report.count(Weight.MAJOR):
        click.get_current_context().exit(EXIT_FINDINGS)


def _evidence(judged: Judged[Repository], names: tuple[str, ...]) -> Evidence:
    state = judged.state
    standards, unknown = listed(names or state.policy.standards, (*_own_standards(judged), *shipped_standards()))
    bodies = read_bodies(judged.repository, judged.library, wanted(state))
    return Evidence(state, standards, bodies, unknown, judged.findings)


def _own_standards(judged: Judged[Repository]) -> tuple[Standard, ...]:
    """The standards that the organisation describes itself, as they stood; they go before those that come with qmsdocs."""
    paths = {b: p for p, b in judged.state.tree.items() if p.startswith(f"{FOLDER}/") and p.endswith(".toml")}
    found = (
        [parse_standard(data, paths[blob]) for blob, data in judged.repository.blobs(sorted(paths))] if paths else []
    )
    return tuple(sorted(found, key=lambda standard: standard.name))
