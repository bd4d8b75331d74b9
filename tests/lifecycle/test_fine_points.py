"""Boundaries and ties in judging records and weighing signatures: the last second, the same second, the second role."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from kit import ADA, BOB, JANE, OWEN, PEOPLE, QUINN, TOM, Qms, Someone, doc, policy, public_line

from qmsdocs.history import CLOCK_SKEW
from qmsdocs.lifecycle import Act, period
from qmsdocs.model import Condition, Meaning
from qmsdocs.sshsig import fingerprint, public_key_blob

ONE = '["quality-manager"]'
AUCKLAND = "Pacific/Auckland"


def with_person(person: Someone) -> tuple[Someone, ...]:
    return tuple(person if p.id == person.id else p for p in PEOPLE)


def started(qms: Qms, text: str | None = None, **keys: str) -> None:
    """A policy, and the first draft of a procedure by Ada on 5 January."""
    qms.start(text or policy(approve=ONE))
    qms.write(ADA, doc(1, **keys), "2026-01-05")


def act(qms: Qms) -> Act:
    """The newest signed record on the procedure."""
    return qms.dossier().acts[-1]


def missing(qms: Qms) -> list[str]:
    return [str(need) for need in qms.draft().missing]


def signers(acts: tuple[Act, ...]) -> list[str]:
    return [found.record.person for found in acts]


# --- which day, which key, which name ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "signed", "landed", "counts"),
    [
        ("until = 2026-01-31", "10:00", "10:30", True),  # 23:00 on 31 January in Auckland
        ("until = 2026-01-31", "10:00", "11:30", False),  # landed there on 1 February
        ("from = 2026-02-01", "10:00", "11:30", False),
        ("from = 2026-02-01", "11:30", "11:30", True),
    ],
)
@pytest.mark.parametrize("what", ["role", "key"])
def test_a_record_is_signed_and_lands_on_the_days_of_the_organisation(
    qms: Qms, what: str, days: str, signed: str, landed: str, counts: bool
) -> None:
    dated = replace(JANE, roles=f'{{role = "quality-manager", {days}}}')
    if what == "key":
        dated = replace(JANE, extra=f'keys = [{{key = "{public_line("jane")}", {days}}}]')
    started(qms, policy(approve=ONE, people=with_person(dated), zone=AUCKLAND))
    qms.sign(JANE, "quality-manager", at=f"2026-01-31T{landed}", signed=f"2026-01-31T{signed}")
    assert qms.status("2026-02-01") == ("1 Effective" if counts else "1 Draft")
    assert str(act(qms).signed_day) == ("2026-01-31" if signed < "11:00" else "2026-02-01")
    assert ("quality-manager" in act(qms).held) is (counts or what == "key")


@pytest.mark.parametrize(
    ("ahead", "why"),
    [(0, None), (CLOCK_SKEW, None), (CLOCK_SKEW + 1, "it is dated 2026-01-07, after it landed")],
)
def test_a_signers_clock_may_be_ahead_by_a_day_to_the_second(qms: Qms, ahead: int, why: str | None) -> None:
    started(qms)
    signed = qms.at("2026-01-06") + timedelta(seconds=ahead)
    qms.sign(JANE, "quality-manager", at="2026-01-06", signed=signed.isoformat())
    assert act(qms).refusal == why


def test_signer_and_committer_share_a_clock_far_ahead(qms: Qms) -> None:
    """The landing is taken back to the commits around it; who signed by the same clock did not sign after it."""
    started(qms)
    qms.sign(JANE, "quality-manager", at="2030-01-06")
    for day in ("2026-01-07", "2026-01-08", "2026-01-09"):
        qms.commit(BOB, {"notes.txt": day}, day)
    assert (str(act(qms).day), str(act(qms).signed_day), act(qms).refusal) == ("2026-01-05", "2030-01-06", None)


def test_a_committers_clock_that_is_behind_makes_no_record_late(qms: Qms) -> None:
    started(qms)
    qms.sign(JANE, "quality-manager", at="2019-01-01", signed="2026-01-05")
    assert act(qms).refusal is None


@pytest.mark.parametrize(
    ("who", "key", "late", "tied"),
    [(JANE, "own", 0, True), (TOM, "own", 0, True), (JANE, "quinn", 0, False), (JANE, "own", CLOCK_SKEW + 1, False)],
    ids=["counts", "holds no role", "another's key", "dated after it landed"],
)
def test_a_record_is_tied_to_its_person_by_their_key_whatever_it_is_worth(
    qms: Qms, who: Someone, key: str, late: int, tied: bool
) -> None:
    started(qms)
    signed = qms.at("2026-01-06") + timedelta(seconds=late)
    qms.sign(who, "quality-manager", at="2026-01-06", key=key, signed=signed.isoformat())
    assert act(qms).tied is tied
    assert act(qms).key == (fingerprint(public_key_blob(public_line(who.id))) if tied else None)


def test_a_record_holds_the_roles_of_its_person_on_both_days(qms: Qms) -> None:
    roles = '"quality-manager", {role = "engineer", until = 2026-01-31}, {role = "top-management", from = 2026-02-01}'
    started(qms, policy(approve=ONE, people=with_person(replace(JANE, roles=roles))))
    qms.sign(JANE, "quality-manager", at="2026-02-01", signed="2026-01-31")
    assert act(qms).held == {"quality-manager"}


def test_a_record_may_bear_an_earlier_name_and_no_other(qms: Qms) -> None:
    married = replace(JANE, extra=f'names = ["Jane Roe"]\nkeys = ["{public_line("jane")}"]')
    started(qms, policy(approve=ONE, people=with_person(married)))
    qms.sign(JANE, "quality-manager", at="2026-01-06", name="Jane Hale")
    assert act(qms).refusal == "it names 'Jane Hale', but jane is Jane Doe"
    qms.sign(JANE, "quality-manager", at="2026-01-07", name="Jane Roe")
    assert qms.status("2026-01-07") == "1 Effective"


@pytest.mark.parametrize(("day", "counts"), [("2026-02-14", True), ("2026-02-15", False), ("2026-02-16", False)])
def test_a_key_that_one_listing_revokes_is_revoked_whatever_another_says(qms: Qms, day: str, counts: bool) -> None:
    line = public_line("jane")
    twice = replace(JANE, extra=f'keys = ["{line}", {{key = "{line}", revoked = 2026-02-15}}]')
    started(qms, policy(approve=ONE, people=with_person(twice)))
    qms.sign(JANE, "quality-manager", at=day)
    assert (act(qms).refusal is None) is counts


def test_whose_key_it_was_is_told_of_any_of_their_keys(qms: Qms) -> None:
    two = replace(QUINN, extra=f'keys = ["{public_line("quinn")}", "{public_line("quinn-home")}"]')
    started(qms, policy(approve=ONE, people=with_person(two)))
    qms.sign(JANE, "quality-manager", at="2026-01-06", key="quinn-home")
    assert act(qms).refusal == "it was signed with the key of quinn, not with a key of jane"


def test_a_record_that_lost_its_signature_has_no_committer_of_its_own(qms: Qms) -> None:
    started(qms, policy(approve=ONE, repository='signatures = "attributed"'))
    path = qms.sign(JANE, "quality-manager", at="2026-01-06", key="forger")
    qms.commit(JANE, {f"{path}.sig": None}, "2026-01-07")
    assert act(qms).refusal == "it names jane, but was committed by nobody known"


# --- the last word of a person ----------------------------------------------------------------------------------


def test_all_signatures_do_not_outweigh_a_rejection(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(QUINN, "quality-manager", Meaning.REJECT, "2026-01-06")
    qms.approve("2026-01-07")
    assert (qms.status("2026-01-07"), missing(qms)) == ("1 In review", [])
    assert qms.standing("2026-01-07").conditions == (Condition.REJECTED,)
    qms.sign(QUINN, "quality-manager", at="2026-01-08")
    assert qms.status("2026-01-08") == "1 Effective"


def test_who_rejects_takes_back_their_own_approval_and_nobody_elses(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(OWEN, "owner", at="2026-01-06")
    qms.sign(QUINN, "quality-manager", Meaning.REJECT, "2026-01-07")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-08")
    qms.sign(JANE, "quality-manager", at="2026-01-09")
    assert signers(qms.draft().acts) == ["owen", "jane"]
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-10")
    assert (signers(qms.draft().acts), missing(qms)) == (["owen"], ["quality-manager"])


def test_an_author_may_reject_what_they_wrote(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(JANE, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-06")
    qms.sign(QUINN, "quality-manager", at="2026-01-07")
    assert qms.status("2026-01-07") == "1 In review"


APPROVE, REJECT = Meaning.APPROVE, Meaning.REJECT


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ((APPROVE, "2026-01-06T09:00"), (REJECT, "2026-01-06T08:00"), "1 Effective"),
        ((REJECT, "2026-01-06T09:00"), (APPROVE, "2026-01-06T08:00"), "1 In review"),
        ((APPROVE, "2026-01-06T09:00"), (REJECT, "2026-01-06T09:00"), "1 In review"),
        ((REJECT, "2026-01-06T09:00"), (APPROVE, "2026-01-06T09:00"), "1 Effective"),
    ],
    ids=["signed last, landed first", "rejected last, landed first", "same second", "same second, the other way"],
)
def test_what_a_person_signed_last_counts_then_what_landed_last(
    qms: Qms, first: tuple[Meaning, str], second: tuple[Meaning, str], status: str
) -> None:
    qms.start()  # the owner is missing while both land, so that both are weighed
    qms.write(ADA, doc(1), "2026-01-05")
    for day, (meaning, signed) in zip(("2026-01-07", "2026-01-08"), (first, second), strict=True):
        qms.sign(JANE, "quality-manager", meaning, day, signed=signed)
    qms.sign(OWEN, "owner", at="2026-01-09")
    assert qms.status("2026-01-09") == status


def test_of_two_records_of_one_second_and_one_landing_the_rejection_counts(qms: Qms) -> None:
    started(qms)
    files = {
        **qms.record(JANE, "quality-manager", REJECT, signed="2026-01-06"),
        **qms.record(JANE, "quality-manager", APPROVE, signed="2026-01-06"),
    }
    qms.commit(JANE, files, "2026-01-06")
    assert qms.status("2026-01-06") == "1 In review"


BOTH = with_person(replace(JANE, roles='"quality-manager", "production-manager"'))


@pytest.mark.parametrize("jane_lands_first", [True, False])
def test_approvals_are_told_in_the_order_of_their_signing(qms: Qms, jane_lands_first: bool) -> None:
    """Jane, who could sign for either role, is moved to the seat that she alone can fill."""
    qms.start(policy(people=BOTH, approve='["production-manager", "quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    janes = {
        **qms.record(JANE, "production-manager", signed="2026-01-06T09:00"),
        **qms.record(JANE, "quality-manager", signed="2026-01-06T09:30"),
    }
    owens = qms.record(OWEN, "production-manager", signed="2026-01-06T10:00")
    first, second = (janes, owens) if jane_lands_first else (owens, janes)
    qms.commit(JANE, first, "2026-01-07")
    qms.commit(JANE, second, "2026-01-08")
    assert signers(qms.dossier().revisions[0].approvals) == ["jane", "owen"]


@pytest.mark.parametrize(
    ("first", "order"), [(OWEN, ["owen", "jane"]), (JANE, ["jane", "owen"]), (None, ["jane", "owen"])]
)
def test_approvals_of_one_second_are_told_in_the_order_of_their_landing_then_by_name(
    qms: Qms, first: Someone | None, order: list[str]
) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    files = {
        OWEN: qms.record(OWEN, "owner", signed="2026-01-06"),
        JANE: qms.record(JANE, "quality-manager", signed="2026-01-06"),
    }
    if first:
        qms.commit(first, files.pop(first), "2026-01-07")
    qms.commit(TOM, {path: data for each in files.values() for path, data in each.items()}, "2026-01-08")
    assert signers(qms.dossier().revisions[0].approvals) == order


# --- who must sign ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "role"), [("owner", "quality-manager"), ("quality-manager", "owner"), ("engineer", "production-manager")]
)
def test_an_owner_signs_in_the_role_that_is_asked_for_and_in_no_other(qms: Qms, asked: str, role: str) -> None:
    two = with_person(replace(OWEN, roles='"production-manager", "quality-manager"'))
    started(qms, policy(approve=f'["{asked}"]', people=two))
    qms.sign(OWEN, role, at="2026-01-06")
    assert (missing(qms), qms.dossier().revisions) == ([asked], [])


def test_an_owner_called_owner_is_nobody_and_stays_missing(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, owner="owner"), "2026-01-05")
    assert missing(qms) == ["owner", "quality-manager"]


@pytest.mark.parametrize(
    ("owner", "roles", "asked"),
    [
        ("bob", '"engineer"', "bob"),
        ("bob", '{role = "engineer", until = 2026-01-31}, {role = "quality-manager", from = 2026-02-01}', "bob"),
        ("bob", '{role = "engineer", until = 2026-02-01}', "bob"),
        ("bob", '{role = "engineer", until = 2026-01-31}', "tom"),
        ("engineer", '{role = "engineer", until = 2026-02-01}', "engineer"),
        ("engineer", '{role = "engineer", until = 2026-01-31}', "tom"),
    ],
)
def test_the_old_owner_is_asked_while_there_is_one_on_the_day_the_text_lands(
    qms: Qms, owner: str, roles: str, asked: str
) -> None:
    people = [replace(BOB, roles=roles) if p is BOB else p for p in PEOPLE if p is not ADA]
    qms.start(policy(approve='["owner"]', people=people))
    qms.write(ADA, doc(1, owner=owner), "2026-01-05")
    qms.sign(BOB, "owner", at="2026-01-06")
    assert qms.status("2026-01-06") == "1 Effective"
    qms.write(ADA, doc(2, owner="tom"), "2026-02-01")
    assert qms.draft().owner == asked


def test_a_minor_revision_belongs_to_its_own_major_number(qms: Qms) -> None:
    """2.1 after 1.1 is minor to nothing that was approved: it asks for everybody."""
    settings = 'scheme = "major.minor"\napprove_minor = ["engineer"]'
    qms.start(policy(approve=ONE, settings=settings))
    qms.write(ADA, doc("1.0"), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.write(ADA, doc("1.1"), "2026-01-07")
    assert missing(qms) == ["engineer"]
    qms.sign(BOB, "engineer", at="2026-01-08")
    assert qms.status("2026-01-08") == "1.1 Effective"
    qms.write(ADA, doc("2.1"), "2026-01-09")
    assert missing(qms) == ["quality-manager"]


def test_a_cancelled_revision_was_never_in_force(qms: Qms) -> None:
    started(qms, effective_date="2026-06-01")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-05-01")
    (revision,) = qms.dossier().revisions
    assert period(revision, [revision]) == (None, None)
