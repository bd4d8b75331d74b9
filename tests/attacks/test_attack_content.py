"""Approved text changed behind the approver's back, in each way that git allows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from attacks.told import LATE, ONE, approved, checked, messages, refusals, revised
from firm import Firm
from kit import ADA, BOB, DOC, JANE, LINK, OWEN, PEOPLE, POLICY, QUINN, STRANGER, TOM, Files, Qms, doc, policy

from qmsdocs.model import Condition
from qmsdocs.render.redline import clean

CHANGED = ["revision 1 is approved, and this is not the text that was approved"]
PATH = "documents/procedures/QP-001.md"


def in_force(firm: Firm) -> None:
    """QP-001 approved by Cat and Bob."""
    firm.procedure()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0


def told(firm: Firm, *arguments: str) -> list[str]:
    """The codes of all errors that `check` finds."""
    found = json.loads(firm.say("check", "--format", "json", *arguments).out)["findings"]
    return sorted({finding["code"] for finding in found if finding["severity"] == "error"})


@pytest.mark.parametrize(
    "after",
    [doc(1, "Do it well. "), doc(1, "Do it\rwell."), doc(1, owner="engineer"), doc(1, effective_date="2030-01-01")],
    ids=["a space", "a carriage return", "the owner", "the day"],
)
def test_a_small_edit_under_the_approved_label(qms: Qms, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    """The attacker wants one small thing changed, and nobody asked."""
    approved(qms)
    digest = qms.dossier().revisions[0].content.digest
    qms.write(BOB, after, "2026-02-01")
    assert (messages(qms, "RE301"), checked(qms, monkeypatch).code) == (CHANGED, 1)
    assert [revision.content.digest for revision in qms.dossier().revisions] == [digest]


@pytest.mark.parametrize(
    "after", [doc(1).replace("\n", "\r\n"), "\ufeff" + doc(1), doc(1, tags="[x]"), doc(1).replace("QP-001", '"QP-001"')]
)
def test_what_changes_no_word_is_no_attack(qms: Qms, after: str) -> None:
    """Line ends, a byte order mark, tags and quotes are nobody's words: the approval stands."""
    approved(qms)
    qms.write(BOB, after, "2026-02-01")
    assert (messages(qms, "RE301"), qms.standing(LATE).conditions) == ([], ())


def test_the_approved_commit_amended(qms: Qms) -> None:
    """The attacker rewrites the commit that Jane approved, and replays her record on top."""
    qms.start(policy(approve=ONE))
    root = qms.branches["main"]
    seen = qms.write(ADA, doc(1), "2026-01-05")
    record = qms.record(JANE, "quality-manager", witness=seen)
    qms.branches["main"] = root
    qms.write(ADA, doc(1, "Skip the test."), "2026-01-05")
    qms.commit(JANE, record, "2026-01-06")
    assert refusals(qms) == ["it names content that never landed on the mainline"]
    assert messages(qms, "IN705") == [f"Its witness {seen[:12]} is not in this history"]
    assert qms.status(LATE) == "1 Draft"


def test_a_sentence_slipped_in_by_the_merge(qms: Qms) -> None:
    """The attacker has a branch approved, and adds a sentence while merging it."""
    revised(qms)
    qms.branch("topic")
    qms.sign(JANE, "quality-manager", at="2026-02-02", on="topic")
    merge = qms.merge("topic", BOB, "2026-02-03", files={DOC: doc(2, "Skip the test. And the report.")})
    assert messages(qms, "IN710") == [f"The merge {merge[:12]} gave {DOC} a text that none of its parents has"]
    assert qms.status(LATE) == "2 Effective"
    assert Condition.APPROVAL_BROKEN in qms.standing(LATE).conditions


