"""`baseline`: a legacy document comes in at its old revision, and says so wherever it is shown."""

from __future__ import annotations

import csv
import io
import json

import pytest
from firm import Firm, procedure
from openpyxl import load_workbook

PAPER = ("--comment", "Paper: Hugh Hill, 3 May 2019")


def legacy(firm: Firm, revision: str = "7", by: str = "ann") -> None:
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", revision=revision))
    firm.commit("Bring in", by=by)


def test_a_legacy_document_comes_in_at_its_old_revision(firm: Firm) -> None:
    legacy(firm)
    assert 'was it approved on paper: qmsdocs baseline QP-001 --comment "who, when"' in firm.say("check").out
    said = firm.sign("baseline", "QP-001", "bob", *PAPER)
    assert "A legacy document, brought in as it is; the whole text:" in said.out
    assert "Baseline set: QP-001 revision 7 as Bob Baker (quality-manager)" in said.out
    assert "Revision 7 is a baseline; in force from 2026-03-02." in said.err
    (found,) = [r for r in json.loads(firm.say("register", "--format", "json").out)["documents"] if r["id"] == "QP-001"]
    assert (found["status"], found["revision"]) == ("Effective", "7")
    assert [(a["person"], a["meaning"], a["assurance"]) for a in found["approved_by"]] == [
        ("bob", "baseline", "signed")
    ]
    assert "no findings" in firm.say("check").out
    firm.say("revise", "QP-001", "--change", "Better.")
    assert "revision: 8\n" in (firm.root / "documents/procedures/QP-001.md").read_text()


def test_it_is_marked_as_a_baseline_everywhere(firm: Firm) -> None:
    legacy(firm)
    firm.sign("baseline", "QP-001", "bob", *PAPER)
    for width, words in (("220", "Bob Baker (baseline)"), ("80", "· baseline")):
        firm.monkeypatch.setenv("COLUMNS", width)
        assert words in " ".join(firm.say("register").out.split())
    page = firm.say("register", "--format", "html").out
    assert 'Bob Baker <span class="v">baseline</span>' in page
    assert "set the baseline as quality-manager" in page
    assert "Paper: Hugh Hill, 3 May 2019" in page
    rows = csv.DictReader(io.StringIO(firm.say("register", "--format", "csv").out))
    assert next(r for r in rows if r["id"] == "QP-001")["approved_by"].startswith(
        "Bob Baker (baseline, quality-manager"
    )
    firm.say("register", "--format", "xlsx", "--output", "register.xlsx")
    cells = [cell.value for row in load_workbook(firm.root / "register.xlsx")["Documents"].iter_rows() for cell in row]
    assert any("Bob Baker (baseline as quality-manager" in str(cell) for cell in cells)
    life = firm.say("history", "QP-001").out
    assert "baseline by Bob Baker (quality-manager), 2026-03-02 09:00 GMT, signed: Paper: Hugh Hill, 3 May 2019" in life


REFUSALS = {
    "no comment": ("bob", (), "Say who approved it on paper, and when"),
    "no such role": ("dan", PAPER, "would not count 'baseline' by Dan Dale"),
    "own work": ("cat", PAPER, "is an author of revision 7 of QP-001, which is newer than the policy"),
}


@pytest.mark.parametrize("case", REFUSALS, ids=str)
def test_who_may_not_set_it(firm: Firm, case: str) -> None:
    person, more, words = REFUSALS[case]
    legacy(firm, by="cat")
    said = firm.sign("baseline", "QP-001", person, *more)
    assert said.code == 2
    assert words in said.err
    assert not (firm.root / "signatures").exists()


def test_a_label_must_be_one_of_the_scheme(firm: Firm) -> None:
    legacy(firm, "G")
    said = firm.sign("baseline", "QP-001", "bob", *PAPER)
    assert "'G', which is no label of the scheme 'integer'" in said.err


def test_once_and_before_anything_was_approved(firm: Firm) -> None:
    legacy(firm)
    firm.sign("baseline", "QP-001", "bob", *PAPER)
    said = firm.sign("baseline", "QP-001", "bob", *PAPER)
    assert said.code == 2
    assert "QP-001 has the revision 7; a baseline comes once" in said.err
    assert "a baseline comes once" in firm.sign("baseline", "QMS-001", "cat", *PAPER).err


def test_the_author_may_where_the_text_is_older_than_the_policy(firm: Firm) -> None:
    policy = (firm.root / "qms.toml").read_text()
    firm.git("update-ref", "-d", "HEAD")
    firm.git("rm", "-q", "--cached", "qms.toml")
    (firm.root / "qms.toml").unlink()
    legacy(firm, by="bob")
    firm.write("qms.toml", policy)
    firm.commit("Start the QMS", by="cat")
    assert firm.sign("baseline", "QP-001", "bob", *PAPER).code == 0
