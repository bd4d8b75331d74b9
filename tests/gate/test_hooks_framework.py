"""The hooks under the frameworks people have already: pre-commit (https://pre-commit.com) and prek, as published for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from firm import Firm, procedure

PATH = "documents/procedures/QP-001.md"
OTHER = "documents/procedures/QP-002.md"
PUBLISHED = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
STAGES = ("pre-commit", "pre-merge-commit", "commit-msg")


def framework(name: str) -> list[str]:
    """The command of a framework; the test is skipped where it is not installed."""
    module = name.replace("-", "_")
    pytest.importorskip(module)
    return [sys.executable, "-m", module]


@pytest.fixture(params=["pre-commit", "prek"])
def framed(request: pytest.FixtureRequest, firm: Firm, tmp_path: Path) -> Firm:
    """The firm with a framework that runs what we publish; `language: system` alone stands in for its download."""
    command = framework(request.param)
    firm.monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "frames"))
    firm.monkeypatch.setenv("PREK_HOME", str(tmp_path / "frames"))
    firm.monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    hooks = [hook | {"language": "system"} for hook in yaml.safe_load(PUBLISHED.read_text())]
    assert {stage for hook in hooks for stage in hook["stages"]} == set(STAGES)
    firm.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    firm.commit("Hooks")
    types = [part for stage in STAGES for part in ("--hook-type", stage)]
    done = subprocess.run([*command, "install", *types], cwd=firm.root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return firm


def approved(firm: Firm) -> None:
    firm.procedure()
    for person in ("cat", "bob"):
        said = firm.sign("approve", "QP-001", person)
        assert said.code == 0, said.err


def committed(firm: Firm, *arguments: str) -> str:
    """A commit is made; returns its message."""
    said = firm.attempt("commit", "-q", "-m", "Change", *arguments)
    assert said.code == 0, said.out + said.err
    return firm.git("log", "-1", "--format=%B")


def refused(firm: Firm, word: str, *arguments: str) -> None:
    """A commit is refused for a reason, and the index and the files are as they were."""
    before = firm.git("rev-parse", "HEAD"), firm.git("diff"), firm.git("ls-files", "-s"), (firm.root / PATH).read_text()
    said = firm.attempt("commit", "-q", "-m", "Change", *arguments)
    assert (said.code != 0, word in said.out + said.err) == (True, True), said.out + said.err
    after = firm.git("rev-parse", "HEAD"), firm.git("diff"), firm.git("ls-files", "-s"), (firm.root / PATH).read_text()
    assert after == before


def test_a_draft_passes_and_its_message_names_it(framed: Firm) -> None:
    framed.write(PATH, procedure("QP-001"))
    framed.git("add", "--all")
    assert committed(framed).strip().split("\n\n")[-1] == "Document: QP-001 rev 1"


def test_approved_content_changed_without_its_next_revision(framed: Firm) -> None:
    approved(framed)
    framed.write(PATH, procedure("QP-001", "Do it badly."))
    framed.git("add", "--all")
    refused(framed, "error RE301")


def test_partial_staging_judges_what_is_staged(framed: Firm) -> None:
    approved(framed)
    framed.write(PATH, procedure("QP-001", "Do it better.", "2"))
    framed.git("add", PATH)
    framed.write(PATH, procedure("QP-001", "Do it worse, [x](nothing.md).", "2"))
    assert "Document: QP-001 rev 2" in committed(framed)
    assert "Do it worse" in (framed.root / PATH).read_text()
    framed.git("add", PATH)
    framed.write(PATH, procedure("QP-001", "Do it best.", "2"))
    refused(framed, "error RF601")


def test_commit_a_judges_the_files_and_not_the_index(framed: Firm) -> None:
    approved(framed)
    framed.write(PATH, procedure("QP-001", "Do it badly."))
    refused(framed, "error RE301", "-a")
    framed.write(PATH, procedure("QP-001", "Do it better.", "2"))
    assert "Document: QP-001 rev 2" in committed(framed, "-a")


def test_commit_of_one_path_judges_that_path_alone(framed: Firm) -> None:
    approved(framed)
    framed.procedure("QP-002")
    framed.write(PATH, procedure("QP-001", "Do it badly."))
    framed.git("add", PATH)
    framed.write(OTHER, procedure("QP-002", "Do it better."))
    assert "Document: QP-002 rev 1" in committed(framed, OTHER)
    refused(framed, "error RE301", PATH)


def test_a_merge_that_takes_a_document_in_force_away(framed: Firm) -> None:
    approved(framed)
    framed.git("switch", "-q", "-c", "topic")
    framed.git("rm", "-q", PATH)
    framed.git("commit", "-q", "--no-verify", "-m", "Gone")
    framed.git("switch", "-q", "main")
    framed.procedure("QP-002")
    said = framed.attempt("merge", "--no-ff", "-m", "Merge", "topic")
    assert (said.code != 0, "error IN703" in said.out + said.err) == (True, True), said.out + said.err


def test_beside_our_own_hook(framed: Firm) -> None:
    assert "Called first, as before" in framed.say("hooks", "install").err
    framed.write(PATH, procedure("QP-001"))
    framed.git("add", "--all")
    assert committed(framed).count("Document: QP-001 rev 1") == 1