def test_an_old_text_brought_back_by_a_merge(qms: Qms) -> None:
    """The attacker uses a merge to bring back words that stood there once, so that no new text shows up."""
    old = doc(1, "Once it was so.")
    approved(qms)
    qms.write(ADA, old, "2026-01-10")
    qms.write(ADA, doc(1), "2026-01-11")
    qms.branch("topic")
    qms.commit(BOB, {"notes.txt": "x"}, "2026-01-12", on="topic")
    qms.merge("topic", BOB, "2026-02-01", files={DOC: old})
    assert (len(messages(qms, "IN710")), messages(qms, "RE301")) == (1, CHANGED)


def test_a_merge_that_adds_nothing_is_not_accused(qms: Qms) -> None:
    """A clean merge of a branch that edits and moves, while the mainline goes on, is no attack."""
    revised(qms)
    qms.branch("topic")
    qms.move(ADA, DOC, "documents/new.md", "2026-02-02", text=doc(2, "Measure."), on="topic")
    qms.commit(BOB, {"notes.txt": "x"}, "2026-02-03")
    qms.merge("main", ADA, "2026-02-04", into="topic")
    qms.merge("topic", QUINN, "2026-02-05")
    assert messages(qms, "IN710") == []


def test_a_merge_that_throws_the_approval_away(qms: Qms) -> None:
    """The attacker wants to be able to say that he merged the approved branch, and keeps the old text (`-s ours`)."""
    revised(qms)
    qms.branch("topic")
    record = qms.sign(JANE, "quality-manager", at="2026-02-02", on="topic")
    qms.merge("topic", BOB, "2026-02-03", files={record: None, f"{record}.sig": None})
    assert messages(qms, "IN709") == [f"The signed record {record} was on what this merge brought, and did not land"]
    assert qms.status(LATE) == "1 Effective"


def test_two_documents_swap_their_files(qms: Qms) -> None:
    """The attacker swaps two files, so that whoever opens one reads the other."""
    other = "documents/QP-002.md"
    approved(qms)
    qms.write(ADA, doc(1, "Other work.", id="QP-002"), path=other)
    qms.sign(JANE, "quality-manager", path=other)
    qms.commit(BOB, {DOC: qms.files()[other], other: qms.files()[DOC]}, "2026-02-01")
    assert (qms.dossier().path, qms.dossier("QP-002").path) == (other, DOC)
    assert {qms.status(LATE, document) for document in ("QP-001", "QP-002")} == {"1 Effective"}


def test_two_documents_swap_their_ids(qms: Qms) -> None:
    """The attacker swaps two ids, so that each approval covers the other text."""
    other = "documents/QP-002.md"
    approved(qms)
    qms.write(ADA, doc(1, "Other work.", id="QP-002"), path=other)
    qms.sign(JANE, "quality-manager", path=other)
    qms.commit(BOB, {DOC: doc(1, id="QP-002"), other: doc(1, "Other work.")}, "2026-02-01")
    assert messages(qms, "RE301") == CHANGED * 2


@pytest.mark.parametrize(
    "after", [{DOC: LINK + b"/etc/passwd"}, {DOC: LINK + doc(1).encode()}, {DOC: None, f"{DOC}/x": "a folder"}]
)
def test_a_link_or_a_folder_in_place_of_the_file(qms: Qms, monkeypatch: pytest.MonkeyPatch, after: Files) -> None:
    """The attacker wants readers led elsewhere."""
    approved(qms)
    qms.commit(BOB, after, "2026-02-01")
    assert messages(qms, "IN703") == ["QP-001 is effective (revision 1), and its file is gone"]
    assert checked(qms, monkeypatch).code == 1


def test_a_submodule_in_place_of_the_folder(firm: Firm) -> None:
    """The attacker puts another repository with the same files where the documents were: on his disk all looks well."""
    in_force(firm)
    head = firm.git("rev-parse", "HEAD").strip()
    firm.git("rm", "-r", "-q", "--cached", "documents")
    firm.git("update-index", "--add", "--cacheinfo", f"160000,{head},documents")
    firm.git("commit", "-q", "-m", "Share the documents")
    firm.git("init", "-q", "documents")
    assert told(firm, "--at", "HEAD") == ["IN703"]
    assert told(firm) == ["IN703"]


