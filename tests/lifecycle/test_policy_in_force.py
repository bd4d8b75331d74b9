"""The policy is itself a controlled document: what it demands takes effect when it is approved, and never backwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit import ADA, BOB, DOC, JANE, OWEN, PEOPLE, POLICY, QUINN, TOM, Qms, doc, policy

from qmsdocs.model import Meaning, QmsError

ONE = '["quality-manager"]'
TWO = '["2 of quality-manager"]'


def in_force(qms: Qms, as_of: str = "2099-12-31") -> list[str]:
    return [period[2].revision for period in qms.state(as_of).policies]


def test_the_first_usable_policy_is_the_trust_root(qms: Qms) -> None:
    qms.start("[document]\nnot a policy", "2025-12-01")
    qms.commit(TOM, {POLICY: policy()}, "2026-01-01")
    assert (in_force(qms), in_force(qms, "2025-12-31")) == (["1"], [])
    assert qms.dossier("QMS-001").revisions[0].root


def test_without_a_usable_policy_nothing_can_be_told(qms: Qms) -> None:
    qms.write(ADA, doc(1))
    with pytest.raises(QmsError, match="No usable policy"):
        qms.state()


def test_an_unapproved_edit_has_no_effect(qms: Qms) -> None:
    qms.start(policy(approve=TWO))
    qms.commit(JANE, {POLICY: policy(2, approve=ONE)})
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(QUINN, "quality-manager")
    assert in_force(qms) == ["1"]
    assert qms.status("2026-01-05") == "1 In review"
    assert qms.draft("QMS-001").content.label == "2"


def test_an_edit_without_a_new_label_never_takes_effect(qms: Qms) -> None:
    qms.start()
    qms.enforce(policy(1, approve=ONE))
    assert in_force(qms) == ["1"]
    assert len(qms.state().policy.types["procedure"].approve) == 2


def test_an_unusable_edit_leaves_the_policy_in_force(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.commit(JANE, {POLICY: "not even TOML"})
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager")
    assert qms.status("2026-01-05") == "1 Effective"


def test_a_deleted_policy_stays_in_force(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.delete(JANE, POLICY)
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager")
    assert qms.status("2026-01-05") == "1 Effective"


def test_an_approved_change_takes_effect_from_the_next_landing_on(qms: Qms) -> None:
    """Bob becomes quality manager: his record that lands with the policy's approval is still judged by the old one."""
    promoted = [replace(BOB, roles='"quality-manager"') if p is BOB else p for p in PEOPLE]
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.commit(JANE, {POLICY: policy(2, approve=ONE, people=promoted)})
    together = {**qms.record(TOM, "top-management", path=POLICY), **qms.record(BOB, "quality-manager")}
    qms.commit(TOM, together, "2026-01-06")
    assert in_force(qms) == ["1", "2"]
    assert qms.status("2026-01-06") == "1 Draft"
    qms.sign(BOB, "quality-manager", at="2026-01-07")
    assert qms.status("2026-01-07") == "1 Effective"


def test_nobody_promotes_themselves(qms: Qms) -> None:
    """Neither by signing in a role that only their own text gives them, nor by approving a text of theirs."""
    director = [replace(BOB, roles='"top-management"') if p is BOB else p for p in PEOPLE]
    qms.start()
    qms.commit(ADA, {POLICY: policy(2, people=director)})
    qms.sign(BOB, "top-management", path=POLICY)
    qms.commit(TOM, {POLICY: policy(2, people=director) + "# by Tom\n"})
    qms.sign(TOM, "top-management", path=POLICY)
    assert in_force(qms) == ["1"]


def test_a_policy_cannot_lower_the_approvals_of_its_own_change(qms: Qms) -> None:
    qms.start(policy(change_by='["top-management", "quality-manager"]'))
    qms.commit(BOB, {POLICY: policy(2, change_by='["quality-manager"]')})
    qms.sign(JANE, "quality-manager", path=POLICY)
    assert in_force(qms) == ["1"]
    qms.sign(TOM, "top-management", path=POLICY)
    assert in_force(qms) == ["1", "2"]


def test_a_change_that_waits_is_weighed_by_the_policy_that_comes_into_force(qms: Qms) -> None:
    """Revision 3 lacks a signature that revision 2 no longer asks for."""
    qms.start(policy(change_by='["top-management", "quality-manager"]'))
    second = policy(2, change_by='["quality-manager"]')
    third = policy(3, change_by='["quality-manager"]', approve=ONE)
    qms.commit(BOB, {POLICY: second})
    qms.sign(JANE, "quality-manager", path=POLICY)
    qms.commit(BOB, {POLICY: third})
    qms.sign(JANE, "quality-manager", path=POLICY)
    qms.sign(TOM, "top-management", path=POLICY, text=second)
    assert in_force(qms) == ["1", "2", "3"]


