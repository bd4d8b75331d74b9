"""Fine points of what a landing brings: touches and authors, incidents in full, and which policy reads a file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit import ADA, BOB, DOC, JANE, OWEN, PEOPLE, POLICY, QUINN, TOM, Qms, doc, policy

from qmsdocs.lifecycle import Incident
from qmsdocs.model import Condition, Meaning, Source

ONE = '["quality-manager"]'
IDEA = "notes/idea.md"


def authors(qms: Qms, document: str = "QP-001") -> set[str]:
    return set(qms.draft(document).authors)


def touches(qms: Qms, document: str = "QP-001") -> list[str]:
    """What was done, by whom, where, on which day of January."""
    return [f"{t.what} {t.author.name.split()[0]} {t.path} {t.day.day}" for t in qms.dossier(document).touches]


# --- touches and authors ----------------------------------------------------------------------------------------


def test_a_document_knows_each_commit_that_touched_it_and_how(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, "First."), "2026-01-05")
    qms.move(BOB, DOC, "documents/b.md", "2026-01-06")
    qms.branch("topic")
    qms.write(JANE, doc(1, "Second."), "2026-01-07", path="documents/b.md", on="topic")
    qms.merge("topic", TOM, "2026-01-08", files={"documents/a.md": doc(1, id="QP-002"), "documents/c.md": doc(1)})
    qms.delete(ADA, "documents/b.md", "2026-01-09")
    assert touches(qms) == [
        "edit Ada documents/QP-001.md 5",
        "remove Bob documents/QP-001.md 6",
        "move Bob documents/b.md 6",
        "edit Jane documents/b.md 8",
        "merge Tom documents/c.md 8",
        "remove Ada documents/b.md 9",
    ]
    assert touches(qms, "QP-002") == ["merge Tom documents/a.md 8"]


def test_the_policy_is_touched_like_any_document(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {POLICY: policy(2)}, "2026-01-05")
    qms.delete(BOB, POLICY, "2026-01-06")
    assert touches(qms, "QMS-001") == ["edit Tom qms.toml 1", "edit Jane qms.toml 5", "remove Bob qms.toml 6"]
    assert qms.dossier("QMS-001").path is None


def test_a_change_of_id_touches_the_document_before_and_the_one_after(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {DOC: "An idea.\n"}, "2026-01-04")
    qms.write(ADA, doc(1), "2026-01-05")
    qms.write(BOB, doc(1, id="QP-002"), "2026-01-06")
    qms.commit(TOM, {DOC: "---\ntitle: None\n---\n"}, "2026-01-07")
    qms.commit(OWEN, {DOC: "---\ntitle: None at all\n---\n"}, "2026-01-08")
    assert touches(qms) == [
        f"edit Jane {DOC} 4",
        f"edit Ada {DOC} 5",
        f"edit Bob {DOC} 6",
        f"edit Owen {DOC} 8",
    ]
    assert touches(qms, "QP-002") == [f"edit Bob {DOC} 6", f"edit Tom {DOC} 7"]
    assert [qms.dossier(id).path for id in ("QP-001", "QP-002")] == [None, None]


def test_what_took_a_document_away_last_is_known_until_it_is_back(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.write(ADA, doc(1), "2026-01-06", path="documents/b.md")
    qms.delete(BOB, DOC, "2026-01-07")
    assert (qms.dossier().path, qms.dossier().removed) == ("documents/b.md", None)
    qms.delete(TOM, "documents/b.md", "2026-01-08")
    removed = qms.dossier().removed
    assert removed is not None
    assert (removed.what, removed.author.name, removed.path) == ("remove", TOM.name, "documents/b.md")
    qms.write(ADA, doc(1), "2026-01-09")
    assert (qms.dossier().path, qms.dossier().removed) == (DOC, None)


def test_a_text_that_can_no_longer_be_read_stays_the_documents_until_its_id_is_gone(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    qms.commit(BOB, {DOC: "---\nid: [\n---\nBroken.\n"}, "2026-01-07")
    assert (list(qms.state().unread), qms.dossier().path, qms.dossier().current) == ([DOC], DOC, None)
    assert qms.state().unread[DOC].problems
    qms.write(ADA, doc(1), "2026-01-08")
    assert (list(qms.state().unread), qms.dossier().path, qms.dossier().draft) == ([], DOC, None)
    qms.commit(BOB, {DOC: "---\ntitle: Without an id\n---\nText.\n"}, "2026-01-09")
    assert (list(qms.state().unread), qms.dossier().path) == ([DOC], None)
    qms.write(ADA, doc(1, id="QP-002"), "2026-01-10")
    assert (list(qms.state().unread), qms.dossier().path, qms.dossier("QP-002").path) == ([], None, DOC)


def test_a_file_that_never_was_a_document_is_none_when_it_breaks(qms: Qms) -> None:
    qms.start()
    qms.commit(BOB, {DOC: "---\nid: [\n---\nBroken.\n"}, "2026-01-07")
    assert (list(qms.state().unread), list(qms.state().dossiers)) == ([DOC], ["QMS-001"])


def test_a_broken_file_is_touched_and_taken_away_as_the_document_it_was_last(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-04")
    qms.write(ADA, doc(1, id="QP-002"), "2026-01-05")
    for day in (6, 7):
        qms.commit(BOB, {DOC: f"---\nid: [{day}\n---\nBroken.\n"}, f"2026-01-0{day}")
    qms.delete(TOM, DOC, "2026-01-08")
    last = [f"edit Bob {DOC} 6", f"edit Bob {DOC} 7", f"remove Tom {DOC} 8"]
    assert (touches(qms, "QP-002")[1:], qms.dossier("QP-002").path) == (last, None)


def test_of_two_files_with_one_id_the_first_stays_first(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05", path="documents/b.md")
    qms.write(ADA, doc(1), "2026-01-06", path="documents/a.md")
    qms.write(ADA, doc(1, "Better."), "2026-01-07", path="documents/b.md")
    assert list(qms.dossier().paths) == ["documents/b.md", "documents/a.md"]


def test_a_document_is_taken_away_by_the_commit_at_its_own_path(qms: Qms) -> None:
    qms.start()
    qms.commit(ADA, {DOC: doc(1, attachments="[z.svg]"), "documents/z.svg": "<svg/>"}, "2026-01-05")
    qms.commit(BOB, {DOC: None, "documents/z.svg": "<svg>2</svg>"}, "2026-01-06")
    removed = qms.dossier().removed
    assert removed is not None
    assert (removed.path, removed.what) == (DOC, "remove")


def test_a_drawing_that_outlives_its_document_concerns_nobody(qms: Qms) -> None:
    qms.start()
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"}, "2026-01-05")
    qms.delete(ADA, DOC, "2026-01-06")
    qms.commit(BOB, {"documents/flow.svg": "<svg>2</svg>"}, "2026-01-07")
    assert (qms.dossier().path, touches(qms)[1:]) == (None, [f"remove Ada {DOC} 6"])


def test_whoever_copies_a_text_or_moves_it_over_another_is_an_author_with_all_who_made_it(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {IDEA: doc(1)}, co=[QUINN])
    qms.commit(ADA, {IDEA: "gone on", DOC: doc(1)})
    assert authors(qms) == {"jane", "quinn", "ada"}
    qms.commit(TOM, {IDEA: doc(1, "Better.")})
    qms.commit(BOB, {IDEA: None, DOC: doc(1, "Better.")})
    assert authors(qms) == {"jane", "quinn", "ada", "tom", "bob"}


def test_who_made_a_text_in_a_merge_is_an_author_of_its_copy(qms: Qms) -> None:
    qms.start()
    qms.branch("topic")
    qms.commit(TOM, {"notes/a.txt": "meanwhile"}, on="topic")
    qms.merge("topic", QUINN, files={IDEA: doc(1)})
    qms.write(ADA, doc(1))
    assert authors(qms) == {"quinn", "ada"}


def test_drawings_of_one_branch_have_all_their_authors(qms: Qms) -> None:
    qms.start()
    qms.branch("topic")
    qms.commit(JANE, {"documents/flow.svg": "<svg/>"}, on="topic")
    qms.commit(TOM, {"documents/flow.svg": "<svg>2</svg>"}, on="topic")
    qms.write(ADA, doc(1, attachments="[flow.svg]"), on="topic")
    qms.merge("topic", BOB)
    assert authors(qms) == {"jane", "tom", "ada"}


def test_an_author_is_known_by_an_earlier_name(qms: Qms) -> None:
    named = [replace(p, extra=f'names = ["{p.name} Roe"]') if p is JANE else p for p in PEOPLE]
    qms.start(policy(people=named, repository='signatures = "attributed"'))
    qms.write(replace(JANE, name="jane doe ROE", email="jane@home.example"), doc(1))
    assert authors(qms) == {"jane"}


def test_an_e_mail_that_went_to_another_person_is_theirs_now(qms: Qms) -> None:
    qms.start()
    moved = [replace(p, email={"jane": "j@new.example", "bob": JANE.identity.email}.get(p.id, "")) for p in PEOPLE]
    qms.enforce(policy(2, people=moved), "2026-01-05", who=OWEN)
    qms.write(replace(STRANGER_NAMED, email=JANE.identity.email), doc(1))
    qms.write(replace(STRANGER_NAMED, email="j@new.example"), doc(1, id="QP-002"), path="documents/b.md")
    assert (authors(qms), authors(qms, "QP-002")) == ({"bob"}, {"jane"})


STRANGER_NAMED = replace(JANE, name="somebody")


def test_authors_before_the_trust_root_are_known_by_it(qms: Qms) -> None:
    qms.write(replace(STRANGER_NAMED, email=JANE.identity.email), doc(1), "2025-01-05")
    qms.start()
    assert qms.draft(as_of="2025-06-01").authors == {"jane"}


def test_an_attributed_record_may_come_with_other_files(qms: Qms) -> None:
    qms.start(policy(approve=ONE, repository='signatures = "attributed"'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.at("2026-01-06")
    record = qms.record(JANE, "quality-manager", key=None)
    qms.commit(JANE, {"notes/a.txt": "other", **record}, "2026-01-06")
    assert qms.status("2026-01-06") == "1 Effective"


# --- incidents --------------------------------------------------------------------------------------------------


def test_a_merge_on_a_branch_that_adds_text_is_told_in_full(qms: Qms) -> None:
    qms.start()
    qms.commit(ADA, {DOC: doc(1), "documents/A.md": doc(1, id="QP-009")}, "2026-01-05")
    qms.branch("topic")
    qms.branch("side")
    qms.delete(JANE, "documents/A.md", "2026-01-06", on="side")
    qms.commit(TOM, {"notes/a.txt": "meanwhile"}, "2026-01-06", on="topic")
    merge = qms.merge("side", QUINN, "2026-01-07", into="topic", files={DOC: doc(1, "Slipped in.")})
    qms.commit(TOM, {"notes/b.txt": "meanwhile"}, "2026-01-07")
    qms.merge("topic", BOB, "2026-01-08")
    detail = f"the merge {merge[:12]} gave {DOC} a text that none of its parents has"
    told = Incident("merge-adds-text", Source(DOC, None, merge), "QP-001", detail, QUINN.identity)
    assert qms.state().incidents == [told]


def test_who_wrote_what_another_copied_and_a_third_changed_is_an_author(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {IDEA: doc(1)})
    qms.commit(ADA, {DOC: doc(1)})
    qms.commit(BOB, {DOC: doc(1, "One word else.")})
    assert authors(qms) == {"jane", "ada", "bob"}


def test_a_draft_that_a_new_policy_wants_no_signature_for_is_approved_at_once(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.commit(ADA, {"qms.toml": policy(2, approve="[]")}, "2026-01-06")
    qms.sign(TOM, "top-management", at="2026-01-07", path="qms.toml")
    assert qms.status("2026-01-07") == "1 Effective"


def test_a_record_that_was_dropped_on_the_way_is_told_in_full(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.branch("topic")
    qms.at("2026-01-06")
    files = qms.record(QUINN, "quality-manager", Meaning.REJECT)
    path = next(iter(files))
    qms.commit(QUINN, {"notes/a.txt": "with it", **files}, "2026-01-06", on="topic")
    qms.sign(JANE, "quality-manager", at="2026-01-06T13:00", on="topic")
    merge = qms.merge("topic", BOB, "2026-01-07", files=dict.fromkeys(files))
    detail = f"the signed record {path} was on what this merge brought, and did not land"
    assert qms.state().incidents == [
        Incident("record-dropped", Source(path, None, merge), "QP-001", detail, BOB.identity)
    ]
    assert qms.status("2026-01-07") == "1 Effective"


def test_a_record_that_was_removed_is_told_in_full(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    path = qms.sign(JANE, "quality-manager", at="2026-01-06")
    commit = qms.delete(BOB, path, "2026-01-07")
    assert qms.state().incidents == [
        Incident(
            "record-removed", Source(path, None, commit), "QP-001", f"the landed file {path} was removed", BOB.identity
        )
    ]
    assert qms.standing("2026-01-07").conditions == (Condition.APPROVAL_BROKEN,)


def test_a_clock_that_is_wrong_is_told_in_full(qms: Qms) -> None:
    qms.start()
    commit = qms.write(ADA, doc(1), "2019-01-01")
    detail = "its committer's clock contradicts the commits around it"
    assert qms.state().incidents == [Incident("clock-wrong", Source(None, None, commit), None, detail, ADA.identity)]


def witnessed(qms: Qms, witness: str, signed: str | None = None) -> list[tuple[str, str]]:
    """What is told of a record by Jane that names a witness; all of it points at the record."""
    path = qms.sign(JANE, "quality-manager", at="2026-02-01", witness=witness, signed=signed)
    found = qms.state().incidents
    where = Source(path, None, qms.branches["main"])
    assert {(incident.source, incident.document, incident.by) for incident in found} <= {
        (where, "QP-001", JANE.identity)
    }
    return [(incident.rule, incident.detail) for incident in found]


def test_a_witness_that_nobody_knows_is_told_in_full(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    assert witnessed(qms, "f" * 40) == [("witness-missing", "its witness ffffffffffff is not in this history")]


def test_a_witness_that_is_not_on_the_mainline_is_told_in_full(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.branch("topic")
    witness = qms.write(ADA, doc(1), "2026-01-05", on="topic")
    qms.merge("topic", BOB, "2026-01-06")
    detail = f"its witness {witness[:12]} is in this history, but no longer on the mainline"
    assert witnessed(qms, witness) == [("witness-missing", detail)]


def test_a_record_older_than_what_its_signer_had_seen_is_told_in_full(qms: Qms) -> None:
    qms.start(policy(approve=ONE, zone="Pacific/Auckland"))
    witness = qms.write(ADA, doc(1), "2026-01-31T12:00")
    detail = "it says that it was signed 2026-01-20, and names a commit of 2026-02-01 that its signer had seen"
    assert witnessed(qms, witness, "2026-01-20") == [("record-backdated", detail)]


def test_an_act_and_a_content_know_where_they_stand(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    commit = qms.write(ADA, doc(1), "2026-01-05")
    path = qms.sign(JANE, "quality-manager", at="2026-01-06")
    (act,), (revision,) = qms.dossier().acts, qms.dossier().revisions
    assert act.source == Source(path, 1, qms.branches["main"])
    assert revision.content.source() == Source(DOC, 1, commit)
    assert revision.content.source("type") == Source(DOC, 4, commit)


def test_what_is_no_record_is_told_until_a_record_takes_its_place(qms: Qms) -> None:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.at("2026-01-06")
    files = qms.record(JANE, "quality-manager")
    path = next(iter(files))
    scribble = "signatures/A/A-1/1/note.yaml"
    qms.commit(BOB, {path: "a: note", scribble: "another: note"}, "2026-01-06")
    problem = qms.state().unread_records[path]
    assert (problem.rule, list(qms.state().unread_records)) == ("unreadable-record", [scribble, path])
    qms.commit(JANE, {scribble: None, **files}, "2026-01-07")
    assert (dict(qms.state().unread_records), qms.status("2026-01-07")) == ({}, "1 Effective")


def test_a_record_is_judged_once_wherever_its_file_moves(qms: Qms) -> None:
    """Refused by the policy that did not know its signer, and moved under one that does."""
    qms.start(policy(approve=ONE, people=[p for p in PEOPLE if p is not JANE]))
    qms.write(ADA, doc(1), "2026-01-05")
    path = qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.enforce(policy(2, approve=ONE), "2026-02-01", who=BOB)
    new = path.replace("signatures/QP/", "signatures/new/")
    before = qms.files()
    moved = {path: None, f"{path}.sig": None, new: before[path], f"{new}.sig": before[f"{path}.sig"]}
    qms.commit(BOB, moved, "2026-02-02")
    assert (qms.status("2026-02-02"), len(qms.dossier().acts)) == ("1 Draft", 1)


def test_a_record_older_than_the_trust_root_counts_for_nothing(qms: Qms) -> None:
    qms.write(ADA, doc(1), "2025-01-05")
    qms.sign(JANE, "quality-manager", at="2025-01-06")
    qms.start(policy(approve=ONE))
    assert (qms.status("2026-01-01"), qms.dossier().acts) == ("1 Draft", [])


# --- the policy and the day -------------------------------------------------------------------------------------


def test_the_trust_root_is_a_revision_that_nobody_approved(qms: Qms) -> None:
    qms.commit(ADA, {"notes/a.txt": "before"}, "2025-12-31")
    commit = qms.start()
    (root,) = qms.dossier("QMS-001").revisions
    assert (root.root, root.approvals, root.label, root.completed, root.landing) == (True, (), "1", commit, 1)
    assert (str(root.approved_on), str(root.effective_on)) == ("2026-01-01", "2026-01-01")
    state = qms.state()
    assert state.landing is not None
    assert state.landing.commit.id == commit


def test_a_draft_of_the_policy_elsewhere_is_not_the_trust_root(qms: Qms) -> None:
    qms.commit(JANE, {"notes/policy.toml": policy(2)}, "2025-12-31")
    qms.start()
    qms.commit(JANE, {POLICY: policy(2)}, "2026-01-05")
    assert [r.label for r in qms.dossier("QMS-001").revisions] == ["1"]


def test_a_policy_that_cannot_be_read_stands_there_and_says_nothing(qms: Qms) -> None:
    qms.start()
    qms.commit(JANE, {POLICY: "not even TOML"}, "2026-01-05")
    dossier = qms.dossier("QMS-001")
    assert (dossier.path, dossier.current, dossier.draft) == (POLICY, None, None)


def test_what_landed_is_told_from_the_day_of_the_organisation_on(qms: Qms) -> None:
    qms.start(policy(zone="Pacific/Auckland"))
    qms.write(ADA, doc(1), "2026-01-31T11:30")
    assert "QP-001" not in qms.state("2026-01-31").dossiers
    assert qms.status("2026-02-01") == "1 Draft"


def test_a_later_policy_makes_no_text_older_than_the_trust_root(qms: Qms) -> None:
    qms.start()
    qms.write(JANE, doc(7), "2026-01-05")
    qms.enforce(policy(2), "2026-01-06", who=BOB)
    qms.sign(JANE, "quality-manager", Meaning.BASELINE, "2026-01-07")
    assert qms.status("2026-01-07") == "7 Draft"


@pytest.mark.parametrize(
    ("id", "path", "known"),
    [("QP-005", "other/QP-005.md", True), ("XX-005", "documents/x.md", True), ("XX-005", "other/x.md", False)],
)
def test_a_document_that_names_no_type_has_that_of_its_prefix_or_its_folder(
    qms: Qms, id: str, path: str, known: bool
) -> None:
    qms.start(policy(repository='documents = ["documents", "other"]'))
    qms.write(ADA, doc(1, id=id, type=""), path=path)
    assert (qms.draft(id).type is not None) is known


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'documents = ["documents", "manuals"]'),
        ("", 'records = ["records", "manuals"]'),
        ('documents = ["documents", "manuals"]\nignore = ["manuals/*"]', 'documents = ["documents", "manuals"]'),
    ],
    ids=["documents", "records", "ignore"],
)
def test_a_policy_that_reads_other_files_reads_those_and_no_more(qms: Qms, before: str, after: str) -> None:
    qms.start(policy(repository=before))
    qms.write(ADA, doc(1, id="QP-009"), "2026-01-05", path="manuals/QP-009.md")
    qms.write(ADA, doc(1, id="QP-010"), "2026-01-05", path="notes/QP-010.md")
    assert "QP-009" not in qms.state().dossiers
    qms.enforce(policy(2, repository=after), "2026-02-01", who=BOB)
    assert [id in qms.state().dossiers for id in ("QP-009", "QP-010")] == [True, False]


def test_a_file_that_is_no_record_is_told_wherever_it_lies(qms: Qms) -> None:
    qms.start()
    scribbles = {f"signatures/QP/QP-001/{revision}/note.yaml": "not a record" for revision in (1, 2)}
    qms.commit(ADA, scribbles, "2026-01-05")
    assert sorted(qms.state().unread_records) == sorted(scribbles)
