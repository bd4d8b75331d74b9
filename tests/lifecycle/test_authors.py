"""Nobody approves their own work: who made a content, on any branch, by whatever way it reached the mainline."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit import ADA, BOB, DOC, JANE, OWEN, PEOPLE, QUINN, STRANGER, TOM, Qms, Someone, doc, policy

ONE = '["quality-manager"]'


def start(qms: Qms, repository: str = "") -> None:
    qms.start(policy(approve=ONE, repository=repository))


def authors(qms: Qms, **where: str) -> set[str]:
    return set(qms.draft(**where).authors)


def approved_by(qms: Qms, who: Someone) -> bool:
    qms.sign(who, "quality-manager")
    return bool(qms.dossier().revisions)


def test_an_author_does_not_approve_and_a_colleague_does(qms: Qms) -> None:
    start(qms)
    qms.write(JANE, doc(1))
    assert not approved_by(qms, JANE)
    assert "is an author" in "".join(qms.dossier().refusals.values())
    assert approved_by(qms, QUINN)


def test_a_co_author_is_an_author(qms: Qms) -> None:
    start(qms)
    qms.write(ADA, doc(1), co=[JANE])
    assert not approved_by(qms, JANE)


def test_own_work_counts_where_the_policy_allows_it(qms: Qms) -> None:
    start(qms, repository='own_work = "allowed"')
    qms.write(JANE, doc(1))
    assert approved_by(qms, JANE)


@pytest.mark.parametrize(
    "disguise",
    [
        replace(JANE, email="JANE@Example.COM"),
        replace(JANE, name="jd", email="jane@home.example"),
        replace(JANE, email="jane@unknown.example"),
    ],
    ids=["case", "second e-mail", "unknown e-mail, same name"],
)
def test_an_author_is_known_whatever_the_e_mail(qms: Qms, disguise: Someone) -> None:
    emails = policy(approve=ONE).replace('"jane@example.com"', '"jane@example.com", "jane@home.example"')
    qms.start(emails)
    qms.write(disguise, doc(1))
    assert not approved_by(qms, JANE)


def test_an_author_is_known_by_an_e_mail_of_an_earlier_policy(qms: Qms) -> None:
    start(qms)
    qms.write(replace(JANE, name="J."), doc(1))
    moved = [replace(JANE, email="jane@new.example") if p is JANE else p for p in PEOPLE]
    qms.enforce(policy(2, approve=ONE, people=moved), who=BOB)
    assert qms.state().policy.revision == "2"
    assert not approved_by(qms, JANE)


def test_an_unknown_author_stands_for_themselves(qms: Qms) -> None:
    start(qms)
    qms.write(STRANGER, doc(1))
    assert authors(qms) == {str(STRANGER.identity)}
    assert approved_by(qms, JANE)


def test_authors_are_counted_since_the_last_approved_revision(qms: Qms) -> None:
    start(qms)
    qms.write(JANE, doc(1))
    assert approved_by(qms, QUINN)
    qms.write(ADA, doc(2, "An idea."))
    qms.write(BOB, doc(2, "A better idea."))
    assert authors(qms) == {"ada", "bob"}
    assert approved_by(qms, JANE)


def test_whoever_wrote_an_earlier_draft_of_the_revision_is_an_author_of_it(qms: Qms) -> None:
    start(qms)
    qms.write(JANE, doc(1, "An idea."))
    qms.write(ADA, doc(1, "A better idea."))
    assert not approved_by(qms, JANE)


def on_a_branch(qms: Qms) -> None:
    """A draft by Jane, with Bob, on a branch, while the mainline went on."""
    qms.branch("topic")
    qms.write(JANE, doc(1, "First."), on="topic")
    qms.write(ADA, doc(1, "Second."), on="topic", co=[BOB])
    qms.commit(TOM, {"notes.txt": "meanwhile"})


def test_a_clean_merge_brings_authors_and_makes_none(qms: Qms) -> None:
    start(qms)
    on_a_branch(qms)
    qms.merge("topic", QUINN)
    assert authors(qms) == {"jane", "ada", "bob"}
    assert not approved_by(qms, JANE)
    assert approved_by(qms, QUINN)


def test_text_made_in_a_merge_makes_its_author(qms: Qms) -> None:
    start(qms)
    on_a_branch(qms)
    qms.merge("topic", QUINN, files={DOC: doc(1, "Slipped in.")})
    assert authors(qms) == {"jane", "ada", "bob", "quinn"}
    assert not approved_by(qms, QUINN)


def test_a_merge_of_the_mainline_into_a_branch_makes_no_author_of_other_work(qms: Qms) -> None:
    start(qms)
    on_a_branch(qms)
    qms.write(ADA, doc(1, id="QP-002"), path="documents/QP-002.md")
    qms.merge("main", QUINN, into="topic")
    qms.merge("topic", TOM)
    assert authors(qms, document="QP-002") == {"ada"}
    assert authors(qms) == {"jane", "ada", "bob"}


def test_a_squash_keeps_the_authors_that_its_message_names(qms: Qms) -> None:
    start(qms)
    on_a_branch(qms)
    qms.squash("topic", ADA, co=[JANE, BOB])
    assert authors(qms) == {"jane", "ada", "bob"}


def test_a_squash_without_co_authors_has_one_author(qms: Qms) -> None:
    """All that git still tells: the limit is git's, and the reason for Co-authored-by."""
    start(qms)
    on_a_branch(qms)
    qms.squash("topic", ADA)
    assert authors(qms) == {"ada"}


