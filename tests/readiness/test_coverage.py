"""Stage 1: what answers for each clause, with one gap planted in each test."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit import JANE, OWEN
from readiness.world import ALL, PROCESSES, READERS, Works, ready, small

from qmsdocs.model import Finding, Meaning, ReviewVerdict, Severity, Source
from qmsdocs.readiness import Cover, Evidence, Kept, Weight, readiness

LESS = "[4.3, 6.2, 7.2, 7.3, 7.5, 8.3, 9.2, 9.3, 10.2]"  # without 8.6
RELEASES = "# Releases\n\n<!-- records: 8.6 -->\nIn the order file.\n\n# Objectives\n\n- 97 % on time\n"


def without_release(**keys: str) -> Works:
    """The ready firm, but for a document that answers for 8.6."""
    works = ready()
    works.issue("QP-001", LESS, "2026-02-25", RELEASES, revision="2", change="Less.", **keys)
    return works


def test_a_ready_firm_has_no_gap(works: Works) -> None:
    assert works.gaps(1, "2026-03-15") == {}
    assert works.gaps(2, "2026-03-15") == {}


def test_nothing_answers_for_a_clause() -> None:
    [gap] = without_release().gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.clauses) == ("uncovered", Weight.MAJOR, ("8.6",))
    assert "Release: no document answers for it" in gap.message
    assert '[not_applicable] "8.6"' in gap.remedy


def test_what_the_standard_wants_written_is_named() -> None:
    works = ready()
    works.issue("QP-001", ALL.replace("4.3, ", ""), "2026-02-25", RELEASES, revision="2", change="Less.")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.weight, gap.clauses) == (Weight.MAJOR, ("4.3",))
    assert "asks for it in writing: the scope" in gap.message
    assert "not_applicable" not in gap.remedy


def test_a_part_of_a_section_is_minor() -> None:
    works = ready()
    works.issue("QP-001", ALL.replace("8.3", "8.3.1"), "2026-02-25", RELEASES, revision="2", change="Less.")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.clauses) == ("uncovered", Weight.MINOR, ("8.3.2",))


def test_only_a_draft() -> None:
    works = without_release()
    works.write("QP-002", "[8.6]", "2026-03-01")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.clauses, gap.document) == ("only-a-draft", Weight.MAJOR, ("8.6",), "QP-002")
    assert "owner: Owen Bell" in gap.remedy
    assert gap.source is not None
    assert (gap.source.path, gap.source.line) == ("documents/QP-002.md", 7)


def test_a_draft_beside_what_is_in_force_is_no_gap(works: Works) -> None:
    works.write("QP-002", "[8.6]", "2026-03-01")
    assert works.gaps(1, "2026-03-15") == {}


def test_approved_and_not_yet_in_force() -> None:
    works = without_release()
    works.issue("QP-002", "[8.6]", "2026-03-01", effective_date="2026-04-01")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.document) == ("not-yet-in-force", Weight.MINOR, "QP-002")
    assert works.gaps(1, "2026-04-01") == {}


def test_only_suspended() -> None:
    works = without_release()
    works.suspend(works.issue("QP-002", "[8.6]", "2026-03-01"), "2026-03-05")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.document) == ("only-suspended", Weight.MAJOR, "QP-002")
    assert "qmsdocs revise QP-002" in gap.remedy


def test_suspended_where_another_stands_in(works: Works) -> None:
    works.suspend(works.issue("QP-002", "[8.6]", "2026-03-01"), "2026-03-05")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.document, gap.clauses) == ("suspended", Weight.MINOR, "QP-002", ("8.6",))


def test_only_obsolete() -> None:
    works = without_release()
    works.issue("QP-002", "[8.6]", "2026-03-01")
    works.issue("QP-002", "[8.6]", "2026-03-05", revision="2", change="Gone.", withdrawn="Not needed.")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.document) == ("only-obsolete", Weight.MAJOR, "QP-002")


def test_a_document_of_others_does_not_say_how_it_is_done_here() -> None:
    works = without_release()
    works.issue("EXT-001", "[8.6]", "2026-03-01")
    assert list(works.gaps(1, "2026-03-15")) == ["uncovered"]


def test_a_blank_form_does_not_say_how_it_is_done() -> None:
    works = without_release()
    works.issue("FRM-001", "[8.6]", "2026-03-01")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.document) == ("only-a-form", Weight.MINOR, "FRM-001")


def test_a_blank_form_does_not_hide_that_the_procedure_is_suspended() -> None:
    works = without_release()
    works.issue("FRM-001", "[8.6]", "2026-03-01")
    works.suspend(works.issue("QP-002", "[8.6]", "2026-03-01"), "2026-03-05")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert gap.name == "only-a-form"
    assert "QP-002 revision 1 (suspended) is not in force" in gap.message
    assert "qmsdocs revise QP-002" in gap.remedy


def test_a_draft_may_claim_what_it_likes(works: Works) -> None:
    works.write("QP-002", "[8.6.7]", "2026-03-01")
    assert works.gaps(1, "2026-03-15") == {}


def test_a_whole_chapter_is_too_wide() -> None:
    works = without_release()
    works.issue("QP-002", "[8]", "2026-03-01")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.clauses) == ("only-a-whole-chapter", Weight.MINOR, ("8.6",))


def test_a_section_can_answer() -> None:
    works = without_release()
    works.issue("QP-002", "", "2026-03-01", "# Release <!-- clauses: 8.6 -->\n\nThe inspector signs.")
    report = works.report(1, "2026-03-15")
    [row] = [row for row in report.standards[0].rows if row.clause == "8.6"]
    assert row.cover is Cover.IN_FORCE
    assert [(a.document, a.heading, a.source.line) for a in row.answers] == [("QP-002", "Release", 8)]
    assert report.gaps == ()


def test_a_section_of_a_draft_does_not_answer() -> None:
    works = without_release()
    works.write("QP-002", "", "2026-03-01", "# Release <!-- clauses: 8.6 -->\n\nThe inspector signs.")
    assert list(works.gaps(1, "2026-03-15")) == ["only-a-draft"]


def test_overdue_for_review() -> None:
    works = ready(kind_settings=READERS + '\nreview_every = "2 months"\nreviewed_by = ["quality-manager"]')
    assert works.gaps(1, "2026-03-05") == {}
    [gap] = works.gaps(1, "2026-03-06").values()
    assert (gap.name, gap.weight, gap.document) == ("overdue", Weight.MINOR, "QP-001")
    works.qms.sign(JANE, "quality-manager", Meaning.PERIODIC_REVIEW, "2026-03-06", path="documents/QP-001.md", verdict=ReviewVerdict.KEEP)  # fmt: skip
    assert works.gaps(1, "2026-03-06") == {}


def test_the_approval_is_broken(works: Works) -> None:
    works.write("QP-001", ALL, "2026-03-01", RELEASES + "One word more.")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.document) == ("approval-broken", Weight.MAJOR, "QP-001")


def test_a_clause_that_the_standard_does_not_have(works: Works) -> None:
    works.issue("QP-002", "[8.6.7, Nonsense 8.6]", "2026-03-01")
    gaps = works.report(1, "2026-03-15").gaps
    assert [(gap.name, gap.document) for gap in gaps] == [("unknown-clause", "QP-002")] * 2
    assert "'8.6.7'" in gaps[0].message


# --- what does not apply --------------------------------------------------------------------------------------------


def test_what_does_not_apply_needs_no_answer() -> None:
    works = ready(PROCESSES + '[not_applicable]\n"8.3" = "Made to print."\n')
    works.issue("QP-001", ALL.replace("8.3, ", ""), "2026-02-25", RELEASES, revision="2", change="Less.")
    report = works.report(1, "2026-03-15")
    assert report.gaps == ()
    assert [(r.clause, r.cover, r.reason) for r in report.standards[0].rows if r.clause.startswith("8.3")] == [
        ("8.3.1", Cover.NOT_APPLICABLE, "Made to print."),
        ("8.3.2", Cover.NOT_APPLICABLE, "Made to print."),
    ]


def test_a_declaration_that_a_document_contradicts() -> None:
    [gap] = ready(PROCESSES + '[not_applicable]\n"8.3" = "Made to print."\n').gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.clauses, gap.document) == ("contradiction", Weight.MINOR, ("8.3",), "QP-001")


def test_a_declaration_that_no_auditor_accepts() -> None:
    gaps = ready(PROCESSES + '[not_applicable]\n"9.2" = "No time."\n').gaps(1, "2026-03-15")
    assert gaps["not-excusable"].weight is Weight.MAJOR
    assert gaps["not-excusable"].source is not None
    assert gaps["not-excusable"].source.path == "qms.toml"


def test_a_declaration_on_a_clause_that_is_not_there() -> None:
    assert list(ready(PROCESSES + '[not_applicable]\n"8.9" = "Why."\n').gaps(1, "2026-03-15")) == ["unknown-clause"]


# --- records that the standard asks for -----------------------------------------------------------------------------


def kept(works: Works, clause: str, as_of: str = "2026-03-15") -> tuple[Kept, tuple[str, ...]]:
    [row] = [row for row in works.report(1, as_of).standards[0].rows if row.clause == clause]
    return row.information[0].kept, row.information[0].where


def test_where_records_are_can_be_told_by_a_section_a_record_a_form_or_a_type(works: Works) -> None:
    assert kept(works, "8.6") == (Kept.ELSEWHERE, ("QP-001, Releases",))
    assert kept(works, "7.2") == (Kept.RECORD, ("TR-2026-01",))
    assert kept(works, "7.2", "2026-01-19") == (Kept.PLANNED, ("training",))
    bare = ready()
    bare.issue("QP-001", ALL, "2026-02-25", "- 97 %", revision="2", change="Less.")
    assert kept(bare, "8.6") == (Kept.UNTOLD, ())
    bare.issue("FRM-001", "[8.6]", "2026-03-01")
    assert kept(bare, "8.6") == (Kept.FORM, ("FRM-001",))
    bare.record("BC-2026-01", "batch-card", "2026-03-02", clauses="[8.6]")
    assert kept(bare, "8.6") == (Kept.RECORD, ("BC-2026-01",))


def test_a_type_says_what_its_records_are() -> None:
    works = Works(
        PROCESSES + '[types.release]\nkind = "record"\nprefix = "RL"\nfolder = "records"\nretains = ["8.6"]\n'
    )
    assert kept(works, "8.6") == (Kept.PLANNED, ("release",))
    works.record("RL-2026-01", "release", "2026-03-02")
    assert kept(works, "8.6") == (Kept.RECORD, ("RL-2026-01",))


def test_an_audit_of_a_clause_is_no_record_of_its_work() -> None:
    works = ready()
    works.issue("QP-001", ALL, "2026-02-25", "- 97 %", revision="2", change="Less.")
    works.record("IA-2026-02", "internal-audit", "2026-03-02", clauses="[9.2, 8.6]", auditor="tom")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.weight, gap.clauses) == ("records-not-told", Weight.UNCLEAR, ("8.6",))


def test_of_several_standards_the_first_is_meant_unless_another_is_named() -> None:
    from qmsdocs.standards import parse_standard

    other = parse_standard(
        b'standard = "Other 2:2020"\naliases = ["Other 2"]\n[clauses]\n"8.6" = "Emergencies"', "o.toml"
    )
    works = ready()
    works.standards = (small(), other)
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.standard, gap.clauses, gap.name) == ("Other 2:2020", ("8.6",), "uncovered")
    works.issue("QP-002", "[Other 2 8.6]", "2026-03-01")
    assert works.gaps(1, "2026-03-15") == {}


@pytest.mark.parametrize("as_of", ["2026-01-01", "2026-01-04"])
def test_before_anything_is_in_force_everything_is_missing(works: Works, as_of: str) -> None:
    report = works.report(1, as_of)
    assert {row.cover for row in report.standards[0].rows} == {Cover.NONE}
    assert report.count(Weight.MAJOR) == 12


def test_owen_is_named_where_he_must_sign() -> None:
    works = without_release()
    works.write("QP-002", "[8.6]", "2026-03-01")
    works.qms.sign(OWEN, "owner", path="documents/QP-002.md", at="2026-03-02")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert "Owen Bell" not in gap.remedy
    assert "quality-manager: Jane Doe or Quinn Roe" in gap.remedy


def test_a_later_revision_that_is_approved_does_not_count_before_its_day() -> None:
    works = without_release()
    works.issue("QP-001", ALL, "2026-03-01", RELEASES, revision="3", change="More.", effective_date="2026-04-01")
    [gap] = works.gaps(1, "2026-03-15").values()
    assert (gap.name, gap.document) == ("not-yet-in-force", "QP-001")
    assert "QP-001 revision 3 (approved)" in gap.message
    assert works.gaps(1, "2026-04-01") == {}


def test_a_rejected_draft_is_reworked_before_it_is_approved() -> None:
    works = without_release()
    works.write("QP-002", "[8.6]", "2026-03-01")
    works.qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-03-02", path="documents/QP-002.md")
    assert works.gaps(1, "2026-03-15")["only-a-draft"].remedy.startswith("Mend QP-002 and have it approved")


def found(rule: str, document: str | None) -> Finding:
    return Finding("XX001", rule, Severity.ERROR, Source(), document, "It is so.", "Mend it", "a basis")


@pytest.mark.parametrize(
    ("finding", "gap"),
    [
        (found("broken-link", "QP-001"), ("errors", Weight.MINOR)),
        (found("record-changed", None), ("records-tampered", Weight.MAJOR)),
        (found("missing-key", "TR-2026-01"), ("errors", Weight.MINOR)),
        (found("broken-link", "QP-002"), None),
        (found("approval-broken", "QP-001"), None),
        (replace(found("broken-link", "QP-001"), severity=Severity.WARNING), None),
    ],
)
def test_errors_that_check_reports_in_what_was_issued(
    works: Works, finding: Finding, gap: tuple[str, Weight] | None
) -> None:
    works.write("QP-002", "", "2026-03-01")
    evidence = Evidence(works.state("2026-03-15"), works.standards, {}, (), (finding,))
    gaps = [(g.name, g.weight) for g in readiness(evidence, 1).gaps if g.name in ("errors", "records-tampered")]
    assert gaps == ([gap] if gap else [])
