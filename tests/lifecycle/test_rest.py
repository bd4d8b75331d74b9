"""What the other files leave: closing records, acts that nothing takes up, limits of the calendar, seats that are taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from kit import ADA, BOB, DOC, JANE, OWEN, QUINN, TOM, Files, Qms, Someone, armored, doc, policy

from qmsdocs.history import CLOCK_SKEW
from qmsdocs.lifecycle import closing, retain_until
from qmsdocs.model import Meaning, Problem
from qmsdocs.policy import DocumentType
from qmsdocs.signature import read_record, record_path, write_record

ONE = '["quality-manager"]'
AUDIT = "records/IA-2026-01.md"
AUDITS = '[types.audit]\nkind = "record"\nprefix = "IA"\nfolder = "records"\n'


def audit(body: str = "All well.", **keys: str) -> str:
    return doc(4, body, id="IA-2026-01", **{"type": "audit", "owner": "bob", **keys})


def close(qms: Qms, who: Someone, role: str, at: str, **more: str) -> None:
    qms.sign(who, role, Meaning.CLOSE, at, path=AUDIT, **more)  # type: ignore[arg-type]


def started(qms: Qms, roles: str = ONE) -> None:
    qms.start(policy(approve=ONE, extra=f"{AUDITS}approve = {roles}"))
    qms.write(ADA, audit(), "2026-02-01", path=AUDIT)


def why(qms: Qms, document: str = "IA-2026-01") -> list[str]:
    return list(qms.dossier(document).refusals.values())


def closer(qms: Qms) -> str | None:
    act = closing(qms.dossier("IA-2026-01"))
    return act.record.person if act else None


def test_a_record_is_closed_once(qms: Qms) -> None:
    started(qms)
    close(qms, JANE, "quality-manager", "2026-02-02")
    close(qms, QUINN, "quality-manager", "2026-02-03")
    assert (closer(qms), why(qms)) == ("jane", ["the record had been closed before"])


def test_a_closing_that_was_refused_does_not_stand_in_the_way_of_the_next(qms: Qms) -> None:
    started(qms)
    close(qms, TOM, "top-management", "2026-02-02")
    assert closer(qms) is None
    close(qms, QUINN, "quality-manager", "2026-02-03")
    assert closer(qms) == "quinn"
    assert why(qms) == ["the role 'top-management' of tom does not entitle to 'close' here"]


def test_the_text_that_is_closed_is_the_one_that_stood_then(qms: Qms) -> None:
    started(qms)
    qms.write(ADA, audit("Two findings."), "2026-02-02", path=AUDIT)
    close(qms, JANE, "quality-manager", "2026-02-03", text=audit())
    assert (closer(qms), why(qms)) == (None, ["the record had another text when it landed"])


def test_a_closing_may_land_before_its_record(qms: Qms) -> None:
    qms.start(policy(approve=ONE, extra=AUDITS))
    close(qms, JANE, "quality-manager", "2026-02-01", text=audit())
    assert why(qms) == ["it names content that never landed on the mainline"]
    qms.write(ADA, audit(), "2026-02-02", path=AUDIT)
    assert (closer(qms), why(qms)) == ("jane", [])


@pytest.mark.parametrize(
    ("who", "role", "closes"), [(BOB, "owner", True), (ADA, "owner", False), (BOB, "engineer", False)]
)
def test_an_owner_closes_where_the_policy_says_so(qms: Qms, who: Someone, role: str, closes: bool) -> None:
    started(qms, '["owner"]')
    close(qms, who, role, "2026-02-02")
    assert (closer(qms) == who.id) is closes


def test_only_records_are_closed_and_records_are_not_approved(qms: Qms) -> None:
    started(qms)
    qms.write(ADA, doc(1), "2026-02-01")
    qms.sign(JANE, "quality-manager", Meaning.CLOSE, "2026-02-02")
    qms.sign(JANE, "quality-manager", at="2026-02-02", path=AUDIT)
    assert why(qms, "QP-001") == ["only records are closed, and this is none"]
    assert (qms.status("2026-02-02"), qms.status("2026-02-02", "IA-2026-01")) == ("1 Draft", "4 Draft")


def test_how_long_a_record_is_kept(qms: Qms) -> None:
    started(qms)
    content = qms.dossier("IA-2026-01").current
    kind = qms.state().policy.types["audit"]
    assert content is not None
    assert retain_until(content, kind) is None
    qms.write(ADA, audit(retain="2 years"), "2026-02-02", path=AUDIT)
    assert kept(qms, kind) == "2028-02-02"
    qms.write(ADA, audit(retain="2 years", date="2026-01-31"), "2026-02-03", path=AUDIT)
    assert kept(qms, kind) == "2028-01-31"
    qms.write(ADA, audit(retain="9999 years"), "2026-02-04", path=AUDIT)
    assert kept(qms, kind) == "None"


def kept(qms: Qms, kind: DocumentType) -> str:
    content = qms.dossier("IA-2026-01").current
    assert content is not None
    return str(retain_until(content, kind))


def test_an_interval_past_the_calendar_leaves_no_day_of_review(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1, review_every="9999 years"), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    standing = qms.standing("2026-01-06")
    assert (str(standing.status), str(standing.anchor), standing.review_by) == ("Effective", "2026-01-06", None)


def relabelled(files: Files, who: Someone, revision: str) -> dict[str, bytes]:
    """A record as its signer makes it who types another revision."""
    data = next(iter(files.values()))
    record = read_record(data if isinstance(data, bytes) else b"")
    assert not isinstance(record, Problem)
    record = replace(record, revision=revision)
    written, path = write_record(record), record_path(record)
    return {path: written, f"{path}.sig": armored(written, who.id)}


@pytest.mark.parametrize("meaning", [Meaning.APPROVE, Meaning.CLOSE])
def test_a_record_that_names_another_revision_than_its_text_says_so(qms: Qms, meaning: Meaning) -> None:
    started(qms)
    path = AUDIT if meaning is Meaning.CLOSE else DOC
    qms.write(ADA, audit() if path == AUDIT else doc(4), "2026-02-02", path=path)
    qms.at("2026-02-03")
    files = qms.record(JANE, "quality-manager", meaning, path=path)
    qms.commit(JANE, relabelled(files, JANE, "5"), "2026-02-03")
    assert why(qms, "IA-2026-01" if path == AUDIT else "QP-001") == ["it names revision 5, the content says 4"]


def test_a_text_with_a_day_that_is_none_cannot_be_approved(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1, effective_date="soon"), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    (reason,) = why(qms, "QP-001")
    assert (qms.dossier().revisions, "cannot be read" in reason) == ([], True)


def test_a_seat_that_is_taken_has_no_place_for_a_second_person(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.sign(QUINN, "quality-manager", at="2026-01-07")
    draft = qms.draft()
    assert ([act.record.person for act in draft.acts], list(map(str, draft.missing))) == (["jane"], ["owner"])
    qms.sign(OWEN, "owner", at="2026-01-08")
    assert [act.record.person for act in qms.dossier().revisions[0].approvals] == ["jane", "owen"]


def test_a_record_lost_on_the_way_is_an_incident_and_a_scribble_is_none(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.branch("topic")
    record = qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-06", on="topic")
    scribble = "signatures/QP/QP-001/1/note.yaml"
    qms.commit(JANE, {scribble: "not a record"}, "2026-01-06", on="topic")
    qms.commit(ADA, dict.fromkeys((record, f"{record}.sig", scribble)), "2026-01-07", on="topic")
    qms.merge("topic", ADA, "2026-01-08", files={"notes.txt": "merged"})
    (incident,) = [i for i in qms.state().incidents if i.rule == "record-dropped"]
    assert (incident.document, record in incident.detail) == ("QP-001", True)


def test_what_was_refused_when_it_landed_is_told_by_that_reason_alone(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.sign(JANE, "quality-manager", at="2026-01-06", text=doc(1), key="forger")
    (act,) = qms.dossier().acts
    assert (why(qms, "QP-001"), "an unknown key" in (act.refusal or "")) == ([], True)


def test_a_merge_that_takes_a_document_away_adds_no_text(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.branch("topic")
    qms.delete(ADA, DOC, "2026-01-06", on="topic")
    qms.merge("topic", BOB, "2026-01-07")
    assert (qms.dossier().path, qms.state().incidents) == (None, [])


def test_a_draft_alone_is_no_change_that_is_pending(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    assert qms.standing("2026-01-05").conditions == ()


def test_a_document_that_was_never_approved_and_is_gone_stands_for_nothing(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.delete(ADA, DOC, "2026-01-06")
    standing = qms.standing("2026-01-06")
    assert (str(standing.status), standing.shown, standing.draft, standing.conditions) == ("Draft", None, None, ())


def test_the_old_owner_hands_a_document_over(qms: Qms) -> None:
    qms.start(policy(approve='["owner"]'))
    qms.write(ADA, doc(1, owner="bob"), "2026-01-05")
    qms.sign(BOB, "owner", at="2026-01-06")
    qms.write(ADA, doc(2, owner="tom"), "2026-02-01")
    qms.sign(TOM, "owner", at="2026-02-02")
    assert (qms.status("2026-02-02"), qms.draft().owner) == ("1 Effective", "bob")
    qms.sign(BOB, "owner", at="2026-02-03")
    assert qms.status("2026-02-03") == "2 Effective"
    qms.write(ADA, doc(3, owner="tom"), "2026-03-01")
    assert qms.draft().owner == "tom"


def test_nobody_need_read_what_is_not_in_force(qms: Qms) -> None:
    qms.start(policy(approve=ONE, settings='acknowledged_by = ["engineer"]'))
    qms.write(ADA, doc(1, effective_date="2026-03-01"), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-04-01")
    days = ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")
    assert [[p.id for p in qms.standing(day).outstanding] for day in days] == [[], ["ada", "bob"], ["ada", "bob"], []]


@pytest.mark.parametrize(("early", "backdated"), [(CLOCK_SKEW, False), (CLOCK_SKEW + 1, True)])
def test_a_record_signed_before_what_its_signer_had_seen(qms: Qms, early: int, backdated: bool) -> None:
    qms.start(policy(approve=ONE))
    witness = qms.write(ADA, doc(1), "2026-01-05")
    signed = (qms.now - timedelta(seconds=early)).isoformat()
    qms.sign(JANE, "quality-manager", at="2026-01-06", signed=signed, witness=witness)
    assert [incident.rule for incident in qms.state().incidents] == ["record-backdated"] * backdated
