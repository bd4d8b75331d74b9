"""Git itself: the one user of GitPython. Small named questions, answered by one process each.

Reading runs none of the repository's own code: no hooks, filters, external diffs, fsmonitor or transports, whatever its
.git/config says; and it believes objects alone: no replace refs, grafts or commit-graph, and no object whose bytes are
not those that its name stands for (gitattributes(5), git-config(1), git-replace(1), gitformat-commit-graph(5)).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import git
from git.exc import GitCommandError, GitCommandNotFound, InvalidGitRepositoryError, NoSuchPathError

from qmsdocs.history import LOG_OPTIONS, Commit, parse_identity, parse_log
from qmsdocs.model import CannotDetermine, Identity, QmsError

_CHUNK = 1 << 20  # bytes
_SHA1_LENGTH = 40  # hex digits; a repository of SHA-256 has 64
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_NAMESPACE")
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.commitGraph=false",
    "core.quotePath=false",
    f"diff.orderFile={os.devnull}",
    "i18n.logOutputEncoding=UTF-8",
    "protocol.allow=never",
    "protocol.ext.allow=never",
)
_SAFE = tuple(part for setting in _SETTINGS for part in ("-c", setting))
_MISSING = "The object {} cannot be read in this clone (partial, or damaged); fetch the whole history ('git fetch --refetch') and try again."
_DAMAGED = "The object {} is damaged; run 'git fsck' to see the damage, and fetch it again from another clone."


@dataclass(frozen=True)
class Repository:
    """An open repository; `root` is its work tree, None where it is bare."""

    repo: git.Repo
    root: Path | None

    @property
    def git_dir(self) -> Path:
        """The directory that git keeps the repository in, shared by all its work trees."""
        return Path(self.repo.common_dir)

    # --- questions --------------------------------------------------------------------------------------------

    def resolve(self, revision: str) -> str | None:
        """The full commit id a revision names, None where it names none."""
        try:
            return self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}") or None
        except GitCommandError:
            return None

    def head(self) -> str | None:
        """The commit checked out, None before the first one."""
        return self.resolve("HEAD")

    def branch(self) -> str | None:
        """The branch checked out, None on a detached HEAD."""
        try:
            return self._ask("symbolic-ref", "--quiet", "--short", "HEAD")
        except GitCommandError:
            return None

    def require_whole(self) -> None:
        """Raise CannotDetermine where the clone is shallow: its history would tell lies."""
        if self._ask("rev-parse", "--is-shallow-repository") == "true":
            raise CannotDetermine(
                "This clone is shallow, so its history is not all here; run 'git fetch --unshallow' "
                "(in CI: fetch-depth: 0) and try again."
            )

    def require_sound(self) -> None:
        """Raise CannotDetermine where an object, of a commit or a tree too, is not what its name stands for (git-fsck(1))."""
        command = [
            "git",
            *_SAFE,
            "-c",
            f"fsck.skipList={os.devnull}",
            "fsck",
            "--full",
            "--no-dangling",
            "--no-reflogs",
            "--no-progress",
        ]
        asked = self.repo.git.execute(command, env=_ENVIRONMENT, with_extended_output=True, with_exceptions=False)
        for line in "\n".join(str(part) for part in asked[1:]).splitlines():
            if line.startswith(("missing ", "broken link")) or "mismatch" in line or "corrupt" in line:
                raise CannotDetermine(f"This repository is damaged ({line[:200]}); audit a fresh clone of it.")

    def log(self, *heads: str) -> Iterator[Commit]:
        """All commits reachable from some heads, oldest first, as they stream in."""
        return parse_log(self._stream("log", *LOG_OPTIONS, "--end-of-options", *heads, "--"))

    def tree(self, commit: str) -> dict[str, str]:
        """The blobs of a commit's ordinary files by their path."""
        found = {}
        for entry in b"".join(self._stream("ls-tree", "-r", "-z", "--full-tree", commit)).split(b"\0"):
            mode, _, rest = entry.partition(b" ")
            if mode.startswith(b"100"):
                meta, _, path = rest.partition(b"\t")
                found[path.decode("utf-8", "surrogateescape")] = meta.split()[1].decode()
        return found

    def file_at(self, commit: str, path: str) -> bytes | None:
        """A file's bytes in a commit, None where there is none."""
        blob = self.tree_entry(commit, path)
        return None if blob is None else dict(self.blobs([blob])).get(blob)

    def tree_entry(self, commit: str, path: str) -> str | None:
        """The blob at a path in a commit, None where there is none."""
        entry = b"".join(self._stream("ls-tree", "-z", "--full-tree", commit, "--", f":(literal){path}"))
        return entry.split(b"\t")[0].split()[2].decode() if entry.startswith(b"100") else None

    def blobs(self, ids: Iterable[str], limit: int = 64 << 20) -> Iterator[tuple[str, bytes]]:
        """The bytes of many blobs, cut off after `limit` bytes, in the order asked. Raises CannotDetermine for a missing one."""
        for blob, size, stream in self._batch(ids):
            pieces, kept = [], 0
            for piece in _pieces(stream, size, blob):
                pieces.append(piece[: limit - kept])
                kept += len(pieces[-1])
            yield blob, b"".join(pieces)

    def blob_hashes(self, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The SHA-256 (hex) of the bytes of many blobs, of any size."""
        for blob, size, stream in self._batch(ids):
            digest = hashlib.sha256()
            for piece in _pieces(stream, size, blob):
                digest.update(piece)
            yield blob, digest.hexdigest()

    def identity(self) -> Identity | None:
        """Who would be the author of a commit made now, None where git does not know."""
        try:
            return parse_identity(self._ask("var", "GIT_AUTHOR_IDENT"))
        except GitCommandError:
            return None

    def setting(self, name: str) -> str | None:
        """A git configuration value, None where it is not set."""
        try:
            return self._ask("config", "--get", name) or None
        except GitCommandError:
            return None

    def changed_from_head(self, paths: Sequence[str]) -> bool:
        """Whether some paths, as they stand or as staged, differ from the commit checked out."""
        literal = [f":(literal){path}" for path in paths]
        return bool(self._ask("status", "--porcelain", "--untracked-files=all", "--no-renames", "--", *literal))

    # --- acts -------------------------------------------------------------------------------------------------

    def commit_files(self, paths: Sequence[str], message: str) -> str:
        """Commit exactly these new files, whatever else is staged; returns the commit.

        Raises QmsError where git refuses; then, and when it is interrupted before the commit is made, nothing is staged.
        """
        literal = [f":(literal){path}" for path in paths]
        try:
            self.repo.git.execute(["git", "add", "--force", "--", *literal], env=_ENVIRONMENT)
            self.repo.git.execute(["git", "commit", "--quiet", "--message", message, "--only", "--", *literal])
        except BaseException as error:
            if self.head() is None or self.tree_entry("HEAD", paths[0]) is None:
                self._unstage(literal)
                if isinstance(error, GitCommandError):
                    raise QmsError(f"Git did not commit the record: {reason(error)}") from None
                raise
        return str(self.head())

    def _unstage(self, literal: Sequence[str]) -> None:
        self.repo.git.execute(
            ["git", "rm", "--cached", "--quiet", "--force", "--ignore-unmatch", "--", *literal], env=_ENVIRONMENT
        )

    def configure(self, name: str, value: str) -> None:
        """Set a configuration value of this repository alone."""
        with self.repo.config_writer() as writer:
            section, _, option = name.rpartition(".")
            writer.set_value(section, option, value)

    def check_out(self, branch: str) -> None:
        """Make the files those of a branch, whatever they were."""
        self.repo.git.execute(["git", "checkout", "--quiet", "--force", branch], env=_ENVIRONMENT)

    def exclude(self, pattern: str) -> None:
        """Leave files out of what git offers to commit, in this clone alone."""
        file = self.git_dir / "info" / "exclude"
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as excludes:
            excludes.write(f"{pattern}\n")

    # --- running git ------------------------------------------------------------------------------------------

    def _ask(self, *arguments: str) -> str:
        return str(self.repo.git.execute(["git", *_SAFE, *arguments], env=_ENVIRONMENT, stdout_as_string=True))

    def _process(self, arguments: Sequence[str], stdin: BinaryIO | None = None) -> Any:
        return self.repo.git.execute(["git", *_SAFE, *arguments], env=_ENVIRONMENT, as_process=True, istream=stdin)

    def _stream(self, *arguments: str) -> Iterator[bytes]:
        process = self._process(arguments)
        try:
            while piece := process.stdout.read(_CHUNK):
                yield piece
            process.wait()
        except GitCommandError as error:
            raise CannotDetermine(
                f"Git cannot read this history: {reason(error)}; run 'git fsck' to see the damage."
            ) from None

    def _batch(self, ids: Iterable[str]) -> Iterator[tuple[str, int, IO[bytes]]]:
        """Each blob's id, size and a stream to take exactly that many bytes from (git-cat-file(1), "BATCH OUTPUT")."""
        asked, found = list(ids), 0
        with tempfile.TemporaryFile("w+b") as wanted:
            wanted.write("".join(f"{blob}\n" for blob in asked).encode())
            wanted.seek(0)
            process = self._process(["cat-file", "--batch", "--buffer"], wanted)
            while header := process.stdout.readline():
                name, kind, *rest = header.split()
                if kind == b"missing" or not rest:
                    raise CannotDetermine(_MISSING.format(name.decode("ascii", "replace")))
                if found == len(asked) or name.decode("ascii", "replace") != asked[found] or not rest[0].isdigit():
                    raise CannotDetermine(_DAMAGED.format(asked[found - 1]))
                found += 1
                yield name.decode(), int(rest[0]), process.stdout
                process.stdout.read(1)
            if found < len(asked):
                process.terminate()
                raise CannotDetermine(_MISSING.format(asked[found]))


def open_repository(path: Path) -> Repository:
    """The repository around a folder, whatever GIT_DIR and its like say.

    Raises QmsError in one sentence where there is none that can be read.
    """
    for name in _ELSEWHERE:
        os.environ.pop(name, None)
    try:
        repo = git.Repo(path, search_parent_directories=True)
        found = Repository(repo, Path(repo.working_tree_dir) if repo.working_tree_dir else None)
        found._ask("rev-parse", "--git-dir")
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise QmsError(f"There is no git repository at {path}; go to one, or start one with 'qmsdocs init'.") from None
    except GitCommandNotFound:
        raise QmsError("Git is not installed; install it (Debian: 'apt install git').") from None
    except GitCommandError as error:
        if "dubious ownership" in str(error):
            raise QmsError(
                f"The repository at {path} belongs to another user, so git refuses to read it; "
                f"if you trust it, run 'git config --global --add safe.directory {path}'."
            ) from None
        raise QmsError(f"Git cannot open {path}: {reason(error)}.") from None
    return found


def start_repository(path: Path, branch: str) -> Repository:
    """A new repository in a folder that exists."""
    repo = git.Repo.init(path, initial_branch=branch)
    return Repository(repo, path)


def is_repository(path: Path) -> bool:
    """Whether a folder lies in a git repository."""
    try:
        git.Repo(path, search_parent_directories=True).close()
    except (InvalidGitRepositoryError, NoSuchPathError):
        return False
    return True


def reason(error: GitCommandError) -> str:
    """What git said, on one line."""
    text = str(error.stderr or error.stdout or error).strip().removeprefix("stderr: ").strip("' \n")
    return " ".join(text.split())[:300] or "no reason given"


def blob_id(data: bytes) -> str:
    """The id git would give to a blob (gitformat-pack(5); SHA-1 repositories)."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def hash_file(file: Path) -> tuple[str, str]:
    """The blob id of a file of any size, and the SHA-256 (hex) of its bytes."""
    named = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            named.update(piece)
            digest.update(piece)
    return named.hexdigest(), digest.hexdigest()


def _pieces(stream: IO[bytes], size: int, blob: str) -> Iterator[bytes]:
    """The bytes of a blob, piece by piece. Raises CannotDetermine where they break off or are not those the name stands for."""
    digest = hashlib.new("sha1" if len(blob) == _SHA1_LENGTH else "sha256", b"blob %d\0" % size, usedforsecurity=False)
    while size:
        piece = stream.read(min(size, _CHUNK))
        if not piece:
            raise CannotDetermine(_DAMAGED.format(blob))
        digest.update(piece)
        size -= len(piece)
        yield piece
    if digest.hexdigest() != blob:
        raise CannotDetermine(_DAMAGED.format(blob))


def global_identity(folder: Path) -> Identity | None:
    """Who git would take for the author in a folder that is no repository yet, from its configuration."""
    try:
        asked = git.Git(folder)
        name, email = (str(asked.execute(["git", "config", "--get", f"user.{key}"])) for key in ("name", "email"))
    except GitCommandError:
        return None
    return Identity(name, email)
