"""The audit's verdict: what is a violation, what only a warning, whose deed it was."""

from __future__ import annotations

import hashlib
import json

import pytest
from audit.audited import audited
from kit import ADA, BOB, JANE, OWEN, POLICY, QUINN, STRANGER, TOM, Qms, Someone, doc, policy, public_line

from qmsdocs.model import Meaning

ONE = '["quality-manager"]'
ATTRIBUTED = 'signatures = "attributed"'


@pytest.fixture
def record(qms: Qms) -> str:
    """Revision 1 approved by Jane on 6 January; the path of her record."""
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    return qms.sign(JANE, "quality-manager", at="2026-01-06")


def test_a_clean_history_holds(qms: Qms, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = audited(qms, monkeypatch)
    assert (found.code, found.data["verdict"], found.data["violations"]) == (0, "holds", [])
    document = found.document()
    assert (document["status"], document["revision"], document["verdict"]) == ("Effective", "1", "holds")
    assert [(a["person"], a["assurance"], a["path"]) for a in document["approvals"]] == [("jane", "signed", record)]
    counts = {"records": 1, "checked": 1, "hold": 1, "attributed": 0, "count": 1, "for_nothing": 0}
    assert found.data["signatures"] == counts


def test_the_root_is_the_documented_digest_of_the_first_policy(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    text = policy()
    first = qms.start(text)
    qms.enforce(policy(2), "2026-02-01")
    front = {"id": "QMS-001", "title": "Policy of document control", "type": "policy", "revision": "1"}
    front["owner"] = "quality-manager"
    body = hashlib.sha256(text.encode()).hexdigest()
    data = {"attachments": {}, "body": body, "front_matter": front}
    digest = hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    found = audited(qms, monkeypatch).data
    assert (found["root"]["digest"], found["root"]["commit"]) == (f"qmsdocs-1:sha256:{digest}", first)
    spans = [(p["revision"], p["from"], p["until"]) for p in found["policies"]]
    assert spans == [("1", "2026-01-01", "2026-02-01"), ("2", "2026-02-01", None)]


@pytest.mark.parametrize("what", ["changed", "removed"])
@pytest.mark.parametrize("part", ["", ".sig"])
def test_a_landed_record_that_was_touched(
    qms: Qms, record: str, what: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record + part
    before = qms.files()[path]
    deed = qms.commit(BOB, {path: before.replace(b"e", b"f", 1) if what == "changed" else None}, "2026-02-01")
    found = audited(qms, monkeypatch)
    incident = found.one(f"record-{what}")
    assert (found.code, incident["commit"], incident["by"]["name"]) == (1, deed, "Bob Gray")
    broken = found.one("approval-broken")
    assert (broken["commit"], broken["document"]) == (deed, "QP-001")
    assert found.document()["verdict"] == "does not hold"
    assert "AP406 approval-broken" in found.document()["why"]


def test_a_record_put_back_stays_a_violation(qms: Qms, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = qms.files()[record]
    deed = qms.delete(BOB, record, "2026-02-01")
    qms.commit(JANE, {record: before}, "2026-02-02")
    found = audited(qms, monkeypatch)
    assert (found.code, found.names()) == (1, ["record-removed"])
    assert found.one("record-removed")["commit"] == deed


@pytest.mark.usefixtures("record")
def test_an_approved_text_that_was_changed(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    deed = qms.write(BOB, doc(1, "Do it badly."), "2026-02-01")
    found = audited(qms, monkeypatch)
    changed = found.one("changed-without-revision")
    assert (found.code, changed["commit"], changed["by"]["email"]) == (1, deed, "bob@example.com")
    assert (found.document()["status"], found.document()["verdict"]) == ("Effective", "does not hold")


@pytest.mark.usefixtures("record")
def test_within_a_merge_the_deed_is_of_the_commit_that_made_the_text(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.branch("topic")
    deed = qms.write(BOB, doc(1, "Do it badly."), "2026-02-01", on="topic")
    qms.merge("topic", JANE, "2026-02-02")
    changed = audited(qms, monkeypatch).one("changed-without-revision")
    assert (changed["commit"], changed["by"]["name"]) == (deed, "Bob Gray")


@pytest.mark.usefixtures("record")
def test_the_text_of_an_older_revision_put_back(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.write(ADA, doc(2, "Do it better."), "2026-02-01")
    qms.sign(JANE, "quality-manager", at="2026-02-02")
    deed = qms.write(BOB, doc(1), "2026-02-03")
    found = audited(qms, monkeypatch)
    assert (found.code, set(found.names())) == (1, {"superseded-text"})
    assert {one["commit"] for one in found.data["violations"]} == {deed}


@pytest.mark.usefixtures("record")
def test_an_approved_document_that_nobody_can_read_any_more(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.write(BOB, doc(1).replace("title: ", "title: a: "), "2026-02-01")
    found = audited(qms, monkeypatch)
    assert (found.code, found.names()) == (1, ["unreadable-metadata"])


@pytest.mark.usefixtures("record")
def test_an_unfinished_draft_is_nobodys_violation(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.write(BOB, doc(4, title="a: b", id="QP-002"), "2026-02-01", path="documents/QP-002.md")
    qms.write(BOB, doc(5, "Skipped.", id="QP-003"), "2026-02-01", path="documents/QP-003.md")
    assert audited(qms, monkeypatch).code == 0


@pytest.mark.usefixtures("record")
def test_an_approved_revision_after_a_gap_is_told(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it looks where the commits with revision 2 were dropped."""
    qms.write(ADA, doc(3, "Do it better."), "2026-02-01")
    assert audited(qms, monkeypatch).names("warnings") == []
    qms.sign(JANE, "quality-manager", at="2026-02-02")
    assert audited(qms, monkeypatch).names("warnings") == ["skipped-revision"]


FORGERIES: dict[str, tuple[Someone, str, dict[str, str | None]]] = {
    "a stranger's key": (JANE, "quality-manager", {"key": "mallory"}),
    "a colleague's key": (JANE, "quality-manager", {"key": "bob"}),
    "another's name": (Someone("jane", "Bob Gray", ""), "quality-manager", {}),
    "nobody known": (STRANGER, "quality-manager", {}),
    "no signature": (JANE, "quality-manager", {"key": None}),
    "dated after it landed": (JANE, "quality-manager", {"signed": "2026-03-01"}),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_record_is_a_violation(qms: Qms, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    who, role, options = FORGERIES[how]
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    signed = options.get("signed")
    key = options.get("key", "own")
    qms.sign(who, role, at="2026-01-06", by=BOB, key=key, signed=signed)
    found = audited(qms, monkeypatch)
    forged = found.one("record-without-effect")
    assert (found.code, forged["code"], forged["by"]["name"]) == (1, "AP404", "Bob Gray")
    assert found.data["signatures"]["hold"] == 0
    assert (found.document()["status"], found.document()["verdict"]) == ("Draft", "does not hold")


@pytest.mark.parametrize(("who", "role"), [(JANE, "top-management"), (ADA, "engineer"), (QUINN, "owner")])
def test_an_honest_record_that_counts_for_nothing_is_a_warning(
    qms: Qms, who: Someone, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(who, role, at="2026-01-06")
    found = audited(qms, monkeypatch)
    assert (found.code, found.names(), found.names("warnings")) == (0, [], ["record-without-effect"])
    signatures = found.data["signatures"]
    assert (signatures["checked"], signatures["hold"], signatures["count"], signatures["for_nothing"]) == (1, 1, 0, 1)


@pytest.mark.parametrize(("by", "code"), [(JANE, 0), (BOB, 1)])
def test_attributed_records(qms: Qms, by: Someone, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start(policy(approve=ONE, repository=ATTRIBUTED))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06", by=by, key=None)
    found = audited(qms, monkeypatch)
    assert found.code == code
    assert found.data["signatures"]["attributed"] == (1 if by is JANE else 0)
    assert [a["assurance"] for a in found.document()["approvals"]] == (["attributed"] if by is JANE else [])


def test_an_attributed_record_in_a_wrong_role_is_a_warning(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start(policy(approve=ONE, repository=ATTRIBUTED))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(BOB, "quality-manager", at="2026-01-06", key=None)
    found = audited(qms, monkeypatch)
    assert (found.code, found.names("warnings")) == (0, ["record-without-effect"])


def test_nobody_promotes_themselves(qms: Qms, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bob = Someone("bob", "Bob Gray", '"quality-manager"')
    deed = qms.commit(BOB, {POLICY: policy(approve=ONE, people=(JANE, bob, TOM, OWEN, ADA))}, "2026-02-01")
    found = audited(qms, monkeypatch)
    assert (found.code, found.one("unapproved-policy")["commit"]) == (1, deed)
    assert len(found.data["policies"]) == 1
    assert record


def test_a_policy_waiting_for_approval_is_a_warning(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start()
    qms.commit(BOB, {POLICY: policy(2)}, "2026-02-01")
    found = audited(qms, monkeypatch)
    assert (found.code, found.names("warnings")) == (0, ["unapproved-policy"])


def test_what_was_signed_by_a_key_that_was_revoked_later_is_told(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(QUINN, "quality-manager", at="2026-01-06")
    qms.sign(JANE, "quality-manager", Meaning.ACKNOWLEDGE, at="2026-01-06")
    told = qms.sign(JANE, "quality-manager", Meaning.ACKNOWLEDGE, at="2026-01-07")
    wrong = qms.sign(JANE, "top-management", at="2026-01-08")
    key = f'keys = [{{key = "{public_line("jane")}", revoked = 2026-01-07}}, "{public_line("jane-2")}"]'
    people = [Someone("jane", "Jane Doe", JANE.roles, extra=key), QUINN, TOM, OWEN, ADA, BOB]
    qms.enforce(policy(2, approve=ONE, people=people), "2026-02-01")
    found = audited(qms, monkeypatch)
    assert (found.code, found.document()["status"]) == (0, "Effective")
    assert found.one("key-revoked-since", "warnings")["path"] == told
    assert found.one("record-without-effect", "warnings")["path"] == wrong


def test_a_record_older_than_the_root_is_told(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.write(ADA, doc(1), "2026-01-01")
    path = qms.sign(JANE, "quality-manager", at="2026-01-02")
    qms.start(policy(approve=ONE), "2026-01-03")
    found = audited(qms, monkeypatch)
    assert found.one("record-before-root", "warnings")["path"] == path
    assert found.document()["status"] == "Draft"


def test_a_deed_dated_to_come_does_not_hide(qms: Qms, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deed = qms.delete(BOB, record, "2090-01-01")
    found = audited(qms, monkeypatch)
    assert (found.code, found.one("record-removed")["commit"]) == (1, deed)
    assert found.one("landed-in-future", "warnings")["commit"] == deed
    assert audited(qms, monkeypatch, "--as-of", "2026-12-01").code == 0


def test_the_past_day_and_the_old_commit_are_judged_as_they_were(
    qms: Qms, record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = qms.branches["main"]
    qms.delete(BOB, record, "2026-02-01")
    assert audited(qms, monkeypatch, "--as-of", "2026-01-31").code == 0
    assert audited(qms, monkeypatch, "--at", before).code == 0
    early = audited(qms, monkeypatch, "--as-of", "2025-01-01")
    assert (early.code, early.data["root"], early.data["documents"]) == (0, None, [])


def test_a_revoked_revision_and_a_review_hold(qms: Qms, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, at="2026-02-01")
    found = audited(qms, monkeypatch)
    assert (found.code, found.document()["status"]) == (0, "Suspended")
    assert record
