"""Stage 2: is the system alive? One gap planted in each test."""

from __future__ import annotations

import pytest
from kit import ADA, BOB
from readiness.world import ALL, PROCESSES, READERS, REVIEW, Works, ready

from qmsdocs.model import Meaning
from qmsdocs.readiness import FindingState, Weight

NOW = "2026-03-15"
ANSWERED = {
    "correction": "Put right.",
    "cause": "Nobody looked.",
    "corrective_action": "Someone looks.",
    "evidence": "[QP-001 rev 1]",
}
PROSE = "# Releases\n\n<!-- records: 8.6 -->\nIn the order file.\n"


def bare(settings: str = PROCESSES) -> Works:
    """A firm with its documents in force and no record at all."""
    works = Works(settings, READERS)
    works.issue("QP-001", ALL, body=PROSE + "\n- 97 %\n")
    for who in (ADA, BOB):
        works.qms.sign(who, "engineer", Meaning.ACKNOWLEDGE, "2026-01-06", path="documents/QP-001.md")
    return works


# --- planned, held --------------------------------------------------------------------------------------------------


def test_neither_held_nor_planned() -> None:
    gaps = bare().gaps(1, NOW)
    assert {name: gap.weight for name, gap in gaps.items()} == {
        "no-internal-audit-planned": Weight.MINOR,
        "no-management-review-planned": Weight.MINOR,
    }
    assert "qmsdocs new internal-audit" in gaps["no-internal-audit-planned"].remedy
    gaps = bare().gaps(2, NOW)
    assert [name for name, gap in gaps.items() if gap.weight is Weight.MAJOR] == [
        "no-internal-audit",
        "no-management-review",
    ]


def test_not_planned_is_major_where_no_document_says_how() -> None:
    works = bare()
    works.issue("QP-001", ALL.replace("9.2, 9.3, ", ""), "2026-02-25", PROSE, revision="2", change="Less.")
    gaps = works.report(1, NOW).gaps
    weights = {gap.weight for gap in gaps if gap.name.endswith("-planned")}
    assert weights == {Weight.MAJOR}


def test_a_record_of_a_day_to_come_is_a_plan() -> None:
    works = bare()
    works.record("IA-2026-01", "internal-audit", "2026-04-10", landed="2026-03-01")
    works.record("MR-2026-01", "management-review", "2026-04-20", landed="2026-03-01")
    assert works.gaps(1, NOW) == {}
    assert {"no-internal-audit", "no-management-review"} <= works.gaps(2, NOW).keys()


def test_a_programme_plans_audits() -> None:
    works = bare()
    works.record("AP-2026-01", "audit-programme", "2026-03-01", due="2026-03-15")
    assert list(works.gaps(1, "2026-03-15")) == ["no-management-review-planned"]
    assert list(works.gaps(1, "2026-03-16")) == ["no-internal-audit-planned", "no-management-review-planned"]


def test_a_plan_whose_day_went_by_is_not_an_audit() -> None:
    works = bare()
    works.record("IA-2026-01", "internal-audit", "2026-03-10", landed="2026-03-01", auditor="tom")
    assert works.gaps(1, "2026-03-09").keys() == {"no-management-review-planned"}
    gaps = works.gaps(2, NOW)
    assert gaps["no-internal-audit"].weight is Weight.MAJOR
    assert "nothing of what was found is written" in gaps["lapsed"].message
    reached = "[4, 6, 7, 8, 9, 10, making]"
    works.record(
        "IA-2026-01", "internal-audit", "2026-03-10", "Went well.", "2026-03-11", auditor="tom", audited=reached
    )
    assert not {"no-internal-audit", "lapsed"} & works.gaps(2, NOW).keys()


def test_a_template_that_nobody_filled_in_is_neither_an_audit_nor_a_record() -> None:
    works = bare()
    template = "| | |\n| --- | --- |\n| Date | 2026-03-10 |\n" + "| Who | |\n" * 9
    for identifier, kind in (("IA-2026-01", "internal-audit"), ("TR-2026-01", "training")):
        works.record(identifier, kind, "2026-03-10", template, auditor="tom")
    assert {"no-internal-audit", "no-record"} <= works.gaps(2, NOW).keys()
    filled = template.replace("| Who | |", "| Who | Tom |", 3)
    for identifier, kind in (("IA-2026-01", "internal-audit"), ("TR-2026-01", "training")):
        works.record(identifier, kind, "2026-03-10", filled, "2026-03-11", auditor="tom")
    assert not {"no-internal-audit", "no-record"} & works.gaps(2, NOW).keys()


