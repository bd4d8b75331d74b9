"""The pages across all documents: clauses, the review calendar, people, findings, how to verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from qmsdocs.lifecycle import period
from qmsdocs.model import Finding, Kind, Meaning, Status
from qmsdocs.policy import POLICY_PATH
from qmsdocs.register import natural
from qmsdocs.render.printable import month_text, place
from qmsdocs.render.sections import SEVERITIES, severity_counts, sorted_findings
from qmsdocs.site.batches import Batch, page_batch
from qmsdocs.site.catalogue import Catalogue, Entry, Pointer
from qmsdocs.site.engine import Engine
from qmsdocs.site.front import columns
from qmsdocs.standards import Standard, clause_of, shipped_standards

CALENDAR_MONTHS = 24
PER_PAGE = 100  # findings
MANY_REVIEWS, FEW_REVIEWS = 250, 8  # with more than so many in all, a month shows so many
MOST_OWNERS, MOST_READS = 24, 150


def overview_batches(catalogue: Catalogue, engine: Engine) -> Iterator[Batch]:
    """These pages."""
    yield clauses_batch(catalogue, engine)
    yield from calendar_batches(catalogue, engine)
    yield people_batch(catalogue, engine)
    yield from finding_batches(catalogue, engine)
    yield verify_batch(catalogue, engine)


# --- clauses ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """A clause with the documents and records that serve it; `title` is empty where no standard of ours has it."""

    number: str
    title: str
    documents: tuple[Pointer, ...]
    records: tuple[Pointer, ...]
    not_applicable: str | None


def clauses_batch(catalogue: Catalogue, engine: Engine) -> Batch:
    """The clause matrix, by the standard that the policy names first, or by what documents name."""
    policy = catalogue.state.policy
    standard = next((s for name in policy.standards for s in shipped_standards() if s.called(name)), None)
    return page_batch(
        engine,
        "clauses.html",
        "clauses.html.j2",
        standard=standard.name if standard else None,
        lines=tuple(_clause_lines(catalogue, standard)),
        day=catalogue.day,
    )


def _clause_lines(catalogue: Catalogue, standard: Standard | None) -> Iterator[ClauseLine]:
    serving: dict[str, list[Entry]] = {}
    for entry in catalogue.entries.values():
        if entry.status not in (Status.OBSOLETE, Status.CANCELLED):
            for clause in dict.fromkeys(map(_number, entry.content.text.items("clauses"))):
                serving.setdefault(clause, []).append(entry)
    titles = standard.clauses if standard else {}
    reasons = {item.clause: item.reason for item in catalogue.state.policy.system.not_applicable}
    known = [number for number in titles if number.count(".") or number in serving]
    for number in (*known, *sorted((n for n in serving if n not in titles), key=natural)):
        entries = serving.get(number, [])
        yield ClauseLine(
            number,
            titles.get(number, ""),
            tuple(catalogue.pointer(entry.id) for entry in entries if not entry.is_record),
            tuple(catalogue.pointer(entry.id) for entry in entries if entry.is_record),
            reasons.get(number),
        )


def _number(reference: str) -> str:
    return clause_of(reference) or reference


# --- calendar -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A review on its day."""

    day: date
    document: Pointer
    owner: str


@dataclass(frozen=True, slots=True)
class Group:
    """The reviews of one month, or the overdue ones; `page` has all of them where `dues` are only the first."""

    name: str
    count: int
    dues: tuple[Due, ...]
    page: str | None


