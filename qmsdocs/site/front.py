"""The front page: what changed lately, what falls due, what waits for whom, how the certificate stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from qmsdocs.lifecycle import Revision, is_cancelled
from qmsdocs.model import Kind, Status
from qmsdocs.render.printable import month_text
from qmsdocs.render.sections import status_counts
from qmsdocs.site.batches import Batch, page_batch
from qmsdocs.site.catalogue import Catalogue, Entry, Pointer
from qmsdocs.site.engine import Engine
from qmsdocs.site.names import safe_name
from qmsdocs.status import Task

LATELY = 8
_MONTHS_AHEAD = 12
_MOST_TASKS = 12


@dataclass(frozen=True, slots=True)
class News:
    """A revision that came into force."""

    day: date
    document: Pointer
    revision: str
    change: str | None
    redline: str | None
    is_withdrawal: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one person; `tasks` are what to do and on what."""

    name: str
    tasks: tuple[tuple[str, Pointer], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A document with something to say of it."""

    document: Pointer
    words: str
    day: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a picture: where it stands and how long it is, in per cent."""

    name: str
    kind: str
    count: int
    start: float
    size: float
    link: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """A day in the life of a certificate; `x` is its place in the picture, in per cent."""

    day: date
    words: str
    x: float
    past: bool


@dataclass(frozen=True, slots=True)
class Cycle:
    """A certificate from its issue to its end; `now` is the place of the day of the site."""

    number: str
    body: str
    scope: str
    standards: str
    milestones: tuple[Milestone, ...]
    now: float | None


def front_batch(catalogue: Catalogue, engine: Engine) -> Batch:
    """The front page."""
    register, outlook = catalogue.material.register, catalogue.material.outlook
    rows = (*register.documents, *register.external)
    return page_batch(
        engine,
        "index.html",
        "front.html.j2",
        day=register.as_of,
        commit=register.commit,
        statuses=tuple(_shares(status_counts(rows))),
        total=len(rows),
        months=columns([row.review_by for row in rows if row.review_by], register.as_of),
        trouble=tuple(_item(task, catalogue) for task in outlook.trouble),
        due=tuple(_item(task, catalogue) for task in outlook.reviews[:_MOST_TASKS]),
        more_due=max(len(outlook.reviews) - _MOST_TASKS, 0),
        coming=tuple(_item(task, catalogue) for task in outlook.coming[:_MOST_TASKS]),
        waiting=tuple(_waiting((*outlook.signatures, *outlook.acknowledgements), catalogue)),
        news=tuple(news(catalogue)[:LATELY]),
        cycles=tuple(_cycles(catalogue)),
        records=len(register.records),
        findings=len(register.findings),
    )


def news(catalogue: Catalogue) -> list[News]:
    """Every revision that has come into force, the newest first."""
    found = [
        _news(entry, before, revision, catalogue)
        for entry in catalogue.of_kind(Kind.DOCUMENT, Kind.EXTERNAL)
        for before, revision in zip((None, *entry.dossier.revisions), entry.dossier.revisions, strict=False)
        if revision.effective_on <= catalogue.day and not is_cancelled(revision)
    ]
    return sorted(found, key=lambda item: (item.day, item.document.id), reverse=True)


def _news(entry: Entry, before: Revision | None, revision: Revision, catalogue: Catalogue) -> News:
    text = revision.content.text
    return News(
        revision.effective_on,
        catalogue.pointer(entry.id),
        revision.label,
        text.withdrawn or text.text("change"),
        f"{entry.folder}/changes-{safe_name(revision.label)}.html" if before else None,
        bool(text.withdrawn),
    )


def _item(task: Task, catalogue: Catalogue) -> Item:
    late = task.due is not None and task.due < catalogue.day
    return Item(catalogue.pointer(task.document), task.what, task.due, late)


def _waiting(tasks: Iterable[Task], catalogue: Catalogue) -> Iterator[Waiting]:
    """What waits for each person who can do it; what nobody can do stands at the end."""
    by_person: dict[str, list[tuple[str, Pointer]]] = {}
    for task in tasks:
        for name in [person.name for person in task.people] or ["Nobody who can do it"]:
            by_person.setdefault(name, []).append((task.what, catalogue.pointer(task.document)))
    for name in sorted(by_person, key=lambda name: (-len(by_person[name]), name)):
        yield Waiting(name, tuple(by_person[name]))


# --- pictures -----------------------------------------------------------------------------------------------------


def _shares(counts: dict[Status, int]) -> Iterator[Part]:
    total, start = sum(counts.values()), 0.0
    for status, count in counts.items():
        size = 100 * count / total
        kind = status.value.lower().replace(" ", "-")
        yield Part(
            status.value, kind, count, round(start, 3), round(size, 3), f"register.html#status={quote(status.value)}"
        )
        start += size


def columns(days: Iterable[date], today: date, months: int = _MONTHS_AHEAD) -> tuple[Part, ...]:
    """The reviews that are late, and those due in this month and those after it, as columns."""
    known = list(days)
    first = today.year * 12 + today.month - 1
    counts = Counter(day.year * 12 + day.month - 1 for day in known if day >= today)
    late = sum(day < today for day in known)
    bars = [("Late", "late", late)] if late or months == _MONTHS_AHEAD else []
    for month in range(first, first + months):
        head = date(month // 12, month % 12 + 1, 1)
        bars.append((f"{month_text(head)} {head.year}", "month", counts[month]))
    most = max((count for _, _, count in bars), default=0) or 1
    return tuple(
        Part(name, kind, n, float(at), round(100 * n / most, 3), "reviews.html")
        for at, (name, kind, n) in enumerate(bars)
    )


def _cycles(catalogue: Catalogue) -> Iterator[Cycle]:
    """The certificates that the policy in force names, each with its days."""
    for held in catalogue.state.policy.system.certificates:
        days = [(held.stage_1, "Stage 1 audit"), (held.stage_2, "Stage 2 audit"), (held.issued, "Issued")]
        days += [(day, "Surveillance") for day in held.surveillance]
        days += [(held.recertification, "Recertification audit"), (held.expires, "Expires")]
        known = sorted((day, words) for day, words in days if day is not None)
        if not known:
            continue
        first, last = known[0][0], known[-1][0]
        length = max((last - first).days, 1)

        def place(day: date, first: date = first, length: int = length) -> float:
            return round(100 * (day - first).days / length, 2)

        yield Cycle(
            held.number,
            held.body,
            held.scope,
            ", ".join(held.standards or catalogue.state.policy.standards),
            tuple(Milestone(day, words, place(day), day <= catalogue.day) for day, words in known),
            place(catalogue.day) if first <= catalogue.day <= last else None,
        )
