"""Signed records: they bind content, land in any order, and are only ever added."""

from __future__ import annotations

import pytest
from kit import ADA, BOB, DOC, JANE, LINK, QUINN, STRANGER, Qms, Someone, doc, policy

from qmsdocs.model import Assurance, Condition, Meaning

ONE = '["quality-manager"]'
ATTRIBUTED = 'signatures = "attributed"'


def approved(qms: Qms) -> str:
    """Revision 1 approved by Jane on 6 January; the path of her record."""
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    return qms.sign(JANE, "quality-manager", at="2026-01-06")


def incidents(qms: Qms) -> list[str]:
    return [incident.rule for incident in qms.state().incidents]


def broken(qms: Qms) -> bool:
    return Condition.APPROVAL_BROKEN in qms.standing("2099-01-01").conditions


def test_approved_on_the_branch_before_the_merge(qms: Qms) -> None:
    qms.start()
    qms.branch("topic")
    qms.write(ADA, doc(1), "2026-01-05", on="topic")
    qms.approve("2026-01-06", on="topic")
    qms.merge("topic", BOB, "2026-01-10")
    assert qms.status("2026-01-10") == "1 Effective"
    revision = qms.dossier().revisions[0]
    assert (str(revision.approved_on), str(revision.effective_on)) == ("2026-01-06", "2026-01-10")


@pytest.mark.parametrize("way", ["squash", "rebase"])
def test_approvals_survive_a_new_history_of_the_branch(qms: Qms, way: str) -> None:
    qms.start()
    qms.branch("topic")
    qms.write(ADA, doc(1), "2026-01-05", on="topic")
    qms.approve("2026-01-06", on="topic")
    qms.commit(BOB, {"notes.txt": "meanwhile"}, "2026-01-07")
    qms.squash("topic", ADA, "2026-01-10") if way == "squash" else qms.rebase("topic", "2026-01-10")
    assert qms.status("2026-01-10") == "1 Effective"