def test_a_file_made_executable(firm: Firm) -> None:
    """The attacker changes the mode of a file; that changes no word and breaks nothing."""
    in_force(firm)
    firm.git("update-index", "--chmod=+x", PATH)
    firm.git("commit", "-q", "-m", "Mode")
    assert told(firm, "--at", "HEAD") == []


@pytest.mark.parametrize("after", ["<svg>9 Nm</svg>", None, LINK + b"<svg/>"], ids=["edited", "removed", "a link"])
def test_the_drawing_changed_and_not_the_text(qms: Qms, after: str | bytes | None) -> None:
    """The attacker changes the approved drawing, which no reader of the text's history sees."""
    qms.start(policy(approve=ONE))
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"}, "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    qms.commit(BOB, {"documents/flow.svg": after}, "2026-02-01")
    changed = ["revision 1 is approved, and its attachment flow.svg is not the one that was approved"]
    assert (messages(qms, "RE301"), qms.status(LATE)) == (changed, "1 Effective")


def test_a_drawing_from_outside_the_repository(qms: Qms) -> None:
    """The attacker attaches a file that lies elsewhere, and so changes without a commit."""
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1, attachments="[../../../etc/passwd, /etc/hostname]"), "2026-01-05")
    assert [message.split("'")[1] for message in messages(qms, "RF604")] == ["../../../etc/passwd", "/etc/hostname"]
    content = qms.draft().content
    assert content.attachments == {"../../../etc/passwd": "", "/etc/hostname": ""}


def test_an_id_under_two_names(qms: Qms) -> None:
    """The attacker writes our key name beside the organisation's own, for a reader who looks at the wrong one."""
    mapped = policy(approve=ONE, extra='[front_matter]\nid = "doc_no"\n')
    qms.start(mapped)
    qms.write(ADA, doc(1).replace("id: QP-001", "doc_no: QP-001\nid: QP-002"), "2026-01-05")
    assert sorted(qms.state().dossiers) == ["QMS-001", "QP-001"]
    assert messages(qms, "MD205") == ["'id' is not a key we know"]


@pytest.mark.parametrize(
    "twin", ["qp-001", "QР-001", "ＱP-001", "QP-００1"], ids=["case", "Cyrillic", "wide", "digits"]
)
def test_an_id_that_looks_like_another(qms: Qms, twin: str) -> None:
    """The attacker wants his own document taken for QP-001."""
    approved(qms)
    qms.write(BOB, doc(1, "Skip the test.", id=twin), "2026-02-01", path="documents/a.md")
    (message,) = messages(qms, "ID105")
    assert "looks like" in message
    assert (qms.status(LATE), qms.status(LATE, twin)) == ("1 Effective", "1 Draft")


def test_a_second_file_with_the_same_id(qms: Qms) -> None:
    """The attacker adds a file of his own under the id of an approved document."""
    approved(qms)
    qms.write(BOB, doc(1, "Skip the test."), "2026-02-01", path="documents/A.md")
    assert messages(qms, "ID104") == [f"the id 'QP-001' stands in {'documents/A.md'} too"]
    assert (qms.status(LATE), qms.dossier().path) == ("1 Effective", DOC)


@pytest.mark.parametrize("kind", ['kind = "external"', "approve = []", 'approve = ["engineer"]', 'kind = "record"'])
def test_a_type_that_asks_for_less(qms: Qms, kind: str) -> None:
    """The attacker gives an approved procedure another type, one that needs no approval of the quality manager."""
    approved(qms, policy(approve=ONE, extra=f"[types.note]\n{kind}\n"))
    qms.write(ADA, doc(2, "Skip the test.", type="note"), "2026-02-01")
    qms.sign(BOB, "engineer", at="2026-02-02")
    assert qms.status(LATE) == "1 Effective"
    qms.sign(JANE, "quality-manager", at="2026-02-03")
    assert qms.status(LATE) == ("1 Effective" if "record" in kind else "2 Effective")


