"""The summary of a change: what it says, and that no title can say more than its words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from markdown_it import MarkdownIt

from qmsdocs.changes import ChangedDocument, GivenSignature, MissingSignature, What
from qmsdocs.forge import Links, forge_links
from qmsdocs.model import Assurance, Condition, Kind, Meaning, Severity, Source, Status
from qmsdocs.render.summary import MARK, ChangeSummary, summary_markdown
from qmsdocs.status import Task

from .sample import COMMIT, HOSTILE, OTHER
from .test_render_sarif import FOUND

DAY = date(2026, 11, 23)
JANE = GivenSignature("Jane Doe", "quality-manager", date(2026, 11, 20), Meaning.APPROVE, Assurance.SIGNED)
LINKS = forge_links(
    {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "tarn/qms"}
)
REVISED = ChangedDocument(
    id="QP-001",
    title="Control of documents",
    type="Procedure",
    kind=Kind.DOCUMENT,
    path="documents/QP-001.md",
    what=(What.TEXT, What.SIGNATURE),
    before="2",
    before_commit=OTHER,
    after="3",
    status=Status.IN_REVIEW,
    change="Adds the register.",
    given=(JANE,),
    missing=(MissingSignature(Meaning.APPROVE, "owner", ("Tom Reed", "Sam Lee")),),
    rejected=None,
    effective_on=None,
    review_by=None,
    conditions=(Condition.CHANGE_PENDING,),
)
APPROVED = replace(REVISED, status=Status.APPROVED, missing=(), effective_on=date(2026, 12, 1))
SUMMARY = ChangeSummary("Tarn Valves", OTHER, COMMIT, DAY, (REVISED,), ())


def told(*documents: ChangedDocument, links: Links | None = None) -> str:
    return summary_markdown(replace(SUMMARY, documents=documents), links)


def html(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").enable("strikethrough").render(text))


def cells(*documents: ChangedDocument) -> list[str]:
    """The first row of the first table as a reader sees it."""
    found = re.findall(r"<td>(.*?)</td>", html(told(*documents)), re.DOTALL)[:5]
    return [unescape(re.sub(r"<[^>]*>", "", cell.replace("<br>", "; "))) for cell in found]


def test_a_revision_in_review() -> None:
    assert cells(REVISED) == [
        "QP-001 Control of documents; Procedure; Adds the register.",
        "2 → 3",
        "In review",
        "Jane Doe (quality-manager, 2026-11-20)",
        "owner: Tom Reed or Sam Lee",
    ]


def test_the_heading_counts_what_a_reader_asks_first() -> None:
    assert told(REVISED).splitlines()[:3] == [
        MARK, "", "## Document control: 1 document changes, 1 waits for signatures, 0 errors, 0 warnings",
    ]  # fmt: skip
    assert "## Document control: 2 documents change, 0 errors" in told(APPROVED, replace(APPROVED, id="QP-002"))
    assert "## Document control: 0 documents change, 0 errors" in told()


def test_the_way_to_sign_is_told_where_a_signature_is_missing_and_only_there() -> None:
    assert "`qmsdocs approve ID`" in told(REVISED)
    assert "qmsdocs approve" not in told(APPROVED)


def test_what_is_complete_waits_for_nobody_and_says_when_it_takes_effect() -> None:
    assert cells(APPROVED)[2:] == ["Approved; in force from 2026-12-01", "Jane Doe (quality-manager, 2026-11-20)", "–"]


def test_a_new_document_has_no_revision_before_and_no_redline() -> None:
    new = replace(REVISED, what=(What.NEW,), before=None, before_commit=None, after="1", given=())
    assert cells(new)[:2] == ["QP-001 Control of documents; Procedure, new; Adds the register.", "none → 1"]
    assert cells(new)[3] == "nobody"
    assert "redline" not in told(new, links=LINKS)


def test_a_review_that_keeps_the_revision_shows_its_next_day() -> None:
    review = replace(JANE, meaning=Meaning.PERIODIC_REVIEW, assurance=Assurance.ATTRIBUTED)
    kept = replace(
        APPROVED, what=(What.SIGNATURE,), before="3", status=Status.EFFECTIVE, review_by=date(2028, 11, 20),
        given=(review,), conditions=(Condition.ACKNOWLEDGEMENT_OUTSTANDING,),
    )  # fmt: skip
    assert cells(kept)[:4] == [
        "QP-001 Control of documents; Procedure",
        "3",
        "Effective; review by 2028-11-20; ⚠ acknowledgement outstanding",
        "Jane Doe (periodic-review, quality-manager, 2026-11-20, attributed, not signed)",
    ]


def test_a_rejection_is_told_with_its_reason() -> None:
    rejection = replace(JANE, meaning=Meaning.REJECT, comment="Wrong torque")
    waits = cells(replace(REVISED, rejected=rejection, missing=()))[4]
    assert waits == "⚠ rejected by Jane Doe (reject, quality-manager, 2026-11-20): Wrong torque"
    assert "1 waits for signatures" in told(replace(REVISED, rejected=rejection, missing=()))


def test_nobody_left_who_can_sign_is_said() -> None:
    alone = MissingSignature(Meaning.REVIEW, "2 of engineer", ())
    assert cells(replace(REVISED, missing=(alone,)))[4] == "2 of engineer (review): ⚠ nobody is left who can"


def test_many_people_are_counted() -> None:
    many = MissingSignature(Meaning.APPROVE, "owner", tuple("ABCDEF"))
    assert cells(replace(REVISED, missing=(many,)))[4] == "owner: A or B or C or D or 2 more"


def test_links_lead_to_the_file_and_to_what_changed_since_the_revision_in_force() -> None:
    shown = html(told(REVISED, links=LINKS))
    assert f'<a href="https://forge.example/tarn/qms/blob/{COMMIT}/documents/QP-001.md">' in shown
    assert f'<a href="https://forge.example/tarn/qms/compare/{OTHER}...{COMMIT}#diff-' in shown


def test_a_removed_file_is_not_linked() -> None:
    gone = replace(APPROVED, what=(What.REMOVAL,), status=Status.OBSOLETE)
    assert "](" not in told(gone, links=LINKS)
    assert cells(gone)[0] == "QP-001 Control of documents; Procedure, file removed"


def test_a_draft_that_is_given_up_has_no_status_left() -> None:
    assert cells(replace(REVISED, what=(What.REMOVAL,), status=Status.DRAFT, missing=()))[2] == "–"


def test_records_are_listed_apart() -> None:
    record = replace(REVISED, id="IA-2026-01", kind=Kind.RECORD, what=(What.NEW,), missing=(), given=())
    shown = told(record)
    assert "## Document control: 0 documents change" in shown
    assert "### Records (1)\n\n- **IA-2026-01** Control of documents: new\n" in shown
    assert "<table>" not in html(shown)


def test_findings_come_heaviest_first_and_lead_to_their_line() -> None:
    found = (
        replace(FOUND, severity=Severity.NOTE, code="RD502"),
        FOUND,
        replace(FOUND, source=Source(), document=None),
    )
    shown = summary_markdown(replace(SUMMARY, findings=found), LINKS)
    rows = [line for line in shown.splitlines() if line.startswith(("| error", "| note"))]
    assert [row.split(" | ")[0] for row in rows] == ["| error RE301", "| error RE301", "| note RD502"]
    assert rows[0].split(" | ")[1] == "repository"
    assert f"[documents/QP-001.md:5](https://forge.example/tarn/qms/blob/{COMMIT}/documents/QP-001.md#L5)" in rows[1]
    assert "2 errors, 0 warnings" in shown.splitlines()[2]


def test_reviews_that_fall_due_fold_away() -> None:
    task = Task("QP-009", "Production", "3", "due in 12 days", (), date(2026, 12, 5), "qmsdocs periodic-review QP-009")
    shown = summary_markdown(replace(SUMMARY, reviews=(task,)))
    assert "<details><summary>Periodic reviews that fall due (1)</summary>\n\n|" in shown
    assert "| **QP-009** Production | 2026-12-05 | due in 12 days | nobody |" in shown


def test_without_a_base_no_change_is_told_of() -> None:
    shown = summary_markdown(replace(SUMMARY, base=None, documents=()))
    assert shown.splitlines()[2] == "## Document control: 0 errors, 0 warnings"
    assert shown.endswith(f"<sub>Tarn Valves, judged as of 2026-11-23: commit {COMMIT[:10]}.</sub>\n")


@pytest.mark.parametrize(
    "typed",
    [
        HOSTILE,
        "a | b \\| c \\\\| d",
        "[x](https://evil.example) ![i](https://evil.example/i.png) <https://evil.example>",
        "*a* **b** _c_ `d` ~~e~~ &lt;b&gt; &#124; \\",
        "`` ` ```",
        "</details></table><!-- -->",
    ],
)
def test_what_people_typed_is_shown_as_they_typed_it(typed: str) -> None:
    named = replace(
        REVISED, title=typed, type=typed, change=typed, given=(replace(JANE, name=typed, role=typed),),
        missing=(MissingSignature(Meaning.APPROVE, typed, (typed,)),), after=typed,
    )  # fmt: skip
    assert cells(named) == [
        f"QP-001 {typed}; {typed}; {typed}",
        f"2 → {typed}",
        "In review",
        f"{typed} ({typed}, 2026-11-20)",
        f"{typed}: {typed}",
    ]
    shown = html(told(named))
    assert "evil.example" not in "".join(re.findall(r"<[^>]*>", shown))
    assert "<script" not in shown


def test_line_breaks_and_control_characters_do_not_break_out() -> None:
    assert cells(replace(REVISED, title="a\n\n# b\x1b[2J\u202e"))[0].startswith(
        "QP-001 a # b\\x1b[2J\\u202e; Procedure"
    )


def test_nobody_is_written_to_by_a_title() -> None:
    assert "@tarn" not in unescape(told(replace(REVISED, title="ask @tarn/everyone")))


def test_what_is_long_is_cut() -> None:
    many = [replace(APPROVED, id=f"QP-{number:03}", change="x" * 5000) for number in range(120)]
    shown = told(*many)
    assert "… and 70 more documents;" in shown
    assert len(shown) < 65_536
    assert shown.count("| [**QP-") + shown.count("| **QP-") == 50
