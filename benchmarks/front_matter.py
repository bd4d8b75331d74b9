"""Front matter: our reader of its plain form against PyYAML's C loader, on the same texts.

    python -m benchmarks.front_matter [FOLDER …] [--rounds N]

Reads every Markdown file under the folders (the templates and the sample QMS where none are named). The two readers take
turns; told is the best round of each, which other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import yaml

from qmsdocs.document import KeyNames, read_document
from qmsdocs.document.flat import read_flat
from qmsdocs.document.parts import Unreadable, decode, split

T = TypeVar("T")
HERE = Path(__file__).parents[1]
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def documents(folders: Sequence[Path]) -> list[tuple[bytes, str]]:
    """Each file that has front matter: its bytes, its front matter."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*.md")):
            data = path.read_bytes()
            try:
                found.append((data, split(decode(data))[1]))
            except Unreadable:
                continue
    return found


def best(rounds: int, works: Sequence[tuple[Callable[[T], object], Sequence[T]]]) -> list[float]:
    """The best time of each piece of work over all its items, the pieces taking turns."""
    times = [float("inf")] * len(works)
    for _ in range(rounds):
        for number, (work, items) in enumerate(works):
            start = time.perf_counter()
            for item in items:
                work(item)
            times[number] = min(times[number], time.perf_counter() - start)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.front_matter")
    parser.add_argument("folders", nargs="*", type=Path, default=[HERE / "sample-qms", HERE / "templates"])
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    found = documents(given.folders)
    ordinary = [(data, front) for data, front in found if read_flat(front, 1) is not None]
    if not ordinary:
        parser.error("no file with front matter is there")
    fronts = [front for _, front in ordinary]
    names = KeyNames(own_keys=frozenset(key for front in fronts for key, _, _ in read_flat(front, 1) or ()))
    ours, theirs = best(
        given.rounds,
        [(lambda front: read_flat(front, 1), fronts), (lambda front: yaml.load(front, Loader=LOADER), fronts)],
    )
    (whole,) = best(given.rounds, [(lambda data: read_document(data, names), [data for data, _ in ordinary])])
    count = len(ordinary)
    print(f"{len(found)} files with front matter, {count} of them ({count / len(found):.1%}) in the plain form")
    print(f"our reader      {count / ours:9,.0f} a second")
    print(f"{LOADER.__name__:15} {count / theirs:9,.0f} a second, so ours is {theirs / ours:.1f} times as fast")
    print(f"read_document   {count / whole:9,.0f} a second (decoding, digest and checks included)")


if __name__ == "__main__":
    main()
