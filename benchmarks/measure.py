"""Measuring processes: their time on the wall and their peak memory, one side after the other, over and over."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True)
class Command:
    """A process to measure. With `own_clock` it tells by itself, on standard output, the seconds and CPU seconds of its work."""

    arguments: tuple[str, ...]
    stdin: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    own_clock: bool = False
    accepted: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Side:
    """One way to do the work: commands that are run one after the other, and how many items they do together."""

    name: str
    commands: tuple[Command, ...]
    items: int = 1


@dataclass(frozen=True)
class Measurement:
    """Ours and the yardsticks for the same work; `unit` is what one item is."""

    name: str
    unit: str
    ours: Side
    yardsticks: tuple[Side, ...]

    @property
    def sides(self) -> tuple[Side, ...]:
        """All of them, ours first."""
        return (self.ours, *self.yardsticks)


@dataclass(frozen=True)
class Sample:
    """One run of a side: seconds on the wall and of the CPU for each item, and the largest peak of its processes in KiB."""

    seconds: float
    cpu: float
    peak_kib: int


@dataclass(frozen=True)
class Outcome:
    """All runs of one side."""

    side: Side
    samples: tuple[Sample, ...]

    @property
    def median(self) -> float:
        """The median of the seconds for each item."""
        return statistics.median(sample.seconds for sample in self.samples)

    @property
    def cpu(self) -> float:
        """The median of the CPU seconds, which other work on the machine disturbs less."""
        return statistics.median(sample.cpu for sample in self.samples)

    @property
    def least(self) -> float:
        """The fastest run."""
        return min(sample.seconds for sample in self.samples)

    @property
    def peak_kib(self) -> int:
        """The median of the peaks."""
        return int(statistics.median(sample.peak_kib for sample in self.samples))


def alternate(measurement: Measurement, runs: int) -> list[Outcome]:
    """Run all sides in turn, `runs` times, after one turn that does not count (it fills the caches of the system)."""
    samples: dict[str, list[Sample]] = {side.name: [] for side in measurement.sides}
    for turn in range(runs + 1):
        for side in measurement.sides:
            sample = run_side(side)
            if turn:
                samples[side.name].append(sample)
    return [Outcome(side, tuple(samples[side.name])) for side in measurement.sides]


def run_side(side: Side) -> Sample:
    """Run the commands of one side once."""
    parts = [run_command(command) for command in side.commands]
    return Sample(
        sum(part.seconds for part in parts) / side.items,
        sum(part.cpu for part in parts) / side.items,
        max(part.peak_kib for part in parts),
    )


def run_command(command: Command) -> Sample:
    """Run one process. Raises ClickException where it fails.

    The peak is the kernel's (getrusage(2), ru_maxrss). It is never less than that of the process which starts it, so this
    one stays small: what is large is prepared elsewhere.
    """
    stdin = command.stdin.open("rb") if command.stdin else None
    try:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE if command.own_clock else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **command.environment},
        )
        assert process.stderr is not None
        own = process.stdout.read() if process.stdout else b""
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    finally:
        if stdin:
            stdin.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in command.accepted:
        raise click.ClickException(
            f"'{' '.join(command.arguments)[:200]}' failed with {process.returncode}: {said.decode(errors='replace')[-500:]}"
        )
    cpu = usage.ru_utime + usage.ru_stime
    if command.own_clock:
        seconds, cpu = map(float, own.split())
    return Sample(seconds, cpu, usage.ru_maxrss)


def table(measurement: Measurement, outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a Markdown table; the ratio says how many times as long as the yardstick ours takes."""
    ours = outcomes[0]
    rows = [
        f"| {measurement.name} | {outcome.side.name} | {_time(outcome.median)} | {_time(outcome.least)} "
        f"| {_ratio(ours.median, outcome.median)} | {_time(outcome.cpu)} | {_ratio(ours.cpu, outcome.cpu)} "
        f"| {outcome.peak_kib / 1024:.0f} MiB |"
        for outcome in outcomes
    ]
    return "\n".join(rows)


TABLE_HEAD = (
    "| what | how | median | fastest | ours : this | CPU | ours : this | peak |\n"
    "| --- | --- | --: | --: | --: | --: | --: | --: |"
)


def as_json(measurement: Measurement, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The same with every run."""
    ours = outcomes[0]
    return {
        "name": measurement.name,
        "unit": measurement.unit,
        "sides": [
            {
                "name": outcome.side.name,
                "items": outcome.side.items,
                "median_seconds": outcome.median,
                "min_seconds": outcome.least,
                "ours_to_this": ours.median / outcome.median,
                "median_cpu_seconds": outcome.cpu,
                "ours_to_this_cpu": ours.cpu / outcome.cpu,
                "peak_kib": outcome.peak_kib,
                "seconds": [sample.seconds for sample in outcome.samples],
                "cpu_seconds": [sample.cpu for sample in outcome.samples],
            }
            for outcome in outcomes
        ],
    }


def machine() -> dict[str, str | int]:
    """What it was measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "git": _said("git", "--version").removeprefix("git version "),
        "openssh": _said("ssh", "-V"),
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _said(*arguments: str) -> str:
    if shutil.which(arguments[0]) is None:
        return "none"
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


def _ratio(ours: float, other: float) -> str:
    return "" if ours == other else f"{ours / other:.2f}"


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"
