"""`register`: the controlled-document register, for any day and any commit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from qmsdocs.cli.console import Terminal, emit
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.cli.options import as_of_option, at_option, format_option, output_option, repo_option
from qmsdocs.model import QmsError
from qmsdocs.register import DocumentRow, RecordRow, Register, build_register

FORMATS = ("text", "html", "csv", "xlsx", "json")


@click.command()
@repo_option
@as_of_option
@at_option
@format_option(*FORMATS)
@output_option
@click.option("--why", metavar="ID", help="Say of one document where the value of every cell came from.")
def register(repo: Path, as_of: date | None, at: str | None, form: str, output: Path | None, why: str | None) -> None:
    """Write the register of documents, external documents and records.

    Without --format, the ending of --output tells it. It shows what was in force at the end of the day --as-of, as the mainline (or the commit --at) proves it.
    """
    judged = judged_mainline(repo, at, as_of)
    found = build_register(judged.state, judged.findings)
    if why is not None:
        emit(_why(found, why), output)
        return
    terminal = Terminal.here()
    if output is not None and not _format_was_named():
        form = output.suffix.removeprefix(".").lower() if output.suffix.removeprefix(".").lower() in FORMATS else form
    emit(rendered(found, form, terminal.width, terminal.colour and output is None), output)


def _format_was_named() -> bool:
    source = click.get_current_context().get_parameter_source("form")
    return source is not None and source is not click.core.ParameterSource.DEFAULT


def rendered(register: Register, form: str, width: int = 120, colour: bool = False) -> str | bytes:
    """The register in a format; each renderer is loaded when it is used."""
    if form == "json":
        from qmsdocs.render.json import register_json

        return register_json(register)
    if form == "csv":
        from qmsdocs.render.csv import register_csv

        return register_csv(register)
    if form == "xlsx":
        from qmsdocs.render.xlsx import register_xlsx

        return register_xlsx(register)
    if form == "html":
        from qmsdocs.render.html import register_html

        return register_html(register)
    from qmsdocs.render.text import register_text

    return register_text(register, width, colour)


def _why(register: Register, document: str) -> str:
    from qmsdocs.render.sources import sources_text

    rows: tuple[DocumentRow | RecordRow, ...] = (*register.documents, *register.external, *register.records)
    for row in rows:
        if row.id == document:
            return sources_text(row)
    raise QmsError(f"There is no '{document}' on this register; 'qmsdocs register' lists what there is.")
