"""`check`, `register`, `history`, `status`, `diff`, `explain`: right words, right exit codes, no traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from firm import Firm, procedure, say

from qmsdocs.rules import FAMILIES, RULES, Rule


def in_force(firm: Firm, identifier: str = "QP-001") -> str:
    path = firm.procedure(identifier)
    for person in ("cat", "bob"):
        assert firm.sign("approve", identifier, person).code == 0
    return path


def codes(said: str) -> list[str]:
    return [finding["code"] for finding in json.loads(said)["findings"]]


def test_check_is_clean_and_judges_the_files_as_they_stand(firm: Firm) -> None:
    path = in_force(firm)
    assert firm.say("check").code == 0
    firm.write(path, procedure("QP-001", "Changed."))
    said = firm.say("check")
    assert said.code == 1
    assert "documents/procedures/QP-001.md:5: error RE301 changed-without-revision" in said.out
    assert "→ 'qmsdocs revise QP-001" in said.out
    assert codes(firm.say("check", "--at", "HEAD", "--format", "json").out) == []


def test_a_draft_stops_nobody(firm: Firm) -> None:
    firm.procedure()
    said = firm.say("check")
    assert said.code == 0
    assert "note AP401 awaiting-approval" in said.out
    assert "engineer: Cat Clark" in said.out
    assert "AP401" not in firm.say("check", "--quiet").out


def test_a_policy_with_an_unknown_role_is_named_by_its_line(firm: Firm) -> None:
    text = (firm.root / "qms.toml").read_text()
    firm.write("qms.toml", text.replace('approve = ["engineer",', 'approve = ["enginer",'))
    said = firm.say("check")
    line = text.split("\n").index('approve = ["engineer", "quality-manager"]') + 1
    assert said.code == 1
    assert f"qms.toml:{line}: error PO002 unknown-role" in said.out


def test_a_policy_that_was_never_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "qms.toml").write_text('[document]\nid = "Q\n')
    monkeypatch.chdir(tmp_path)
    said = say(monkeypatch, "check")
    assert said.code == 1
    assert "qms.toml:2: error PO001 invalid-policy" in said.out
    assert say(monkeypatch, "register").code == 2


BAD_FILES = {
    b"\xff\xfe\x00\x01": "MD201",
    b"plain text": "ID101",
    b"---\nid: QP-2\ntitle: a: b\n---\n": "MD201",
    b"---\nid: QP-2\nid: QP-3\n---\n": "MD202",
    b"---\nid: QP-2\ntitle: x\ntype: procedure\nrevision: 1\nowner: engineer\neffective_date: 2026-02-30\n---\n": "MD203",
    b"---\nid: QP-2\ntitle: x\ntype: procedure\nrevision: 1\nowner: nobody-known\n---\n": "MD207",
    b"---\nid: QP-2\ntitle: [a, b]\ntype: procedure\nrevision: 1\nowner: engineer\n---\n": "MD203",
    b"---\nid: QP-2\ntitle: x\ntype: procedure\nrevision: one\nowner: engineer\n---\n": "RE304",
    b"---\nid: a b\n---\n": "ID103",
}


@pytest.mark.parametrize("data", BAD_FILES, ids=lambda data: BAD_FILES[data] + repr(data[-9:]))
def test_bad_files_are_findings_with_a_place(firm: Firm, data: bytes) -> None:
    (firm.root / "documents/procedures").mkdir(parents=True)
    (firm.root / "documents/procedures/bad.md").write_bytes(data)
    said = firm.say("check", "--format", "json")
    assert said.code == 1
    found = [f for f in json.loads(said.out)["findings"] if f["code"] == BAD_FILES[data]]
    assert found
    assert all(f["path"] == "documents/procedures/bad.md" and f["line"] >= 1 and f["remedy"] for f in found)
    firm.commit("Land it")
    assert firm.say("register").code == 0


def test_a_path_that_cannot_be_decoded(firm: Firm) -> None:
    firm.write(os.fsdecode(b"documents/procedures/caf\xe9.md"), procedure("QP-003"))
    firm.commit("Odd name")
    assert "caf\\xe9.md:5" in firm.say("check").out
    for form in ("text", "csv", "json", "html", "xlsx"):
        assert firm.say("register", "--format", form, "-o", str(firm.root / f"r.{form}")).code == 0
    assert json.loads((firm.root / "r.json").read_text())["documents"][-1]["id"] == "QP-003"


def test_ids_that_look_alike(firm: Firm) -> None:
    for name, identifier in (("a", "QP-001"), ("b", "qp-001"), ("c", "QP-001")):
        firm.write(f"documents/procedures/{name}.md", procedure(identifier))
    assert {"ID104", "ID105"} <= set(codes(firm.say("check", "--format", "json").out))


def test_links_are_followed(firm: Firm) -> None:
    firm.write("documents/procedures/flow.svg", "<svg/>")
    firm.write(
        "documents/procedures/QP-001.md",
        procedure("QP-001", "[a](QP-404.md) ![f](flow.svg) [b](QP-001.md) `[c](no.md)`"),
    )
    found = {f["code"]: f["message"] for f in json.loads(firm.say("check", "--format", "json").out)["findings"]}
    assert found["RF601"] == "'QP-404.md' leads to nothing"
    assert "flow.svg" in found["RF605"]


def test_register_in_every_format(firm: Firm) -> None:
    in_force(firm)
    assert json.loads(firm.say("register", "--format", "json").out)["organisation"] == "Test Works"
    assert "QP-001" in firm.say("register").out
    rows = list(csv.reader(io.StringIO(firm.say("register", "--format", "csv").out)))
    assert any("QP-001" in row for row in rows)
    said = firm.say("register", "--format", "html", "-o", str(firm.root / "out.html"))
    assert said.out == ""
    assert "Wrote" in said.err
    assert "<html" in (firm.root / "out.html").read_text()
    assert firm.say("register", "--format", "xlsx", "-o", str(firm.root / "out.xlsx")).code == 0
    assert (firm.root / "out.xlsx").read_bytes()[:2] == b"PK"


def test_the_same_commit_and_day_give_the_same_bytes(firm: Firm) -> None:
    in_force(firm)
    for form in ("json", "csv", "html", "xlsx", "text"):
        files = [firm.root.parent / f"{n}.{form}" for n in (1, 2)]
        for file in files:
            assert firm.say("register", "--as-of", "2026-03-02", "--format", form, "-o", str(file)).code == 0
            firm.now = "2026-04-01T00:00:00+00:00"
        assert files[0].read_bytes() == files[1].read_bytes()


def test_why_tells_where_a_cell_came_from(firm: Firm) -> None:
    in_force(firm)
    said = firm.say("register", "--why", "QP-001").out
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert "documents/procedures/QP-001.md:6 @ commit" in lines["owner"]
    assert "-approve-bob.yaml:1 @ commit" in lines["approved_on"]
    assert "qms.toml:" in lines["review_by"]


def test_history_agrees_with_git(firm: Firm) -> None:
    path = in_force(firm)
    firm.git("mv", path, "documents/moved.md")
    firm.commit("Move it")
    data = json.loads(firm.say("history", "QP-001", "--format", "json").out)
    git = firm.git("log", "--follow", "--format=%H", "--", "documents/moved.md").split()
    assert {commit["commit"] for commit in data["commits"]} == set(git)
    assert data["revisions"][0]["status"] == "Effective"
    assert data["path"] == "documents/moved.md"


def test_status_for_one_person(firm: Firm) -> None:
    firm.procedure()
    assert "QP-001" in firm.say("status", "--person", "bob").out
    assert "Nothing waits" in firm.say("status", "--person", "dan").out
    assert "knows no person 'eve'" in firm.say("status", "--person", "eve").err
    data = json.loads(firm.say("status", "--format", "json").out)
    assert [(task["what"], task["people"]) for task in data["signatures"]] == [
        ("approve as engineer", ["cat"]),
        ("approve as quality-manager", ["bob"]),
    ]


def test_diff_between_revisions(firm: Firm) -> None:
    path = in_force(firm)
    firm.write(path, procedure("QP-001", "Do it better.", revision="2"))
    firm.commit()
    said = firm.say("diff", "QP-001", "1").out
    assert "revision: [-1-] {+2+}" in said
    assert "Do it [-well-]{+better+}." in said
    assert "has no revision '7'" in firm.say("diff", "QP-001", "7").err


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_explains_itself(rule: Rule, firm: Firm) -> None:
    code = rule.code
    page = firm.say("explain", code).out
    assert page == firm.say("explain", rule.name).out
    assert all(part in page for part in (code, "Bad:", "Good:", "Remedy:"))
    assert code[:2] in FAMILIES


def test_the_rules_page_is_up_to_date(firm: Firm) -> None:
    page = Path(__file__).parents[2] / "docs" / "rules.md"
    assert page.read_text("utf-8") == firm.say("explain", "--format", "markdown").out, "run 'make docs'"


def test_places_where_nothing_can_be_told(firm: Firm, tmp_path: Path) -> None:
    in_force(firm)
    shallow, bare, empty = tmp_path / "shallow", tmp_path / "bare", tmp_path / "empty"
    subprocess.run(["git", "clone", "-q", "--depth", "1", firm.root.as_uri(), str(shallow)], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(firm.root), str(bare)], check=True)
    subprocess.run(["git", "init", "-q", str(empty)], check=True)
    said = firm.say("register", "--repo", str(shallow))
    assert (said.code, "git fetch --unshallow" in said.err) == (3, True)
    assert firm.say("register", "--repo", str(bare)).code == 0
    assert "bare repository" in firm.say("check", "--repo", str(bare)).err
    assert "no commit yet" in firm.say("register", "--repo", str(empty)).err
    assert "There is no git repository at" in firm.say("register", "--repo", str(tmp_path / "nowhere")).err


def test_a_missing_object_is_no_answer(firm: Firm) -> None:
    path = in_force(firm)
    blob = firm.git("rev-parse", f"HEAD:{path}").strip()
    (firm.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    said = firm.say("register")
    assert said.code == 3
    assert blob in said.err


def test_wrong_words_get_a_usage_line(firm: Firm) -> None:
    for arguments in (("regster",), ("register", "--as-of", "yesterday"), ("register", "--format", "pdf"), ("new",)):
        said = firm.say(*arguments)
        assert said.code == 2
        assert "Error:" in said.err


def test_as_of_before_everything(firm: Firm) -> None:
    in_force(firm)
    data = json.loads(firm.say("register", "--as-of", "2001-01-01", "--format", "json").out)
    assert data["documents"] == []


def test_a_closed_pipe_is_no_error(firm: Firm) -> None:
    in_force(firm)
    command = f"{sys.executable} -m qmsdocs register --format json | head -c 1"
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=firm.root, env=env, capture_output=True, check=False
    )
    assert done.stdout == b"{"
    assert b"Traceback" not in done.stderr


def test_a_branch_cannot_call_itself_the_mainline(firm: Firm) -> None:
    """The mainline is the one that the policy in force names, not the one that somebody wrote into qms.toml."""
    in_force(firm)
    firm.git("switch", "-q", "-c", "mine")
    firm.write("qms.toml", (firm.root / "qms.toml").read_text().replace('mainline = "main"', 'mainline = "mine"'))
    firm.write("documents/procedures/QP-002.md", procedure("QP-002"))
    firm.commit("Take over")
    rows = json.loads(firm.say("register", "--format", "json").out)["documents"]
    assert [row["id"] for row in rows] == ["QMS-001", "QP-001"]
