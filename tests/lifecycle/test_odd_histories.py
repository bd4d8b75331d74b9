"""Wrong clocks, duplicated ids, links, attachments, and texts that cannot be read."""

from __future__ import annotations

import pytest
from kit import ADA, BOB, DOC, JANE, LINK, TOM, Qms, doc, policy

from qmsdocs.model import Condition


def incidents(qms: Qms) -> list[str]:
    return [incident.rule for incident in qms.state().incidents]


def test_a_clock_that_goes_back_lands_with_the_commit_before(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2019-01-01")
    assert qms.status("2026-01-05") == "1 Effective"
    assert incidents(qms) == ["clock-wrong"]


def test_a_clock_far_ahead_is_known_by_the_next_three_commits(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2030-01-05")
    assert "QP-001" not in qms.state("2026-01-06").dossiers
    for day in ("2026-01-06", "2026-01-07", "2026-01-08"):
        qms.commit(BOB, {"notes.txt": day}, day)
    assert qms.status("2026-01-01") == "1 Draft"
    assert incidents(qms) == ["clock-wrong"]


def test_a_commit_dated_past_the_calendar_is_not_fatal(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    tip = qms.commit(BOB, {"notes.txt": "late"}, "2026-01-06")
    qms.redate(tip, 400_000_000_000)
    assert qms.status("2026-01-05") == "1 Draft"
    assert qms.status("9999-12-31") == "1 Draft"


def test_a_duplicated_id_takes_nothing_out_of_force(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    qms.write(BOB, doc(1, "Another."), "2026-02-01", path="documents/other.md")
    dossier = qms.dossier()
    assert (qms.status("2026-02-01"), list(dossier.paths), dossier.path) == (
        "1 Effective",
        [DOC, "documents/other.md"],
        DOC,
    )
    qms.delete(BOB, "documents/other.md", "2026-02-02")
    assert list(qms.dossier().paths) == [DOC]
    assert qms.standing("2026-02-02").conditions == ()


def test_a_link_in_place_of_a_document_is_no_document(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    qms.commit(BOB, {"other.md": doc(1, "Elsewhere."), DOC: LINK + b"../other.md"}, "2026-02-01")
    assert (qms.status("2026-02-01"), qms.dossier().path) == ("1 Effective", None)
    qms.write(ADA, doc(1), "2026-02-02")
    assert (qms.dossier().path, qms.dossier().draft) == (DOC, None)


def test_a_record_that_is_a_link_is_not_read(qms: Qms) -> None:
    qms.start(policy(approve='["quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    files = qms.record(JANE, "quality-manager")
    linked = {path.replace(".yaml", "-x.yaml"): LINK + data for path, data in files.items()}
    qms.commit(BOB, linked, "2026-01-06")
    assert qms.status("2026-01-06") == "1 Draft"
    qms.commit(JANE, files, "2026-01-07")
    qms.commit(BOB, dict.fromkeys(linked), "2026-01-08")
    assert (qms.standing("2026-01-08").conditions, incidents(qms)) == ((), [])


def test_a_link_that_becomes_the_record_it_copied_hides_nothing(qms: Qms) -> None:
    """The bytes of a link never count as the record, before or after."""
    qms.start(policy(approve='["quality-manager"]'))
    qms.write(ADA, doc(1), "2026-01-05")
    files = qms.record(JANE, "quality-manager")
    qms.commit(BOB, {path: LINK + data for path, data in files.items()}, "2026-01-06")
    qms.commit(JANE, files, "2026-01-07")
    assert (qms.status("2026-01-07"), qms.standing("2026-01-07").conditions) == ("1 Effective", ())
    qms.commit(BOB, dict.fromkeys(files), "2026-01-08")
    assert Condition.APPROVAL_BROKEN in qms.standing("2026-01-08").conditions


@pytest.mark.parametrize("after", ["<svg>2</svg>", None, LINK + b"elsewhere"])
def test_a_changed_attachment_breaks_the_approval(qms: Qms, after: str | bytes | None) -> None:
    qms.start()
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"}, "2026-01-05")
    qms.approve("2026-01-06")
    assert qms.standing("2026-01-06").conditions == ()
    qms.commit(BOB, {"documents/flow.svg": after}, "2026-02-01")
    assert Condition.APPROVAL_BROKEN in qms.standing("2026-02-01").conditions
    assert qms.status("2026-02-01") == "1 Effective"
    qms.commit(BOB, {"documents/flow.svg": "<svg/>"}, "2026-02-02")
    assert qms.standing("2026-02-02").conditions == ()


def test_a_document_moves_with_its_attachments_and_nothing_in_between_is_seen(qms: Qms) -> None:
    qms.start()
    qms.commit(
        ADA, {DOC: doc(1, attachments="[z.svg, QP-001-a.svg]"), "documents/z.svg": "z", "documents/QP-001-a.svg": "a"}
    )
    qms.approve("2026-01-06")
    files = {path: data for path, data in qms.files().items() if path.startswith("documents/")}
    moved = {path.replace("documents/", "documents/b/"): data for path, data in files.items()}
    qms.commit(BOB, {**dict.fromkeys(files), **moved}, "2026-02-01")
    dossier = qms.dossier()
    assert (qms.standing("2026-02-01").conditions, len(dossier.contents), dossier.removed) == ((), 1, None)


def test_a_text_that_cannot_be_read_leaves_its_revision_in_force(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    qms.write(BOB, "---\nid: QP-001\n  broken: [\n---\n", "2026-02-01")
    dossier = qms.dossier()
    assert (qms.status("2026-02-01"), dossier.paths, dossier.draft) == ("1 Effective", {DOC: None}, None)
    qms.write(BOB, "no front matter at all", "2026-02-02")
    assert (qms.status("2026-02-02"), qms.dossier().path) == ("1 Effective", DOC)


def test_a_file_that_changes_its_id_leaves_one_document_and_joins_another(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")
    qms.write(BOB, doc(1, id="QP-002"), "2026-02-01")
    assert (qms.dossier().path, qms.dossier("QP-002").path) == (None, DOC)
    assert (qms.status("2026-02-01"), qms.status("2026-02-01", "QP-002")) == ("1 Effective", "1 Draft")


def test_what_a_branch_held_and_never_landed_is_no_content(qms: Qms) -> None:
    qms.start()
    qms.branch("topic")
    qms.write(ADA, doc(1, "First."), "2026-01-05", on="topic")
    qms.approve("2026-01-06", on="topic")
    qms.write(ADA, doc(1, "Second."), "2026-01-07", on="topic")
    qms.merge("topic", TOM, "2026-01-08")
    assert (qms.status("2026-01-08"), len(qms.dossier().contents)) == ("1 Draft", 1)
    assert set(qms.dossier().refusals.values()) == {"it names content that never landed on the mainline"}
