"""`withdraw`: the revision that ends a document, to be approved like any other."""

from __future__ import annotations

import json

import pytest
from firm import Firm, Said, procedure

PATH = "documents/procedures/QP-001.md"
REASON = ("--reason", "The line was sold.")


def in_force(firm: Firm, identifier: str = "QP-001") -> None:
    firm.procedure(identifier)
    approve(firm, identifier)


def approve(firm: Firm, identifier: str) -> None:
    for person in ("cat", "bob"):
        assert firm.sign("approve", identifier, person).code == 0


def row(firm: Firm, document: str, day: str) -> dict[str, object]:
    data = json.loads(firm.say("register", "--format", "json", "--as-of", day).out)
    return next(row for row in data["documents"] if row["id"] == document)


def refused(firm: Firm, *arguments: str) -> str:
    before = firm.git("status", "--porcelain")
    said: Said = firm.say("withdraw", *arguments)
    assert said.code == 2
    assert firm.git("status", "--porcelain") == before
    return said.err


def test_it_edits_the_front_matter_alone(firm: Firm) -> None:
    before = (
        "---\r\n# who keeps this\r\nid: QP-001\r\ntitle: 'It''s so'   # quoted\r\ntype: procedure\r\nrevision: 1  # label\r\n"
        "owner: quality-manager\r\nchange: First issue.\r\ntags: [a,  b]\r\n---\r\n\r\nBody  \r\n"
    )
    in_force(firm, "QP-002")
    (firm.root / PATH).write_bytes(before.encode())
    firm.commit()
    approve(firm, "QP-001")
    said = firm.say("withdraw", "QP-001", *REASON, "--replaced-by", "QP-002", "--effective", "2026-06-01")
    assert "'qmsdocs approve QP-001' (engineer, quality-manager). Until then revision 1 stands" in said.err
    change = '"Withdrawn, replaced by QP-002: The line was sold."'
    after = before.replace("revision: 1 ", "revision: 2 ").replace(
        "change: First issue.\r\n",
        f"change: {change}\r\neffective_date: 2026-06-01\r\nwithdrawn: The line was sold.\r\nreplaced_by: QP-002\r\n",
    )
    assert (firm.root / PATH).read_bytes().decode() == after


def test_it_is_a_draft_until_it_is_approved_and_obsolete_from_its_day(firm: Firm) -> None:
    in_force(firm)
    assert firm.say("withdraw", "QP-001", *REASON, "--effective", "2026-06-01").code == 0
    firm.commit()
    assert row(firm, "QP-001", "2026-06-01")["status"] == "Effective"
    approve(firm, "QP-001")
    assert row(firm, "QP-001", "2026-05-31")["status"] == "Effective"
    found = row(firm, "QP-001", "2026-06-01")
    assert (found["status"], found["withdrawn"], found["replaced_by"]) == ("Obsolete", "The line was sold.", None)
    assert "is withdrawn already, by revision 2 (from 2026-06-01)" in refused(firm, "QP-001", *REASON)


def test_what_cannot_be_withdrawn(firm: Firm) -> None:
    firm.procedure("QP-003")
    firm.write("records/internal-audits/IA-2026-01.md", "---\nid: IA-2026-01\ntitle: A\ntype: internal-audit\n---\n")
    firm.commit()
    assert "was never approved" in refused(firm, "QP-003", *REASON)
    assert "'qmsdocs close IA-2026-01'" in refused(firm, "IA-2026-01", *REASON)
    assert "a QMS has one" in refused(firm, "QMS-001", *REASON)
    assert "There is no document 'QP-404'" in refused(firm, "QP-404", *REASON)


@pytest.mark.parametrize(
    ("successor", "words"),
    {
        "QP-404": "There is no document 'QP-404'",
        "QP-001": "cannot take the place of QP-001",
        "QMS-001": "cannot take the place of QP-001",
        "QP-002": "QP-002 is obsolete itself",
    }.items(),
)
def test_what_cannot_take_its_place(firm: Firm, successor: str, words: str) -> None:
    in_force(firm)
    in_force(firm, "QP-002")
    firm.say("withdraw", "QP-002", *REASON)
    firm.commit()
    approve(firm, "QP-002")
    assert words in refused(firm, "QP-001", *REASON, "--replaced-by", successor)


@pytest.mark.parametrize("reason", ["", " ", "no", "False"])
def test_a_reason_that_is_none(firm: Firm, reason: str) -> None:
    in_force(firm)
    assert "Say why nobody is to work by it" in refused(firm, "QP-001", "--reason", reason)


def test_the_next_revision_of_a_withdrawal_that_was_revoked_may_withdraw_again(firm: Firm) -> None:
    in_force(firm)
    firm.say("withdraw", "QP-001", *REASON, "--effective", "2026-06-01")
    firm.commit()
    approve(firm, "QP-001")
    assert firm.sign("revoke", "QP-001", "bob", "--comment", "Not sold after all").code == 0
    assert firm.say("withdraw", "QP-001", "--reason", "Sold now.").code == 0
    assert "revision: 3\n" in (firm.root / PATH).read_text()


def test_a_withdrawn_document_says_so_in_a_file_with_names_of_its_own(firm: Firm) -> None:
    policy = (firm.root / "qms.toml").read_text()
    own = '[front_matter]\nwithdrawn = "retired"\n\n[roles]'
    firm.write("qms.toml", policy.replace("[roles]", own, 1).replace("revision = 1", "revision = 2", 1))
    firm.commit()
    assert firm.sign("approve", "QMS-001", "cat").code == 0
    in_force(firm)
    firm.say("withdraw", "QP-001", *REASON)
    expected = procedure("QP-001", revision="2").replace(
        "change: First issue.\n", 'change: "Withdrawn: The line was sold."\nretired: The line was sold.\n'
    )
    assert (firm.root / PATH).read_text().replace("change: 'W", 'change: "W') == expected
