"""Fine points of what acts do, who made a text, what closes a record, and how revisions follow one another by the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from kit import ADA, BOB, DOC, JANE, OWEN, PEOPLE, POLICY, QUINN, TOM, Files, Qms, Someone, armored, doc, policy

from qmsdocs.lifecycle import closing, period, retain_until, revision_status
from qmsdocs.model import Condition, Kind, Meaning, Problem, ReviewVerdict, Status
from qmsdocs.signature import read_record, record_path, write_record

ONE = '["quality-manager"]'
NOBODY = "[]"
AUDIT = "records/IA-2026-01.md"
AUDITS = '[types.audit]\nkind = "record"\nprefix = "IA"\nfolder = "records"\nretain = "2 years"\n'


def approved(qms: Qms, text: str = doc(1), at: str = "2026-01-05") -> None:
    """A text by Ada, approved by Jane at once."""
    qms.write(ADA, text, at)
    qms.sign(JANE, "quality-manager")


def started(qms: Qms, text: str = doc(1), **settings: str) -> None:
    """A policy that asks for one quality manager, and a procedure in force since 5 January."""
    qms.start(policy(approve=ONE, **settings))  # type: ignore[arg-type]
    approved(qms, text)


def why(qms: Qms, document: str = "QP-001") -> list[str]:
    return list(qms.dossier(document).refusals.values())


def authors(qms: Qms, document: str = "QP-001") -> set[str]:
    return set(qms.draft(document).authors)


def relabelled(files: Files, who: Someone, revision: str) -> dict[str, bytes]:
    """A record as its signer makes it who types another revision."""
    data = next(iter(files.values()))
    record = read_record(data if isinstance(data, bytes) else b"")
    assert not isinstance(record, Problem)
    record = replace(record, revision=revision)
    return {
        record_path(record): write_record(record),
        f"{record_path(record)}.sig": armored(write_record(record), who.id),
    }


# --- documents that nobody need approve -------------------------------------------------------------------------


def test_what_nobody_need_approve_takes_effect_when_it_lands(qms: Qms) -> None:
    qms.start(policy(approve=NOBODY))
    qms.write(ADA, doc(1), "2026-01-05")
    (revision,) = qms.dossier().revisions
    assert (str(revision.approved_on), str(revision.effective_on)) == ("2026-01-05", "2026-01-05")
    assert (list(revision.approvals), set(revision.authors)) == ([], {"ada"})


def test_what_nobody_need_approve_is_a_draft_until_there_is_a_policy(qms: Qms) -> None:
    qms.write(ADA, doc(1), "2025-01-05")
    qms.start(policy(approve=NOBODY))
    assert qms.status("2025-12-31") == qms.status("2026-01-01") == "1 Draft"


def test_a_text_that_was_given_up_is_not_taken_up_when_nobody_need_approve_any_more(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1, "An idea."), "2026-01-05")
    qms.write(ADA, doc(1, "A better idea."), "2026-01-06")
    qms.sign(QUINN, "engineer", at="2026-01-07")
    qms.enforce(policy(2, approve=NOBODY), "2026-02-01", who=BOB)
    dossier = qms.dossier()
    assert [revision.content for revision in dossier.revisions] == [dossier.current]


# --- which act does what ----------------------------------------------------------------------------------------


def test_a_policy_is_in_force_when_it_lands_whatever_the_clock_of_its_approver(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {POLICY: policy(2)}, "2026-02-01")
    qms.sign(TOM, "top-management", at="2026-02-02", signed="2026-02-03T11:00", path=POLICY)
    root, second = qms.dossier("QMS-001").revisions
    assert (str(second.approved_on), str(second.effective_on)) == ("2026-02-03", "2026-02-02")
    assert [(revision.root, revision.baseline) for revision in (root, second)] == [(True, False), (False, False)]


def test_a_revocation_with_another_persons_key_revokes_nothing(qms: Qms) -> None:
    started(qms)
    qms.sign(QUINN, "quality-manager", Meaning.REVOKE, "2026-02-01", key="forger")
    qms.sign(TOM, "top-management", Meaning.REVOKE, "2026-02-02")
    assert qms.status("2026-02-02") == "1 Effective"
    qms.sign(QUINN, "quality-manager", Meaning.REVOKE, "2026-02-03")
    assert qms.status("2026-02-03") == "1 Suspended"


def test_a_revocation_counts_once_and_what_comes_after_it_is_no_second_one(qms: Qms) -> None:
    started(qms, settings='acknowledged_by = ["engineer"]')
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-01")
    qms.sign(BOB, "engineer", Meaning.ACKNOWLEDGE, "2026-02-02")
    assert why(qms) == []
    qms.sign(QUINN, "quality-manager", Meaning.REVOKE, "2026-02-03")
    assert why(qms) == ["revision 1 had been revoked before"]
    revoked = qms.dossier().revisions[0].revoked
    assert revoked is not None
    assert (revoked.record.person, qms.status("2026-02-01")) == ("jane", "1 Suspended")


def test_a_revocation_that_names_another_label_revokes_nothing(qms: Qms) -> None:
    started(qms)
    qms.at("2026-02-01")
    qms.commit(JANE, relabelled(qms.record(JANE, "quality-manager", Meaning.REVOKE), JANE, "2"), "2026-02-01")
    assert (qms.status("2026-02-01"), why(qms)) == ("1 Effective", ["it names revision 2, the content says 1"])


@pytest.mark.parametrize("label", ["1", "3"])
def test_an_approval_that_names_another_label_approves_nothing(qms: Qms, label: str) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(2), "2026-01-05")
    qms.at("2026-01-06")
    qms.commit(JANE, relabelled(qms.record(JANE, "quality-manager"), JANE, label), "2026-01-06")
    assert (qms.dossier().revisions, qms.draft().acts) == ([], ())
    assert why(qms) == [f"it names revision {label}, the content says 2"]


def test_an_act_on_nothing_stands_in_nobodys_way(qms: Qms) -> None:
    started(qms)
    qms.sign(QUINN, "quality-manager", Meaning.REVOKE, "2026-02-01", text=doc(7))
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-02")
    assert (qms.status("2026-02-02"), why(qms)) == (
        "1 Suspended",
        ["it names content that never landed on the mainline"],
    )


def test_a_refused_act_does_not_hide_why_the_next_one_counts_for_nothing(qms: Qms) -> None:
    started(qms)
    qms.sign(QUINN, "quality-manager", at="2026-02-01", key="forger", text=doc(7))
    qms.sign(JANE, "quality-manager", at="2026-02-02", text=doc(7))
    assert why(qms) == ["it names content that never landed on the mainline"]


def test_the_owners_role_revokes_where_the_owner_may(qms: Qms) -> None:
    started(qms, settings='revoked_by = ["owner"]')
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-01")
    assert qms.status("2026-02-01") == "1 Effective"
    qms.sign(OWEN, "production-manager", Meaning.REVOKE, "2026-02-02")
    assert qms.status("2026-02-02") == "1 Suspended"


def test_anybody_may_acknowledge_where_nobody_must_and_nobody_reviews_where_nobody_may(qms: Qms) -> None:
    started(qms, settings='reviewed_by = []\nreview_every = "1 year"')
    qms.sign(ADA, "engineer", Meaning.ACKNOWLEDGE, "2026-02-01")
    assert why(qms) == []
    qms.sign(OWEN, "production-manager", Meaning.PERIODIC_REVIEW, "2026-02-02", verdict=ReviewVerdict.KEEP)
    assert why(qms) == ["the role 'production-manager' of owen does not entitle to 'periodic-review' here"]
    assert str(qms.standing("2026-02-02").review_by) == "2027-01-05"


def test_who_reads_what_lands_approved_with_their_record_has_read_it(qms: Qms) -> None:
    qms.start(policy(approve=ONE, settings='acknowledged_by = ["engineer"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.at("2026-01-06")
    together = {**qms.record(JANE, "quality-manager"), **qms.record(BOB, "engineer", Meaning.ACKNOWLEDGE)}
    qms.commit(JANE, together, "2026-01-06")
    assert ([p.id for p in qms.standing("2026-01-06").outstanding], why(qms)) == (["ada"], [])


def test_a_rejection_that_its_signer_took_back_is_not_late(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    files = {
        **qms.record(JANE, "quality-manager", Meaning.REJECT, signed="2026-01-06T09:00"),
        **qms.record(JANE, "quality-manager", signed="2026-01-06T10:00"),
    }
    qms.commit(JANE, files, "2026-01-06")
    assert (qms.status("2026-01-06"), why(qms)) == ("1 Effective", [])
    qms.sign(QUINN, "quality-manager", Meaning.REJECT, "2026-01-07")
    assert why(qms) == ["revision 1 was approved before it landed; it can be revoked"]


def test_a_rejection_that_landed_before_the_approval_is_not_late(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", Meaning.REJECT, "2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07")
    assert (qms.status("2026-01-07"), why(qms)) == ("1 Effective", [])


# --- baselines --------------------------------------------------------------------------------------------------


def baseline(qms: Qms, who: Someone, at: str, **more: str) -> None:
    qms.sign(who, "quality-manager", Meaning.BASELINE, at, **more)  # type: ignore[arg-type]


def test_a_baseline_brings_in_the_text_it_names_and_no_other(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(7, "Old."), "2026-01-05")
    qms.sign(QUINN, "quality-manager", at="2026-01-06")
    qms.write(ADA, doc(7, "New."), "2026-01-07")
    baseline(qms, JANE, "2026-01-08")
    dossier = qms.dossier()
    assert [revision.content for revision in dossier.revisions] == [dossier.current]


def test_a_baseline_that_names_another_label_or_has_another_key_brings_in_nothing(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(7), "2026-01-05")
    qms.at("2026-01-06")
    qms.commit(JANE, relabelled(qms.record(JANE, "quality-manager", Meaning.BASELINE), JANE, "8"), "2026-01-06")
    baseline(qms, QUINN, "2026-01-07", key="forger")
    assert qms.status("2026-01-07") == "7 Draft"


@pytest.mark.parametrize(("own_work", "status"), [("refused", "7 Draft"), ("allowed", "7 Effective")])
def test_what_lands_with_the_trust_root_is_written_under_it(qms: Qms, own_work: str, status: str) -> None:
    qms.commit(JANE, {POLICY: policy(repository=f'own_work = "{own_work}"'), DOC: doc(7)}, "2026-01-01")
    baseline(qms, JANE, "2026-01-02")
    assert qms.status("2026-01-02") == status


def test_what_is_in_force_needs_no_baseline(qms: Qms) -> None:
    started(qms)
    baseline(qms, QUINN, "2026-02-01")
    assert why(qms) == ["revision 1 needs no baseline"]


# --- who made a text --------------------------------------------------------------------------------------------


def test_the_very_first_commit_has_an_author_too(qms: Qms) -> None:
    qms.write(JANE, doc(1, "First."), "2025-01-05")
    qms.write(ADA, doc(1, "Second."), "2025-01-06")
    qms.start()
    assert authors(qms) == {"jane", "ada"}


def test_authors_are_those_since_the_newest_revision_before(qms: Qms) -> None:
    started(qms)
    qms.write(BOB, doc(2), "2026-02-01")
    qms.sign(JANE, "quality-manager")
    assert qms.dossier().revisions[1].authors == {"bob"}
    qms.write(TOM, doc(3), "2026-03-01")
    assert authors(qms) == {"tom"}


def test_a_revision_that_was_written_later_has_no_say_in_who_wrote_the_text_before(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(BOB, doc(2, "An idea."), "2026-01-02")
    qms.write(TOM, doc(2, "A better idea."), "2026-01-03")
    approved(qms)
    qms.write(QUINN, doc(2, "A better idea."), "2026-02-01")
    assert authors(qms) == {"bob", "tom"}


def test_text_made_in_a_merge_makes_its_author_wherever_the_file_moves_after(qms: Qms) -> None:
    qms.start()
    qms.branch("topic")
    qms.write(ADA, doc(1, "First."), on="topic")
    qms.commit(TOM, {"notes.txt": "meanwhile"})
    qms.merge("topic", QUINN, files={DOC: doc(1, "Slipped in.")})
    qms.move(BOB, DOC, "documents/new/QP-001.md", text=doc(1, "Moved."))
    assert authors(qms) == {"ada", "quinn", "bob"}


def test_who_wrote_a_file_before_it_had_its_id_is_an_author(qms: Qms) -> None:
    qms.start()
    qms.write(JANE, doc(1, id="QP-009"))
    qms.write(TOM, doc(1, "Better.", id="QP-009"))
    qms.write(ADA, doc(1, "Better."))
    assert authors(qms) == {"jane", "tom", "ada"}


def test_who_wrote_the_text_that_another_copies_is_an_author(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {"notes/idea.md": doc(1, attachments="[flow.svg]")})
    qms.commit(TOM, {"notes/flow.svg": "<svg/>"})
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"})
    assert authors(qms) == {"jane", "tom", "ada"}


def test_who_drew_what_is_attached_later_is_an_author(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {"documents/flow.svg": "<svg/>"})
    qms.commit(TOM, {"documents/flow.svg": "<svg>2</svg>"})
    qms.write(ADA, doc(1, attachments="[flow.svg]"))
    assert authors(qms) == {"jane", "tom", "ada"}


def test_a_new_drawing_under_an_approved_text_has_the_author_of_the_drawing_alone(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.commit(QUINN, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"})
    qms.sign(JANE, "quality-manager")
    qms.commit(BOB, {"documents/flow.svg": "<svg>2</svg>"})
    assert authors(qms) == {"bob"}


# --- a type that changes ----------------------------------------------------------------------------------------

NOTE = '[types.note]\napprove = ["engineer", "2 of production-manager", "top-management"]\n'


def test_a_text_that_changes_its_type_needs_what_either_type_asks_for(qms: Qms) -> None:
    people = [replace(p, roles=f'{p.roles}, "production-manager"') if p is QUINN else p for p in PEOPLE]
    qms.start(policy(approve='["2 of quality-manager", "production-manager"]', people=people, extra=NOTE))
    qms.write(ADA, doc(1), "2026-01-05")
    for who, role in ((JANE, "quality-manager"), (QUINN, "quality-manager"), (OWEN, "production-manager")):
        qms.sign(who, role, at="2026-01-06")
    assert qms.status("2026-01-06") == "1 Effective"
    qms.write(ADA, doc(2, type="note"), "2026-02-01")
    assert sorted(str(need) for need in qms.draft().missing) == [
        "2 of production-manager",
        "2 of quality-manager",
        "engineer",
        "top-management",
    ]
    assert (draft_type := qms.draft().type) is not None
    assert draft_type.id == "note"


def test_the_type_that_counts_beside_the_new_one_is_that_of_the_newest_revision(qms: Qms) -> None:
    """Both with minor revisions, and with an owner who is one with the role that owns the document."""
    minor = 'scheme = "major.minor"\n'
    settings = f'{minor}approve_minor = ["quality-manager"]'
    note = f'[types.note]\n{minor}approve = ["engineer", "owner", "production-manager"]\n'
    qms.start(policy(approve='["owner", "production-manager"]', settings=settings, extra=note))
    qms.write(ADA, doc("1.0"), "2026-01-05")
    qms.sign(OWEN, "owner", at="2026-01-06")
    qms.write(ADA, doc("2.0", type="note"), "2026-02-01")
    qms.sign(OWEN, "owner", at="2026-02-02")
    qms.sign(BOB, "engineer", at="2026-02-02")
    assert qms.status("2026-02-02") == "2.0 Effective"
    qms.write(ADA, doc("2.1"), "2026-03-01")
    assert sorted(str(need) for need in qms.draft().missing) == ["engineer", "production-manager", "quality-manager"]


def test_labels_of_another_scheme_are_followed_by_the_first_of_the_new_one(qms: Qms) -> None:
    started(qms)
    qms.enforce(policy(2, approve=ONE, settings='scheme = "letter"'), "2026-02-01", who=BOB)
    approved(qms, doc("A", "Better."), "2026-02-02")
    assert qms.status("2026-02-02") == "A Effective"


# --- closing a record -------------------------------------------------------------------------------------------


def audit(body: str = "All well.", revision: str = "4", **keys: str) -> str:
    return doc(revision, body, id="IA-2026-01", **{"type": "audit", "owner": "bob", **keys})


def audited(qms: Qms, text: str = "") -> None:
    qms.start(policy(approve=ONE, extra=AUDITS))
    qms.write(ADA, text or audit(), "2026-02-01", path=AUDIT)


def closer(qms: Qms) -> str | None:
    act = closing(qms.dossier("IA-2026-01"))
    return act.record.person if act else None


def close(qms: Qms, who: Someone, at: str, **more: str) -> None:
    qms.sign(who, "quality-manager", Meaning.CLOSE, at, path=AUDIT, **more)  # type: ignore[arg-type]


def test_a_closing_that_names_another_label_leaves_the_record_to_the_next(qms: Qms) -> None:
    audited(qms)
    qms.at("2026-02-02")
    files = qms.record(JANE, "quality-manager", Meaning.CLOSE, path=AUDIT)
    qms.commit(JANE, relabelled(files, JANE, "5"), "2026-02-02")
    close(qms, QUINN, "2026-02-03")
    assert (closer(qms), why(qms, "IA-2026-01")) == ("quinn", ["it names revision 5, the content says 4"])


def test_a_closing_with_another_key_or_of_another_text_leaves_the_record_to_the_next(qms: Qms) -> None:
    audited(qms)
    close(qms, JANE, "2026-02-02", key="forger")
    assert closer(qms) is None
    close(qms, JANE, "2026-02-03", text=audit("Not this one."))
    close(qms, QUINN, "2026-02-04")
    assert (closer(qms), why(qms, "IA-2026-01")) == ("quinn", ["it names content that never landed on the mainline"])


def test_what_is_closed_stays_closed_with_its_text(qms: Qms) -> None:
    audited(qms)
    close(qms, JANE, "2026-02-02")
    qms.write(ADA, audit("Two findings."), "2026-02-03", path=AUDIT)
    assert (closer(qms), why(qms, "IA-2026-01")) == ("jane", [])


@pytest.mark.parametrize("revision", ["", "4 or so"])
def test_a_record_without_a_label_that_can_be_signed_is_closed_as_its_only_one(qms: Qms, revision: str) -> None:
    audited(qms, audit(revision=revision))
    files = qms.record(JANE, "quality-manager", Meaning.CLOSE, path=AUDIT, signed="2026-02-02")
    data = next(iter(files.values())).replace(f"revision: {revision}\n".encode(), b"revision: 1\n")
    data = data.replace(b'revision: ""\n', b"revision: 1\n")
    path = "signatures/IA/IA-2026-01/1/close.yaml"
    qms.commit(JANE, {path: data, f"{path}.sig": armored(data, "jane")}, "2026-02-02")
    assert (closer(qms), why(qms, "IA-2026-01")) == ("jane", [])


def test_what_has_no_type_is_no_record_to_close(qms: Qms) -> None:
    audited(qms, audit(type="unheard-of"))
    close(qms, JANE, "2026-02-02")
    assert (closer(qms), why(qms, "IA-2026-01")) == (None, ["only records are closed, and this is none"])


def test_a_record_is_not_closed_by_an_approval(qms: Qms) -> None:
    audited(qms)
    qms.sign(JANE, "quality-manager", at="2026-02-02", path=AUDIT)
    assert closer(qms) is None
    draft = qms.draft("IA-2026-01")
    assert (draft.acts, draft.missing) == ((), ())
    assert (draft.status, set(draft.authors)) == (Status.DRAFT, {"ada"})
    assert draft.type is not None
    assert draft.type.kind is Kind.RECORD


def test_a_record_is_kept_as_long_as_its_type_says(qms: Qms) -> None:
    audited(qms)
    content = qms.dossier("IA-2026-01").current
    assert content is not None
    assert retain_until(content, qms.state().policy.types["audit"]) == date(2028, 2, 1)


# --- from day to day --------------------------------------------------------------------------------------------


def follow(qms: Qms, *days: str) -> None:
    """Revisions 1, 2, … approved one after the other in January, each effective from a day."""
    qms.start(policy(approve=ONE, settings='review_every = "1 year"'))
    for number, day in enumerate(days, 1):
        approved(qms, doc(number, effective_date=day), f"2026-01-{number + 4:02}")


def revoke(qms: Qms, number: int, effective: str, at: str, signed: str | None = None) -> None:
    text = doc(number, effective_date=effective)
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, at, text=text, signed=signed)


def statuses(qms: Qms, day: str) -> list[str]:
    revisions = qms.dossier().revisions
    return [str(revision_status(r, revisions, date.fromisoformat(day))) for r in revisions]


def periods(qms: Qms) -> list[str]:
    revisions = qms.dossier().revisions
    return [" to ".join(day.strftime("%m-%d") if day else "-" for day in period(r, revisions)) for r in revisions]


def test_revisions_are_superseded_one_by_one(qms: Qms) -> None:
    follow(qms, "2026-02-01", "2026-03-01", "2026-04-01")
    assert statuses(qms, "2026-02-28") == ["Effective", "Approved", "Approved"]
    assert statuses(qms, "2026-03-01") == ["Superseded", "Effective", "Approved"]
    assert statuses(qms, "2026-04-01") == ["Superseded", "Superseded", "Effective"]
    assert periods(qms) == ["02-01 to 03-01", "03-01 to 04-01", "04-01 to -"]


def test_the_last_of_several_that_wait_is_pending(qms: Qms) -> None:
    follow(qms, "2026-02-01", "2026-03-01", "2026-04-01")
    standing = qms.standing("2026-02-01")
    assert standing.pending is not None
    assert (standing.pending.label, standing.conditions) == ("3", (Condition.CHANGE_PENDING,))


def test_a_revision_overtaken_by_a_newer_one_is_not_pending(qms: Qms) -> None:
    follow(qms, "2026-06-01", "2026-03-01")
    standing = qms.standing("2026-04-01")
    assert (qms.status("2026-04-01"), standing.pending, standing.conditions) == ("2 Effective", None, ())
    assert statuses(qms, "2026-07-01") == ["Superseded", "Effective"]
    assert periods(qms) == ["- to -", "03-01 to -"]


def test_of_two_from_one_day_only_the_newer_was_in_force(qms: Qms) -> None:
    follow(qms, "2026-03-01", "2026-03-01")
    assert periods(qms) == ["- to -", "03-01 to -"]


def test_what_is_approved_and_waits_is_shown_and_is_no_change_of_itself(qms: Qms) -> None:
    follow(qms, "2026-06-01")
    standing = qms.standing("2026-02-01")
    assert (qms.status("2026-02-01"), standing.pending, standing.conditions) == ("1 Approved", None, ())
    assert (str(standing.anchor), str(standing.review_by)) == ("2026-06-01", "2027-06-01")
    qms.write(ADA, doc(2), "2026-02-02")
    assert qms.status("2026-02-02") == "1 Approved"


def test_a_withdrawal_that_waits_is_not_reviewed_again(qms: Qms) -> None:
    qms.start(policy(approve=ONE, settings='review_every = "1 year"'))
    approved(qms, doc(1, withdrawn="Not made.", effective_date="2026-06-01"))
    assert (qms.status("2026-02-01"), qms.standing("2026-02-01").review_by) == ("1 Approved", None)


def test_a_suspended_revision_is_not_reviewed(qms: Qms) -> None:
    follow(qms, "2026-02-01")
    revoke(qms, 1, "2026-02-01", "2026-03-01")
    standing = qms.standing("2026-03-01")
    assert (standing.status, standing.anchor, standing.review_by) == (Status.SUSPENDED, None, None)
    assert periods(qms) == ["02-01 to 03-01"]


def test_the_last_of_several_cancelled_is_shown_until_there_is_a_draft(qms: Qms) -> None:
    follow(qms, "2026-06-01", "2026-07-01")
    revoke(qms, 1, "2026-06-01", "2026-02-01")
    revoke(qms, 2, "2026-07-01", "2026-02-02")
    assert (qms.status("2026-02-02"), periods(qms)) == ("2 Cancelled", ["- to -", "- to -"])
    qms.write(ADA, doc(3), "2026-02-03")
    assert qms.status("2026-02-03") == "3 Draft"


@pytest.mark.parametrize(
    ("signed", "landed", "status"),
    [
        ("2026-05-20", "2026-06-02", "1 Suspended"),
        ("2026-05-31", "2026-05-31", "1 Cancelled"),
        ("2026-06-01T11:00", "2026-05-31", "1 Suspended"),
    ],
)
def test_a_revocation_counts_when_it_has_landed_and_its_day_has_come(
    qms: Qms, signed: str, landed: str, status: str
) -> None:
    follow(qms, "2026-06-01")
    revoke(qms, 1, "2026-06-01", landed, signed)
    assert qms.status("2026-06-02") == status


def test_the_days_of_a_revoked_revision_end_once(qms: Qms) -> None:
    follow(qms, "2026-02-01", "2026-04-01", "2026-06-01")
    revoke(qms, 1, "2026-02-01", "2026-03-01")
    revoke(qms, 2, "2026-04-01", "2026-04-01")
    revoke(qms, 3, "2026-06-01", "2026-05-01")
    assert periods(qms) == ["02-01 to 03-01", "04-01 to 04-01", "- to -"]


# --- conditions -------------------------------------------------------------------------------------------------


def reviewed(qms: Qms, verdict: ReviewVerdict, at: str) -> tuple[str, tuple[Condition, ...]]:
    qms.sign(OWEN, "owner", Meaning.PERIODIC_REVIEW, at, verdict=verdict)
    standing = qms.standing(at)
    assert standing.last_review is not None
    return str(standing.last_review.record.verdict), standing.conditions


def test_the_last_review_says_whether_a_change_is_awaited(qms: Qms) -> None:
    follow(qms, "2026-02-01")
    pending = (Condition.CHANGE_PENDING,)
    assert reviewed(qms, ReviewVerdict.REVISE, "2026-03-01") == ("revise", pending)
    assert reviewed(qms, ReviewVerdict.WITHDRAW, "2026-03-02") == ("withdraw", pending)
    assert reviewed(qms, ReviewVerdict.KEEP, "2026-03-03") == ("keep", ())


def test_another_text_under_an_approved_label_is_broken_and_no_change_to_come(qms: Qms) -> None:
    started(qms)
    qms.write(BOB, doc(1, "Not what was approved."), "2026-02-01")
    assert qms.standing("2026-02-01").conditions == (Condition.APPROVAL_BROKEN,)


def test_an_approval_without_a_signature_is_whole(qms: Qms) -> None:
    qms.start(policy(approve=ONE, repository='signatures = "attributed"'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", key=None)
    assert (qms.status("2026-01-05"), qms.standing("2026-01-05").conditions) == ("1 Effective", ())


def test_who_comes_to_hold_a_role_must_read_from_that_day_on(qms: Qms) -> None:
    later = replace(BOB, roles='{role = "engineer", from = 2026-03-01}')
    people = [later if p is BOB else p for p in PEOPLE]
    started(qms, people=people, settings='acknowledged_by = ["engineer"]')  # type: ignore[arg-type]
    days = ("2026-02-28", "2026-03-01")
    assert [[p.id for p in qms.standing(day).outstanding] for day in days] == [["ada"], ["ada", "bob"]]


def test_who_read_another_major_revision_has_not_read_a_minor_one_of_this(qms: Qms) -> None:
    settings = 'scheme = "major.minor"\nacknowledged_by = ["engineer"]\nacknowledge_minor = false'
    started(qms, doc("1.0"), settings=settings)
    qms.sign(BOB, "engineer", Meaning.ACKNOWLEDGE)
    approved(qms, doc("2.0"), "2026-02-01")
    approved(qms, doc("2.1"), "2026-03-01")
    assert [p.id for p in qms.standing("2026-03-01").outstanding] == ["ada", "bob"]


def test_an_acknowledgement_with_another_key_acknowledges_nothing(qms: Qms) -> None:
    started(qms, settings='acknowledged_by = ["engineer"]')
    qms.sign(BOB, "engineer", Meaning.ACKNOWLEDGE, key="forger")
    assert [p.id for p in qms.standing("2026-02-01").outstanding] == ["ada", "bob"]
