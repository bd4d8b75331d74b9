"""What all verbs share: options with the same words everywhere, the clock, sentences for errors, exit codes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from qmsdocs.dates import local_day, parse_date, parse_instant
from qmsdocs.model import QmsError

EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_CANNOT_DETERMINE, EXIT_STOPPED = 0, 1, 2, 3, 130
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


def now() -> float:
    """The time in Unix seconds; the only place that reads the clock.

    For rehearsals and tests QMSDOCS_NOW, a time such as 2026-11-23T10:12:00+00:00, stands in for it.
    """
    fixed = os.environ.get("QMSDOCS_NOW")
    if not fixed:
        return time.time()
    try:
        return parse_instant(fixed).timestamp()
    except ValueError as error:
        raise QmsError(f"QMSDOCS_NOW: {error}.") from None


def today(timezone: ZoneInfo) -> date:
    """The day now in a timezone."""
    return local_day(now(), timezone)


def emit(data: str | bytes, output: Path | None) -> None:
    """Write data whole to a file, or to standard output."""
    raw = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(raw)
        return
    part = output.with_name(f".{output.name}.part")
    try:
        part.unlink(missing_ok=True)
        with part.open("xb") as file:  # never through a link that somebody laid there
            file.write(raw)
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise QmsError(
            f"{output} cannot be written ({error.strerror}); choose another place with '--output'."
        ) from None
    tell(f"Wrote {output}")


def tell(text: str) -> None:
    """Say something to the person at the terminal: never mixed into data."""
    click.echo(text, err=True)


@dataclass(frozen=True, slots=True)
class Terminal:
    """What standard output is: its width in columns, and whether it takes colour (https://no-color.org)."""

    width: int
    colour: bool

    @staticmethod
    def talks() -> bool:
        """Whether somebody watches standard error, and can be shown progress."""
        return sys.stderr.isatty()

    @staticmethod
    def here() -> Terminal:
        """The terminal we write to; 100 columns and no colour where it is none."""
        if not sys.stdout.isatty():
            return Terminal(int(os.environ.get("COLUMNS", "100") or 100), False)
        return Terminal(os.get_terminal_size(sys.stdout.fileno()).columns, "NO_COLOR" not in os.environ)


def run(group: click.Group) -> None:
    """Run the command line: errors become one sentence on standard error and an exit code, never a traceback."""
    try:
        code = group.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.ClickException as error:
        error.show()
        code = EXIT_USAGE
    except QmsError as error:
        tell(f"qmsdocs: {error}")
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        tell("qmsdocs: Stopped; nothing was changed.")
        code = EXIT_STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_CLEAN
    except OSError as error:
        tell(
            f"qmsdocs: {error.filename or 'The disk'}: {error.strerror or error}; check the space and the permissions there."
        )
        code = EXIT_USAGE
    sys.exit(code if isinstance(code, int) else EXIT_CLEAN)
