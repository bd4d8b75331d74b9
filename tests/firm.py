"""A small firm in a real repository, and the command line as its people use it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from qmsdocs.cli import main
from qmsdocs.signing import SigningKey

PEOPLE = {
    "ann": ("Ann Archer", ["engineer"]),
    "bob": ("Bob Baker", ["quality-manager"]),
    "cat": ("Cat Clark", ["engineer", "top-management"]),
    "dan": ("Dan Dale", ["operator"]),
}
STRANGERS = {"eve": "Eve Evans"}  # whom the policy does not know
POLICY = """\
[document]
id = "QMS-001"
revision = 1
change = "As written."
owner = "quality-manager"
approve = ["top-management"]
review_every = "10 years"

[organisation]
name = "Test Works"
timezone = "Europe/London"

[repository]
mainline = "main"

[roles]
quality-manager = "Quality manager"
top-management = "Top management"
engineer = "Engineer"
operator = "Operator"

[types.procedure]
name = "Procedure"
prefix = "QP"
folder = "documents/procedures"
template = "procedure.md"
approve = ["engineer", "quality-manager"]
review_every = "24 months"
reviewed_by = ["quality-manager"]

[types.specification]
prefix = "SPEC"
folder = "documents/specifications"
scheme = "major.minor"
approve = ["quality-manager"]
review_every = "12 months"

[types.internal-audit]
kind = "record"
prefix = "IA"
folder = "records/internal-audits"
template = "internal-audit.md"
retain = "6 years"
"""


@dataclass(frozen=True)
class Said:
    """What the command line said."""

    code: int
    out: str
    err: str


@dataclass
class Firm:
    """A repository with a policy that landed, and people with keys."""

    root: Path
    keys: dict[str, SigningKey]
    monkeypatch: pytest.MonkeyPatch
    now: str = "2026-03-02T09:00:00+00:00"

    def git(self, *arguments: str, by: str = "ann") -> str:
        """Run git as a person, at the firm's time."""
        said = self.attempt(*arguments, by=by)
        assert said.code == 0, said.out + said.err
        return said.out

    def attempt(self, *arguments: str, by: str = "ann") -> Said:
        """Run git as a person, at the firm's time, whatever comes of it."""
        name = STRANGERS.get(by) or PEOPLE[by][0]
        who = {"NAME": name, "EMAIL": f"{by}@test.example", "DATE": self.now}
        env = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        env |= {"QMSDOCS_NOW": self.now}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=os.environ | env, capture_output=True, check=False
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def commit(self, message: str = "Change", by: str = "ann") -> None:
        """Commit everything as a person."""
        self.git("add", "--all", by=by)
        self.git("commit", "-q", "-m", message, by=by)

    def commit_nothing(self) -> None:
        """An empty commit."""
        self.git("commit", "-q", "--allow-empty", "-m", "Nothing")

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def say(self, *arguments: str, by: str = "ann") -> Said:
        """Run qmsdocs as a person, at the firm's time, in the firm's folder."""
        self.monkeypatch.setenv("QMSDOCS_NOW", self.now)
        for role in ("AUTHOR", "COMMITTER"):
            self.monkeypatch.setenv(f"GIT_{role}_NAME", PEOPLE[by][0])
            self.monkeypatch.setenv(f"GIT_{role}_EMAIL", f"{by}@test.example")
            self.monkeypatch.setenv(f"GIT_{role}_DATE", self.now)
        self.monkeypatch.chdir(self.root)
        return say(self.monkeypatch, *arguments)

    def key(self, person: str) -> str:
        """The file of a person's private key."""
        return str(self.keys[person].file)

    def sign(self, verb: str, document: str, person: str, *more: str) -> Said:
        """Sign as a person with their key, without being asked."""
        return self.say(verb, document, "--key", self.key(person), "--yes", *more, by=person)

    def procedure(self, identifier: str = "QP-001", by: str = "ann", text: str = "Do it well.") -> str:
        """Write and commit the first draft of a procedure; returns its path."""
        path = f"documents/procedures/{identifier}.md"
        self.write(path, procedure(identifier, text))
        self.commit(f"Draft {identifier}", by)
        return path


def procedure(identifier: str, text: str = "Do it well.", revision: str = "1", more: str = "") -> str:
    """A procedure's text."""
    return (
        f"---\nid: {identifier}\ntitle: How to do {identifier}\ntype: procedure\nrevision: {revision}\n"
        f"owner: quality-manager\nchange: First issue.\n{more}---\n\n# {identifier}\n\n{text}\n"
    )


def say(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Said:
    """Run the command line in this process, as a shell would see it."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["qmsdocs", *arguments])
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as leave:
            main()
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
    assert isinstance(leave.value.code, int)
    return Said(leave.value.code, *texts)
