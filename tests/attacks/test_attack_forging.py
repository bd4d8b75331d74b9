"""Forged approvals: each must count for nothing, and say why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from attacks.told import LATE, ONE, approved, checked, messages, refusals, revised
from kit import ADA, BOB, DOC, JANE, OWEN, PEOPLE, QUINN, TOM, Qms, Someone, armored, doc, policy, public_line

from qmsdocs.model import Meaning

UNFIT = "the signature does not fit the record's bytes"
FORGED = "signatures/QP/QP-001/2/20260210T120000Z-approve-jane.yaml"


def plant(qms: Qms, record: bytes, signature: bytes, at: str = "2026-02-10", path: str = FORGED) -> None:
    """Bob, who can push, adds a record and a signature."""
    qms.commit(BOB, {path: record, f"{path}.sig": signature}, at)


def claimed(qms: Qms, who: Someone = JANE, signed: str = "2026-02-10", role: str = "quality-manager") -> bytes:
    """The bytes of an approval of revision 2 in someone's name."""
    return next(iter(qms.record(who, role, signed=signed).values()))


def with_key(line: str) -> str:
    """The policy in which this is Jane's key."""
    jane = replace(JANE, extra=f"keys = [{line}]")
    return policy(approve=ONE, people=[jane if p is JANE else p for p in PEOPLE])