def test_a_rebase_keeps_the_authors(qms: Qms) -> None:
    start(qms)
    on_a_branch(qms)
    qms.rebase("topic")
    assert authors(qms) == {"jane", "ada", "bob"}


def test_a_cherry_pick_keeps_its_author(qms: Qms) -> None:
    start(qms)
    qms.branch("topic")
    commit = qms.write(JANE, doc(1), on="topic", co=[BOB])
    qms.cherry_pick(commit)
    assert authors(qms) == {"jane", "bob"}


def test_a_move_makes_no_author_and_a_move_with_an_edit_does(qms: Qms) -> None:
    start(qms)
    qms.write(ADA, doc(1))
    qms.move(QUINN, DOC, "documents/a/QP-001.md")
    assert authors(qms) == {"ada"}
    qms.move(JANE, "documents/a/QP-001.md", "documents/b/QP-001.md", text=doc(1, "Better."))
    assert authors(qms) == {"ada", "jane"}


@pytest.mark.parametrize("landing", ["together", "apart"])
def test_a_move_loses_no_co_author(qms: Qms, landing: str) -> None:
    start(qms)
    branch = "topic" if landing == "together" else "main"
    qms.branch(branch)
    qms.write(ADA, doc(1, "First."), on=branch, co=[JANE])
    qms.move(BOB, DOC, "documents/new/QP-001.md", text=doc(1, "Second."), on=branch)
    if landing == "together":
        qms.merge("topic", TOM)
    assert authors(qms) == {"ada", "jane", "bob"}


def test_whoever_drew_an_attachment_is_an_author(qms: Qms) -> None:
    start(qms)
    qms.commit(JANE, {"documents/flow.svg": "<svg/>"})
    qms.write(ADA, doc(1, attachments="[flow.svg]"))
    assert authors(qms) == {"ada", "jane"}
    qms.sign(QUINN, "quality-manager")
    qms.commit(BOB, {DOC: doc(2, attachments="[flow.svg]"), "documents/flow.svg": "<svg>2</svg>"})
    assert authors(qms) == {"bob"}


def test_a_drawing_of_a_moved_document_keeps_its_author(qms: Qms) -> None:
    start(qms)
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"})
    qms.commit(JANE, {"documents/flow.svg": "<svg>2</svg>"})
    changed = {"documents/flow.svg": None, "documents/a/flow.svg": "<svg>3</svg>"}
    qms.commit(BOB, {DOC: None, "documents/a/QP-001.md": doc(1, "Moved.", attachments="[flow.svg]"), **changed})
    assert authors(qms) == {"ada", "jane", "bob"}


def test_a_reviewer_of_old_text_put_back_is_judged_by_who_wrote_it(qms: Qms) -> None:
    start(qms)
    qms.write(JANE, doc(1, "Jane's."))
    qms.write(ADA, doc(1, "Ada's."))
    qms.write(BOB, doc(1, "Jane's."))
    assert "jane" in authors(qms)
    assert not approved_by(qms, JANE)


def test_the_owner_may_not_sign_for_text_of_their_own(qms: Qms) -> None:
    qms.start()
    qms.write(OWEN, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    assert qms.status("2026-01-06") == "1 In review"


def test_a_drawing_that_is_attached_no_longer_makes_no_author(qms: Qms) -> None:
    start(qms)
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"})
    qms.write(ADA, doc(1))
    qms.commit(JANE, {"documents/flow.svg": "<svg>2</svg>"})
    qms.write(BOB, doc(1, "Better."))
    assert authors(qms) == {"ada", "bob"}


def test_an_earlier_drawing_of_the_revision_makes_an_author(qms: Qms) -> None:
    start(qms)
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"})
    qms.commit(JANE, {"documents/flow.svg": "<svg>2</svg>"}, co=[TOM])
    qms.commit(BOB, {"documents/flow.svg": "<svg>3</svg>"})
    assert authors(qms) == {"ada", "jane", "tom", "bob"}


def test_a_drawing_that_was_approved_and_did_not_change_makes_no_author_of_the_next_revision(qms: Qms) -> None:
    start(qms)
    qms.commit(JANE, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"})
    assert approved_by(qms, QUINN)
    qms.write(ADA, doc(2, attachments="[flow.svg]"))
    assert authors(qms) == {"ada"}
    qms.sign(JANE, "quality-manager")
    assert [revision.label for revision in qms.dossier().revisions] == ["1", "2"]
