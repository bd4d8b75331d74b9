"""A real history of 949 documents and 6,950 commits (Ethereum Improvement Proposals, CC0), where its bundle is at hand."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path

import pytest
from firm import Said, say

from qmsdocs.cli.opened import judged_mainline

BUNDLE = Path(os.environ.get("QMSDOCS_EIPS_BUNDLE", Path(__file__).parents[2] / "shared" / "real" / "eips.bundle"))
POLICY = """\
[document]
id = "QMS-001"
revision = 1
owner = "editor"
approve = ["editor"]

[organisation]
name = "Ethereum Improvement Proposals"

[repository]
mainline = "master"
documents = ["EIPS"]

[front_matter]
id = "eip"
own_keys = ["status", "category", "created", "requires", "discussions-to", "author", "description"]

[roles]
editor = "Editor"

[types."Standards Track"]
approve = ["editor"]

[people.editor-one]
name = "Editor One"
emails = ["editor@example.org"]
roles = ["editor"]
"""
pytestmark = pytest.mark.skipif(
    not BUNDLE.is_file(), reason=f"the bundle is not at {BUNDLE} (QMSDOCS_EIPS_BUNDLE names another place)"
)


@pytest.fixture(scope="module")
def eips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("real") / "eips"
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = {
        f"GIT_{r}_{k}": v
        for r in ("AUTHOR", "COMMITTER")
        for k, v in {"NAME": "E", "EMAIL": "editor@example.org"}.items()
    }
    env = os.environ | git | who
    subprocess.run(["git", "clone", "-q", "-b", "master", str(BUNDLE), str(root)], check=True, env=env)
    (root / "qms.toml").write_text(POLICY)
    subprocess.run(["git", "add", "qms.toml"], cwd=root, check=True, env=env)
    subprocess.run(["git", "commit", "-q", "-m", "Adopt"], cwd=root, check=True, env=env)
    return root


def tell(monkeypatch: pytest.MonkeyPatch, root: Path, *arguments: str) -> Said:
    return say(monkeypatch, *arguments, "--repo", str(root), "--format", "json")


def git(root: Path, *arguments: str) -> list[str]:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.split("\n")


def test_every_document_is_a_draft_nobody_approved(eips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(tell(monkeypatch, eips, "register").out)
    rows = [row for row in data["documents"] if row["id"] != "QMS-001"]
    assert {row["path"] for row in rows} == {path for path in git(eips, "ls-files", "EIPS") if path}
    assert {(row["status"], row["approved_on"], row["effective_on"]) for row in rows} == {("Draft", None, None)}


def test_check_runs_to_the_end(eips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tell(monkeypatch, eips, "check")
    assert said.code == 1
    assert said.err == ""
    missing = [f for f in json.loads(said.out)["findings"] if f["rule"] == "missing-key" and "revision" in f["message"]]
    assert len(missing) == 949


def test_history_agrees_with_git_about_the_commits(eips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git follows the path, we follow the id: where a file never had another id or place, both name the same commits."""
    state = judged_mainline(eips, None, None).state
    by_path = {dossier.path: dossier for dossier in state.dossiers.values() if dossier.path}
    for path in random.Random(7).sample([path for path in git(eips, "ls-files", "EIPS") if path], 40):
        ours = {t.commit for t in by_path[path].touches if t.path == path and t.what != "merge"}
        assert ours == {
            line for line in git(eips, "log", "--full-history", "--no-merges", "--format=%H", "--", path) if line
        }
    said = tell(monkeypatch, eips, "history", "1559")
    assert [c["commit"] for c in json.loads(said.out)["commits"]] == [t.commit for t in state.dossiers["1559"].touches]
