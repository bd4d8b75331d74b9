"""`close`: a record is complete, and frozen from then on."""

from __future__ import annotations

import json

import pytest
from firm import Firm

PATH = "records/internal-audits/IA-2026-01.md"


def record(text: str = "All well.", more: str = "") -> str:
    return f"---\nid: IA-2026-01\ntitle: Audit\ntype: internal-audit\ndate: 2026-03-01\n{more}---\n\n{text}\n"


def written(firm: Firm, more: str = "") -> None:
    firm.write(PATH, record(more=more))
    firm.commit()


def closers(firm: Firm, roles: str) -> None:
    """An approved policy by which some roles close internal audits."""
    policy = (firm.root / "qms.toml").read_text().replace("revision = 1", "revision = 2", 1)
    firm.write("qms.toml", policy.replace('retain = "6 years"', f'retain = "6 years"\napprove = {roles}'))
    firm.commit()
    assert firm.sign("approve", "QMS-001", "cat").code == 0


def closed_on(firm: Firm) -> str | None:
    (row,) = json.loads(firm.say("register", "--format", "json").out)["records"]
    found: str | None = row["closed_on"]
    return found


def frozen(firm: Firm) -> list[str]:
    findings = json.loads(firm.say("check", "--format", "json").out)["findings"]
    return [finding["message"] for finding in findings if finding["code"] == "IN707"]


def why_not(firm: Firm) -> list[str]:
    acts = json.loads(firm.say("history", "IA-2026-01", "--format", "json").out)["acts"]
    return [act["why_not"] for act in acts]


def test_a_record_is_closed(firm: Firm) -> None:
    written(firm)
    assert closed_on(firm) is None
    assert "An open record as it stands on 2026-03-02" in firm.say("history", "IA-2026-01").out
    firm.now = "2026-03-05T09:00:00+00:00"
    said = firm.sign("close", "IA-2026-01", "ann", "--comment", "Actions done")
    assert "All well." in said.out
    assert "Closed record IA-2026-01 as Ann Archer (engineer)" in said.out
    assert "must not change from now on" in said.err
    assert (closed_on(firm), frozen(firm)) == ("2026-03-05", [])
    assert "Record closed by Ann Archer (engineer, signed) on 2026-03-05" in firm.say("history", "IA-2026-01").out
    assert firm.say("check").code == 0


@pytest.mark.parametrize("more", ["", "revision: 4\n", "revision: v 4\n"])
def test_a_record_may_have_a_label(firm: Firm, more: str) -> None:
    written(firm, more)
    assert firm.sign("close", "IA-2026-01", "ann").code == 0
    assert closed_on(firm) == "2026-03-02"


def test_those_whom_the_type_names_may_close(firm: Firm) -> None:
    closers(firm, '["quality-manager"]')
    written(firm)
    said = firm.sign("close", "IA-2026-01", "dan")
    assert said.code == 2
    assert "would not count 'close' by Dan Dale on IA-2026-01; who can: Bob Baker" in said.err
    assert firm.sign("close", "IA-2026-01", "bob").code == 0
    assert closed_on(firm) == "2026-03-02"


def test_the_owner_may_where_the_type_says_so(firm: Firm) -> None:
    closers(firm, '["owner"]')
    written(firm, "owner: dan\n")
    assert "who can: Dan Dale" in firm.sign("close", "IA-2026-01", "bob").err
    assert "(owner)" in firm.sign("close", "IA-2026-01", "dan").out
    assert closed_on(firm) == "2026-03-02"


def test_a_closing_in_a_role_that_may_not_counts_for_nothing_ever(firm: Firm) -> None:
    written(firm)
    firm.sign("close", "IA-2026-01", "dan", "--no-commit")
    firm.git("stash", "--all", "-q")
    closers(firm, '["quality-manager"]')
    firm.git("stash", "pop", "-q")
    firm.commit("Smuggle", by="dan")
    assert closed_on(firm) is None
    assert why_not(firm) == ["the role 'operator' of dan does not entitle to 'close' here"]
    assert firm.sign("close", "IA-2026-01", "bob").code == 0
    assert closed_on(firm) == "2026-03-02"


