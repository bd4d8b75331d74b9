"""The drawing of a document's life: when each revision was in force, what was signed, when it was looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from qmsdocs.site.views import DocumentView, RevisionView

WIDTH, LEFT, RIGHT = 960.0, 8.0, 8.0
LANE, LANE_HEIGHT, AXIS = 34.0, 26.0, 86.0
_CHARACTER = 7.0  # the width of one, roughly
_MIN_GAP = 54.0  # between two marks of the axis
_MARGIN = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a revision was in force; `label` is empty where there is no room for it."""

    x: float
    width: float
    kind: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on one day: approved, review, revoked, due."""

    x: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing; `words` say the same to who cannot see it."""

    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    words: str


def timeline(view: DocumentView, day: date) -> Timeline | None:
    """The drawing of one document; None where nothing was ever in force. `day` bounds it where nothing lies ahead."""
    revisions = [revision for revision in reversed(view.revisions) if revision.start]
    if not revisions:
        return None
    marks = tuple(_events(view, revisions))
    first = min([r.start for r in revisions if r.start] + [found for found, _, _ in marks]) - _MARGIN
    ends = [r.end for r in revisions if r.end] + [found for found, _, _ in marks]
    open_end = view.review_by is None and revisions[-1].end is None
    last = (
        max(ends + [r.start for r in revisions if r.start] + ([date(day.year, 12, 31)] if open_end else [])) + _MARGIN
    )
    scale = _Scale(first, last)
    return Timeline(
        spans=tuple(_span(revision, last, scale) for revision in revisions),
        marks=tuple(Mark(scale(found), kind, words) for found, kind, words in marks),
        ticks=tuple(_ticks(first, last, scale)),
        words="; ".join(_words(revision) for revision in revisions),
    )


class _Scale:
    def __init__(self, first: date, last: date) -> None:
        self.first, self.days = first, max((last - first).days, 1)

    def __call__(self, day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - self.first).days / self.days, 2)


def _events(view: DocumentView, revisions: list[RevisionView]) -> Iterator[tuple[date, str, str]]:
    for revision in revisions:
        for signed in revision.signatures:
            yield signed.day, "approved", f"{signed.meaning} by {signed.name}, {signed.day}"
        if revision.revoked:
            yield revision.revoked.day, "revoked", f"Revoked by {revision.revoked.name}, {revision.revoked.day}"
    for act in view.acts:
        if act.meaning.startswith("Periodic review") and act.why_not is None:
            yield act.day, "review", f"{act.meaning} by {act.name}, {act.day}"
    if view.review_by:
        yield view.review_by, "due", f"Review by {view.review_by}"


def _span(revision: RevisionView, last: date, scale: _Scale) -> Span:
    assert revision.start is not None
    x, end = scale(revision.start), scale(revision.end or last)
    width = round(max(end - x, 2.0), 2)
    label = f"Revision {revision.label}"
    shown = label if width > len(label) * _CHARACTER else revision.label
    if width <= len(shown) * _CHARACTER + 6:
        shown = ""
    return Span(x, width, revision.status, shown, _words(revision))


def _words(revision: RevisionView) -> str:
    until = f" until {revision.end}" if revision.end else ""
    return f"revision {revision.label} in force from {revision.start}{until}"


def _ticks(first: date, last: date, scale: _Scale) -> Iterator[Tick]:
    """January of each year, as many as there is room for; of a short time, each month."""
    if (last - first).days < 400:
        days = [date(first.year + n // 12, n % 12 + 1, 1) for n in range(first.month, first.month + 15)]
        named = [(day, day.strftime("%b %Y") if day.month == 1 else day.strftime("%b")) for day in days]
    else:
        named = [(date(year, 1, 1), str(year)) for year in range(first.year + 1, last.year + 1)]
    before = -_MIN_GAP
    for day, label in named:
        x = scale(day) if day <= last else WIDTH
        if x - before >= _MIN_GAP and x < WIDTH - 30:
            before = x
            yield Tick(x, label)
