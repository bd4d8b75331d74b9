"""A repository as GitPython has it: found, started, committed to. What is read goes through git's plumbing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import git
from git.exc import GitCommandError, GitCommandNotFound, InvalidGitRepositoryError, NoSuchPathError

from qmsdocs.model import CannotDetermine, Identity, QmsError
from qmsdocs.plumbing import ENVIRONMENT, GitFailed, Plumbing, foreign

_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_NAMESPACE")


@dataclass(frozen=True)
class Repository(Plumbing):
    """An open repository."""

    repo: git.Repo

    def commit_files(self, paths: Sequence[str], message: str) -> str:
        """Commit exactly these new files, whatever else is staged; returns the commit.

        Raises QmsError where git refuses; then, and when it is interrupted before the commit is made, nothing is staged.
        """
        literal = [f":(literal){path}" for path in paths]
        try:
            self.repo.git.execute(["git", "add", "--force", "--", *literal], env=ENVIRONMENT)
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
            ["git", "rm", "--cached", "--quiet", "--force", "--ignore-unmatch", "--", *literal], env=ENVIRONMENT
        )

    def configure(self, name: str, value: str) -> None:
        """Set a configuration value of this repository alone."""
        with self.repo.config_writer() as writer:
            section, _, option = name.rpartition(".")
            writer.set_value(section, option, value)

    def check_out(self, branch: str) -> None:
        """Make the files those of a branch, whatever they were."""
        self.repo.git.execute(["git", "checkout", "--quiet", "--force", branch], env=ENVIRONMENT)

    def exclude(self, pattern: str) -> None:
        """Leave files out of what git offers to commit, in this clone alone."""
        file = self.git_dir / "info" / "exclude"
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as excludes:
            excludes.write(f"{pattern}\n")


def open_repository(path: Path) -> Repository:
    """The repository around a folder, whatever GIT_DIR and its like say.

    Raises QmsError in one sentence where there is none that can be read.
    """
    for name in _ELSEWHERE:
        os.environ.pop(name, None)
    try:
        repo = git.Repo(path, search_parent_directories=True)
        root = Path(repo.working_tree_dir) if repo.working_tree_dir else None
        found = Repository(root or Path(repo.git_dir), root, repo)
        found.require_readable()
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise QmsError(f"There is no git repository at {path}; go to one, or start one with 'qmsdocs init'.") from None
    except GitCommandNotFound:
        raise QmsError("Git is not installed; install it (Debian: 'apt install git').") from None
    except (GitFailed, GitCommandError) as error:
        if "dubious ownership" in str(error):
            raise CannotDetermine(foreign(path)) from None
        raise QmsError(f"Git cannot open {path}: {error if isinstance(error, GitFailed) else reason(error)}.") from None
    return found


def start_repository(path: Path, branch: str) -> Repository:
    """A new repository in a folder that exists."""
    repo = git.Repo.init(path, initial_branch=branch)
    return Repository(path, path, repo)


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


def global_identity(folder: Path) -> Identity | None:
    """Who git would take for the author in a folder that is no repository yet, from its configuration."""
    try:
        asked = git.Git(folder)
        name, email = (str(asked.execute(["git", "config", "--get", f"user.{key}"])) for key in ("name", "email"))
    except GitCommandError:
        return None
    return Identity(name, email)
