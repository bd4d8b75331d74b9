"""The files as they stand, as a landing that was never committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from qmsdocs.document import MAX_DOCUMENT
from qmsdocs.history import Change, Commit, Landing
from qmsdocs.library import is_policy_path, is_signed_path
from qmsdocs.model import Identity, QmsError
from qmsdocs.plumbing import Plumbing, blob_id, hash_file
from qmsdocs.policy import POLICY_PATH, Policy

WORKTREE = "worktree"
NOBODY = Identity("", "")


class Files:
    """The files as they stand, on top of a tree that was committed."""

    def __init__(
        self, repository: Plumbing, base: dict[str, str], branch: str | None, brought: tuple[Commit, ...], now: float
    ) -> None:
        if repository.root is None:
            raise QmsError(
                "This is a bare repository and has no files to check; use 'register', 'history' or 'status'."
            )
        self.repository, self.root, self.base = repository, repository.root, base
        self.branch, self.brought, self.now = branch, brought, now
        self.bytes: dict[str, bytes] = {}
        self.hashes: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}

    def files(self, policies: Iterable[Policy]) -> dict[str, Path]:
        """Files that a judgement may need, by their path in the repository."""
        folders = {"signatures", *(f for policy in policies for f in (*policy.documents, *policy.records))}
        found = {POLICY_PATH: self.root / POLICY_PATH} if _is_own_file(self.root / POLICY_PATH) else {}
        for folder in sorted(folders):
            for path in () if _leads_out(self.root, folder) else _walk(self.root / folder):
                found[path.relative_to(self.root).as_posix()] = path
        return found

    def policy(self) -> str | None:
        """The blob of qms.toml."""
        file = self.root / POLICY_PATH
        return self.blob(POLICY_PATH, file) if _is_own_file(file) else None

    def landing(self, policies: list[Policy], before: Landing | None) -> Landing | None:
        """The landing, None where nothing differs from what was committed on the mainline."""
        paths = self.files(policies)
        tree = {path: self.blob(path, file) for path, file in paths.items()}
        concerned = {path for path in self.base if path in tree or self.concerns(path, policies)}
        changes = tuple(
            Change(path, self.base.get(path), tree.get(path))
            for path in sorted({*tree, *concerned})
            if self.base.get(path) != tree.get(path)
        )
        if not changes and not self.brought:
            return None
        parents = tuple(part for part in (before.commit.id if before else None, self.branch) if part)
        who = self.repository.identity() or NOBODY
        seconds = max(int(self.now), before.time if before else 0)
        commit = Commit(WORKTREE, parents, seconds, who, (), "not committed yet", changes)
        return Landing(commit, (*self.brought, commit), seconds)

    def concerns(self, path: str, policies: list[Policy]) -> bool:
        return (
            is_policy_path(path)
            or is_signed_path(path)
            or any(
                path.startswith(f"{folder}/") for policy in policies for folder in (*policy.documents, *policy.records)
            )
        )

    def blob(self, path: str, file: Path) -> str:
        """The blob id of a file as git would store it: the committed one where only its line ends differ."""
        try:
            if file.stat().st_size > MAX_DOCUMENT:
                return self.large(file)
            data = file.read_bytes()
        except OSError as error:
            raise QmsError(f"{path} cannot be read ({error.strerror}); mend its permissions or remove it.") from None
        blob = blob_id(data)
        if b"\r\n" in data and self.base.get(path) == blob_id(normal := data.replace(b"\r\n", b"\n")):
            data, blob = normal, blob_id(normal)
        self.bytes[blob] = data
        return blob

    def large(self, file: Path) -> str:
        """The blob id of a file larger than a document may be, of which only the beginning is kept."""
        blob, digest = hash_file(file)
        with file.open("rb") as stream:
            self.bytes[blob] = stream.read(MAX_DOCUMENT + 1)
        self.hashes[blob] = digest
        return blob


def _is_own_file(file: Path) -> bool:
    """Whether a file stands there itself: where a symbolic link leads is no part of the repository."""
    return file.is_file() and not file.is_symlink()


def _leads_out(root: Path, folder: str) -> bool:
    """Whether a folder is reached through a symbolic link or another repository (a submodule)."""
    parents = [root.joinpath(*Path(folder).parts[:end]) for end in range(1, len(Path(folder).parts) + 1)]
    return any(parent.is_symlink() or (parent / ".git").exists() for parent in parents)


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from () if (entry / ".git").exists() else _walk(entry)
        elif entry.is_file():
            yield entry