def calendar_batches(catalogue: Catalogue, engine: Engine) -> Iterator[Batch]:
    """What is to be looked at again: overdue, then month by month for two years, then how many later.

    Where they are many, a month has a page of its own.
    """
    dues = _dues(catalogue)
    day = catalogue.day
    first = day.year * 12 + day.month - 1
    heads = [date(at // 12, at % 12 + 1, 1) for at in range(first, first + CALENDAR_MONTHS)]
    late = [due for due in dues if due.day < day]
    ahead = {head: [due for due in dues if due.day >= day and due.day.replace(day=1) == head] for head in heads}
    full = {"reviews-overdue.html": ("Overdue", late)} | {
        f"reviews-{head:%Y-%m}.html": (f"{month_text(head)} {head.year}", found) for head, found in ahead.items()
    }
    many = len(dues) > MANY_REVIEWS
    groups = [_group(name, found, page, many) for page, (name, found) in full.items()]
    yield page_batch(
        engine,
        "reviews.html",
        "reviews.html.j2",
        overdue=groups[0],
        months=columns([due.day for due in dues], day, CALENDAR_MONTHS),
        calendar=tuple(groups[1:]),
        later=len(dues) - sum(group.count for group in groups),
        owners=tuple(Counter(due.owner for due in dues if due.owner).most_common(MOST_OWNERS)),
        day=day,
    )
    for group in groups:
        if group.page:
            name, found = full[group.page]
            whole = Group(name, len(found), tuple(found), None)
            yield page_batch(engine, group.page, "reviews-month.html.j2", "reviews.html", group=whole, day=day)


def _dues(catalogue: Catalogue) -> list[Due]:
    register = catalogue.material.register
    return sorted(
        (
            Due(row.review_by, catalogue.pointer(row.id), row.owner_name or row.owner or "")
            for row in (*register.documents, *register.external)
            if row.review_by and row.status is Status.EFFECTIVE
        ),
        key=lambda due: (due.day, natural(due.document.id)),
    )


def _group(name: str, dues: list[Due], page: str, many: bool) -> Group:
    cut = many and len(dues) > FEW_REVIEWS
    return Group(name, len(dues), tuple(dues[:FEW_REVIEWS] if cut else dues), page if cut else None)


# --- people -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person: roles held on the day, how often they signed, what they have yet to read."""

    id: str
    name: str
    roles: tuple[str, ...]
    former: tuple[str, ...]
    approvals: int
    keys: int
    to_read: tuple[Pointer, ...]


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A document that must be acknowledged: by how many, and who has not."""

    document: Pointer
    revision: str
    asked: int
    outstanding: tuple[str, ...]


def people_batch(catalogue: Catalogue, engine: Engine) -> Batch:
    """Who holds which role, and who has read what; documents that somebody has yet to read come first."""
    reads = sorted(_reads(catalogue), key=lambda line: not line.outstanding)
    return page_batch(
        engine,
        "people.html",
        "people.html.j2",
        people=tuple(_people(catalogue)),
        reads=tuple(reads[:MOST_READS]),
        more_reads=max(len(reads) - MOST_READS, 0),
        day=catalogue.day,
    )


def _people(catalogue: Catalogue) -> Iterator[PersonLine]:
    policy, day = catalogue.state.policy, catalogue.day
    signed = Counter(
        act.record.person
        for entry in catalogue.entries.values()
        for revision in entry.dossier.revisions
        for act in revision.approvals
        if act.record.meaning in (Meaning.APPROVE, Meaning.BASELINE)
    )
    for person in policy.people.values():
        held = tuple(dict.fromkeys(grant.role for grant in person.roles if grant.holds(day)))
        once = tuple(dict.fromkeys(grant.role for grant in person.roles if grant.role not in held))
        yield PersonLine(
            person.id,
            person.name,
            tuple(policy.roles.get(role, role) for role in held),
            tuple(policy.roles.get(role, role) for role in once),
            signed[person.id],
            sum(key.usable(day) for key in person.keys),
            tuple(
                catalogue.pointer(entry.id)
                for entry in catalogue.entries.values()
                if any(waiting.id == person.id for waiting in entry.standing.outstanding)
            ),
        )


def _reads(catalogue: Catalogue) -> Iterator[ReadLine]:
    policy, day = catalogue.state.policy, catalogue.day
    for entry in catalogue.of_kind(Kind.DOCUMENT, Kind.EXTERNAL):
        shown = entry.standing.shown
        if shown and shown.type.acknowledged_by and entry.status is Status.EFFECTIVE:
            asked = {person.id for role in shown.type.acknowledged_by for person in policy.holders(role, day)}
            names = tuple(person.name for person in entry.standing.outstanding)
            yield ReadLine(catalogue.pointer(entry.id), shown.label, len(asked), names)


# --- findings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding as its page shows it."""

    severity: str
    code: str
    rule: str
    document: Pointer | None
    where: str
    message: str
    remedy: str
    basis: str
    evidence: tuple[str, ...]


def finding_batches(catalogue: Catalogue, engine: Engine) -> Iterator[Batch]:
    """What the checks found, the gravest first, on as many pages as it takes."""
    found = catalogue.material.register.findings
    ordered = sorted(sorted_findings(found), key=lambda item: SEVERITIES.index(item.severity))
    lines = tuple(_finding(finding, catalogue) for finding in ordered)
    pages = max(-(-len(lines) // PER_PAGE), 1)
    names = tuple("findings.html" if at == 0 else f"findings-{at + 1}.html" for at in range(pages))
    counts = tuple((severity.value, count) for severity, count in severity_counts(found).items() if count)
    for at, name in enumerate(names):
        yield page_batch(
            engine,
            name,
            "findings.html.j2",
            "findings.html",
            lines=lines[at * PER_PAGE : (at + 1) * PER_PAGE],
            total=len(lines),
            counts=counts,
            names=names,
            day=catalogue.day,
        )


def _finding(finding: Finding, catalogue: Catalogue) -> FindingLine:
    return FindingLine(
        finding.severity.value,
        finding.code,
        finding.rule,
        catalogue.pointer(finding.document) if finding.document else None,
        place(finding.source),
        finding.message,
        finding.remedy,
        finding.basis,
        finding.evidence,
    )


# --- verify -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A revision of the policy and when it was in force."""

    revision: str
    start: date | None
    end: date | None
    by: str
    digest: str
    root: bool


def verify_batch(catalogue: Catalogue, engine: Engine) -> Batch:
    """How an auditor checks this site without trusting who made it."""
    register = catalogue.material.register
    return page_batch(
        engine,
        "verify.html",
        "verify.html.j2",
        commit=register.commit,
        trust_root=register.root,
        day=register.as_of,
        mainline=catalogue.state.policy.mainline,
        policies=tuple(_policies(catalogue)),
        example=next((row.id for row in register.documents if row.approved_by), None),
    )


def _policies(catalogue: Catalogue) -> Iterator[PolicyLine]:
    for entry in catalogue.entries.values():
        if entry.content.path == POLICY_PATH:
            for revision in entry.dossier.revisions:
                start, end = period(revision, entry.dossier.revisions)
                by = ", ".join(act.record.name for act in revision.approvals)
                yield PolicyLine(revision.label, start, end, by, revision.content.digest, revision.root)
