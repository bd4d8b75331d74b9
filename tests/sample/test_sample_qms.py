"""The sample QMS: its story replays into the same commits each time, and the register says what the story says."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from firm import say

from qmsdocs.cli.opened import judged_mainline
from qmsdocs.dates import parse_date
from qmsdocs.demo import Story, read_story
from qmsdocs.model import Severity
from qmsdocs.register import DocumentRow, build_register

SAMPLE = Path(__file__).parents[2] / "sample-qms"
EXPECTED = tomllib.loads((SAMPLE / "expected.toml").read_text("utf-8"))["day"]
HEAD = "498e84b91531ff7d1b6ce33d5a7e3fa9df08ba91"


@pytest.fixture(scope="module")
def story() -> Story:
    return read_story(SAMPLE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo") / "demo-qms"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}.items():
            patch.setenv(name, value)
        said = say(patch, "demo", str(root))
    assert said.code == 0, said.err
    assert "WORTHLESS" in said.out
    return root


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def row_as_expected(row: DocumentRow) -> dict[str, Any]:
    """A row in the form of expected.toml: no key where there is nothing."""
    draft = row.draft and {
        "revision": row.draft.revision,
        "status": str(row.draft.status),
        "missing": list(row.draft.missing_roles),
    }
    return pruned(
        {
            "status": str(row.status),
            "revision": row.revision,
            "effective_on": row.effective_on and row.effective_on.isoformat(),
            "review_by": row.review_by and row.review_by.isoformat(),
            "approved_by": [approver.person for approver in row.approved_by],
            "conditions": [str(condition) for condition in row.conditions],
            "draft": draft and pruned(draft),
        }
    )


def pruned(values: dict[str, Any]) -> dict[str, Any]:
    """Only what says something."""
    return {key: pruned(value) if isinstance(value, dict) else value for key, value in values.items() if value}


@pytest.mark.parametrize("day", EXPECTED, ids=lambda day: day["as_of"])
def test_the_register_says_what_the_story_says(demo: Path, day: dict[str, Any]) -> None:
    state = judged_mainline(demo, None, parse_date(day["as_of"])).state
    register = build_register(state)
    found = {row.id: row_as_expected(row) for row in (*register.documents, *register.external)}
    assert found.keys() == day["documents"].keys()
    for document, expected in day["documents"].items():
        compared = {key: value for key, value in found[document].items() if key in expected or key != "conditions"}
        assert compared == pruned(expected), document


def test_the_same_commits_every_time(demo: Path) -> None:
    assert git(demo, "rev-parse", "main").strip() == HEAD
    assert git(demo, "status", "--porcelain") == ""
    assert git(demo, "fsck", "--strict", "--no-dangling") == ""


def test_the_story_holds_what_it_promises(demo: Path, story: Story) -> None:
    state = judged_mainline(demo, None, story.ends).state
    register = build_register(state)
    rows = {row.id: row for row in (*register.documents, *register.external)}
    assert len(rows) >= 30
    assert len(register.records) >= 14
    assert len(state.policy.people) >= 8
    statuses = {str(row.status) for row in rows.values()} | {
        str(row.draft.status) for row in rows.values() if row.draft
    }
    assert {"Effective", "Suspended", "Obsolete", "Approved", "Draft", "In review"} <= statuses
    conditions = {str(condition) for row in rows.values() for condition in row.conditions}
    assert {"overdue", "change pending", "acknowledgement outstanding"} <= conditions
    assert max(len(dossier.revisions) for dossier in state.dossiers.values()) >= 5
    clauses = {clause for row in rows.values() for clause in row.clauses}
    wanted = "4.1 4.2 4.3 4.4 5.1 5.2 5.3 6.1 6.2 6.3 7.2 7.3 7.4 8.1 8.2 8.3 8.4 8.6 8.7 9.2 9.3 10.1 10.2 10.3"
    for clause in wanted.split():
        assert any(other == clause or other.startswith(f"{clause}.") for other in clauses), clause


def test_every_signature_holds_and_every_link_leads_somewhere(demo: Path, story: Story) -> None:
    judged = judged_mainline(demo, None, story.ends)
    assert [finding for finding in judged.findings if finding.severity is Severity.ERROR] == []
    assert judged.state.incidents == []
    assert [act.path for dossier in judged.state.dossiers.values() for act in dossier.acts if act.refusal] == []


def test_its_register_is_a_checkpoint_that_holds(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = str(tmp_path / "published.json")
    assert say(monkeypatch, "register", "--repo", str(demo), "--format", "json", "-o", published).code == 0
    assert say(monkeypatch, "audit", "--repo", str(demo), "--checkpoint", published).code == 0


def test_demo_leaves_the_registers_and_refuses_a_folder_in_use(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(file.name for file in (demo / "register").iterdir()) == [
        "register.csv", "register.html", "register.json", "register.txt", "register.xlsx",
    ]  # fmt: skip
    data = json.loads((demo / "register" / "register.json").read_text())
    assert data["as_of"] == "2026-11-20"
    said = say(monkeypatch, "demo", str(demo))
    assert said.code == 2
    assert "not empty" in said.err


def test_a_story_that_does_not_hold_together_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (SAMPLE / "story.toml").read_text("utf-8").replace('write = ["qms.toml"]', 'write = ["no.toml"]')
    (tmp_path / "story.toml").write_text(text, "utf-8")
    monkeypatch.setattr("qmsdocs.cli.demo.shipped", lambda _: tmp_path)
    said = say(monkeypatch, "demo", str(tmp_path / "new"))
    assert said.code == 2
    assert "Step 1 of the story" in said.err
    assert not (tmp_path / "new").exists()
