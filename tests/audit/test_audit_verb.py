"""`audit` as an auditor types it: first line, exit codes, nothing that steers a terminal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from firm import Firm, procedure, say
from kit import ADA, JANE, Qms, Someone, doc, policy

ONE = '["quality-manager"]'
NASTY = "\x1b[2J\u202e\x9b"


@pytest.fixture
def path(firm: Firm) -> str:
    """QP-001 in force; the path of its text."""
    path = firm.procedure()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0
    return path


def root_of(firm: Firm) -> str:
    line = next(line for line in firm.say("audit").out.splitlines() if line.startswith("Trust root"))
    return line.split()[-1]


def test_a_clean_repository(firm: Firm, path: str) -> None:
    said = firm.say("audit")
    assert said.code == 0
    assert said.out.splitlines()[0].endswith(": holds")
    line = next(line for line in said.out.splitlines() if "QP-001" in line)
    assert line.split()[:4] == ["QP-001", "Effective", "revision", "1;"]
    assert line.endswith(
        "approve by Cat Clark (engineer, signed), approve by Bob Baker (quality-manager, signed); holds"
    )
    assert "2 checked, 2 hold; of 2 records, 2 count and 0 count for nothing" in said.out
    assert path


def test_a_violation_is_told_with_its_commit_and_who(firm: Firm, path: str) -> None:
    firm.write(path, procedure("QP-001", "Do it badly."))
    firm.commit(by="dan")
    commit = firm.git("rev-parse", "HEAD").strip()
    said = firm.say("audit")
    assert said.code == 1
    assert said.out.splitlines()[0].endswith(": does not hold: 1 violation")
    assert f"commit {commit} by Dan Dale <dan@test.example>" in said.out
    assert "does not hold: RE301 changed-without-revision" in said.out


def test_the_root_is_pinned(firm: Firm, path: str) -> None:
    digest = root_of(firm)
    said = firm.say("audit", "--root", digest)
    assert (said.code, f"{digest}\n" in said.out, ", as pinned" in said.out) == (0, True, True)
    for other in (digest[:-1] + ("0" if digest[-1] != "0" else "1"), "", "x"):
        said = firm.say("audit", "--root", other)
        assert said.code == 1
        assert said.out.startswith(
            f"TRUST ROOT MISMATCH: this history begins with the policy {digest}, not with the pinned"
        )
        assert firm.say("audit", "--root", other, "--format", "json").code == 1
    assert path


def test_another_first_policy_is_another_root(firm: Firm) -> None:
    digest = root_of(firm)
    firm.write("qms.toml", (firm.root / "qms.toml").read_text().replace("Test Works", "Other Works"))
    firm.git("add", "--all")
    firm.git("commit", "-q", "--amend", "--no-edit")
    assert firm.say("audit", "--root", digest).code == 1
    assert firm.say("audit").code == 0


def test_where_nothing_can_be_told(firm: Firm, path: str, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", firm.root.as_uri(), str(shallow)], check=True)
    said = firm.say("audit", "--repo", str(shallow))
    assert (said.code, said.out) == (3, "")
    blob = firm.git("rev-parse", f"HEAD:{path}").strip()
    (firm.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert firm.say("audit").code == 3


def test_it_writes_where_it_is_told(firm: Firm, path: str) -> None:
    said = firm.say("audit", "--format", "json", "-o", str(firm.root / "audit.json"))
    assert (said.code, said.out) == (0, "")
    assert '"verdict": "holds"' in (firm.root / "audit.json").read_text()
    assert path


@pytest.mark.parametrize("arguments", [(), ("--format", "json"), ("--explain", "QP-001")])
def test_nothing_in_it_steers_a_terminal(qms: Qms, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    jane = Someone("jane", "Jane Doe", JANE.roles)
    path = f"documents/a\n{NASTY}.md"
    qms.start(policy(approve=ONE).replace("Example", "Ex\\u001b[2Jample"))
    qms.write(ADA, doc(1), "2026-01-05", path=path)
    qms.sign(jane, "quality-manager", at="2026-01-06", path=path)
    assert qms.status("2026-01-07") == "1 Effective"
    if not arguments:
        qms.write(Someone("eve", f"Eve{NASTY}", ""), doc(1, "Changed."), "2026-01-07", path=path)
    said = say(monkeypatch, "audit", "--repo", str(qms.save()), *arguments)
    assert said.code == (0 if arguments else 1)
    assert not set(NASTY) - set("[2J") & set(said.out)
    assert "a" in said.out
