"""The hooks of a clone under stress: several people at once, killed half-way, nothing writable, an index that is locked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from firm import Firm, Said, procedure

PATH = "documents/procedures/QP-001.md"


@pytest.fixture
def approved(gated: Firm) -> Firm:
    """A firm with hooks and one procedure in force."""
    gated.procedure()
    for person in ("cat", "bob"):
        assert gated.sign("approve", "QP-001", person).code == 0
    return gated


def slow(firm: Firm, started: Path, seconds: int) -> None:
    """Have the pre-commit hook wait before it judges."""
    hook = firm.root / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\necho $$ > '{started}'\nsleep {seconds}\n", 1))


def pid_in(file: Path) -> int:
    while not (file.is_file() and file.read_text().strip()):
        time.sleep(0.02)
    return int(file.read_text())


def test_two_worktrees_commit_at_once_and_each_is_judged_by_its_own_index(approved: Firm, tmp_path: Path) -> None:
    places = [approved]
    for name in ("one", "two", "three"):
        approved.git("worktree", "add", "-q", "-b", name, str(tmp_path / name))
        places.append(Firm(tmp_path / name, approved.keys, approved.monkeypatch))
    for number, place in enumerate(places):
        bad = number % 2
        place.write(PATH, procedure("QP-001", f"Text {number}.", "1" if bad else "2"))
        place.git("add", "--all")
    said: dict[int, Said] = {}

    def commit(number: int) -> None:
        said[number] = places[number].attempt("commit", "-q", "-m", "At once")

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(len(places))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [said[n].code != 0 for n in range(4)] == [False, True, False, True], said
    assert all("error RE301" in said[n].out + said[n].err for n in (1, 3))


@pytest.mark.parametrize("hook", ["pre-commit", "commit-msg"])
def test_a_hook_that_is_killed_commits_nothing(approved: Firm, tmp_path: Path, hook: str) -> None:
    file = approved.root / ".git/hooks" / hook
    started = tmp_path / "started"
    file.write_text(file.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\necho $$ > '{started}'\nsleep 1\n", 1))
    approved.write(PATH, procedure("QP-001", "Do it better.", "2"))
    approved.git("add", "--all")
    before = approved.git("rev-parse", "HEAD"), approved.git("ls-files", "-s")
    env = os.environ | {"QMSDOCS_NOW": approved.now}
    commit = subprocess.Popen(["git", "commit", "-q", "-m", "Killed"], cwd=approved.root, env=env, stderr=-1)
    os.kill(pid_in(started), signal.SIGKILL)
    commit.communicate()
    assert commit.returncode != 0
    assert (approved.git("rev-parse", "HEAD"), approved.git("ls-files", "-s")) == before
    file.write_text(file.read_text().replace("sleep 1\n", ""))
    assert approved.attempt("commit", "-q", "-m", "Again").code == 0


def test_git_is_killed_while_the_hook_runs(approved: Firm, tmp_path: Path) -> None:
    started = tmp_path / "started"
    slow(approved, started, 1)
    approved.write(PATH, procedure("QP-001", "Do it better.", "2"))
    approved.git("add", "--all")
    head = approved.git("rev-parse", "HEAD")
    commit = subprocess.Popen(["git", "commit", "-q", "-m", "Killed"], cwd=approved.root, stderr=-1)
    pid_in(started)
    commit.kill()
    commit.communicate()
    time.sleep(1.5)
    assert approved.git("rev-parse", "HEAD") == head
    locked = approved.attempt("commit", "-q", "-m", "Again")
    if locked.code:
        assert "index.lock" in locked.err
        (approved.root / ".git/index.lock").unlink()
        assert approved.attempt("commit", "-q", "-m", "Again").code == 0


def test_an_index_that_is_locked_is_read_all_the_same(approved: Firm) -> None:
    approved.write(PATH, procedure("QP-001", "Do it badly."))
    approved.git("add", "--all")
    (approved.root / ".git/index.lock").write_text("")
    assert "RE301" in approved.say("check", "--staged").out
    said = approved.attempt("commit", "-q", "-m", "Locked")
    assert (said.code != 0, "index.lock" in said.err) == (True, True)


def test_a_git_directory_that_cannot_be_written(approved: Firm) -> None:
    approved.write(PATH, procedure("QP-001", "Do it badly."))
    approved.git("add", "--all")
    subprocess.run(["chmod", "-R", "a-w", str(approved.root / ".git")], check=True)
    try:
        assert "RE301" in approved.say("check", "--staged").out
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(approved.root / ".git")], check=True)


def test_hooks_installed_by_several_at_once(gated: Firm) -> None:
    program = gated.root / ".git/hooks/pre-commit"
    text = program.read_text()
    said = [
        subprocess.Popen(
            [sys.executable, "-m", "qmsdocs", "hooks", "install"],
            cwd=gated.root,
            stderr=-1,
            env=os.environ | {"PATH": f"/work/main/.venv/bin:{os.environ['PATH']}"},
        )
        for _ in range(6)
    ]
    errs = [one.communicate()[1] for one in said]
    assert [one.returncode for one in said] == [0] * 6, errs
    assert program.read_text() == text
    assert not list(program.parent.glob("*.part"))
