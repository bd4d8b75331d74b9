"""Review date: documents in force are looked at again in time (ISO 9001:2015, 7.5.2 c: suitability and adequacy)."""

from __future__ import annotations

from collections.abc import Iterator

from qmsdocs.model import Kind, Severity, Status
from qmsdocs.rules.base import Context, Found, Rule

SOON = 60  # days


def review_overdue(context: Context) -> Iterator[Found]:
    """The last acceptable day of the periodic review has passed.

    Bad:
        review by 2026-11-22, and today is 2026-11-23
    Good:
        qmsdocs periodic-review QP-001 --verdict keep
    Remedy: the owner reviews the document: keep it, revise it or withdraw it.
    Allow: a longer interval, `review_every = "36 months"` under `[types.ID]`, or none, and then RD503 warns. A
    document's own `review_every` goes before its type's.
    """
    for dossier, standing in context.documents:
        if (
            standing.status is Status.EFFECTIVE
            and standing.review_by
            and standing.review_by < context.day
            and standing.shown
        ):
            late = (context.day - standing.review_by).days
            yield Found(
                standing.shown.content.source("revision"),
                f"the periodic review was due by {standing.review_by}, {late} day{'' if late == 1 else 's'} ago",
                f"qmsdocs periodic-review {dossier.id} --verdict keep",
                dossier.id,
                (f"counted from {standing.anchor}",),
            )


def review_due(context: Context) -> Iterator[Found]:
    """The periodic review falls due within 60 days.

    Bad:
        (nothing is wrong yet)
    Good:
        qmsdocs periodic-review QP-001 --verdict keep
    Remedy: plan the review.
    Allow: a longer interval, `review_every = "36 months"` under `[types.ID]`, or none, and then RD503 warns. The 60
    days are fixed.
    """
    for dossier, standing in context.documents:
        if standing.status is Status.EFFECTIVE and standing.review_by and standing.shown:
            left = (standing.review_by - context.day).days
            if 0 <= left <= SOON:
                when = "today" if left == 0 else f"in {left} day{'' if left == 1 else 's'}"
                yield Found(
                    standing.shown.content.source("revision"),
                    f"the periodic review is due by {standing.review_by}, {when}",
                    f"qmsdocs periodic-review {dossier.id} --verdict keep",
                    dossier.id,
                )


def no_review_interval(context: Context) -> Iterator[Found]:
    """A document in force has no review interval, neither its own nor its type's, so it is never looked at again.

    Bad:
        [types.procedure] without review_every
    Good:
        [types.procedure]
        review_every = "24 months"
    Remedy: set `review_every` for the type in qms.toml, or in the document.
    Allow: `kind = "external"` under `[types.ID]`, for documents from outside. Nothing does for your own documents; an
    interval may be long, `review_every = "10 years"`.
    """
    for dossier, standing in context.documents:
        if standing.status is Status.EFFECTIVE and standing.review_by is None and standing.shown:
            kind = standing.shown.type
            if kind.kind is Kind.DOCUMENT and not standing.shown.content.text.withdrawn:
                yield Found(
                    standing.shown.content.source("type"),
                    f"nothing says when this {kind.name.lower()} is to be reviewed",
                    "Set review_every for the type in qms.toml, or in the document",
                    dossier.id,
                )


RULES = (
    Rule("RD501", "review-overdue", Severity.WARNING, "your policy", review_overdue),
    Rule("RD502", "review-due", Severity.NOTE, "your policy", review_due),
    Rule("RD503", "no-review-interval", Severity.WARNING, "ISO 9001 7.5.2 c", no_review_interval),
)