OWNER_ONLY = policy(approve='["owner"]')


@pytest.mark.parametrize("heir", ["engineer", "bob"])
def test_an_owner_of_his_own_choice(qms: Qms, heir: str) -> None:
    """The attacker makes himself the owner in the text that the owner is to approve."""
    qms.start(OWNER_ONLY)
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(OWEN, "owner", at="2026-01-06")
    qms.write(STRANGER, doc(2, "Skip the test.", owner=heir), "2026-02-01")
    qms.sign(BOB, "owner", at="2026-02-02")
    assert (qms.status(LATE), qms.draft().owner) == ("1 Effective", "production-manager")
    assert refusals(qms) == ["the role 'owner' is not one that this content needs for 'approve'"]
    qms.sign(OWEN, "owner", at="2026-02-03")
    qms.write(ADA, doc(3, owner=heir), "2026-02-04")
    qms.sign(BOB, "owner", at="2026-02-05")
    assert qms.status(LATE) == "3 Effective"


def test_an_owner_who_left_holds_nothing_back(qms: Qms) -> None:
    """No attack: nobody is production manager any more, so the new owner speaks for the document."""
    owen = replace(OWEN, roles='{role = "production-manager", until = 2026-01-31}')
    qms.start(policy(approve='["owner"]', people=[owen if p is OWEN else p for p in PEOPLE]))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(OWEN, "owner", at="2026-01-06")
    qms.write(ADA, doc(2, owner="bob"), "2026-02-01")
    qms.sign(BOB, "owner", at="2026-02-02")
    assert qms.status(LATE) == "2 Effective"


def test_the_file_put_back_to_a_superseded_text(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker wants people to work by revision 1 again: its words were approved once."""
    revised(qms)
    qms.sign(JANE, "quality-manager", at="2026-02-02")
    qms.write(BOB, doc(1), "2026-03-01")
    assert messages(qms, "IN711") == ["the file has the text of revision 1, and revision 2 is effective"]
    assert (qms.status(LATE), checked(qms, monkeypatch).code) == ("2 Effective", 1)


def test_words_that_the_approver_does_not_see() -> None:
    """The attacker wants Jane to read another sentence than the one she signs."""
    shown = clean("Do \u202enot\u202c test\u200b this\u2066\x1b[8m now")
    assert shown == "Do \\u202enot\\u202c test\\u200b this\\u2066\\x1b[8m now"


def test_a_document_made_of_the_policy(qms: Qms) -> None:
    """The attacker adds a document with the policy's id and very text, to stand in for the policy's next version."""
    qms.start(policy(approve=ONE))
    text = policy(2, approve='["engineer"]')
    copy = f"---\nid: QMS-001\ntitle: Policy of document control\ntype: policy\nrevision: 2\nowner: quality-manager\n---\n{text}"
    qms.commit(ADA, {"documents/x.md": copy}, "2026-02-01")
    qms.sign(TOM, "top-management", path="documents/x.md", at="2026-02-02")
    assert (qms.state().policy.revision, len(messages(qms, "ID104"))) == ("1", 1)
    qms.commit(ADA, {POLICY: text}, "2026-02-03")
    assert (qms.state().policy.revision, qms.dossier("QMS-001").revisions[-1].content.path) == ("2", POLICY)


def test_a_record_altered_behind_a_copy_of_it(firm: Firm) -> None:
    """The attacker keeps a copy of the record elsewhere, alters the one on file, and removes the copy later."""
    in_force(firm)
    record, copy = next((firm.root / "signatures").rglob("*-approve-cat.yaml")), firm.root / "signatures/old.yaml"
    copy.write_bytes(record.read_bytes())
    record.write_bytes(record.read_bytes().replace(b"cat", b"dan"))
    firm.commit("Tidy", by="dan")
    copy.unlink()
    firm.commit("Tidy more", by="dan")
    assert told(firm) == ["AP404", "AP406", "IN702"]
