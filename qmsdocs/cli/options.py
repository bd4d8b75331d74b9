"""Options that mean the same for every verb."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from qmsdocs.dates import parse_date

F = TypeVar("F", bound=Callable[..., Any])


def day(_: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """The day typed as YYYY-MM-DD, for the callback of an option."""
    try:
        return None if value is None else parse_date(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param=parameter) from None


def repo_option(function: F) -> F:
    """`--repo DIR`: the repository, or any folder in it."""
    return click.option(
        "--repo",
        "repo",
        type=click.Path(path_type=Path),
        default=Path(),
        metavar="DIR",
        help="The QMS repository (default: here).",
    )(function)


def as_of_option(function: F) -> F:
    """`--as-of DATE`: the day that is judged."""
    return click.option(
        "--as-of", callback=day, metavar="YYYY-MM-DD", help="Judge this day, past or to come (default: today)."
    )(function)


def at_option(function: F) -> F:
    """`--at REV`: the commit that is judged."""
    return click.option("--at", metavar="REV", help="Judge this commit (default: the tip of the mainline).")(function)


def output_option(function: F) -> F:
    """`--output FILE`: where the data goes."""
    return click.option(
        "--output",
        "-o",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write to a file (default: standard output).",
    )(function)


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`: one of some formats, the first by default."""
    return click.option(
        "--format", "form", type=click.Choice(formats), default=formats[0], show_default=True, help="How to write it."
    )
