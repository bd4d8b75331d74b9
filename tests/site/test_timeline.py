"""The drawing of a document's life, from plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from qmsdocs.site.timeline import WIDTH, timeline
from qmsdocs.site.views import DocumentView, RevisionView, Signature, TextView

TEXT = TextView("Purchasing", "documents/QP-001.md", "blob", "commit", "digest", False, (), ())
SIGNED = Signature("Approved", "1", "Ruth", "Owner", date(2024, 1, 9), "", "signed", None, None)
FIRST = RevisionView(
    label="1",
    status="Superseded",
    start=date(2024, 1, 10),
    end=date(2025, 1, 10),
    approved_on=date(2024, 1, 9),
    effective_on=date(2024, 1, 10),
    signatures=(SIGNED,),
    change=None,
    withdrawn=None,
    text=TEXT,
    page="revision-1.html",
    changes=None,
    before=None,
)
SECOND = replace(
    FIRST, label="2", status="Effective", start=date(2025, 1, 10), end=None, page="index.html", signatures=()
)
VIEW = DocumentView(
    id="QP-001",
    title="Purchasing",
    kind="document",
    type_name=None,
    folder="documents/QP-001",
    owner=None,
    owner_name=None,
    status="Effective",
    conditions=(),
    shown=SECOND,
    draft=None,
    pending=None,
    revisions=(SECOND, FIRST),
    review_by=date(2027, 1, 10),
    last_review=None,
    clauses=(),
    facts=(),
    replaced_by=None,
    form=None,
    uses=(),
    used_by=(),
    outstanding=(),
    acts=(),
    closed=None,
    path="documents/QP-001.md",
)
TODAY = date(2026, 1, 1)


def test_periods_follow_each_other_in_the_order_of_time() -> None:
    drawing = timeline(VIEW, TODAY)
    assert drawing is not None
    first, second = drawing.spans
    assert (first.label, second.label) == ("Revision 1", "Revision 2")
    assert first.x + first.width == second.x
    assert second.x + second.width <= WIDTH
    assert first.width * 1.5 < second.width  # a year and a half more, review and margin
    assert drawing.words == "revision 1 in force from 2024-01-10 until 2025-01-10; revision 2 in force from 2025-01-10"


def test_signatures_reviews_and_the_next_review_are_marked() -> None:
    kept = replace(SIGNED, meaning="Periodic review: keep", day=date(2026, 1, 9))
    void = replace(kept, day=date(2026, 2, 1), why_not="the key was revoked")
    drawing = timeline(replace(VIEW, acts=(kept, void)), TODAY)
    assert drawing is not None
    assert [mark.kind for mark in drawing.marks] == ["approved", "review", "due"]
    assert [tick.label for tick in drawing.ticks] == ["2024", "2025", "2026", "2027"]


def test_a_period_without_room_has_no_label() -> None:
    short = replace(FIRST, end=date(2024, 1, 12))
    drawing = timeline(replace(VIEW, revisions=(SECOND, short)), TODAY)
    assert drawing is not None
    assert drawing.spans[0].label == ""
    assert drawing.spans[0].width >= 2


def test_what_was_never_in_force_has_no_drawing() -> None:
    assert timeline(replace(VIEW, revisions=()), TODAY) is None
    assert timeline(replace(VIEW, revisions=(replace(FIRST, start=None),)), TODAY) is None


def test_nothing_in_it_changes_from_day_to_day() -> None:
    assert timeline(VIEW, date(2026, 1, 1)) == timeline(VIEW, date(2026, 12, 31))
    open_end = replace(VIEW, review_by=None)
    assert timeline(open_end, date(2026, 3, 1)) == timeline(open_end, date(2026, 12, 31))
    assert timeline(open_end, date(2026, 3, 1)) != timeline(open_end, date(2027, 3, 1))
