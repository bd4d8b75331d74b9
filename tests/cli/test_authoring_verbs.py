"""`init`, `new`, `revise`: nothing is overwritten, and no byte changes that need not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from firm import Firm, procedure, say

from qmsdocs.policy import read_policy


def init(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> str:
    said = say(
        monkeypatch, "init", str(folder), "--organisation", 'Nuts "n" Bolts', "--timezone", "Europe/Berlin",
        "--you", "Jane Doe <jane@x.example>", "--approver", "Tom Reed <tom@x.example>", *more,
    )  # fmt: skip
    assert said.code == 0, said.err
    return said.err


def test_init_writes_a_policy_that_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    init(monkeypatch, tmp_path / "new")
    read = read_policy((tmp_path / "new" / "qms.toml").read_bytes())
    assert read.problems == ()
    assert read.policy
    assert read.policy.organisation == 'Nuts "n" Bolts'
    assert read.policy.timezone.key == "Europe/Berlin"
    assert set(read.policy.people) == {"jane-doe", "tom-reed"}
    assert [
        p.id for p in read.policy.people.values() if p.holds("top-management", __import__("datetime").date.today())
    ] == ["tom-reed"]
    assert (tmp_path / "new" / ".git").is_dir()


def test_init_never_overwrites(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    said = init(monkeypatch, tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert "Kept  README.md" in said
    policy = (tmp_path / "qms.toml").read_bytes()
    again = say(monkeypatch, "init", str(tmp_path))
    assert again.code == 2
    assert "is there already" in again.err
    assert (tmp_path / "qms.toml").read_bytes() == policy


def test_init_asks_nothing_without_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = say(monkeypatch, "init", str(tmp_path / "firm"))
    assert said.code == 0
    assert 'name = "firm"' in (tmp_path / "firm" / "qms.toml").read_text()


def test_init_takes_the_key_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ssh = tmp_path / "home" / ".ssh"
    ssh.mkdir()
    (ssh / "id_ed25519.pub").write_text(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJjJ6bRfr1nVnbUIPyZQZq4dCDxUGBMBfOAWRYzqHg3Q jane\n"
    )
    init(monkeypatch, tmp_path / "new")
    assert "IJjJ6bRfr1nVnbUIPyZQZq4dCDxUGBMBfOAWRYzqHg3Q" in (tmp_path / "new" / "qms.toml").read_text()


def test_init_refuses_a_person_without_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = say(monkeypatch, "init", str(tmp_path / "x"), "--you", "Jane")
    assert said.code == 2
    assert "is not a person" in said.err


def test_new_takes_the_next_free_id_and_fills_the_template(firm: Firm) -> None:
    first = firm.say("new", "procedure", 'Buying: "steel" & more')
    assert first.out == "documents/procedures/QP-001-buying-steel-more.md\n"
    text = (firm.root / first.out.strip()).read_text()
    assert 'title: "Buying: \\"steel\\" & more"' in text
    assert "owner: engineer" in text
    assert "{{" not in text
    assert firm.say("new", "procedure", "Second", "--owner", "quality-manager").out.startswith(
        "documents/procedures/QP-002-"
    )


def test_an_id_once_used_is_never_given_again(firm: Firm) -> None:
    path = firm.procedure("QP-007")
    firm.git("rm", "-q", path)
    firm.commit("Drop it")
    assert "QP-008" in firm.say("new", "procedure", "Another").out


def test_records_are_numbered_within_their_year(firm: Firm) -> None:
    assert "IA-2026-01-purchasing.md" in firm.say("new", "internal-audit", "Purchasing").out
    firm.now = "2027-01-05T09:00:00+00:00"
    assert "IA-2027-01-stores.md" in firm.say("new", "internal-audit", "Stores").out


def test_a_template_of_the_organisation_goes_first(firm: Firm) -> None:
    firm.write(
        "templates/procedure.md", "---\nid: {{id}}\ntitle: {{title}}\ntype: {{type}}\n---\nours of {{organisation}}\n"
    )
    text = (firm.root / firm.say("new", "procedure", "X").out.strip()).read_text()
    assert text.endswith("ours of Test Works\n")


def test_new_names_the_types_it_knows(firm: Firm) -> None:
    said = firm.say("new", "recipe", "Soup")
    assert said.code == 2
    assert "it has: procedure, specification, internal-audit" in said.err


def approved(firm: Firm, path: str, text: str) -> None:
    firm.write(path, text)
    firm.commit()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0


def test_revise_changes_only_the_bytes_it_must(firm: Firm) -> None:
    path = "documents/procedures/QP-001.md"
    before = (
        "---\r\n# who keeps this\r\nid: QP-001\r\ntitle: 'It''s so'   # quoted\r\ntype: procedure\r\nrevision: \"1\"  # label\r\n"
        "owner: quality-manager\r\nchange: First issue.\r\ntags: [a,  b]\r\n---\r\n\r\nBody  \r\n"
    )
    (firm.root / "documents/procedures").mkdir(parents=True)
    (firm.root / path).write_bytes(before.encode())
    firm.commit()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0
    assert firm.say("revise", "QP-001", "--change", "Nine: not eight", "--effective", "2026-06-01").code == 0
    after = before.replace('revision: "1"', 'revision: "2"').replace(
        "change: First issue.\r\n", 'change: "Nine: not eight"\r\neffective_date: 2026-06-01\r\n'
    )
    assert (firm.root / path).read_bytes().decode() == after


def test_revise_knows_minor_revisions(firm: Firm) -> None:
    path = "documents/specifications/SPEC-001.md"
    firm.write(path, procedure("SPEC-001", revision="1.0").replace("type: procedure", "type: specification"))
    firm.commit()
    assert firm.sign("approve", "SPEC-001", "bob").code == 0
    firm.say("revise", "SPEC-001", "--change", "Address", "--minor")
    assert "revision: 1.1\n" in (firm.root / path).read_text()
    firm.say("revise", "SPEC-001", "--change", "New seat")
    assert "revision: 2.0\n" in (firm.root / path).read_text()


def test_revise_refuses_what_makes_no_sense(firm: Firm) -> None:
    firm.procedure()
    for arguments, words in {
        ("QP-001", "--change", "x"): "was never approved",
        ("QP-404", "--change", "x"): "There is no document 'QP-404'",
        ("QP-001", "--change", " "): "Say what changes",
    }.items():
        said = firm.say("revise", *arguments)
        assert said.code == 2
        assert words in said.err
    assert firm.git("status", "--porcelain") == ""


def test_revise_raises_the_policy_too(firm: Firm) -> None:
    firm.say("revise", "QMS-001", "--change", "More roles")
    text = (firm.root / "qms.toml").read_text()
    assert "revision = 2\n" in text
    assert 'change = "More roles"' in text
    assert 'timezone = "Europe/London"' in text


def test_documents_with_key_names_of_their_own(firm: Firm) -> None:
    policy = (firm.root / "qms.toml").read_text()
    firm.write(
        "qms.toml",
        policy.replace("[roles]", '[front_matter]\nid = "doc_no"\nowner = "keeper"\n\n[roles]', 1).replace(
            "revision = 1", "revision = 2", 1
        ),
    )
    firm.commit("Own names", by="ann")
    assert firm.sign("approve", "QMS-001", "cat").code == 0
    text = (firm.root / firm.say("new", "procedure", "Ours").out.strip()).read_text()
    assert "doc_no: QP-001" in text
    assert "keeper: engineer" in text
    firm.commit("Draft")
    rows = json.loads(firm.say("register", "--format", "json").out)["documents"]
    assert [(row["id"], row["status"]) for row in rows] == [("QMS-001", "Effective"), ("QP-001", "Draft")]
