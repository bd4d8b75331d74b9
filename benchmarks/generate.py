"""`python -m benchmarks.generate --size S|M|L --seed 1 DIR`: a QMS with eight years of history, made from a seed.

The same size and seed give the same head commit. All keys come from the seed and are WORTHLESS.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import click

from benchmarks.story import MAIN, Size, Story
from qmsdocs.fastimport import FastImport
from qmsdocs.git import Repository, open_repository

SIZES = {"S": Size(200, 3_000), "M": Size(2_000, 30_000), "L": Size(10_000, 150_000)}
_ACTIVE_BRANCHES = 512  # branches whose trees fast-import keeps in memory
_SETTINGS = {"user.name": "Benchmark", "user.email": "benchmark@tarn-group.example", "commit.gpgsign": "false"}


class _Stream(FastImport):
    """A fast-import that is ready for many branches at once."""

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository)
        self._input.write(b"option git active-branches=%d\n" % _ACTIVE_BRANCHES)


def generate(target: Path, size: Size, seed: str, bare: bool = False) -> dict[str, object]:
    """Make the repository in a folder that does not exist yet, packed as a server would; returns what is in it."""
    target.mkdir(parents=True)
    git(target, "init", "--quiet", f"--initial-branch={MAIN}", *(["--bare"] if bare else []))
    with _Stream(open_repository(target)) as stream:
        story = Story(size, seed, stream)
        head = story.tell()
    for name, value in _SETTINGS.items():
        git(target, "config", name, value)
    if not bare:
        git(target, "checkout", "--quiet", "--force", MAIN)
    return {
        "head": head,
        "commits": story.commits,
        "documents": len(story.born),
        "revisions": story.revisions,
        "signed_records": story.records,
    }


def pack(target: Path) -> None:
    """One good pack, packed references and a commit-graph, as `git gc` leaves them."""
    git(target, "repack", "-a", "-d", "-f", "--quiet")
    git(target, "pack-refs", "--all", "--prune")
    git(target, "commit-graph", "write", "--reachable", "--no-progress")


def git(folder: Path, *arguments: str) -> str:
    """What git says in a folder."""
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def contents(target: Path) -> dict[str, int]:
    """What a repository holds: objects by kind, files of the mainline's tree, size of the pack in KiB."""
    kinds = git(target, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)", "--unordered").splitlines()
    packed = dict(line.split(": ") for line in git(target, "count-objects", "-v").splitlines())
    return {
        **{f"{kind}s": kinds.count(kind) for kind in ("commit", "tree", "blob")},
        "files": git(target, "ls-tree", "-r", "-z", "--name-only", MAIN).count("\0"),
        "pack_kib": int(packed["size-pack"]),
    }


@click.command()
@click.option("--size", "size_name", type=click.Choice(list(SIZES)), required=True, help="How large.")
@click.option("--seed", default="1", show_default=True, help="Another seed, another history.")
@click.option("--bare", is_flag=True, help="Without a work tree.")
@click.argument("target", type=click.Path(path_type=Path))
def main(size_name: str, seed: str, bare: bool, target: Path) -> None:
    """Write a repository into DIR, a folder that is not there yet, and print what it holds as JSON."""
    if target.exists():
        raise click.UsageError(f"{target} is there already; name a folder that is not, or remove it.")
    started = time.monotonic()
    made = generate(target, SIZES[size_name], f"{size_name}:{seed}", bare)
    written = time.monotonic()
    pack(target)
    seconds = {"seconds_to_write": round(written - started, 1), "seconds_to_pack": round(time.monotonic() - written, 1)}
    click.echo(json.dumps({"size": size_name, "seed": seed, **made, **contents(target), **seconds}, indent=1))


if __name__ == "__main__":
    main()
