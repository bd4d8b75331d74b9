"""What all verbs share beside their options: the clock, exit codes, what is said to the person and what is data."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from qmsdocs.dates import local_day, parse_instant
from qmsdocs.model import QmsError

EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_CANNOT_DETERMINE, EXIT_STOPPED = 0, 1, 2, 3, 130


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
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(raw)
            sys.stdout.flush()
        except BrokenPipeError:
            _hang_up()
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
    with suppress(BrokenPipeError):
        print(text.encode("utf-8", "backslashreplace").decode(), file=sys.stderr, flush=True)


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


def _hang_up() -> None:
    """Nobody reads any more: what is left to say goes nowhere, and a verdict stays what it is."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def ended(error: BaseException) -> int:
    """The exit code of something that stopped a verb, told in one sentence on standard error, never as a traceback."""
    if isinstance(error, QmsError):
        tell(f"qmsdocs: {error}")
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        tell("qmsdocs: Stopped; nothing was changed.")
        return EXIT_STOPPED
    if isinstance(error, BrokenPipeError):
        _hang_up()
        return EXIT_CLEAN
    if isinstance(error, OSError):
        what = error.filename or "The disk"
        tell(f"qmsdocs: {what}: {error.strerror or error}; check the space and the permissions there.")
        return EXIT_USAGE
    raise error