def test_late_is_minor_and_twice_the_interval_is_major() -> None:
    works = ready(PROCESSES + '[programme]\nmanagement_reviews = "1 month"\n')
    assert "management-review-overdue" not in works.gaps(2, "2026-03-20")
    assert works.gaps(2, "2026-03-21")["management-review-overdue"].weight is Weight.MINOR
    assert works.gaps(2, "2026-04-21")["management-review-overdue"].weight is Weight.MAJOR


# --- what audits reached --------------------------------------------------------------------------------------------


def audited(audited: str, settings: str = PROCESSES, auditor: str = "tom", programme: str = "") -> Works:
    works = bare(settings)
    works.record("IA-2026-01", "internal-audit", "2026-02-02", auditor=auditor, audited=audited)
    if programme:
        works.record("AP-2026-01", "audit-programme", "2026-02-02", audited=programme, due="2026-12-31")
    return works


def test_clauses_that_no_audit_reached() -> None:
    gap = audited("[4, 6, 7, 8.3, making]").gaps(2, NOW)["never-audited"]
    assert gap.weight is Weight.MINOR
    assert "has reached 8.6, 9.2, 9.3 and 10.2," in gap.message


def test_what_a_running_programme_names_is_to_come() -> None:
    works = audited("[4, 6, 7, 8.3, making]", programme="[8.6, 9, 10]")
    assert "never-audited" not in works.gaps(2, NOW)
    assert "never-audited" in works.gaps(2, "2027-01-01")


def test_an_audited_document_brings_its_clauses() -> None:
    assert "never-audited" not in audited("[QP-001, making]").gaps(2, NOW)


def test_what_was_audited_too_long_ago() -> None:
    works = audited("[QP-001, making]", PROCESSES + '[programme]\ninternal_audits = "2 months"\n')
    assert not {"audit-due", "process-not-audited", "internal-audit-overdue"} & works.gaps(2, "2026-04-02").keys()
    works.record("IA-2026-02", "internal-audit", "2026-04-01", auditor="tom", audited="[4, 6, 7, 8, 9.2]")
    gaps = works.gaps(2, "2026-04-03")
    assert gaps["audit-due"].message.startswith("9.3 and 10.2 was last audited by IA-2026-01 on 2026-02-02")
    assert "'Making' was last audited by IA-2026-01" in gaps["process-not-audited"].message


def test_a_process_that_no_audit_reached() -> None:
    settings = '[processes]\nmaking = "Making"\nbuying = {name = "Buying", documents = ["QP-002"]}\n'
    works = audited("[QP-001, Making]", settings)
    gap = works.gaps(2, NOW)["process-not-audited"]
    assert "'Buying' was never audited" in gap.message
    works.issue("QP-002", "[8.6]", "2026-02-03")
    works.record("IA-2026-02", "internal-audit", "2026-02-04", auditor="tom", audited="[QP-002]")
    assert "process-not-audited" not in works.gaps(2, NOW)


def test_without_processes_it_cannot_be_told() -> None:
    assert audited("[QP-001]", " ").gaps(2, NOW)["processes-not-named"].weight is Weight.UNCLEAR


# --- who audited ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auditor", "what", "told"),
    [
        ("owen", "[QP-001]", "QP-001 (its owner)"),
        ("Owen Bell", "[4, 6, 7, 8, 9, 10]", "QP-001 (its owner)"),
        ("bob", "[QP-001]", "QP-001 revision 1 (its author)"),
        ("jane", "[making]", "process 'Making' (its owner)"),
    ],
)
def test_nobody_audits_their_own_work(auditor: str, what: str, told: str) -> None:
    works = audited(what, '[processes]\nmaking = {name = "Making", owner = "quality-manager"}\n', auditor)
    gap = works.gaps(2, NOW)["own-work-audited"]
    assert (gap.weight, gap.document, gap.clauses) == (Weight.MINOR, "IA-2026-01", ("9.2 c",))
    assert told in gap.message


def test_part_of_what_a_document_answers_for_does_not_make_it_audited() -> None:
    assert "own-work-audited" not in audited("[8.3]", auditor="owen").gaps(2, NOW)


def test_an_auditor_who_is_not_named() -> None:
    works = bare()
    works.record("IA-2026-01", "internal-audit", "2026-02-02", audited="[QP-001]")
    assert works.gaps(2, NOW)["auditor-not-named"].weight is Weight.UNCLEAR


