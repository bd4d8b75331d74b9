"""`hooks`: the checks that git runs by itself in this clone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click

from qmsdocs.cli.console import EXIT_CLEAN, tell
from qmsdocs.cli.indexing import build_index
from qmsdocs.cli.options import repo_option
from qmsdocs.document import KeyNames, read_document
from qmsdocs.hooks import CLONE, SERVER, installed
from qmsdocs.hooks import install as write_hooks
from qmsdocs.hooks import uninstall as remove_hooks
from qmsdocs.library import is_document_path, is_policy_path
from qmsdocs.model import QmsError
from qmsdocs.plumbing import Plumbing, here
from qmsdocs.policy import POLICY_PATH, policy_document, read_policy
from qmsdocs.trailers import document_trailers, says_nothing, without_stale


@click.group()
def hooks() -> None:
    """Have git check each commit in this clone, or each push on a server."""


@hooks.command()
@repo_option
@click.option("--server", is_flag=True, help="Write pre-receive, which checks each push to this repository.")
def install(repo: Path, server: bool) -> int:
    """Write the hooks: pre-commit and pre-merge-commit check what is staged, commit-msg adds `Document: ID rev N`.

    With --server, and in a bare repository, pre-receive instead: it checks what is pushed here. They go where git looks for
    them (core.hooksPath too). A hook that is there already is kept and called first.
    """
    repository = here(repo)
    folder = repository.hooks_folder()
    serves = server or (repository.root is None and repository.setting("core.bare") == "true")
    shared = not folder.is_relative_to(repository.git_dir.resolve())
    done = write_hooks(folder, _program(), shared, SERVER if serves else CLONE)
    tell(f"Installed in {folder}: {', '.join(done.hooks)}")
    if not serves:
        build_index(repo)
    if done.kept:
        tell(f"Called first, as before: {', '.join(done.kept)}")
    return EXIT_CLEAN


@hooks.command()
@repo_option
def uninstall(repo: Path) -> int:
    """Take the hooks away; those that were there before are back."""
    folder = here(repo).hooks_folder()
    gone = remove_hooks(folder)
    tell(f"Removed from {folder}: {', '.join(gone)}" if gone else f"There are no hooks of qmsdocs in {folder}.")
    return EXIT_CLEAN


@hooks.command()
@repo_option
def status(repo: Path) -> int:
    """Say which hooks are there."""
    found = installed(here(repo).hooks_folder())
    click.echo(f"{found.folder}: {', '.join(found.hooks) or 'none'}")
    return EXIT_CLEAN


@hooks.command(hidden=True)
@repo_option
@click.argument("file", type=click.Path(path_type=Path))
def message(repo: Path, file: Path) -> int:
    """Add the trailers to a commit message (the commit-msg hook). It stops no commit."""
    try:
        repository = here(repo)
        text = file.read_text("utf-8", "surrogateescape")
        found = _trailers(repository)
        if found and not says_nothing(text, repository.comment_mark()):
            file.write_text(without_stale(text, found), "utf-8", "surrogateescape", newline="")
            _interpret(file, found)
    except (QmsError, OSError) as error:
        tell(f"qmsdocs: {error} The message stays as it is.")
    return EXIT_CLEAN


def _trailers(repository: Plumbing) -> list[str]:
    changes = repository.staged(repository.head())
    staged = repository.staged_file(POLICY_PATH)
    read = read_policy(staged) if staged is not None else None
    policy = read.policy if read else None
    wanted = {
        blob
        for change in changes
        if change.is_file and (policy is None or is_document_path(change.path, policy))
        if (blob := change.new or change.old)
    }
    names = policy.names if policy else KeyNames()
    texts = {blob: read_document(data, names) for blob, data in repository.blobs(sorted(wanted))} if policy else {}
    if staged is not None and read is not None:
        found = (change.new for change in changes if is_policy_path(change.path))
        texts |= {blob: policy_document(staged, read) for blob in found if blob}
    return document_trailers(changes, texts)


def _interpret(file: Path, trailers: list[str]) -> None:
    """Let git put them where trailers go (git-interpret-trailers(1))."""
    asked = [part for trailer in trailers for part in ("--trailer", trailer)]
    how = ["--in-place", "--no-divider", "--if-exists", "addIfDifferent", "--where", "end"]
    subprocess.run(["git", "interpret-trailers", *how, *asked, "--", str(file)], check=False)


def _program() -> Path:
    """Where this very qmsdocs is: the PATH of an editor may be another."""
    beside = Path(sys.argv[0]).resolve()
    if beside.name.startswith("qmsdocs") and beside.is_file():
        return beside
    found = Path(sys.executable).with_name("qmsdocs")
    return found if found.is_file() else Path(shutil.which("qmsdocs") or "qmsdocs")