def test_raised_requirements_never_condemn_an_old_approval(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.write(ADA, doc(1, id="QP-002"), path="documents/QP-002.md")
    qms.sign(JANE, "quality-manager")
    qms.enforce(policy(2, approve=TWO), "2026-02-01", who=BOB)
    assert qms.status("2026-02-01") == "1 Effective"
    qms.sign(JANE, "quality-manager", at="2026-02-02", path="documents/QP-002.md")
    assert qms.status("2026-02-02", "QP-002") == "1 In review"


def test_lowered_requirements_complete_what_waits(qms: Qms) -> None:
    qms.start(policy(approve=TWO))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.enforce(policy(2, approve=ONE), "2026-02-01", who=BOB)
    assert [qms.status(day) for day in ("2026-01-31", "2026-02-01")] == ["1 In review", "1 Effective"]


def test_a_signature_that_a_new_policy_makes_count_is_no_longer_refused(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(TOM, "top-management", at="2026-01-06")
    assert len(qms.dossier().refusals) == 1
    qms.enforce(policy(2, approve='["top-management"]'), "2026-02-01", who=BOB)
    assert (qms.status("2026-02-01"), qms.dossier().refusals) == ("1 Effective", {})


def test_who_left_in_a_later_policy_approved_rightly_before(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.enforce(policy(2, approve=ONE, people=[p for p in PEOPLE if p is not JANE]), "2026-02-01", who=BOB)
    assert qms.status("2026-02-01") == "1 Effective"
    qms.write(ADA, doc(2), "2026-03-01")
    qms.sign(JANE, "quality-manager", at="2026-03-02", signed="2026-01-07")
    assert qms.status("2026-03-02") == "1 Effective"
    assert "knows no person" in str(qms.dossier().acts[-1].refusal)


def test_a_record_refused_when_it_landed_stays_refused(qms: Qms) -> None:
    qms.start(policy(approve=ONE, people=[p for p in PEOPLE if p is not JANE]))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.enforce(policy(2, approve=ONE), "2026-02-01", who=BOB)
    assert qms.status("2026-02-01") == "1 Draft"


def test_a_new_folder_takes_in_the_documents_that_stand_there_already(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1, id="QP-009"), "2026-01-05", path="manuals/QP-009.md")
    assert "QP-009" not in qms.state().dossiers
    folders = 'documents = ["documents", "manuals"]'
    qms.enforce(policy(2, approve=ONE, repository=folders), "2026-02-01", who=BOB)
    qms.sign(JANE, "quality-manager", at="2026-02-02", path="manuals/QP-009.md")
    assert qms.status("2026-02-02", "QP-009") == "1 Effective"


def test_documents_read_by_new_key_names_are_read_when_the_names_come_into_force(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1).replace("id: QP-001", "doc_no: QP-001"), "2026-01-05")
    assert list(qms.state().unread) == [DOC]
    qms.enforce(policy(2, approve=ONE, extra='[front_matter]\nid = "doc_no"'), "2026-02-01", who=BOB)
    state = qms.state()
    assert (list(state.unread), qms.status("2026-02-01")) == ([], "1 Draft")
    assert state.dossiers["QP-001"].draft is not None
    assert "ada" in state.dossiers["QP-001"].draft.authors


def test_a_document_with_the_id_of_the_policy_is_never_the_policy(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(2, id="QMS-001", type="procedure", owner="quality-manager"), path="documents/QMS-001.md")
    qms.sign(TOM, "top-management", path="documents/QMS-001.md")
    assert [r.label for r in qms.dossier("QMS-001").revisions] == ["1"]


# --- before the trust root --------------------------------------------------------------------------------------


def legacy(qms: Qms) -> None:
    qms.write(JANE, doc(7), "2024-01-05")
    qms.start(at="2026-01-01")


def test_what_is_older_than_the_policy_is_a_draft(qms: Qms) -> None:
    legacy(qms)
    assert [qms.status(day) for day in ("2024-01-05", "2026-01-01")] == ["7 Draft", "7 Draft"]
    assert qms.draft().authors == {"jane"}


def test_a_baseline_brings_a_document_in_at_its_old_revision(qms: Qms) -> None:
    legacy(qms)
    qms.sign(JANE, "quality-manager", Meaning.BASELINE, "2026-02-01")
    assert [qms.status(day) for day in ("2026-01-31", "2026-02-01")] == ["7 Draft", "7 Effective"]
    assert qms.dossier().revisions[0].baseline
    qms.write(ADA, doc(8), "2026-03-01")
    qms.approve("2026-03-02")
    assert qms.status("2026-03-02") == "8 Effective"


def test_a_baseline_that_landed_before_its_text_counts(qms: Qms) -> None:
    qms.start()
    qms.sign(JANE, "quality-manager", Meaning.BASELINE, "2026-02-01", text=doc(7))
    qms.write(ADA, doc(7), "2026-02-02")
    assert (qms.status("2026-02-02"), qms.dossier().refusals) == ("7 Effective", {})


def test_nobody_declares_a_baseline_of_what_they_wrote_under_the_policy(qms: Qms) -> None:
    qms.start()
    qms.write(JANE, doc(7), "2026-02-01")
    qms.sign(JANE, "quality-manager", Meaning.BASELINE, "2026-02-02")
    assert qms.status("2026-02-02") == "7 Draft"
    assert list(qms.dossier().refusals.values()) == ["jane is an author of this content"]


def test_a_baseline_comes_once_and_from_those_who_may(qms: Qms) -> None:
    legacy(qms)
    qms.sign(TOM, "top-management", Meaning.BASELINE, "2026-02-01")
    assert qms.status("2026-02-01") == "7 Draft"
    qms.sign(OWEN, "owner", Meaning.BASELINE, "2026-02-02")
    assert qms.status("2026-02-02") == "7 Effective"
    qms.write(ADA, doc(8), "2026-03-01")
    qms.sign(JANE, "quality-manager", Meaning.BASELINE, "2026-03-02")
    assert qms.status("2026-03-02") == "7 Effective"