# --- management review ----------------------------------------------------------------------------------------------


def test_a_review_that_leaves_something_out(works: Works) -> None:
    works.record("MR-2026-02", "management-review", "2026-03-01", "## Earlier <!-- clauses: 9.3 a -->\n\nAll done.\n")
    [gap] = works.gaps(2, NOW).values()
    assert (gap.name, gap.weight, gap.clauses, gap.document) == (
        "review-incomplete",
        Weight.MINOR,
        ("9.3 b",),
        "MR-2026-02",
    )
    assert "does not deal with changes (9.3 b)" in gap.message


def test_a_review_with_an_empty_heading(works: Works) -> None:
    works.record(
        "MR-2026-02",
        "management-review",
        "2026-03-01",
        REVIEW.replace("None.", "| Change | Meaning |\n| - | - |\n| | |"),
    )
    [gap] = works.gaps(2, NOW).values()
    assert "has nothing to say on changes (9.3 b)" in gap.message


def test_a_review_without_marks_cannot_be_told(works: Works) -> None:
    works.record("MR-2026-02", "management-review", "2026-03-01", "All was dealt with.", clauses="[9.3]")
    [gap] = works.gaps(2, NOW).values()
    assert (gap.name, gap.weight) == ("review-untold", Weight.UNCLEAR)


# --- findings -------------------------------------------------------------------------------------------------------


def finding(works: Works, body: str = "Text.", **keys: str) -> str:
    front = {"grade": "minor", "clauses": "[8.3]", "due": "2026-04-01", **keys}
    return works.record("FND-2026-01", "finding", "2026-03-02", body, **{k: v for k, v in front.items() if v})


def test_an_open_finding_is_a_gap_at_stage_2_until_it_is_answered_and_closed(works: Works) -> None:
    finding(works)
    assert works.gaps(1, NOW) == {}
    gap = works.gaps(2, NOW)["finding-open"]
    assert (gap.weight, gap.clauses, gap.document) == (Weight.MINOR, ("8.3",), "FND-2026-01")
    assert "correction, cause, corrective action and evidence not written" in gap.message
    path = works.record(
        "FND-2026-01", "finding", "2026-03-02", landed="2026-03-10", grade="minor", clauses="[8.3]", **ANSWERED
    )
    assert "answered and not closed" in works.gaps(2, NOW)["finding-open"].message
    works.close(path, "2026-03-12")
    report = works.report(2, NOW)
    assert report.gaps == ()
    [row] = report.findings
    assert (row.state, row.closed_by, str(row.closed_on), row.missing) == (
        FindingState.CLOSED,
        "Jane Doe",
        "2026-03-12",
        (),
    )
    assert works.report(2, "2026-03-11").findings[0].state is FindingState.ANSWERED


def test_only_who_may_closes_a_finding(works: Works) -> None:
    path = finding(works, **ANSWERED)
    works.qms.sign(BOB, "engineer", Meaning.CLOSE, "2026-03-12", path=path)
    assert works.report(2, NOW).findings[0].state is FindingState.ANSWERED


def test_a_major_finding_is_a_major_gap_and_an_overdue_minor_becomes_one(works: Works) -> None:
    finding(works, grade="major")
    assert works.gaps(2, NOW)["finding-open"].weight is Weight.MAJOR
    finding(works)
    assert works.gaps(2, "2026-04-01")["finding-open"].weight is Weight.MINOR
    assert works.gaps(2, "2026-04-02")["finding-open"].weight is Weight.MAJOR
    assert "overdue since 2026-04-01" in works.gaps(1, "2026-04-02")["finding-open"].message


def test_an_opportunity_need_not_be_taken_but_wants_a_word_in_time(works: Works) -> None:
    finding(works, grade="opportunity")
    assert works.gaps(2, NOW) == {}
    assert works.gaps(2, "2026-04-02")["finding-open"].weight is Weight.MINOR


def test_sections_and_other_records_can_answer(works: Works) -> None:
    body = "## Cause <!-- answers: cause -->\n\nNobody looked.\n\n## Correction <!-- answers: correction -->\n\n| A | B |\n| - | - |\n| 1 | |\n"
    finding(works, body, evidence="[QP-001]")
    assert works.report(2, NOW).findings[0].missing == ("correction", "corrective_action")
    answer = {
        "finding": "[FND-2026-01]",
        "correction": "C",
        "cause": "C",
        "corrective_action": "A",
        "effectiveness": "E",
    }
    works.close(works.record("CA-2026-02", "corrective-action", "2026-03-05", **answer), "2026-03-06")
    assert works.report(2, NOW).findings[0].missing == ()