def test_a_record_may_land_before_its_content(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.sign(JANE, "quality-manager", at="2026-01-05", text=doc(1))
    assert "never landed" in "".join(qms.dossier().refusals.values())
    qms.write(ADA, doc(1), "2026-01-06")
    assert (qms.status("2026-01-06"), qms.dossier().refusals) == ("1 Effective", {})


@pytest.mark.parametrize("edit", [False, True])
def test_a_renamed_document_keeps_its_approval(qms: Qms, edit: bool) -> None:
    approved(qms)
    qms.move(BOB, DOC, "documents/new/QP-001.md", "2026-02-01", text=doc(2) if edit else None)
    assert qms.status("2026-02-01") == "1 Effective"
    assert (qms.dossier().path, qms.dossier().removed) == ("documents/new/QP-001.md", None)
    assert (qms.dossier().draft is not None) is edit


def test_a_record_copied_to_another_document_speaks_of_its_own(qms: Qms) -> None:
    record = approved(qms)
    qms.write(ADA, doc(1, id="QP-002"), path="documents/QP-002.md")
    files = qms.files()
    copied = {path.replace("QP-001", "QP-002"): files[path] for path in (record, f"{record}.sig")}
    qms.commit(BOB, copied, "2026-02-01")
    assert qms.status("2026-02-01", "QP-002") == "1 Draft"
    assert len(qms.dossier().acts) == 1


def test_a_record_altered_to_name_another_document_counts_for_nothing(qms: Qms) -> None:
    record = approved(qms)
    qms.write(ADA, doc(1, id="QP-002"), path="documents/QP-002.md")
    fake = next(iter(qms.record(JANE, "quality-manager", path="documents/QP-002.md").items()))
    qms.commit(BOB, {fake[0]: fake[1], f"{fake[0]}.sig": qms.files()[f"{record}.sig"]}, "2026-02-01")
    assert qms.status("2026-02-01", "QP-002") == "1 Draft"
    assert "signature" in str(qms.dossier("QP-002").acts[0].refusal)


def test_an_approval_is_not_replayed_on_the_same_words_under_the_next_label(qms: Qms) -> None:
    approved(qms)
    qms.write(ADA, doc(2), "2026-02-01")
    assert [str(need) for need in qms.draft().missing] == ["quality-manager"]


@pytest.mark.parametrize("part", ["", ".sig"])
def test_a_record_altered_removed_or_replaced_by_a_link_is_an_incident_for_ever(qms: Qms, part: str) -> None:
    record = approved(qms) + part
    before = qms.files()[record]
    for number, after in enumerate((before + b"\n", None, LINK + b"elsewhere"), 1):
        qms.commit(BOB, {record: after})
        assert len(incidents(qms)) == number
        assert (qms.status("2099-01-01"), broken(qms)) == ("1 Effective", True)
        qms.commit(BOB, {record: before})
        assert (len(incidents(qms)), broken(qms)) == (number, False)
    assert incidents(qms) == ["record-changed", "record-removed", "record-removed"]


def test_a_moved_record_is_no_incident(qms: Qms) -> None:
    record = approved(qms)
    new = record.replace("signatures/QP/", "signatures/old/")
    qms.commit(
        BOB, {record: None, f"{record}.sig": None, new: qms.files()[record], f"{new}.sig": qms.files()[f"{record}.sig"]}
    )
    assert (incidents(qms), broken(qms), len(qms.dossier().acts)) == ([], False, 1)


def test_a_signature_may_come_later(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    files = qms.record(JANE, "quality-manager", signed="2026-01-05")
    (record, data), (signature, armored) = files.items()
    qms.commit(JANE, {record: data}, "2026-01-06")
    assert qms.status("2026-01-06") == "1 Draft"
    qms.commit(JANE, {signature: armored}, "2026-01-07")
    assert qms.status("2026-01-07") == "1 Effective"
    assert [act.refusal for act in qms.dossier().acts] == [None]


def test_a_worse_signature_later_does_not_take_an_approval_back(qms: Qms) -> None:
    record = approved(qms)
    qms.commit(BOB, {f"{record}.sig": "nonsense"}, "2026-02-01")
    assert qms.status("2026-02-01") == "1 Effective"
    assert [act.refusal for act in qms.dossier().acts] == [None]


def test_what_is_no_record_is_told_until_it_is_gone(qms: Qms) -> None:
    qms.start()
    note = "signatures/QP/QP-001/1/note.yaml"
    qms.commit(BOB, {note: "a: note"})
    assert list(qms.state().unread_records) == [note]
    qms.delete(BOB, note)
    assert (dict(qms.state().unread_records), incidents(qms)) == ({}, [])


@pytest.mark.parametrize("signed", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_record_dated_outside_the_calendar_is_refused_not_fatal(qms: Qms, signed: str) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    record, data = next(iter(qms.record(JANE, "quality-manager", signed="2026-01-05").items()))
    qms.commit(JANE, {record: data.replace(b"2026-01-05T12:00:00+00:00", signed.encode())}, "2026-01-06")
    assert qms.status("2026-01-06") == "1 Draft"
    assert list(qms.state().unread_records) == [record]


def test_a_witness_that_is_not_in_this_history_is_an_incident(qms: Qms) -> None:
    root = qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", witness=root)
    assert incidents(qms) == []
    qms.sign(QUINN, "quality-manager", witness="f" * 40)
    assert incidents(qms) == ["witness-missing"]


def test_a_policy_and_what_it_judges_may_land_together(qms: Qms) -> None:
    text = policy(approve=ONE)
    records = qms.record(JANE, "quality-manager", signed="2026-01-05", text=doc(1))
    qms.commit(ADA, {"qms.toml": text, DOC: doc(1), **records}, "2026-01-05")
    assert qms.status("2026-01-05") == "1 Effective"


# --- records that only the commit ties to a person --------------------------------------------------------------


def attributed(qms: Qms) -> None:
    qms.start(policy(approve=ONE, repository=ATTRIBUTED))
    qms.write(ADA, doc(1), "2026-01-05")


def test_an_attributed_record_is_its_committers(qms: Qms) -> None:
    attributed(qms)
    qms.sign(JANE, "quality-manager", at="2026-01-06", key=None, by=BOB)
    assert "was committed by Bob" in str(qms.dossier().acts[0].refusal)
    qms.sign(QUINN, "quality-manager", at="2026-01-07", key=None)
    assert qms.status("2026-01-07") == "1 Effective"
    assert qms.dossier().revisions[0].approvals[0].assurance is Assurance.ATTRIBUTED


@pytest.mark.parametrize("forger", [BOB, STRANGER])
def test_whoever_merges_has_not_signed_what_the_branch_brings(qms: Qms, forger: Someone) -> None:
    attributed(qms)
    qms.branch("topic")
    qms.sign(JANE, "quality-manager", key=None, by=forger, on="topic")
    qms.merge("topic", JANE)
    assert qms.status("2026-02-01") == "1 Draft"


def test_an_attributed_record_lands_with_the_merge_of_anyone(qms: Qms) -> None:
    attributed(qms)
    qms.branch("topic")
    qms.sign(JANE, "quality-manager", key=None, on="topic")
    qms.merge("topic", BOB)
    assert qms.status("2026-02-01") == "1 Effective"


def test_a_signature_counts_in_attributed_mode_too_and_a_bad_one_does_not(qms: Qms) -> None:
    attributed(qms)
    qms.sign(JANE, "quality-manager", at="2026-01-06", key="somebody")
    assert qms.status("2026-01-06") == "1 Draft"
    qms.sign(JANE, "quality-manager", at="2026-01-07", by=BOB)
    assert qms.dossier().revisions[0].approvals[0].assurance is Assurance.SIGNED


def test_reviews_and_revocations_name_the_revision_they_speak_of(qms: Qms) -> None:
    approved(qms)
    qms.write(ADA, doc(2), "2026-02-01")
    qms.sign(JANE, "quality-manager", at="2026-02-02")
    qms.sign(QUINN, "quality-manager", Meaning.REVOKE, "2026-02-03", text=doc(1))
    assert qms.status("2026-02-03") == "2 Effective"
    assert qms.dossier().revisions[0].revoked is not None
