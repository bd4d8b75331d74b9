"""Reading a repository with git's own plumbing: small named questions, answered by one process each.

Reading runs none of the repository's own code: no hooks, filters, external diffs, fsmonitor or transports, whatever its
.git/config says; and it believes objects alone: no replace refs, grafts or commit-graph, and no object whose bytes are
not those that its name stands for (gitattributes(5), git-config(1), git-replace(1), gitformat-commit-graph(5)).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from qmsdocs.history import LOG_OPTIONS, Change, Commit, parse_identity, parse_log, parse_raw
from qmsdocs.model import CannotDetermine, Identity, QmsError

_CHUNK = 1 << 20  # bytes
_ARGUMENTS = 500  # paths on one command line
_SHA1_LENGTH = 40  # hex digits; a repository of SHA-256 has 64
ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
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
DIFF = ("--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=all", "--no-ext-diff")
_MISSING = "The object {} cannot be read in this clone (partial, or damaged); fetch the whole history ('git fetch --refetch') and try again."
_DAMAGED = "The object {} is damaged; run 'git fsck' to see the damage, and fetch it again from another clone."


class GitFailed(Exception):
    """A git process that ended with an error; the message is what git said, on one line."""

    def __init__(self, said: bytes) -> None:
        super().__init__(" ".join(said.decode("utf-8", "replace").split())[:300] or "no reason given")


@dataclass(frozen=True)
class Plumbing:
    """A repository to be read; git runs in `folder`, `root` is the work tree, None where it is bare."""

    folder: Path
    root: Path | None

    @cached_property
    def git_dir(self) -> Path:
        """The directory that git keeps the repository in, shared by all its work trees."""
        return self.folder / self._ask("rev-parse", "--git-common-dir")

    def require_readable(self) -> None:
        """Raise GitFailed where git refuses to read the repository at all."""
        self._ask("rev-parse", "--git-dir")

    def resolve(self, revision: str) -> str | None:
        """The full commit id a revision names, None where it names none."""
        try:
            return self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}") or None
        except GitFailed:
            return None

    def head(self) -> str | None:
        """The commit checked out, None before the first one."""
        return self.resolve("HEAD")

    def branch(self) -> str | None:
        """The branch checked out, None on a detached HEAD."""
        try:
            return self._ask("symbolic-ref", "--quiet", "--short", "HEAD")
        except GitFailed:
            return None

    def require_whole(self) -> None:
        """Raise CannotDetermine where the clone is shallow: its history would tell lies."""
        if self._ask("rev-parse", "--is-shallow-repository") == "true":
            raise shallow_clone()

    def require_sound(self) -> None:
        """Raise CannotDetermine where an object, of a commit or a tree too, is not what its name stands for (git-fsck(1))."""
        command = [
            "-c",
            f"fsck.skipList={os.devnull}",
            "fsck",
            "--full",
            "--no-dangling",
            "--no-reflogs",
            "--no-progress",
        ]
        done = self._run(command, check=False)
        for line in (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace").splitlines():
            if line.startswith(("missing ", "broken link")) or "mismatch" in line or "corrupt" in line:
                raise CannotDetermine(f"This repository is damaged ({line[:200]}); audit a fresh clone of it.")

    def log(self, *heads: str, most: int | None = None) -> Iterator[Commit]:
        """All commits reachable from some heads and from none that is marked with `^`, oldest first, as they stream in; the
        newest alone, where there are more than `most`.
        """
        limit = () if most is None else (f"--max-count={most}",)
        return parse_log(self._stream("log", *LOG_OPTIONS, *limit, "--end-of-options", *heads, "--"))

    def objects(self, names: Sequence[str]) -> list[str | None]:
        """The ids of the objects that some names stand for, None for those that stand for none (gitrevisions(7))."""
        with _scratch() as wanted:
            wanted.write("".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape"))
            wanted.seek(0)
            with self._start(["cat-file", "--batch-check=%(objectname) %(objecttype)"], wanted) as process:
                lines = process.communicate()[0].decode("utf-8", "surrogateescape").splitlines()
        if len(lines) != len(names):
            raise CannotDetermine("Git does not tell what is checked out here; run 'git fsck' to see the damage.")
        return [None if line.endswith(" missing") else line.split()[0] for line in lines]

    def is_there(self, commit: str, path: str, folder: bool = False) -> bool:
        """Whether a commit has a file, or a folder, at a path."""
        entry = b"".join(self._stream("ls-tree", "-z", "--full-tree", commit, "--", f":(literal){path}"))
        return entry.startswith(b"040000" if folder else b"100")

    def mentioning(self, texts: Sequence[str], folders: Sequence[str]) -> list[str]:
        """The staged files under some folders that hold one of some texts (git-grep(1))."""
        patterns = [part for text in texts for part in ("-e", text)]
        where = [f":(top,literal){folder}" for folder in folders]
        asked = ["grep", "--cached", "-l", "-z", "-F", "--full-name", "--no-textconv", *patterns, "--", *where]
        found = self._run(asked, check=False).stdout
        return [path.decode("utf-8", "surrogateescape") for path in found.split(b"\0") if path]

    def staged(self, base: str | None) -> tuple[Change, ...]:
        """How the index differs from a commit (from nothing, where that is None); GIT_INDEX_FILE names another index."""
        tree = base or self._ask("hash-object", "-t", "tree", os.devnull)
        return parse_raw(self._stream("diff-index", "--cached", *DIFF, tree, "--"))

    def difference(self, before: str, after: str) -> tuple[Change, ...]:
        """How one commit's files differ from another's."""
        return parse_raw(self._stream("diff-tree", "-r", *DIFF, before, after, "--"))

    def merge_base(self, one: str, other: str) -> str | None:
        """The best commit that two have in common, None where they have none."""
        try:
            return self._ask("merge-base", one, other) or None
        except GitFailed:
            return None

    def merge_heads(self) -> tuple[str, ...]:
        """The commits that a merge in progress brings in."""
        file = self.folder / self._ask("rev-parse", "--git-path", "MERGE_HEAD")
        return tuple(file.read_text("ascii").split()) if file.is_file() else ()

    def staged_file(self, path: str) -> bytes | None:
        """The bytes of a file in the index, None where there is none."""
        entry = b"".join(self._stream("ls-files", "-s", "-z", "--full-name", "--", f":(top,literal){path}"))
        blob = entry.split()[1].decode() if entry.startswith(b"100") else None
        return None if blob is None else dict(self.blobs([blob])).get(blob)

    def stored_as_lf(self, paths: Sequence[str]) -> set[str]:
        """Those of some files whose CRLF git makes LF when they are added (git-ls-files(1), "--eol"; gitattributes(5), "text")."""
        auto = (self.setting("core.autocrlf") or "").lower() in ("true", "input", "yes", "on", "1")
        found = set()
        for start in range(0, len(paths), _ARGUMENTS):
            literal = [f":(top,literal){path}" for path in paths[start : start + _ARGUMENTS]]
            asked = ("ls-files", "--eol", "-z", "--cached", "--others", "--full-name", "--", *literal)
            for entry in b"".join(self._stream(*asked)).decode("utf-8", "surrogateescape").split("\0")[:-1]:
                told, _, path = entry.partition("\t")
                index, _, attributes = told.partition("attr/")
                kind = next(iter(attributes.split()), "text=auto" if auto else "-text")
                kept = index.startswith(("i/crlf", "i/mixed"))  # what git has with CRLF stays so, unless told otherwise
                if kind == "text" or (kind == "text=auto" and not kept):
                    found.add(path)
        return found

    def hooks_folder(self) -> Path:
        """Where git looks for hooks, core.hooksPath included."""
        asked = ["git", "rev-parse", "--path-format=absolute", "--git-path", "hooks"]  # our own settings name no folder
        done = subprocess.run(asked, cwd=self.folder, capture_output=True, check=False)
        if done.returncode:
            raise QmsError(f"Git does not tell where its hooks are: {GitFailed(done.stderr)}.")
        return Path(os.fsdecode(done.stdout.removesuffix(b"\n")))

    def comment_mark(self) -> str:
        """What starts a comment in a commit message (git-config(1), "core.commentChar")."""
        mark = self.setting("core.commentChar")
        return mark if mark and mark != "auto" else "#"

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
        except GitFailed:
            return None

    def setting(self, name: str) -> str | None:
        """A git configuration value, None where it is not set."""
        try:
            return self._ask("config", "--get", name) or None
        except GitFailed:
            return None

    def changed_from_head(self, paths: Sequence[str]) -> bool:
        """Whether some paths, as they stand or as staged, differ from the commit checked out."""
        literal = [f":(literal){path}" for path in paths]
        return bool(self._ask("status", "--porcelain", "--untracked-files=all", "--no-renames", "--", *literal))

    # --- running git ------------------------------------------------------------------------------------------

    def _start(
        self, arguments: Sequence[str], stdin: IO[bytes] | int | None = None, said: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                ["git", *_SAFE, *arguments],
                cwd=self.folder,
                env={**os.environ, **ENVIRONMENT},
                stdin=stdin or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said or subprocess.DEVNULL,
            )
        except FileNotFoundError:
            if not self.folder.is_dir():
                raise QmsError(f"There is no folder {self.folder}.") from None
            raise QmsError("Git is not installed; install it (Debian: 'apt install git').") from None

    def _run(self, arguments: Sequence[str], check: bool = True) -> subprocess.CompletedProcess[bytes]:
        with _scratch() as said:
            process = self._start(arguments, said=said)
            output = process.communicate()[0]
            said.seek(0)
            done = subprocess.CompletedProcess(arguments, process.returncode, output, said.read())
        if check and done.returncode:
            raise GitFailed(done.stderr)
        return done

    def _ask(self, *arguments: str) -> str:
        return self._run(arguments).stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def _stream(self, *arguments: str) -> Iterator[bytes]:
        with _scratch() as said:
            with self._start(arguments, said=said) as process:
                assert process.stdout is not None
                while piece := process.stdout.read(_CHUNK):
                    yield piece
            if process.returncode:
                said.seek(0)
                error = GitFailed(said.read())
                raise CannotDetermine(f"Git cannot read this history: {error}; run 'git fsck' to see the damage.")

    def _batch(self, ids: Iterable[str]) -> Iterator[tuple[str, int, IO[bytes]]]:
        """Each blob's id, size and a stream to take exactly that many bytes from (git-cat-file(1), "BATCH OUTPUT")."""
        asked, found = list(ids), 0
        with _scratch() as wanted:
            wanted.write("".join(f"{blob}\n" for blob in asked).encode())
            wanted.seek(0)
            with self._start(["cat-file", "--batch", "--buffer"], wanted) as process:
                assert process.stdout is not None
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
            raise CannotDetermine(_MISSING.format(asked[found]))