def test_closed_without_an_answer(works: Works) -> None:
    works.close(finding(works, **(ANSWERED | {"cause": ""})), "2026-03-12")
    gap = works.gaps(2, NOW)["closed-unanswered"]
    assert "closed by Jane Doe on 2026-03-12 without cause" in gap.message


def test_a_finding_needs_a_grade_we_know(works: Works) -> None:
    works.close(finding(works, grade="severe", **ANSWERED), "2026-03-12")
    assert list(works.gaps(2, NOW)) == ["no-grade"]


@pytest.mark.parametrize(
    ("evidence", "unknown"),
    [("QP-001", ()), ("QP-001 rev 1", ()), ("QP-001 revision 1", ()), ("QP-001 1", ()), ("TR-2026-01", ()), ("photo in the file", ()),
     ("QP-001 rev 2", ("QP-001 rev 2",)), ("QP-404", ("QP-404",)), ("TR-2026-99", ("TR-2026-99",))],
)  # fmt: skip
def test_evidence_must_be_here(works: Works, evidence: str, unknown: tuple[str, ...]) -> None:
    works.close(finding(works, **(ANSWERED | {"evidence": f"[{evidence}]"})), "2026-03-12")
    report = works.report(2, NOW)
    assert report.findings[0].unknown == unknown
    assert [gap.name for gap in report.gaps] == ["unknown-evidence"] * bool(unknown)


def test_findings_of_stage_1_that_are_not_recorded() -> None:
    works = ready(PROCESSES + "[certificate]\nstage_1 = 2026-03-01\nstage_2 = 2026-05-01\n")
    assert works.gaps(2, NOW)["stage-1-untold"].weight is Weight.UNCLEAR
    assert works.gaps(2, "2026-02-28") == {}
    works.close(finding(works, **ANSWERED), "2026-03-12")
    assert works.gaps(2, NOW) == {}


# --- nonconformities ------------------------------------------------------------------------------------------------


def test_a_nonconformity_closed_without_a_look_at_the_effect(works: Works) -> None:
    works.close(
        works.record("CA-2026-02", "corrective-action", "2026-03-01", cause="C", corrective_action="A"), "2026-03-02"
    )
    [gap] = works.gaps(2, NOW).values()
    assert (gap.name, gap.weight, gap.document) == ("nonconformity-open", Weight.MINOR, "CA-2026-02")
    assert "without effectiveness" in gap.message


def test_a_nonconformity_past_its_day(works: Works) -> None:
    works.record("CA-2026-02", "corrective-action", "2026-03-01", cause="C", due="2026-03-14")
    assert works.gaps(2, "2026-03-14") == {}
    assert "corrective action and effectiveness not written" in works.gaps(2, NOW)["nonconformity-open"].message


def test_nonconformities_that_say_nothing_we_can_read(works: Works) -> None:
    works.record("CA-2026-02", "corrective-action", "2026-03-01")
    [gap] = works.gaps(2, NOW).values()
    assert (gap.name, gap.weight) == ("nonconformity-untold", Weight.UNCLEAR)


def test_no_nonconformity_at_all() -> None:
    assert bare().gaps(2, NOW)["no-nonconformity"].weight is Weight.UNCLEAR


# --- readers, objectives, forms, records ----------------------------------------------------------------------------


def test_who_has_not_read(works: Works) -> None:
    works.issue("QP-002", "[8.6]", "2026-03-01")
    works.qms.sign(ADA, "engineer", Meaning.ACKNOWLEDGE, "2026-03-02", path="documents/QP-002.md")
    report = works.report(2, NOW)
    [gap] = report.gaps
    assert (gap.name, gap.document, gap.people) == ("not-read", "QP-002", ("bob",))
    assert [(r.role, r.name, r.required, r.outstanding) for r in report.readers] == [
        ("engineer", "Ada Stone", 2, ()),
        ("engineer", "Bob Gray", 2, ("QP-002",)),
    ]


def test_nobody_is_asked_to_read() -> None:
    assert ready(kind_settings=" ").gaps(2, NOW)["nobody-reads"].weight is Weight.UNCLEAR


