"""Writing history in bulk: one `git fast-import` process, and the id of each commit as it is made (git-fast-import(1))."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import IO

from qmsdocs.git import Repository
from qmsdocs.model import Identity, QmsError


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be made. `files` gives the bytes of changed files, None for those that go."""

    branch: str
    parents: Sequence[str]
    who: Identity
    when: datetime
    message: str
    files: Mapping[str, bytes | None]


class FastImport:
    """A running `git fast-import`; a context manager that ends it."""

    def __init__(self, repository: Repository) -> None:
        command = ["git", "-C", str(repository.git_dir), "fast-import", "--quiet", "--date-format=raw"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._marks: dict[str, int] = {}

    def __enter__(self) -> FastImport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.close()
        if self._process.wait() != 0 and kind is None:
            raise QmsError("git fast-import failed; its words stand above.")

    def commit(self, new: NewCommit) -> str:
        """Make a commit, whose parents were made here too; returns its id."""
        mark = len(self._marks) + 1
        seconds, offset = int(new.when.timestamp()), new.when.strftime("%z")
        who = f"{new.who.name} <{new.who.email}> {seconds} {offset}"
        lines = [f"commit refs/heads/{new.branch}", f"mark :{mark}", f"author {who}", f"committer {who}"]
        out = self._input
        out.write("\n".join(lines).encode() + b"\n")
        self._data(new.message.encode())
        for verb, parent in zip(("from", *["merge"] * len(new.parents)), new.parents, strict=False):
            out.write(f"{verb} :{self._marks[parent]}\n".encode())
        for path, data in new.files.items():
            if data is None:
                out.write(f"D {_quoted(path)}\n".encode())
            else:
                out.write(f"M 100644 inline {_quoted(path)}\n".encode())
                self._data(data)
        out.write(f"\nget-mark :{mark}\n".encode())
        out.flush()
        commit = self._answer()
        self._marks[commit] = mark
        return commit

    def forget(self, branch: str) -> None:
        """Remove a branch (git-fast-import(1), `reset` to the null id)."""
        self._input.write(f"reset refs/heads/{branch}\nfrom {'0' * 40}\n\n".encode())

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin
        return self._process.stdin

    def _data(self, data: bytes) -> None:
        self._input.write(b"data %d\n" % len(data) + data + b"\n")

    def _answer(self) -> str:
        assert self._process.stdout
        answer = self._process.stdout.readline().decode().strip()
        if len(answer) < 40:
            raise QmsError("git fast-import failed; its words stand above.")
        return answer


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
