"""A register published earlier proves that nothing in it was rewritten since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from audit.audited import audited
from firm import say
from kit import ADA, BOB, JANE, Qms, doc, policy

from qmsdocs.model import Meaning

ONE = '["quality-manager"]'


@pytest.fixture
def published(qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The register of 10 January, when revision 1 was in force."""
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    return publish(qms, tmp_path / "register.json", monkeypatch)


def publish(qms: Qms, file: Path, monkeypatch: pytest.MonkeyPatch, as_of: str = "2026-01-10") -> Path:
    said = say(
        monkeypatch, "register", "--repo", str(qms.save()), "--as-of", as_of, "--format", "json", "-o", str(file)
    )
    assert said.code == 0
    return file


def test_what_was_published_still_holds(qms: Qms, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.write(BOB, doc(2, "Do it better."), "2026-02-01")
    qms.sign(JANE, "quality-manager", at="2026-02-02")
    found = audited(qms, monkeypatch, "--checkpoint", str(published))
    assert (found.code, found.document()["revision"]) == (0, "2")
    assert found.data["checkpoint"]["as_of"] == "2026-01-10"


def test_what_landed_later_on_the_day_published_is_no_difference(
    qms: Qms, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, at="2026-01-10")
    found = audited(qms, monkeypatch, "--checkpoint", str(published))
    assert (found.code, found.document()["status"]) == (0, "Suspended")


def test_a_rewritten_history(qms: Qms, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.branches["main"] = qms.made[qms.branches["main"]].commit.parents[0]
    qms.sign(JANE, "quality-manager", at="2026-01-07")
    found = audited(qms, monkeypatch, "--checkpoint", str(published))
    assert (found.code, found.names()) == (1, ["history-rewritten"])
    assert audited(qms, monkeypatch).code == 0


def test_the_checkpoint_must_be_on_the_first_parent_line(
    qms: Qms, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A foxtrot merge: what was the mainline becomes a side branch of it."""
    qms.branch("old")
    qms.branch("other", next(iter(qms.made)))
    qms.commit(BOB, {"notes.txt": "x"}, "2026-02-01", on="other")
    qms.merge("old", BOB, "2026-02-02", into="other")
    qms.branches["main"] = qms.branches["other"]
    assert audited(qms, monkeypatch, "--checkpoint", str(published)).names() == ["history-rewritten"]


EDITS: dict[str, Any] = {
    "status": "Obsolete",
    "revision": "2",
    "approved_on": "2026-01-05",
    "effective_on": None,
    "content": "qmsdocs-1:sha256:" + "0" * 64,
    "approved_by": [],
}


@pytest.mark.parametrize("field", EDITS)
def test_each_field_is_compared(qms: Qms, published: Path, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(published.read_text())
    row = next(row for row in data["documents"] if row["id"] == "QP-001")
    row[field] = EDITS[field]
    published.write_text(json.dumps(data))
    found = audited(qms, monkeypatch, "--checkpoint", str(published))
    mismatch = found.one("checkpoint-mismatch")
    assert (found.code, mismatch["document"]) == (1, "QP-001")
    assert f"'{field}'" in mismatch["message"]
    assert found.document()["verdict"] == "does not hold"


@pytest.mark.parametrize("key", ["person", "name", "role", "signed", "assurance", "meaning"])
def test_each_part_of_an_approval_is_compared(
    qms: Qms, published: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = json.loads(published.read_text())
    next(row for row in data["documents"] if row["id"] == "QP-001")["approved_by"][0][key] = "other"
    published.write_text(json.dumps(data))
    assert audited(qms, monkeypatch, "--checkpoint", str(published)).names() == ["checkpoint-mismatch"]


@pytest.fixture
def reviewed(qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The register of a document that a reviewer signed before its approver did."""
    qms.start(policy(approve=ONE, settings='review = ["engineer"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(BOB, "engineer", Meaning.REVIEW, at="2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07")
    return publish(qms, tmp_path / "register.json", monkeypatch)


def test_a_document_that_was_reviewed_still_holds(qms: Qms, reviewed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(row for row in json.loads(reviewed.read_text())["documents"] if row["id"] == "QP-001")
    assert [[one["person"] for one in row[key]] for key in ("reviewed_by", "approved_by")] == [["bob"], ["jane"]]
    assert audited(qms, monkeypatch, "--checkpoint", str(reviewed)).code == 0


def test_its_reviewers_are_compared(qms: Qms, reviewed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(reviewed.read_text())
    next(row for row in data["documents"] if row["id"] == "QP-001")["reviewed_by"][0]["person"] = "ada"
    reviewed.write_text(json.dumps(data))
    mismatch = audited(qms, monkeypatch, "--checkpoint", str(reviewed)).one("checkpoint-mismatch")
    assert "'reviewed_by' was by ada, this history says by bob" in mismatch["message"]


def test_a_register_of_before_reviewers_had_a_key(qms: Qms, reviewed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(reviewed.read_text())
    for row in data["documents"]:
        del row["reviewed_by"]
    reviewed.write_text(json.dumps(data))
    assert audited(qms, monkeypatch, "--checkpoint", str(reviewed)).code == 0


def test_documents_and_the_root_are_compared(qms: Qms, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(published.read_text())
    data["documents"][-1]["id"] = "QP-999"
    data["root"] = "qmsdocs-1:sha256:" + "0" * 64
    published.write_text(json.dumps(data))
    found = audited(qms, monkeypatch, "--checkpoint", str(published))
    assert [one["document"] for one in found.data["violations"]] == [None, "QP-001", "QP-999"]


def test_a_past_register_made_while_a_clock_was_healed(
    qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit it was made from is a clock far ahead, which only the commits after it heal."""
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.commit(JANE, qms.record(JANE, "quality-manager"), "2030-01-01")
    for day in ("2026-02-01", "2026-02-02", "2026-02-03"):
        qms.commit(BOB, {"notes.txt": day}, day)
    published = publish(qms, tmp_path / "r.json", monkeypatch)
    assert '"Effective"' in published.read_text()
    assert audited(qms, monkeypatch, "--checkpoint", str(published)).code == 0


BAD = {
    "not JSON": b"<html>",
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "deep": b"[" * 200_000,
    "no rows": b'{"commit": "%s", "as_of": "2026-01-10", "documents": 1, "external": []}' % (b"0" * 40),
    "no id": b'{"commit": "%s", "as_of": "2026-01-10", "documents": [{}], "external": []}' % (b"0" * 40),
    "no commit": b'{"commit": "HEAD", "as_of": "2026-01-10", "documents": [], "external": []}',
    "no day": b'{"commit": "%s", "as_of": "soon", "documents": [], "external": []}' % (b"0" * 40),
    "findings": b'{"findings": []}',
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_no_register(qms: Qms, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start()
    file = tmp_path / "bad.json"
    file.write_bytes(BAD[what])
    said = say(monkeypatch, "audit", "--repo", str(qms.save()), "--checkpoint", str(file))
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "is not a register" in said.err


def test_a_checkpoint_that_is_not_there(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start()
    said = say(monkeypatch, "audit", "--repo", str(qms.save()), "--checkpoint", "nowhere.json")
    assert (said.code, "cannot be read" in said.err) == (2, True)