def _scratch() -> IO[bytes]:
    import tempfile  # late: a session does without

    return tempfile.TemporaryFile("w+b")


def here(path: Path) -> Plumbing:
    """The repository as git itself finds it from a folder, with GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE and a quarantine as a hook
    has them (githooks(5)). Raises QmsError in one sentence where there is none that can be read.
    """
    found = Plumbing(path, None)
    try:
        bare = found._ask("rev-parse", "--is-inside-work-tree") != "true"
        return found if bare else Plumbing(path, Path(found._ask("rev-parse", "--show-toplevel")))
    except GitFailed as error:
        if "dubious ownership" in str(error):
            raise CannotDetermine(foreign(path)) from None
        if "not a git repository" in str(error):
            raise QmsError(
                f"There is no git repository at {path}; go to one, or start one with 'qmsdocs init'."
            ) from None
        raise QmsError(f"Git cannot open {path}: {error}.") from None


def shallow_clone() -> CannotDetermine:
    """What to raise where a clone is shallow."""
    from qmsdocs.forge import shallow_remedy  # late, like all that a hook does without

    return CannotDetermine(
        f"This clone is shallow, so its history is not all here; {shallow_remedy(os.environ)}, and try again."
    )


def not_readable(name: str) -> str:
    """What to say of an object that cannot be read."""
    return _MISSING.format(name)


def foreign(path: Path) -> str:
    """What to say where a repository belongs to another user (git-config(1), "safe.directory")."""
    return (
        f"The repository at {path.resolve()} belongs to another user, so git refuses to read it; "
        f"if you trust it, run 'git config --global --add safe.directory {path.resolve()}'."
    )


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
