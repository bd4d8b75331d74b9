"""`python -m benchmarks.run --size S`: measure ours and the yardsticks in turn; medians, ratios and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.measure import TABLE_HEAD, alternate, as_json, machine, table
from benchmarks.measurements import MEASUREMENTS, stand_on

_FEWEST = 5  # runs of each side


@click.command()
@click.option("--size", type=click.Choice(("S", "M", "L")), default="S", show_default=True, help="How large a history.")
@click.option("--repo", type=click.Path(path_type=Path), help="A repository that was generated before.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("bench-data"),
    show_default=True,
    help="Where histories are kept; one that is missing is generated.",
)
@click.option("--only", multiple=True, type=click.Choice(list(MEASUREMENTS)), help="Measure this; may be repeated.")
@click.option("--runs", type=click.IntRange(_FEWEST), default=_FEWEST, show_default=True, help="Runs of each side.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write every run as JSON too."
)
def main(size: str, repo: Path | None, folder: Path, only: tuple[str, ...], runs: int, json_file: Path | None) -> None:
    """Measure on a generated history and print a table (Markdown)."""
    repository = (repo or _generated(size, folder)).absolute()
    results: list[dict[str, Any]] = []
    click.echo(TABLE_HEAD)
    for name in only or MEASUREMENTS:
        with tempfile.TemporaryDirectory() as scratch:
            measurement = MEASUREMENTS[name](stand_on(repository, Path(scratch)))
            if measurement is None:
                click.echo(f"{name}: this version of qmsdocs cannot do it yet.", err=True)
                continue
            outcomes = alternate(measurement, runs)
        click.echo(table(measurement, outcomes))
        results.append(as_json(measurement, outcomes))
    if json_file:
        about = {"machine": machine(), "size": size, "head": _head(repository), "runs": runs}
        json_file.write_text(json.dumps({**about, "measurements": results}, indent=1) + "\n", "utf-8")


def _generated(size: str, folder: Path) -> Path:
    repository = folder / size
    if not repository.exists():
        click.echo(f"Generating the history {size} in {repository} …", err=True)
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "benchmarks.generate", "--size", size, str(repository)]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return repository


def _head(repository: Path) -> str:
    asked = ["git", "-C", str(repository), "rev-parse", "main"]
    return subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    main()