def test_an_approval_altered_to_name_the_next_revision(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker wants revision 2 in force and has Jane's approval of revision 1 to edit."""
    record = revised(qms)
    plant(qms, claimed(qms), qms.files()[f"{record}.sig"])
    assert refusals(qms) == [UNFIT]
    assert qms.status(LATE) == "1 Effective"
    assert UNFIT in checked(qms, monkeypatch).out


def test_the_landed_approval_altered_in_place(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker wants the record on file to name another approver."""
    record = approved(qms)
    qms.commit(BOB, {record: qms.files()[record].replace(b"jane", b"quinn")}, "2026-02-10")
    said = checked(qms, monkeypatch)
    assert said.code == 1
    assert f"The landed file {record} was changed" in said.out
    assert "the approval of revision 1 by jane is gone or altered" in said.out


def test_an_approval_copied_to_another_document(qms: Qms) -> None:
    """The attacker wants QP-002 in force and files Jane's approval of QP-001 under it."""
    record = approved(qms)
    qms.write(ADA, doc(1, id="QP-002"), path="documents/QP-002.md")
    files = qms.files()
    plant(qms, files[record], files[f"{record}.sig"], path=record.replace("QP-001", "QP-002"))
    assert qms.status(LATE, "QP-002") == "1 Draft"
    assert (qms.dossier("QP-002").acts, len(qms.dossier().acts)) == ([], 1)


def test_an_approval_replayed_on_the_next_revision(qms: Qms) -> None:
    """The attacker wants revision 2 in force and files the approval of revision 1 under it, byte for byte."""
    record = revised(qms)
    files = qms.files()
    plant(qms, files[record], files[f"{record}.sig"])
    assert qms.status(LATE) == "1 Effective"
    assert [str(need) for need in qms.draft().missing] == ["quality-manager"]


def test_an_approval_replayed_on_other_words_under_the_same_label(qms: Qms) -> None:
    """The attacker wants other words approved as revision 1."""
    approved(qms)
    digest = qms.dossier().revisions[0].content.digest
    qms.write(BOB, doc(1, "Skip the test."), "2026-02-10")
    assert messages(qms, "RE301") == ["revision 1 is approved, and this is not the text that was approved"]
    assert [revision.content.digest for revision in qms.dossier().revisions] == [digest]


def test_a_signature_in_one_role_turned_into_another(qms: Qms) -> None:
    """The attacker wants Owen's signature as owner to count as the quality manager's."""
    owen = replace(OWEN, roles='"production-manager", "quality-manager"')
    qms.start(policy(people=[owen if p is OWEN else p for p in PEOPLE]))
    qms.write(ADA, doc(1), "2026-02-01")
    record = qms.sign(OWEN, "owner", at="2026-02-02")
    data, signature = (qms.files()[path] for path in (record, f"{record}.sig"))
    plant(qms, data.replace(b"role: owner", b"role: quality-manager"), signature)
    assert refusals(qms) == [UNFIT]
    assert qms.status(LATE) == "1 In review"


def test_an_approval_given_another_date(qms: Qms) -> None:
    """The attacker wants the approval to look as if it had been given before the audit."""
    revised(qms)
    signature = armored(claimed(qms), "jane")
    plant(qms, claimed(qms, signed="2026-02-01"), signature)
    assert (refusals(qms), qms.status(LATE)) == ([UNFIT], "1 Effective")


def test_a_review_turned_into_an_approval(qms: Qms) -> None:
    """The attacker wants a reviewer's signature to count as an approval."""
    revised(qms)
    reviewed = next(iter(qms.record(JANE, "quality-manager", Meaning.REVIEW, signed="2026-02-10").values()))
    plant(qms, claimed(qms), armored(reviewed, "jane"))
    assert (refusals(qms), qms.status(LATE)) == ([UNFIT], "1 Effective")


def test_a_signature_that_was_made_for_git(qms: Qms) -> None:
    """The attacker wants a signature that Jane made elsewhere with the same key, over bytes of his choice, to count."""
    revised(qms)
    plant(qms, claimed(qms), armored(claimed(qms), "jane", b"git"))
    assert refusals(qms) == ["the signature was made for 'git', not for 'qmsdocs'"]
    assert qms.status(LATE) == "1 Effective"


def test_a_key_that_nobody_has(qms: Qms) -> None:
    """The attacker signs in Jane's name with a key made a minute ago."""
    revised(qms)
    plant(qms, claimed(qms), armored(claimed(qms), "a minute ago"))
    (why,) = refusals(qms)
    assert why.startswith("it was signed with an unknown key (SHA256:")
    assert why.endswith("), not with a key of jane")


def test_his_own_key_in_her_name(qms: Qms) -> None:
    """The attacker, known to the policy, signs in Jane's name with his own key."""
    revised(qms)
    plant(qms, claimed(qms), armored(claimed(qms), "bob"))
    assert refusals(qms) == ["it was signed with the key of bob, not with a key of jane"]
    assert qms.status(LATE) == "1 Effective"


def test_her_name_on_his_own_record(qms: Qms) -> None:
    """The attacker signs as himself and wants the register to show Jane's name."""
    revised(qms)
    qms.sign(BOB, "quality-manager", name="Jane Doe", at="2026-02-10")
    assert refusals(qms) == ["it names 'Jane Doe', but bob is Bob Gray"]


def test_a_role_that_he_does_not_hold(qms: Qms) -> None:
    """The attacker signs as himself in a role that the policy does not give him."""
    revised(qms)
    qms.sign(BOB, "quality-manager", at="2026-02-10")
    assert refusals(qms) == ["bob did not hold the role 'quality-manager' on 2026-02-10"]
    assert qms.status(LATE) == "1 Effective"


def test_a_role_that_the_policy_has_but_the_document_does_not_ask_for(qms: Qms) -> None:
    """The attacker wants the director's signature to stand in for the quality manager's."""
    revised(qms)
    qms.sign(TOM, "top-management", at="2026-02-10")
    assert refusals(qms) == ["the role 'top-management' is not one that this content needs for 'approve'"]


def test_no_signature_at_all(qms: Qms) -> None:
    """The attacker writes an approval and leaves the signature out."""
    revised(qms)
    qms.commit(BOB, {FORGED: claimed(qms)}, "2026-02-10")
    assert (refusals(qms), qms.status(LATE)) == (["it has no signature beside it"], "1 Effective")


@pytest.mark.parametrize("end", ["until = 2026-01-31", "revoked = 2026-02-01"])
def test_a_key_that_is_no_longer_valid(qms: Qms, end: str) -> None:
    """The attacker holds an old key of Jane's, and dates the record to when it was good."""
    revised(qms, with_key(f'{{key = "{public_line("jane")}", {end}}}'))
    qms.sign(JANE, "quality-manager", signed="2026-01-20", at="2026-02-10", by=BOB)
    (why,) = refusals(qms)
    assert why.startswith("the key SHA256:")
    assert why.endswith(" of jane was not valid on 2026-02-10")
    assert qms.status(LATE) == "1 Effective"


def test_a_key_stolen_before_anybody_noticed(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker signed with Jane's stolen key; she finds out a month later and revokes it from the day it was stolen."""
    revised(qms)
    qms.sign(JANE, "quality-manager", at="2026-02-10", by=BOB)
    stolen = f'{{key = "{public_line("jane")}", revoked = 2026-02-05}}, "{public_line("new")}"'
    qms.enforce(with_key(stolen).replace("revision = 1", "revision = 2"), "2026-03-10", who=QUINN)
    (message,) = messages(qms, "IN712")
    assert message == "the approval of revision 2 by jane landed on 2026-02-10, and its key is revoked from 2026-02-05"
    assert checked(qms, monkeypatch).code == 1


def test_a_role_that_ended_and_a_date_before(qms: Qms) -> None:
    """The attacker was quality manager until January, and dates the approval to that time."""
    bob = replace(BOB, roles='{role = "quality-manager", until = 2026-01-31}')
    revised(qms, policy(approve=ONE, people=[bob if p is BOB else p for p in PEOPLE]))
    qms.sign(BOB, "quality-manager", signed="2026-01-31", at="2026-02-10")
    assert refusals(qms) == ["bob did not hold the role 'quality-manager' on 2026-02-10"]


def test_a_role_that_is_to_begin_and_a_date_in_the_future(qms: Qms) -> None:
    """The attacker becomes quality manager in May, and dates the approval to that time."""
    bob = replace(BOB, roles='{role = "quality-manager", from = 2026-05-01}')
    revised(qms, policy(approve=ONE, people=[bob if p is BOB else p for p in PEOPLE]))
    qms.sign(BOB, "quality-manager", signed="2026-05-02", at="2026-02-10")
    assert refusals(qms) == ["it is dated 2026-05-02, after it landed"]


def test_one_person_with_two_keys(qms: Qms) -> None:
    """The attacker, a quality manager, wants to be both of the two that must sign."""
    jane = replace(JANE, extra=f'keys = ["{public_line("jane")}", "{public_line("jane too")}"]')
    qms.start(policy(approve='["2 of quality-manager"]', people=[jane if p is JANE else p for p in PEOPLE]))
    qms.write(ADA, doc(1), "2026-02-01")
    qms.sign(JANE, "quality-manager", at="2026-02-02")
    qms.sign(JANE, "quality-manager", at="2026-02-03", key="jane too")
    assert qms.status(LATE) == "1 In review"
    assert [str(need) for need in qms.draft().missing] == ["quality-manager"]


def test_the_author_behind_a_private_e_mail(qms: Qms) -> None:
    """The attacker, a quality manager, wants to approve his own text, committed from home."""
    approved(qms)
    qms.write(replace(QUINN, email="q@home.example"), doc(2, "Skip the test."), "2026-02-01")
    qms.sign(QUINN, "quality-manager", at="2026-02-10")
    assert (refusals(qms), qms.status(LATE)) == (["quinn is an author of this content"], "1 Effective")


def test_an_approval_that_its_signer_took_back(qms: Qms) -> None:
    """The attacker kept Jane's approval on a branch, and merges it after she has rejected the text."""
    revised(qms)
    qms.branch("kept")
    qms.sign(JANE, "quality-manager", at="2026-02-02", on="kept")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-02-05")
    qms.merge("kept", BOB, "2026-02-10")
    assert (qms.status(LATE), qms.draft().rejected is not None) == ("1 Effective", True)


def test_an_approval_dated_before_what_its_signer_had_seen(qms: Qms) -> None:
    """The attacker, Jane herself, wants an approval that she gave in March to look like one of January."""
    qms.start(policy(approve=ONE))
    seen = qms.write(ADA, doc(1), "2026-03-01")
    qms.sign(JANE, "quality-manager", signed="2026-01-02", at="2026-03-02", witness=seen)
    (message,) = messages(qms, "IN708")
    assert "signed 2026-01-02, and names a commit of 2026-03-01" in message
    assert str(qms.dossier().revisions[0].effective_on) == "2026-03-02"


def unsigned(qms: Qms) -> None:
    qms.sign(JANE, "quality-manager", at="2026-02-10", key=None, by=BOB)


def badly_signed(qms: Qms) -> None:
    qms.sign(JANE, "quality-manager", at="2026-02-10", key="a minute ago", by=JANE)


@pytest.mark.parametrize(
    ("forge", "why"),
    [(unsigned, "it names jane, but was committed by Bob Gray"), (badly_signed, "it was signed with an unknown key")],
)
def test_another_name_in_a_firm_without_keys(qms: Qms, forge: Callable[[Qms], None], why: str) -> None:
    """The attacker wants a record that he committed, or signed with any key, to count as Jane's."""
    qms.start(policy(approve=ONE, repository='signatures = "attributed"'))
    qms.write(ADA, doc(1), "2026-02-01")
    forge(qms)
    assert refusals(qms)[0].startswith(why)
    assert qms.status(LATE) == "1 Draft"
    assert DOC in qms.dossier().paths
