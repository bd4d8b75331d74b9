"""A repository of which a hook asks a few things, fast: the first questions are put all at once, and one process gives all objects."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from qmsdocs.history import Change, parse_identity, parse_raw
from qmsdocs.model import CannotDetermine, Identity
from qmsdocs.plumbing import DIFF, Plumbing, not_readable, shallow_clone

_FACTS = ("--is-shallow-repository", "--git-dir", "--git-common-dir", "--is-inside-work-tree", "--show-toplevel")


_AT_ONCE = 50  # names written before an answer is read: fewer than any pipe takes, so that neither waits for the other


@dataclass(frozen=True)
class Session(Plumbing):
    """An open session; `common` and `own` are the git directories of all work trees and of this one. Close it after use."""

    common: Path
    own: Path
    shallow: bool
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _closing: list[Callable[[], object]] = field(default_factory=list)

    def __enter__(self) -> Session:
        return self

    def keep(self, close: Callable[[], object]) -> None:
        """Keep something open as long as the session, and close it then."""
        self._closing.append(close)

    def __exit__(self, *_: object) -> None:
        for close in self._closing:
            close()
        for process in self._running.values():
            process.kill()
            process.communicate()

    @property
    def git_dir(self) -> Path:
        return self.common

    def require_whole(self) -> None:
        if self.shallow:
            raise shallow_clone()

    def merge_heads(self) -> tuple[str, ...]:
        file = self.own / "MERGE_HEAD"
        return tuple(file.read_text("ascii").split()) if file.is_file() else ()

    def staged(self, base: str | None) -> tuple[Change, ...]:
        """As for any repository; for `HEAD` the answer is on its way since the session began."""
        process = self._running.pop("staged", None) if base == "HEAD" else None
        if process is None:
            return super().staged(base)
        output = process.communicate()[0]
        return super().staged(base) if process.returncode else parse_raw([output])

    def identity(self) -> Identity | None:
        process = self._running.pop("identity", None)
        if process is None:
            return super().identity()
        output = process.communicate()[0]
        return None if process.returncode else parse_identity(output.decode("utf-8", "replace"))

    def objects(self, names: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        for header in self._asked(names):
            if len(header) != 3 or not header[2].isdigit():
                found.append(None)
                continue
            self._output().read(int(header[2]) + 1)
            found.append(header[0].decode())
        return found

    def _batch(self, ids: Iterable[str]) -> Iterator[tuple[str, int, IO[bytes]]]:
        blobs = list(ids)
        for blob, header in zip(blobs, self._asked(blobs), strict=True):
            if len(header) != 3 or header[0].decode("ascii", "replace") != blob or not header[2].isdigit():
                raise CannotDetermine(not_readable(blob))
            yield blob, int(header[2]), self._output()
            self._output().read(1)

    def _asked(self, names: Sequence[str]) -> Iterator[list[bytes]]:
        """What git says of each object before its bytes (git-cat-file(1), "BATCH OUTPUT"): it finds some while we read others."""
        stdin = self._running["objects"].stdin
        assert stdin is not None
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            try:
                stdin.write("".join(f"{name}\n" for name in part).encode("utf-8", "surrogateescape"))
                stdin.flush()
            except BrokenPipeError:
                raise CannotDetermine(not_readable(part[0])) from None
            for _ in part:
                yield self._output().readline().rsplit(None, 2)

    def _output(self) -> IO[bytes]:
        stream = self._running["objects"].stdout
        assert stream is not None
        return stream


def open_session(path: Path) -> Session | None:
    """A session with the repository as git finds it from a folder (GIT_DIR and its like included); None where it has no
    commit yet or no work tree, and where git refuses to read it: ask `here` then, which says why.
    """
    first = Plumbing(path, None)
    facts = first._start(["rev-parse", *_FACTS])
    running = {
        "staged": first._start(["diff-index", "--cached", *DIFF, "HEAD", "--"]),
        "identity": first._start(["var", "GIT_AUTHOR_IDENT"]),
        "objects": first._start(["cat-file", "--batch"], subprocess.PIPE),
    }
    lines = facts.communicate()[0].decode("utf-8", "surrogateescape").splitlines()
    if facts.returncode or len(lines) != len(_FACTS) or lines[3] != "true":
        for process in running.values():
            process.kill()
            process.communicate()
        return None
    shallow, own, common, _, root = lines
    return Session(path, Path(root), path / common, path / own, shallow == "true", running)
