"""Loops that are measured in a process of their own, and what they go over: `python -m benchmarks.loops NAME FOLDER …`.

A loop reads all its files first, then prints the seconds and CPU seconds of the work, reading and start of Python apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path

import yaml

from qmsdocs.document import KeyNames, read_document, split
from qmsdocs.model import Problem
from qmsdocs.policy import POLICY_PATH, read_policy
from qmsdocs.signature import read_record
from qmsdocs.sshsig import public_key_blob, read_signature, verify

_MAINLINE = "main"
Elapsed = tuple[float, float]  # seconds on the wall and of the CPU


def loop_verify(folder: Path) -> Elapsed:
    """Verify every signature, by a key that is allowed."""
    allowed = {public_key_blob(line.split(" ", 1)[1]) for line in (folder / "allowed").read_text().splitlines()}
    pairs = [(file.with_suffix("").read_bytes(), file.read_bytes()) for file in sorted(folder.glob("*.sig"))]
    verify(read_signature(pairs[0][1]), pairs[0][0])  # what is imported late is no part of it
    clocks = _clocks()
    for data, armored in pairs:
        signature = read_signature(armored)
        verify(signature, data)
        if signature.public_key not in allowed:
            raise ValueError(f"a signature was made with an unknown key, {signature.fingerprint}")
    return _since(clocks)


def loop_read(folder: Path) -> Elapsed:
    """Read every document as we do."""
    texts, names = _texts(folder), KeyNames()
    clocks = _clocks()
    for text in texts:
        read_document(text, names)
    return _since(clocks)


def loop_yaml(folder: Path) -> Elapsed:
    """Load the front matter of every document with PyYAML's C loader, split off beforehand."""
    fronts = [split(text.decode())[1] for text in _texts(folder)]
    loader = yaml.CBaseLoader
    clocks = _clocks()
    for front in fronts:
        yaml.load(front, Loader=loader)
    return _since(clocks)


def _clocks() -> Elapsed:
    return time.perf_counter(), time.process_time()


def _since(before: Elapsed) -> Elapsed:
    wall, cpu = _clocks()
    return wall - before[0], cpu - before[1]


def _texts(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.iterdir())]


def write_signed(folder: Path, repository: Path, count: int) -> list[str]:
    """Write the first signed records with their signatures and the keys of the policy as files; returns the records' names."""
    folder.mkdir()
    paths = [path for path in _paths(repository, "signatures") if path.endswith(".yaml")]
    chosen = paths[:: max(1, len(paths) // count)][:count]
    wanted = [name for path in chosen for name in (path, f"{path}.sig")]
    names: list[str] = []
    for path, data in _contents(repository, wanted):
        if path.endswith(".sig"):
            (folder / f"{names[-1]}.sig").write_bytes(data)
            continue
        record = read_record(data)
        if isinstance(record, Problem):
            raise ValueError(f"{path}: {record.message}")
        names.append(f"{len(names):06d}-{record.person}.yaml")
        (folder / names[-1]).write_bytes(data)
    policy = read_policy(next(_contents(repository, [POLICY_PATH]))[1]).policy
    assert policy is not None
    lines = [f"{person.id} {key.key}\n" for person in policy.people.values() for key in person.keys]
    (folder / "allowed").write_text("".join(lines))
    return names


def write_texts(folder: Path, repository: Path, count: int) -> list[str]:
    """Write documents as files; returns their names."""
    folder.mkdir()
    paths = [path for path in _paths(repository, "documents") if path.endswith(".md")]
    names = []
    for number, (_, data) in enumerate(_contents(repository, islice(paths, count))):
        names.append(f"{number:06d}.md")
        (folder / names[-1]).write_bytes(data)
    return names


def _paths(repository: Path, folder: str) -> list[str]:
    listed = subprocess.run(
        ["git", "-C", str(repository), "ls-tree", "-r", "-z", "--name-only", _MAINLINE, f"{folder}/"],
        check=True,
        stdout=subprocess.PIPE,
    )
    return listed.stdout.decode().split("\0")[:-1]


def _contents(repository: Path, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    wanted = list(paths)
    asked = "".join(f"{_MAINLINE}:{path}\n" for path in wanted).encode()
    command = ["git", "-C", str(repository), "cat-file", "--batch"]
    answer = BytesIO(subprocess.run(command, input=asked, check=True, stdout=subprocess.PIPE).stdout)
    for path in wanted:
        yield path, answer.read(int(answer.readline().split()[2]))
        answer.read(1)


LOOPS: dict[str, Callable[[Path], Elapsed]] = {"verify": loop_verify, "read": loop_read, "yaml": loop_yaml}
WRITERS: dict[str, Callable[[Path, Path, int], list[str]]] = {"write-signed": write_signed, "write-texts": write_texts}


def main(name: str, folder: str, *rest: str) -> None:
    """Run a loop and print its seconds, or write files and print their names."""
    if name in LOOPS:
        print(*LOOPS[name](Path(folder)))
    else:
        repository, count = rest
        print(json.dumps(WRITERS[name](Path(folder), Path(repository), int(count))))


if __name__ == "__main__":
    main(*sys.argv[1:])
