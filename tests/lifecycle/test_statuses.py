"""Which status a revision has on which day, and when it must be reviewed again."""

from __future__ import annotations

import pytest
from kit import ADA, DOC, JANE, OWEN, QUINN, TOM, Qms, doc, policy

from qmsdocs.lifecycle import period
from qmsdocs.model import Condition, Meaning, ReviewVerdict


def in_force(qms: Qms, text: str = "", on: str = "2026-02-01") -> None:
    """Revision 1, written the day before and approved that day."""
    qms.write(ADA, text or doc(1), "2026-01-31")
    qms.approve(on)


def test_from_draft_to_superseded(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(OWEN, "owner", at="2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07")
    qms.write(ADA, doc(2), "2026-02-01")
    qms.approve("2026-02-05")
    assert [qms.status(f"2026-01-0{day}") for day in (5, 6, 7)] == ["1 Draft", "1 In review", "1 Effective"]
    assert qms.status("2026-02-04") == "1 Effective"
    assert qms.status("2026-02-05") == "2 Effective"
    dossier = qms.dossier()
    assert [tuple(map(str, period(r, dossier.revisions))) for r in dossier.revisions] == [
        ("2026-01-07", "2026-02-05"),
        ("2026-02-05", "None"),
    ]


def test_a_draft_beside_what_is_in_force_is_a_change_pending(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.write(ADA, doc(2), "2026-03-01")
    assert qms.standing("2026-02-28").conditions == ()
    assert qms.standing("2026-03-01").conditions == (Condition.CHANGE_PENDING,)
    assert qms.draft().content.label == "2"


@pytest.mark.parametrize(
    ("effective_date", "expected"),
    [("2026-03-01", ["1 Approved", "1 Approved", "1 Effective"]), ("2025-12-01", ["1 Effective"] * 3)],
)
def test_effective_date_delays_but_never_backdates(qms: Qms, effective_date: str, expected: list[str]) -> None:
    qms.start()
    in_force(qms, doc(1, effective_date=effective_date))
    assert [qms.status(day) for day in ("2026-02-01", "2026-02-28", "2026-03-01")] == expected
    assert str(qms.dossier().revisions[0].effective_on) == max(effective_date, "2026-02-01")


def test_the_old_revision_stays_in_force_until_the_effective_date_of_the_new_one(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.write(ADA, doc(2, effective_date="2026-04-01"), "2026-03-01")
    qms.approve("2026-03-02")
    before = qms.standing("2026-03-31")
    assert qms.status("2026-03-31") == "1 Effective"
    assert before.pending is not None
    assert before.pending.label == "2"
    assert Condition.CHANGE_PENDING in before.conditions
    assert qms.status("2026-04-01") == "2 Effective"


def test_a_later_revision_passes_one_whose_date_has_not_come(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.write(ADA, doc(2, effective_date="2026-12-01"), "2026-03-01")
    qms.approve("2026-03-02")
    qms.write(ADA, doc(3), "2026-04-01")
    qms.approve("2026-04-02")
    assert [qms.status(day) for day in ("2026-04-01", "2026-04-02", "2026-12-01")] == [
        "1 Effective",
        "3 Effective",
        "3 Effective",
    ]
    dossier = qms.dossier()
    assert period(dossier.revisions[1], dossier.revisions) == (None, None)


def test_in_force_from_the_day_it_landed_not_the_day_it_was_signed(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(OWEN, "owner", at="2026-02-01", signed="2026-01-10")
    qms.sign(JANE, "quality-manager", at="2026-02-02", signed="2026-01-12")
    revision = qms.dossier().revisions[0]
    assert (str(revision.approved_on), str(revision.effective_on)) == ("2026-01-12", "2026-02-02")
    assert qms.status("2026-02-01") == "1 In review"


def test_days_are_those_of_the_organisation(qms: Qms) -> None:
    """In London 23:30 UTC is the next day in summer, and the same day until the clocks change on 29 March 2026."""
    qms.start(policy(zone="Europe/London"))
    qms.write(ADA, doc(1), "2026-03-01")
    qms.write(ADA, doc(1, id="QP-002"), path="documents/QP-002.md")
    qms.approve("2026-03-28T23:30")
    qms.approve("2026-03-29T22:59", path="documents/QP-002.md")
    assert qms.status("2026-03-28") == "1 Effective"
    assert str(qms.dossier("QP-002").revisions[0].effective_on) == "2026-03-29"
    qms.write(ADA, doc(2), "2026-03-29T22:59:30")
    qms.approve("2026-03-29T23:00")
    assert [qms.status(day) for day in ("2026-03-29", "2026-03-30")] == ["1 Effective", "2 Effective"]


def test_suspended_and_nothing_older_comes_back(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.write(ADA, doc(2), "2026-03-01")
    qms.approve("2026-03-02")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-04-01")
    assert [qms.status(day) for day in ("2026-03-31", "2026-04-01", "2027-01-01")] == [
        "2 Effective",
        "2 Suspended",
        "2 Suspended",
    ]
    qms.write(ADA, doc(3), "2026-05-01")
    qms.approve("2026-05-02")
    assert qms.status("2026-05-02") == "3 Effective"


def test_revoked_on_its_first_day_is_suspended_not_cancelled(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.sign(JANE, "quality-manager", Meaning.REVOKE)
    assert qms.status("2026-02-01") == "1 Suspended"


def test_cancelled_before_it_took_effect(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.write(ADA, doc(2, effective_date="2026-06-01"), "2026-03-01")
    qms.approve("2026-03-02")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-05-31")
    assert [qms.status(day) for day in ("2026-05-31", "2026-06-01")] == ["1 Effective", "1 Effective"]
    assert qms.standing("2026-05-30").pending is not None
    assert qms.standing("2026-05-31").pending is None


def test_a_document_whose_only_revision_was_cancelled(qms: Qms) -> None:
    qms.start()
    in_force(qms, doc(1, effective_date="2026-06-01"))
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-05-01")
    assert qms.status("2026-07-01") == "1 Cancelled"


def test_only_those_whom_the_policy_names_can_revoke(qms: Qms) -> None:
    qms.start(policy(settings='revoked_by = ["quality-manager"]'))
    in_force(qms)
    qms.sign(OWEN, "production-manager", Meaning.REVOKE, "2026-03-01")
    qms.sign(TOM, "top-management", Meaning.REVOKE)
    assert qms.status("2026-03-01") == "1 Effective"
    assert len(qms.dossier().refusals) == 2


def test_a_revocation_of_what_is_not_yet_approved_counts_for_nothing(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE)
    qms.approve("2026-02-01")
    assert qms.status("2026-02-01") == "1 Effective"
    assert "was not approved when it landed" in "".join(qms.dossier().refusals.values())


def test_withdrawal_is_a_revision_with_a_date_of_its_own(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.write(ADA, doc(2, withdrawn="No longer made.", effective_date="2026-06-01"), "2026-03-01")
    assert qms.status("2026-03-01") == "1 Effective"
    qms.approve("2026-03-02")
    assert [qms.status(day) for day in ("2026-05-31", "2026-06-01")] == ["1 Effective", "2 Obsolete"]
    qms.delete(ADA, DOC, "2026-07-01")
    assert qms.status("2026-07-01") == "2 Obsolete"
    assert qms.standing("2030-01-01").review_by is None


def test_deleting_the_file_ends_nothing(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    qms.delete(ADA, DOC, "2026-03-01")
    dossier = qms.dossier()
    assert qms.status("2026-03-01") == "1 Effective"
    assert (dossier.path, dossier.removed and dossier.removed.author.name) == (None, ADA.name)


def test_as_of_shows_each_boundary_day_and_all_before_and_after(qms: Qms) -> None:
    qms.start()
    in_force(qms)
    assert "QP-001" not in qms.state("1999-01-01").dossiers
    assert "QP-001" not in qms.state("2026-01-30").dossiers
    assert [qms.status(day) for day in ("2026-01-31", "2026-02-01", "9999-12-31")] == [
        "1 Draft",
        "1 Effective",
        "1 Effective",
    ]


# --- periodic review --------------------------------------------------------------------------------------------


def review(qms: Qms, verdict: ReviewVerdict, at: str, signed: str | None = None) -> None:
    qms.sign(OWEN, "owner", Meaning.PERIODIC_REVIEW, at, verdict=verdict, signed=signed)


def test_review_is_due_that_day_and_overdue_the_day_after(qms: Qms) -> None:
    qms.start(policy(settings='review_every = "12 months"'))
    in_force(qms)
    standings = [qms.standing(day) for day in ("2027-01-31", "2027-02-01", "2027-02-02")]
    assert [s.conditions for s in standings] == [(), (Condition.REVIEW_DUE,), (Condition.OVERDUE,)]
    assert {str(s.review_by) for s in standings} == {"2027-02-01"}


def test_keep_moves_the_anchor_and_revise_does_not(qms: Qms) -> None:
    qms.start(policy(settings='review_every = "12 months"'))
    in_force(qms)
    review(qms, ReviewVerdict.KEEP, "2027-01-20", signed="2027-01-15")
    review(qms, ReviewVerdict.REVISE, "2028-01-10")
    standing = qms.standing("2028-01-10")
    assert (str(standing.anchor), str(standing.review_by)) == ("2027-01-15", "2028-01-15")
    assert standing.last_review is not None
    assert standing.last_review.record.verdict is ReviewVerdict.REVISE
    review(qms, ReviewVerdict.WITHDRAW, "2028-01-12")
    assert qms.status("2028-01-12") == "1 Effective"
    assert str(qms.standing("2028-01-12").review_by) == "2028-01-15"


def test_a_new_revision_is_a_new_anchor(qms: Qms) -> None:
    qms.start(policy(settings='review_every = "12 months"'))
    in_force(qms)
    review(qms, ReviewVerdict.KEEP, "2026-08-01")
    qms.write(ADA, doc(2), "2026-09-01")
    qms.approve("2026-09-10")
    assert str(qms.standing("2026-09-10").review_by) == "2027-09-10"


@pytest.mark.parametrize(
    ("every", "due"),
    [("1 month", "2026-02-28"), ("2 months", "2026-03-31"), ("13 months", "2027-02-28"), ("25 months", "2028-02-29")],
)
def test_a_review_is_due_no_later_than_the_end_of_its_month(qms: Qms, every: str, due: str) -> None:
    qms.start()
    qms.write(ADA, doc(1, review_every=every), "2026-01-30")
    qms.approve("2026-01-31")
    assert str(qms.standing("2026-01-31").review_by) == due


def test_only_those_whom_the_policy_names_can_sign_a_periodic_review(qms: Qms) -> None:
    qms.start(policy(settings='review_every = "12 months"'))
    in_force(qms)
    qms.sign(JANE, "quality-manager", Meaning.PERIODIC_REVIEW, "2026-12-01", verdict=ReviewVerdict.KEEP)
    assert str(qms.standing("2026-12-01").review_by) == "2027-02-01"
    assert "does not entitle" in "".join(qms.dossier().refusals.values())


def test_acknowledgements_are_outstanding_until_each_holder_signed(qms: Qms) -> None:
    qms.start(policy(settings='acknowledged_by = ["quality-manager"]'))
    in_force(qms)
    assert [p.id for p in qms.standing("2026-02-01").outstanding] == ["jane", "quinn"]
    qms.sign(QUINN, "quality-manager", Meaning.ACKNOWLEDGE, "2026-02-02")
    qms.sign(JANE, "quality-manager", Meaning.ACKNOWLEDGE, "2026-02-03")
    assert Condition.ACKNOWLEDGEMENT_OUTSTANDING in qms.standing("2026-02-02").conditions
    assert qms.standing("2026-02-03").conditions == ()


def test_an_acknowledgement_in_a_role_that_need_not_give_it_counts_for_nothing(qms: Qms) -> None:
    qms.start(policy(settings='acknowledged_by = ["quality-manager"]'))
    in_force(qms)
    qms.sign(ADA, "engineer", Meaning.ACKNOWLEDGE, "2026-02-02")
    assert list(qms.dossier().refusals.values()) == [
        "the role 'engineer' of ada does not entitle to 'acknowledge' here"
    ]


@pytest.mark.parametrize(("minor", "outstanding"), [("true", ["jane", "quinn"]), ("false", ["quinn"])])
def test_who_read_the_major_revision_need_not_read_a_minor_one_that_is_waived(
    qms: Qms, minor: str, outstanding: list[str]
) -> None:
    qms.start(
        policy(settings=f'scheme = "major.minor"\nacknowledged_by = ["quality-manager"]\nacknowledge_minor = {minor}')
    )
    in_force(qms, doc("1.0"))
    qms.sign(JANE, "quality-manager", Meaning.ACKNOWLEDGE, "2026-02-02")
    in_force(qms, doc("1.1"), "2026-03-01")
    assert [person.id for person in qms.standing("2026-03-01").outstanding] == outstanding
    in_force(qms, doc("2.0"), "2026-04-01")
    assert [person.id for person in qms.standing("2026-04-01").outstanding] == ["jane", "quinn"]
