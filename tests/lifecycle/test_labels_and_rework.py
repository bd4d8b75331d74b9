"""Labels: a label belongs to one approved content for ever. Drafts: reworked, rejected, abandoned."""

from __future__ import annotations

import pytest
from kit import ADA, BOB, JANE, OWEN, TOM, Qms, doc, policy

from qmsdocs.lifecycle import Dossier
from qmsdocs.model import Condition, Meaning


def labels(dossier: Dossier) -> list[str]:
    return [revision.label for revision in dossier.revisions]


def test_rejected_then_reworked_then_approved(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, "First try."), "2026-01-05")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-06")
    standing = qms.standing("2026-01-06")
    assert (qms.status("2026-01-06"), standing.conditions) == ("1 In review", (Condition.REJECTED,))
    qms.write(ADA, doc(1, "Second try."), "2026-01-07")
    assert qms.status("2026-01-07") == "1 Draft"
    qms.approve("2026-01-08")
    assert qms.status("2026-01-08") == "1 Effective"


def test_a_rejection_stands_until_the_same_person_approves(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-06")
    qms.sign(OWEN, "owner", at="2026-01-07")
    qms.sign(JANE, "quality-manager", at="2026-01-08")
    assert [qms.status(f"2026-01-0{day}") for day in (7, 8)] == ["1 In review", "1 Effective"]


def test_a_colleague_does_not_lift_a_rejection(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(OWEN, "owner", Meaning.REJECT, "2026-01-06")
    qms.sign(OWEN, "owner", at="2026-01-07")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-07T13:00")
    assert qms.status("2026-02-01") == "1 In review"


def test_a_rejection_by_someone_without_a_say_stops_nothing(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(TOM, "top-management", Meaning.REJECT)
    qms.approve("2026-01-08")
    assert qms.status("2026-01-08") == "1 Effective"


def test_a_rejection_after_approval_changes_nothing_and_says_so(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-07")
    assert qms.status("2026-01-07") == "1 Effective"
    assert "was approved before it landed" in "".join(qms.dossier().refusals.values())


def test_an_approval_of_the_text_before_the_rework_is_not_one_of_the_text_after(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, "First."), "2026-01-05")
    qms.sign(OWEN, "owner", at="2026-01-06")
    qms.write(ADA, doc(1, "Second."), "2026-01-07")
    qms.sign(JANE, "quality-manager", at="2026-01-08")
    assert qms.status("2026-02-01") == "1 In review"
    assert [str(need) for need in qms.draft().missing] == ["owner"]


def test_an_abandoned_draft_leaves_its_label_free(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    qms.write(ADA, doc(2, "An idea."), "2026-02-01")
    qms.write(ADA, doc(1), "2026-02-02")
    assert qms.dossier().draft is None
    qms.write(ADA, doc(2, "Another idea."), "2026-03-01")
    qms.approve("2026-03-02")
    assert labels(qms.dossier()) == ["1", "2"]


@pytest.mark.parametrize("label", ["2", "1", "0", "B", "2.0"])
def test_a_label_used_lower_or_foreign_is_never_approved(qms: Qms, label: str) -> None:
    qms.start()
    for number, day in ((1, "2026-01-05"), (2, "2026-01-06")):
        qms.write(ADA, doc(number), day)
        qms.approve()
    qms.write(ADA, doc(label, "New words."), "2026-02-01")
    qms.approve("2026-02-02")
    assert labels(qms.dossier()) == ["1", "2"]
    assert qms.status("2026-02-02") == "2 Effective"


def test_a_skipped_label_is_approved_and_closes_the_gap(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve()
    qms.write(ADA, doc(4), "2026-01-06")
    qms.approve()
    qms.write(ADA, doc(2), "2026-01-07")
    qms.approve()
    assert labels(qms.dossier()) == ["1", "4"]


def test_the_label_of_a_cancelled_revision_is_not_used_again(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, effective_date="2026-06-01"), "2026-01-05")
    qms.approve("2026-01-06")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-01")
    qms.write(ADA, doc(1, "Anew."), "2026-02-02")
    qms.approve("2026-02-03")
    assert labels(qms.dossier()) == ["1"]
    qms.write(ADA, doc(2, "Anew."), "2026-02-04")
    qms.approve("2026-02-05")
    assert qms.status("2026-02-05") == "2 Effective"


def test_changing_approved_text_without_a_revision_breaks_the_approval_of_the_file_only(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve()
    qms.write(ADA, doc(1, "Do it badly."), "2026-02-01")
    assert qms.status("2026-02-01") == "1 Effective"
    assert Condition.APPROVAL_BROKEN in qms.standing("2026-02-01").conditions
    qms.write(BOB, doc(1), "2026-02-02")
    assert qms.standing("2026-02-02").conditions == ()


def test_administrative_keys_do_not_break_an_approval(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve()
    qms.write(ADA, doc(1, tags="[core]", **{"x-shelf": "3"}).replace("\n", "\r\n"), "2026-02-01")
    assert qms.dossier().draft is None


def test_old_text_under_a_new_label_needs_new_approval(qms: Qms) -> None:
    qms.start()
    for number, body in ((1, "Old."), (2, "New."), (3, "Old.")):
        qms.write(ADA, doc(number, body), f"2026-01-0{number}")
        if number < 3:
            qms.approve()
    assert (qms.status("2026-02-01"), qms.draft().content.label) == ("2 Effective", "3")
    qms.approve("2026-02-02")
    assert qms.status("2026-02-02") == "3 Effective"


def test_putting_back_the_text_of_a_superseded_revision_changes_nothing_in_force(qms: Qms) -> None:
    qms.start()
    for number in (1, 2):
        qms.write(ADA, doc(number), f"2026-01-0{number}")
        qms.approve()
    qms.write(ADA, doc(1), "2026-02-01")
    assert qms.status("2026-02-01") == "2 Effective"


def test_a_minor_revision_needs_only_those_named_for_it(qms: Qms) -> None:
    qms.start(policy(settings='scheme = "major.minor"\napprove_minor = ["quality-manager"]'))
    qms.write(ADA, doc("1.0"), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    assert qms.status("2026-01-06") == "1.0 In review"
    qms.sign(OWEN, "owner", at="2026-01-07")
    qms.write(ADA, doc("1.1"), "2026-02-01")
    qms.sign(JANE, "quality-manager", at="2026-02-02")
    assert qms.status("2026-02-02") == "1.1 Effective"


@pytest.mark.parametrize("label", ["0.1", "2.1"])
def test_a_minor_label_without_its_major_needs_full_approval(qms: Qms, label: str) -> None:
    qms.start(policy(settings='scheme = "major.minor"\napprove_minor = ["quality-manager"]'))
    qms.write(ADA, doc(label), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    assert qms.status("2026-01-06") == f"{label} In review"


def test_letters_and_numbers_go_on_after_nine_and_z(qms: Qms) -> None:
    qms.start(policy(settings='scheme = "letter"'))
    for number, label in enumerate(["Y", "Z", "AA"], 1):
        qms.write(ADA, doc(label), f"2026-01-0{number}")
        qms.approve()
    assert labels(qms.dossier()) == ["Y", "Z", "AA"]


def test_signatures_that_come_in_late_approve_the_text_they_name_not_the_one_that_stands(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, "First."), "2026-01-05")
    qms.write(ADA, doc(1, "Second."), "2026-01-06")
    qms.approve("2026-01-07", text=doc(1, "First."))
    shown = qms.standing("2026-01-07").shown
    assert shown is not None
    assert shown.content.day.isoformat() == "2026-01-05"
    assert Condition.APPROVAL_BROKEN in qms.standing("2026-01-07").conditions