def test_a_closed_record_is_frozen(firm: Firm) -> None:
    written(firm)
    firm.sign("close", "IA-2026-01", "bob")
    firm.write(PATH, record("All was well."))
    assert frozen(firm) == [
        "the record IA-2026-01 was closed by Bob Baker on 2026-03-02, and this is not the text that was closed"
    ]
    firm.commit("Improve", by="dan")
    said = firm.say("check")
    assert said.code == 1
    assert "changed by Dan Dale <dan@test.example> on 2026-03-02" in said.out
    firm.write(PATH, record())
    firm.commit("Put it back")
    assert frozen(firm) == []


@pytest.mark.parametrize("change", ["type: procedure\nrevision: 1\nowner: engineer\n", "type: nothing\n"])
def test_another_type_does_not_thaw_it(firm: Firm, change: str) -> None:
    written(firm)
    firm.sign("close", "IA-2026-01", "bob")
    firm.write(PATH, record().replace("type: internal-audit\n", change))
    firm.commit()
    assert len(frozen(firm)) == 1


def test_an_unreadable_file_and_a_changed_attachment_are_changes(firm: Firm) -> None:
    firm.write("records/internal-audits/list.csv", "1")
    written(firm, "attachments: [list.csv]\n")
    firm.sign("close", "IA-2026-01", "bob")
    firm.write("records/internal-audits/list.csv", "2")
    assert len(frozen(firm)) == 1
    firm.write("records/internal-audits/list.csv", "1")
    firm.write(PATH, record(more="attachments: [list.csv]\n").replace("title: Audit", "title: a: b"))
    assert len(frozen(firm)) == 1


def test_what_is_not_part_of_the_content_may_change(firm: Firm) -> None:
    written(firm)
    firm.sign("close", "IA-2026-01", "bob")
    firm.git("mv", PATH, "records/IA-2026-01.md")
    firm.write("records/IA-2026-01.md", record(more="tags: [moved]\n"))
    firm.commit("Move")
    assert (frozen(firm), closed_on(firm)) == ([], "2026-03-02")


def test_closed_once(firm: Firm) -> None:
    written(firm)
    firm.sign("close", "IA-2026-01", "bob")
    said = firm.sign("close", "IA-2026-01", "cat")
    assert said.code == 2
    assert "IA-2026-01 was closed by Bob Baker on 2026-03-02" in said.err


def test_a_second_closing_of_a_changed_text_does_not_clear_it(firm: Firm) -> None:
    """Somebody changes a record on a branch and closes it there, after it was closed on the mainline."""
    written(firm)
    firm.git("switch", "-q", "-c", "other")
    firm.write(PATH, record("All was well."))
    firm.commit()
    assert firm.sign("close", "IA-2026-01", "dan").code == 0
    firm.git("switch", "-q", "main")
    assert firm.sign("close", "IA-2026-01", "bob").code == 0
    firm.git("merge", "-q", "--no-ff", "-m", "Merge", "other")
    assert len(frozen(firm)) == 1
    assert why_not(firm) == [None, "the record had been closed before"]


def test_a_closing_of_a_text_that_no_longer_stands_counts_for_nothing(firm: Firm) -> None:
    written(firm)
    firm.sign("close", "IA-2026-01", "bob", "--no-commit")
    firm.write(PATH, record("Not well."))
    firm.commit()
    assert (closed_on(firm), why_not(firm)) == (None, ["the record had another text when it landed"])


def test_only_records_are_closed(firm: Firm) -> None:
    firm.procedure()
    assert "QP-001 is no record: its type is procedure" in firm.sign("close", "QP-001", "bob").err
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    assert "'qmsdocs withdraw QP-001'" in firm.sign("close", "QP-001", "bob").err
    written(firm)
    assert "'qmsdocs close IA-2026-01' closes it" in firm.sign("approve", "IA-2026-01", "bob").err
