"""Which signatures make an approval: owner, roles, N of M, distinct people; and who signed with which key, when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit import ADA, BOB, JANE, OWEN, PEOPLE, QUINN, STRANGER, TOM, Qms, Someone, doc, policy, public_line

from qmsdocs.model import Meaning, ReviewVerdict

TWO_QUALITY_MANAGERS = '["2 of quality-manager"]'
BOTH_ROLES = replace(JANE, roles='"quality-manager", "production-manager"')


def with_person(person: Someone) -> tuple[Someone, ...]:
    return tuple(person if p.id == person.id else p for p in PEOPLE)


def missing(qms: Qms) -> list[str]:
    return [str(need) for need in qms.draft().missing]


def test_the_owner_may_be_a_role_or_a_person(qms: Qms) -> None:
    qms.start(policy(approve='["owner"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.write(ADA, doc(1, id="QP-002", owner="bob"), path="documents/QP-002.md")
    qms.sign(BOB, "owner", at="2026-01-06")
    qms.sign(OWEN, "owner", at="2026-01-06", path="documents/QP-002.md")
    assert (qms.status("2026-01-06"), qms.status("2026-01-06", "QP-002")) == ("1 Draft", "1 Draft")
    qms.sign(OWEN, "production-manager", at="2026-01-07")
    qms.sign(BOB, "owner", at="2026-01-07", path="documents/QP-002.md")
    assert (qms.status("2026-01-07"), qms.status("2026-01-07", "QP-002")) == ("1 Effective", "1 Effective")


def test_a_document_without_an_owner_waits_for_one(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, owner=""), "2026-01-05")
    qms.approve("2026-01-06")
    assert missing(qms) == ["owner"]


@pytest.mark.parametrize("role", ["owner", "quality-manager"])
def test_the_owner_and_the_role_that_owns_are_one_requirement(qms: Qms, role: str) -> None:
    qms.start()
    qms.write(ADA, doc(1, owner="quality-manager"), "2026-01-05")
    qms.sign(JANE, role, at="2026-01-06")
    assert qms.status("2026-01-06") == "1 Effective"


def test_an_owner_who_is_a_person_does_not_sign_for_the_role_as_well(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, owner="jane"), "2026-01-05")
    qms.sign(JANE, "owner", at="2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07")
    assert len(missing(qms)) == 1
    qms.sign(QUINN, "quality-manager", at="2026-01-08")
    assert qms.status("2026-01-08") == "1 Effective"


def test_two_of_a_role_are_two_people_whatever_their_keys(qms: Qms) -> None:
    two_keys = replace(JANE, extra=f'keys = ["{public_line("jane")}", "{public_line("jane-laptop")}"]')
    qms.start(policy(people=with_person(two_keys), approve=TWO_QUALITY_MANAGERS))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07", key="jane-laptop")
    assert missing(qms) == ["quality-manager"]
    assert {act.refusal for act in qms.dossier().acts} == {None}
    qms.sign(QUINN, "quality-manager", at="2026-01-08")
    assert qms.status("2026-01-08") == "1 Effective"


def test_one_person_with_two_roles_fills_one_requirement(qms: Qms) -> None:
    qms.start(policy(people=with_person(BOTH_ROLES)))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "production-manager", at="2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07")
    assert len(missing(qms)) == 1


def test_people_are_placed_so_that_most_requirements_are_met(qms: Qms) -> None:
    """Jane signed first and for the seat that only she could leave: she moves to the other one."""
    qms.start(policy(people=with_person(BOTH_ROLES)))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "production-manager", at="2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07")
    qms.sign(OWEN, "production-manager", at="2026-01-08")
    assert qms.status("2026-01-08") == "1 Effective"
    assert sorted((a.record.person, a.record.role) for a in qms.dossier().revisions[0].approvals) == [
        ("jane", "quality-manager"),
        ("owen", "production-manager"),
    ]


def test_a_required_review_is_not_an_approval(qms: Qms) -> None:
    qms.start(policy(approve='["quality-manager"]', settings='review = ["engineer"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.sign(BOB, "engineer", at="2026-01-06")
    assert missing(qms) == ["engineer (review)"]
    qms.sign(BOB, "engineer", Meaning.REVIEW, "2026-01-07")
    assert qms.status("2026-01-07") == "1 Effective"


def test_an_unknown_type_is_never_approved(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, type="recipe"), "2026-01-05")
    qms.approve("2026-01-06")
    assert qms.status("2026-01-06") == "1 Draft"
    assert qms.draft().type is None


# --- people, roles and keys in time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed", "landed", "counts"),
    [("2026-01-30", "2026-01-31", True), ("2026-02-01", "2026-02-01", False), ("2026-01-30", "2026-02-01", False)],
)
@pytest.mark.parametrize("role", ["production-manager", "owner"])
def test_a_role_that_ended_counts_until_its_last_day(
    qms: Qms, signed: str, landed: str, counts: bool, role: str
) -> None:
    """Signed and landed: a former owner with a back-dated clock is a former owner."""
    former = replace(OWEN, roles='{role = "production-manager", until = 2026-01-31}')
    qms.start(policy(people=with_person(former), approve='["owner"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(OWEN, role, at=landed, signed=signed)
    assert qms.status("2026-03-01") == ("1 Effective" if counts else "1 Draft")


@pytest.mark.parametrize("meaning", [Meaning.REVOKE, Meaning.PERIODIC_REVIEW])
def test_a_former_owner_neither_revokes_nor_reviews(qms: Qms, meaning: Meaning) -> None:
    former = replace(OWEN, roles='{role = "production-manager", until = 2026-01-31}')
    qms.start(policy(people=with_person(former), settings='revoked_by = ["owner"]\nreview_every = "1 year"'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    verdict = ReviewVerdict.KEEP if meaning is Meaning.PERIODIC_REVIEW else None
    qms.sign(OWEN, "owner", meaning, "2026-02-01", signed="2026-01-30", verdict=verdict)
    assert (qms.status("2026-02-01"), str(qms.standing("2026-02-01").review_by)) == ("1 Effective", "2027-01-06")


@pytest.mark.parametrize(
    ("days", "signed", "landed", "counts"),
    [
        ("until = 2026-01-31", "2026-01-31", "2026-01-31", True),
        ("until = 2026-01-31", "2026-01-31", "2026-02-01", False),
        ("from = 2026-02-01", "2026-01-31", "2026-02-01", False),
        ("from = 2026-02-01", "2026-02-01", "2026-02-01", True),
        ("revoked = 2026-02-01", "2026-01-31", "2026-01-31", True),
        ("revoked = 2026-02-01", "2026-01-31", "2026-02-01", False),
    ],
)
def test_a_key_counts_on_its_days_only(qms: Qms, days: str, signed: str, landed: str, counts: bool) -> None:
    dated = replace(JANE, extra=f'keys = [{{key = "{public_line("jane")}", {days}}}]')
    qms.start(policy(people=with_person(dated), approve='["quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at=landed, signed=signed)
    assert qms.status("2026-03-01") == ("1 Effective" if counts else "1 Draft")


@pytest.mark.parametrize(("second", "counts"), [("from = 2026-02-01", True), ("revoked = 2026-02-15", False)])
def test_a_key_listed_again_for_later_days(qms: Qms, second: str, counts: bool) -> None:
    line = public_line("jane")
    twice = replace(JANE, extra=f'keys = [{{key = "{line}", until = 2026-01-31}}, {{key = "{line}", {second}}}]')
    qms.start(policy(people=with_person(twice), approve='["quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-03-01")
    assert qms.status("2026-03-01") == ("1 Effective" if counts else "1 Draft")


@pytest.mark.parametrize(
    ("key", "why"),
    [("quinn", "the key of quinn"), ("somebody", "an unknown key"), (None, "no signature beside it")],
)
def test_a_record_counts_only_with_a_key_of_the_person_it_names(qms: Qms, key: str | None, why: str) -> None:
    qms.start(policy(approve='["quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06", key=key)
    assert qms.status("2026-01-06") == "1 Draft"
    assert why in str(qms.dossier().acts[0].refusal)


def test_a_stranger_a_wrong_name_and_a_role_not_held_count_for_nothing(qms: Qms) -> None:
    qms.start(policy(approve='["quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(STRANGER, "quality-manager", at="2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07", name="Tom Hale")
    qms.sign(TOM, "quality-manager", at="2026-01-08")
    refusals = [str(act.refusal) for act in qms.dossier().acts]
    assert ["knows no person" in refusals[0], "names 'Tom Hale'" in refusals[1], "did not hold" in refusals[2]] == [
        True
    ] * 3
    assert qms.status("2026-01-08") == "1 Draft"


def test_a_record_dated_after_it_landed_counts_for_nothing_but_a_slightly_fast_clock_does(qms: Qms) -> None:
    qms.start(policy(approve='["quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06", signed="2026-01-08")
    assert "after it landed" in str(qms.dossier().acts[0].refusal)
    qms.sign(QUINN, "quality-manager", at="2026-01-06T23:00", signed="2026-01-07T01:00")
    assert [qms.status(f"2026-01-0{day}") for day in (6, 7)] == ["1 Approved", "1 Effective"]
