"""What is measured: each a function from the ground it stands on to a measurement, None where it cannot be made yet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Command, Measurement, Side

_DOCUMENTS, _SIGNED = ("documents/", "records/"), "signatures/"
_LOG = ("log", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-merges=first-parent", "--topo-order", "--reverse")
_SIGNATURES, _SIGNATURES_BY_SSH_KEYGEN, _TEXTS = 5_000, 200, 10_000


@dataclass(frozen=True)
class Ground:
    """The repository that is measured, an empty folder for what is prepared, the time that stands in for the clock."""

    repository: Path
    folder: Path
    now: str

    def git(self, *arguments: str) -> Command:
        """A git command in the repository."""
        return Command(("git", "-C", str(self.repository), *arguments))

    def ours(self, verb: str, *options: str) -> Command:
        """A verb of qmsdocs; findings are no failure."""
        arguments = (sys.executable, "-m", "qmsdocs", verb, "--repo", str(self.repository), *options)
        return Command(arguments, environment={"QMSDOCS_NOW": self.now}, accepted=(0, 1))

    def loop(self, name: str, folder: Path) -> Command:
        """One of the loops of `benchmarks.loops` over the files in a folder, in a process of its own."""
        return Command((sys.executable, "-m", "benchmarks.loops", name, str(folder)), own_clock=True)

    def lines(self, *arguments: str) -> Iterator[str]:
        """What git prints, line by line: this process must stay small."""
        with subprocess.Popen(self.git(*arguments).arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                yield line.rstrip("\n")

    def blobs(self) -> Iterator[tuple[str, str]]:
        """Every blob of the mainline's history with a path it stood at."""
        for line in self.lines("rev-list", "--objects", "main"):
            blob, _, path = line.partition(" ")
            if path.endswith((".md", ".yaml", ".yaml.sig", ".toml")):
                yield blob, path


def stand_on(repository: Path, folder: Path) -> Ground:
    """The ground for a repository: its clock stands on the day after the newest commit."""
    shown = subprocess.run(
        ["git", "-C", str(repository), "log", "-1", "--format=%ct", "main"], check=True, stdout=subprocess.PIPE
    )
    return Ground(repository, folder, (datetime.fromtimestamp(int(shown.stdout), UTC) + timedelta(days=1)).isoformat())


def cold_register(ground: Ground) -> Measurement:
    """The register from nothing, against git reading the same history and the same blobs to no purpose."""
    wanted = ground.folder / "blobs"
    with wanted.open("w") as file:
        file.writelines(f"{blob}\n" for blob, _ in ground.blobs())
    bulk = Command(("git", "-C", str(ground.repository), "cat-file", "--batch", "--buffer"), wanted)
    log = ground.git(*_LOG, "main")
    return Measurement(
        "cold register",
        "register",
        Side("qmsdocs register --format json", (ground.ours("register", "--format", "json"),)),
        (
            Side("git log --raw and cat-file --batch", (log, bulk)),
            Side("git log --raw alone", (log,)),
        ),
    )


def signatures(ground: Ground) -> Measurement:
    """Verifying signed records in this process, against a process of ssh-keygen for each."""
    folder = ground.folder / "signed"
    names = _prepare_signed(ground, folder)
    some = names[:: max(1, len(names) // _SIGNATURES_BY_SSH_KEYGEN)][:_SIGNATURES_BY_SSH_KEYGEN]
    return Measurement(
        "verify one signature",
        "signature",
        Side("in-process", (ground.loop("verify", folder),), len(names)),
        (Side("ssh-keygen -Y verify", tuple(by_ssh_keygen(folder, name) for name in some), len(some)),),
    )


def by_ssh_keygen(folder: Path, name: str) -> Command:
    """The stock command that confirms one of the records in a folder."""
    person = name.removesuffix(".yaml").split("-", 1)[1]
    arguments = ("ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed"), "-I", person, "-n", "qmsdocs")
    return Command((*arguments, "-s", str(folder / f"{name}.sig")), folder / name)


def _prepare_signed(ground: Ground, folder: Path) -> list[str]:
    """Signed records, each with its signature, and the keys that may sign, as files. Their names say who signed."""
    prepare = [sys.executable, "-m", "benchmarks.loops", "write-signed", str(folder), str(ground.repository)]
    done = subprocess.run([*prepare, str(_SIGNATURES)], check=True, stdout=subprocess.PIPE, text=True)
    return list(json.loads(done.stdout))


def front_matter(ground: Ground) -> Measurement:
    """Reading a document as we do (front matter, its problems, digest of the body), against PyYAML's C loader alone."""
    folder = ground.folder / "texts"
    prepare = [sys.executable, "-m", "benchmarks.loops", "write-texts", str(folder), str(ground.repository)]
    done = subprocess.run([*prepare, str(_TEXTS)], check=True, stdout=subprocess.PIPE, text=True)
    count = len(json.loads(done.stdout))
    return Measurement(
        "read one document",
        "document",
        Side("qmsdocs", (ground.loop("read", folder),), count),
        (Side("yaml.load, CBaseLoader", (ground.loop("yaml", folder),), count),),
    )


def check_staged(ground: Ground) -> Measurement | None:
    """The gate of a commit with one document staged, against git's own look at the same tree."""
    if "--staged" not in _help("check"):
        return None
    index = ground.folder / "index"
    _stage_one(ground, index)
    staged = {"GIT_INDEX_FILE": str(index)}
    ours = ground.ours("check", "--staged")
    return Measurement(
        "check --staged",
        "check",
        Side("qmsdocs check --staged", (_with(ours, staged),)),
        (
            Side("git status", (_with(ground.git("status", "--porcelain"), staged),)),
            Side("git diff --cached --raw", (_with(ground.git("diff", "--cached", "--raw"), staged),)),
        ),
    )


def _help(verb: str) -> str:
    asked = subprocess.run([sys.executable, "-m", "qmsdocs", verb, "--help"], capture_output=True, text=True)
    return asked.stdout


def _with(command: Command, environment: dict[str, str]) -> Command:
    return Command(
        command.arguments, command.stdin, {**command.environment, **environment}, command.own_clock, command.accepted
    )


def _stage_one(ground: Ground, index: Path) -> None:
    """An index of its own, in which one document has a sentence more: the repository stays as it is."""
    git = ["git", "-C", str(ground.repository)]
    git_dir = subprocess.run([*git, "rev-parse", "--absolute-git-dir"], check=True, stdout=subprocess.PIPE, text=True)
    shutil.copy2(Path(git_dir.stdout.strip()) / "index", index)
    path = next(path for path in ground.lines("ls-files", "documents/work-instructions"))
    text = subprocess.run([*git, "show", f":{path}"], check=True, stdout=subprocess.PIPE).stdout
    made = subprocess.run(
        [*git, "hash-object", "-w", "--stdin"],
        input=text + b"\nOne sentence more.\n",
        check=True,
        stdout=subprocess.PIPE,
    )
    entry = f"100644,{made.stdout.decode().strip()},{path}"
    subprocess.run(
        [*git, "update-index", "--cacheinfo", entry], check=True, env={**os.environ, "GIT_INDEX_FILE": str(index)}
    )


MEASUREMENTS: dict[str, Callable[[Ground], Measurement | None]] = {
    "register": cold_register,
    "signatures": signatures,
    "front-matter": front_matter,
    "check-staged": check_staged,
}