@pytest.mark.parametrize(
    ("text", "measured"),
    [("- 97 % on time", True), ("| On time | 97 |", True), ("1. fewer complaints", False), ("- by 2027, see QP-003 and 8.3.2", False),
     ("97 % in prose", False), ("<!-- - 97 % -->", False)],
)  # fmt: skip
def test_objectives_need_figures(works: Works, text: str, measured: bool) -> None:
    works.issue("QP-001", ALL, "2026-02-25", PROSE + f"\n{text}\n", revision="2", change="Other objectives.")
    for who in (ADA, BOB):
        works.qms.sign(who, "engineer", Meaning.ACKNOWLEDGE, "2026-02-26", path="documents/QP-001.md")
    assert list(works.gaps(2, NOW)) == ([] if measured else ["no-measure"])


def test_the_form_must_be_the_one_in_force_on_the_day(works: Works) -> None:
    works.issue("FRM-001", "", "2026-02-01")
    works.issue("FRM-001", "", "2026-03-01", revision="2", change="New box.")

    def told(day: str, landed: str = "2026-03-12", **keys: str) -> str:
        works.record("TR-2026-02", "training", day, landed=landed, **keys)
        return next((gap.message for gap in works.report(2, NOW).gaps if gap.name == "wrong-form"), "")

    assert told("2026-02-28", form="FRM-001", form_revision="1") == ""
    assert told("2026-03-01", form="FRM-001", form_revision="2") == ""
    assert "revision 1 of FRM-001; revision 2 was in force" in told("2026-03-01", form="FRM-001", form_revision="1")
    assert "revision 2 of FRM-001; revision 1 was in force" in told("2026-02-28", form="FRM-001", form_revision="2")
    assert "no revision was in force that day" in told("2026-01-31", form="FRM-001", form_revision="1")
    assert "does not say which revision" in told("2026-03-01", form="FRM-001")
    assert "never approved here" in told("2026-03-01", form="FRM-009", form_revision="1")
    works.suspend("forms/FRM-001.md", "2026-03-13")
    assert told("2026-03-12", "2026-03-14", form="FRM-001", form_revision="2") == ""
    assert "no revision was in force that day" in told("2026-03-13", "2026-03-14", form="FRM-001", form_revision="2")


def test_old_records_are_asked_about(works: Works) -> None:
    assert not {"records-stale"} & works.gaps(2, "2027-01-20").keys()
    gap = works.gaps(2, "2027-01-21")["records-stale"]
    assert (gap.weight, gap.document, gap.clauses) == (Weight.UNCLEAR, "TR-2026-01", ("7.2 d",))


def test_a_kind_of_record_of_which_there_is_none() -> None:
    assert bare().gaps(2, NOW)["no-record"].clauses == ("7.2 d",)


def test_a_missed_step_of_the_cycle_is_major() -> None:
    works = ready(PROCESSES + "[certificate]\nissued = 2025-03-01\n")
    assert works.gaps(1, "2026-03-01") == {}
    gap = works.gaps(1, "2026-03-02")["cycle"]
    assert (gap.weight, gap.message) == (Weight.MAJOR, "Surveillance 1 was to be by 2026-03-01")


def test_a_step_agreed_for_too_late_is_minor_until_it_is_taken() -> None:
    works = ready(PROCESSES + "[certificate]\nissued = 2025-03-01\nsurveillance = [2026-03-20]\n")
    gap = works.gaps(1, NOW)["cycle"]
    assert (gap.weight, gap.message) == (
        Weight.MINOR,
        "Surveillance 1 is agreed for 2026-03-20, after the last day, 2026-03-01",
    )
    assert works.gaps(1, "2026-03-20") == {}


def test_records_on_a_form_that_are_kept_elsewhere(works: Works) -> None:
    works.issue("QP-001", ALL, "2026-02-25", "- 97 %", revision="2", change="Less.")
    works.issue("FRM-001", "[8.6]", "2026-02-26")
    gap = next(gap for gap in works.report(2, NOW).gaps if gap.name == "records-elsewhere")
    assert (gap.weight, gap.clauses) == (Weight.UNCLEAR, ("8.6",))
    assert "no record made on FRM-001 is here" in gap.message


def test_an_interval_longer_than_the_calendar_never_ends() -> None:
    works = ready(PROCESSES + '[programme]\nmanagement_reviews = "9999 years"\n')
    assert works.gaps(2, NOW) == {}
