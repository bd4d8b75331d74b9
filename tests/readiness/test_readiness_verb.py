"""`readiness` as people type it."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from firm import Firm
from readiness.world import PROCESSES, ready

from qmsdocs.readiness import Readiness
from qmsdocs.render.readiness import readiness_html, readiness_json, readiness_markdown, readiness_text

OURS = 'standard = "Ours 1"\n[clauses]\n"8" = "Work"\n"8.6" = "Release"\n'


def own_standard(firm: Firm, text: str = OURS) -> None:
    firm.write("standards/ours.toml", text)
    firm.commit("Describe our own standard")


def claiming(firm: Firm) -> None:
    firm.write("documents/procedures/QP-001.md", (
        "---\nid: QP-001\ntitle: Release\ntype: procedure\nrevision: 1\nowner: quality-manager\nclauses: [8.6]\n---\n\n# Release\n"
    ))  # fmt: skip
    firm.commit("Draft QP-001")


def test_a_gap_is_closed_by_approval_and_a_past_day_stays_what_it_was(firm: Firm) -> None:
    own_standard(firm)
    claiming(firm)
    said = firm.say("readiness", "--standard", "Ours 1")
    assert said.code == 1
    assert "only a draft answers for it: QP-001 revision 1 (draft)" in said.out
    assert "qmsdocs approve QP-001" in said.out
    firm.now = "2026-03-05T09:00:00+00:00"
    firm.sign("approve", "QP-001", "cat")
    firm.sign("approve", "QP-001", "bob")
    said = firm.say("readiness", "--standard", "Ours 1")
    assert (said.code, said.err) == (0, "")
    assert "Ours 1: no gap." in said.out
    assert "8.6      Release" in said.out
    assert firm.say("readiness", "--standard", "Ours 1", "--as-of", "2026-03-04").code == 1


def test_a_minor_gap_does_not_fail(firm: Firm) -> None:
    own_standard(firm, OURS + '[activities]\ninternal-audit = "8.6"\n')
    claiming(firm)
    firm.sign("approve", "QP-001", "cat")
    firm.sign("approve", "QP-001", "bob")
    said = firm.say("readiness", "--standard", "Ours 1")
    assert said.code == 0
    assert "0 major, 1 minor gaps" in said.out
    assert firm.say("readiness", "--stage", "2", "--standard", "Ours 1").code == 1


def test_a_standard_that_nobody_described_cannot_be_judged(firm: Firm) -> None:
    said = firm.say("readiness", "--standard", "Ours 1")
    assert said.code == 0
    assert "the policy lists Ours 1, of which no list of clauses is here" in said.out


def test_an_own_standard_goes_before_one_that_comes_with_qmsdocs(firm: Firm) -> None:
    own_standard(firm, OURS.replace("Ours 1", "ISO 9001:2015"))
    report = json.loads(firm.say("readiness", "--standard", "ISO 9001:2015", "--format", "json").out)
    assert [row["clause"] for row in report["standards"][0]["rows"]] == ["8.6"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("standard = ", "standards/ours.toml:1: the TOML cannot be read"), ("x = 1", "standards/ours.toml: 'x' is no key of a standard")],
)  # fmt: skip
def test_a_wrong_standard_is_one_sentence(firm: Firm, text: str, told: str) -> None:
    own_standard(firm, text)
    said = firm.say("readiness", "--standard", "Ours 1")
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_a_policy_that_names_no_standard(firm: Firm) -> None:
    said = firm.say("readiness")
    assert said.code == 2
    assert 'write standards = ["ISO 9001:2015"]' in said.err


def test_a_finding_from_its_template_to_its_closing(firm: Firm) -> None:
    policy = (firm.root / "qms.toml").read_text()
    record = (
        '[types.finding]\nkind = "record"\nprefix = "FND"\nfolder = "records/findings"\napprove = ["quality-manager"]\n'
    )
    firm.write(
        "qms.toml", policy.replace("[people.ann]", record + "\n[people.ann]").replace("revision = 1", "revision = 2", 1)
    )
    firm.commit("A type for findings")
    firm.sign("approve", "QMS-001", "cat")
    path = firm.say("new", "finding", "No reason for what is left out").out.strip()
    firm.commit("Stage 1 finding")
    assert "FND-2026-01  no grade  open" in firm.say("readiness", "--standard", "ISO 9001").out
    text = (firm.root / path).read_text()
    for key, value in (
        ("grade", "minor"),
        ("due", "2026-04-01"),
        ("clauses", "[4.3]"),
        ("evidence", "[QMS-001 rev 2]"),
    ):
        line = next(line for line in text.split("\n") if line.startswith(f"{key}:"))
        text = text.replace(line, f"{key}: {value}")
    text = text.replace("| | | | |\n", "| Done | Ann | 2026-03-02 | all |\n").replace(
        "| | | |\n", "| Never read again | Story | No |\n"
    )
    text = text.replace("| 1 | | | | |", "| 1 | Reasons written | Ann | 2026-03-09 | 2026-03-02 |")
    firm.write(path, text)
    firm.commit("Answer it")
    out = firm.say("readiness", "--standard", "ISO 9001", "--stage", "2").out
    assert "FND-2026-01 (No reason for what is left out) is answered and not closed, due by 2026-04-01" in out
    assert firm.sign("close", "FND-2026-01", "ann").code == 2
    assert firm.sign("close", "FND-2026-01", "bob").code == 0
    out = firm.say("readiness", "--standard", "ISO 9001", "--stage", "2").out
    assert "FND-2026-01  minor  closed by Bob Baker on 2026-03-02" in out
    assert "not closed" not in out


# --- what is shown --------------------------------------------------------------------------------------------------


def report(stage: int = 2) -> Readiness:
    works = ready(PROCESSES + '[certificate]\nbody = "Body"\nstage_1 = 2026-02-01\nissued = 2026-02-15\n')
    works.write("QP-002", "[8.6]", "2026-03-01", title='"A | <b>bold</b> \\e[31mtitle"')
    works.record(
        "FND-2026-01", "finding", "2026-02-01", grade="minor", due="2026-03-01", title='"x | <script>alert(1)</script>"'
    )
    works.suspend("documents/QP-001.md", "2026-03-02")
    return works.report(stage, "2026-03-15")


def test_json_is_what_the_page_on_formats_says() -> None:
    data = json.loads(readiness_json(report()))
    assert list(data) == [
        "stage", "commit", "as_of", "organisation", "standards", "gaps", "findings", "readers", "cycle", "counts",
    ]  # fmt: skip
    assert data["counts"] == {w: sum(g["weight"] == w for g in data["gaps"]) for w in ("major", "minor", "unclear")}
    gap = next(gap for gap in data["gaps"] if gap["name"] == "finding-open")
    assert list(gap) == ["name", "weight", "clauses", "message", "remedy", "standard", "document", "source", "people"]
    assert (gap["weight"], gap["source"]["path"]) == ("major", "records/FND-2026-01.md")
    row = next(row for row in data["standards"][0]["rows"] if row["clause"] == "8.6")
    assert [(a["document"], a["cover"]) for a in row["answers"]] == [
        ("QP-002", "only a draft"),
        ("QP-001", "only suspended"),
    ]
    assert [(s["name"], s["reached"], s["late"]) for s in data["cycle"]][:2] == [("Stage 1", "done", False), ("Certificate issued", "done", False)]  # fmt: skip


def test_text_cannot_steer_a_terminal() -> None:
    told = readiness_text(report())
    assert "\x1b" not in told
    assert "FND-2026-01  minor  open, due 2026-03-01, overdue" in told
    assert "Surveillance 1" in told


def test_a_pipe_in_a_title_does_not_break_a_table() -> None:
    lines = readiness_markdown(report()).split("\n")
    tables = [line.replace("\\|", "") for line in lines if line.startswith("|")]
    findings = tables[next(n for n, line in enumerate(tables) if line.startswith("| Finding")) :]
    assert {line.count("|") for line in findings[:3]} == {6}


def test_a_page_shows_what_documents_say_and_does_not_run_it() -> None:
    page = readiness_html(report(1))
    seen: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
            seen.append(tag)

    Tags().feed(page)
    assert {"table", "h1", "style"} <= set(seen)
    assert not {"script", "b"} & set(seen)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
