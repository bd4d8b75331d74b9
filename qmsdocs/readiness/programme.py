"""Internal audits and management reviews: planned, held in time, reaching everything, by people who do not answer for it.

A record whose day is to come is a plan. One whose day has come was held only if its text landed on that day or later, and
is more than its template: what was written before the day cannot be its minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from qmsdocs.lifecycle import Content, in_force
from qmsdocs.model import Kind, Source
from qmsdocs.policy import POLICY_PATH, Person, Policy, Process
from qmsdocs.readiness.evidence import Claim, Evidence, Holding, clauses_text, touch, until
from qmsdocs.readiness.report import Cover, Gap, StandardReport, Weight
from qmsdocs.standards import Standard, clause_of, within

_Groups = Mapping[frozenset[str], list[Holding]]
AUDIT, PROGRAMME, REVIEW = "internal-audit", "audit-programme", "management-review"
_WHAT = {AUDIT: "internal audit", REVIEW: "management review"}


class Taken(StrEnum):
    """Whether an audit or review took place."""

    HELD = "held"
    PLANNED = "planned"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Event:
    """An audit or a review as its record tells."""

    record: Holding
    content: Content
    day: date
    taken: Taken


def events(evidence: Evidence, purpose: str) -> tuple[Event, ...]:
    """The audits or reviews, oldest first."""
    found = []
    for record in evidence.records(purpose):
        content = record.dossier.current
        day = content.text.day("date") if content else None
        if content is not None and day is not None:
            written = content.day >= day and not evidence.is_blank(record)
            taken = Taken.PLANNED if day > evidence.day else Taken.HELD if written else Taken.LAPSED
            found.append(Event(record, content, day, taken))
    return tuple(sorted(found, key=lambda event: event.day))


def held(evidence: Evidence, purpose: str) -> tuple[Event, ...]:
    """Those that took place."""
    return tuple(event for event in events(evidence, purpose) if event.taken is Taken.HELD)


# --- planned --------------------------------------------------------------------------------------------------------


def planning_gaps(evidence: Evidence, standard: Standard, report: StandardReport) -> Iterator[Gap]:
    """Stage 1: neither held nor planned. Major where not even a document says how it is to be done."""
    for purpose in (AUDIT, REVIEW):
        clause = standard.activities.get(purpose)
        running = [e for e in events(evidence, purpose) if e.taken is not Taken.LAPSED]
        if clause is None or running or (purpose == AUDIT and _programme_runs(evidence)):
            yield from _lapsed(evidence, purpose, clause, standard) if clause else ()
            continue
        covered = any(row.cover is Cover.IN_FORCE and within(row.clause, clause) for row in report.rows)
        message = f"no {_WHAT[purpose]} has been held, and no record plans one for a day"
        remedy = f"Plan it: {_new(evidence, purpose)}, with `date` the day it is to be held"
        if purpose == AUDIT:
            remedy += f"; or the year's programme: {_new(evidence, PROGRAMME)}"
        weight = Weight.MINOR if covered else Weight.MAJOR
        yield Gap(f"no-{purpose}-planned", weight, (clause,), message, remedy, standard.name)


def _programme_runs(evidence: Evidence) -> bool:
    return any(_runs_until(event, evidence) >= evidence.day for event in events(evidence, PROGRAMME))


def _runs_until(programme: Event, evidence: Evidence) -> date:
    """A programme runs to the day it is due to be carried out by, else as long as one round of audits may take."""
    return programme.content.text.day("due") or until(evidence.state.policy.system.audits_every, programme.day)


def _new(evidence: Evidence, purpose: str) -> str:
    """The command that begins a record of a purpose, with the policy's own type."""
    types = [t.id for t in evidence.state.policy.types.values() if t.kind is Kind.RECORD and t.purpose == purpose]
    return f'qmsdocs new {types[0] if types else purpose} "…"'


def _lapsed(evidence: Evidence, purpose: str, clause: str, standard: Standard) -> Iterator[Gap]:
    for event in events(evidence, purpose):
        if event.taken is Taken.LAPSED:
            message = f"{event.record.id} plans it for {event.day}, and nothing of what was found is written"
            remedy = "Write down what was found, or give it a new date and say why it moved"
            source = event.content.source("date")
            yield Gap("lapsed", Weight.MINOR, (clause,), message, remedy, standard.name, event.record.id, source)


# --- held -----------------------------------------------------------------------------------------------------------


def holding_gaps(evidence: Evidence, standard: Standard, report: StandardReport) -> Iterator[Gap]:
    """Stage 2: not held within the interval, not reaching every clause or process, auditors of their own work."""
    for purpose in (AUDIT, REVIEW):
        clause = standard.activities.get(purpose)
        if clause is not None:
            yield from _in_time(evidence, purpose, clause, standard)
            yield from _lapsed(evidence, purpose, clause, standard)
    audits = held(evidence, AUDIT)
    clause = standard.activities.get(AUDIT)
    if audits and clause is not None:
        yield from _reach_gaps(evidence, standard, report, audits, clause)
        yield from _process_gaps(evidence, standard, audits, clause)
        yield from _independence_gaps(evidence, standard, audits)


def _in_time(evidence: Evidence, purpose: str, clause: str, standard: Standard) -> Iterator[Gap]:
    """None held is major; late is minor, until a whole further interval has gone by."""
    found, system = held(evidence, purpose), evidence.state.policy.system
    every = system.audits_every if purpose == AUDIT else system.reviews_every
    remedy = f"Hold one: {_new(evidence, purpose)}"
    if not found:
        message = f"no {_WHAT[purpose]} has been held"
        yield Gap(f"no-{purpose}", Weight.MAJOR, (clause,), message, remedy, standard.name)
    elif until(every, found[-1].day) < evidence.day:
        last = found[-1]
        message = f"the last {_WHAT[purpose]} was {last.record.id} on {last.day}, more than {every} ago"
        source = last.content.source("date")
        weight = Weight.MAJOR if until(every, until(every, last.day)) < evidence.day else Weight.MINOR
        yield Gap(f"{purpose}-overdue", weight, (clause,), message, remedy, standard.name, last.record.id, source)


# --- what audits reached --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reach:
    """What an audit, or a programme, says it looks at: clauses of a standard, documents, processes and other words."""

    clauses: tuple[str, ...]
    documents: frozenset[str]
    words: frozenset[str]


def _reach(evidence: Evidence, standard: Standard, event: Event) -> _Reach:
    """`audited`, else `clauses` less those of auditing itself, which every audit record bears."""
    own = standard.activities.get(event.record.kind.purpose, standard.activities.get(AUDIT, ""))
    items = event.content.text.items("audited")
    if not items:
        items = tuple(
            item for item in event.content.text.items("clauses") if not (own and within(clause_of(item), own))
        )
    clauses, documents, words = [], set(), set()
    for item in items:
        words.add(item.casefold())
        found = evidence.resolve(item)
        if found is not None:
            clauses += [found[1]] if found[0] is standard else []
        elif item in evidence.state.dossiers:
            documents.add(item)
    for process in evidence.state.policy.system.processes.values():
        if _named(process, words):
            documents |= set(process.documents)
    for document in documents:
        clauses += [claim.reference for claim in evidence.claims_of(document, standard) if _counts(claim)]
    return _Reach(tuple(clauses), frozenset(documents), frozenset(words))


def _counts(claim: Claim) -> bool:
    return not claim.wide and claim.cover is not Cover.DRAFT


def _named(process: Process, words: Collection[str]) -> bool:
    return process.id.casefold() in words or process.name.casefold() in words


def _reach_gaps(
    evidence: Evidence, standard: Standard, report: StandardReport, audits: Sequence[Event], clause: str
) -> Iterator[Gap]:
    every = evidence.state.policy.system.audits_every
    reached = [(event, _reach(evidence, standard, event).clauses) for event in audits]
    planned, began = _planned(evidence, standard), _began(evidence)
    too_long = began is not None and until(every, began) < evidence.day
    never: list[str] = []
    long_ago: dict[str, list[str]] = {}
    for row in report.rows:
        if row.cover is Cover.NOT_APPLICABLE:
            continue
        last = [event for event, clauses in reached if _touched(row.clause, clauses)]
        if not last:
            never += [row.clause] if too_long or not _touched(row.clause, planned) else []
        elif until(every, last[-1].day) < evidence.day:
            long_ago.setdefault(f"{last[-1].record.id} on {last[-1].day}", []).append(row.clause)
    remedy = "Audit them, or put them into the programme: audited: [CLAUSE, DOCUMENT, PROCESS] in its record"
    if never:
        message = f"no internal audit has reached {clauses_text(standard.gathered(never))}, and no programme that runs names it under `audited`"
        yield Gap("never-audited", Weight.MINOR, (clause,), message, remedy, standard.name)
    for when, clauses in long_ago.items():
        message = f"{clauses_text(standard.gathered(clauses))} was last audited by {when}, more than {every} ago"
        yield Gap("audit-due", Weight.MINOR, (clause,), message, remedy, standard.name)


def _touched(clause: str, references: Sequence[str]) -> bool:
    return any(touch(clause, reference) for reference in references)


def _planned(evidence: Evidence, standard: Standard) -> tuple[str, ...]:
    """What audits to come, and programmes that run, look at."""
    coming = [event for event in events(evidence, AUDIT) if event.taken is Taken.PLANNED]
    running = [event for event in events(evidence, PROGRAMME) if _runs_until(event, evidence) >= evidence.day]
    return tuple(clause for event in (*coming, *running) for clause in _reach(evidence, standard, event).clauses)


def _began(evidence: Evidence) -> date | None:
    """The day the first document came into force."""
    days = (
        revision.effective_on for one in evidence.documents for revision in one.dossier.revisions if not revision.root
    )
    return min(days, default=None)


def _process_gaps(evidence: Evidence, standard: Standard, audits: Sequence[Event], clause: str) -> Iterator[Gap]:
    processes, every = evidence.state.policy.system.processes.values(), evidence.state.policy.system.audits_every
    if not processes:
        message = "whether audits reached every process cannot be told: the policy names no processes"
        remedy = 'Name them in qms.toml: [processes] purchasing = "Purchasing"'
        yield Gap("processes-not-named", Weight.UNCLEAR, (clause,), message, remedy, standard.name)
    reached = [(event, _reach(evidence, standard, event)) for event in audits]
    for process in processes:
        mine = set(process.documents)
        last = [event for event, reach in reached if _named(process, reach.words) or reach.documents & mine]
        if not last or until(every, last[-1].day) < evidence.day:
            when = f"last audited by {last[-1].record.id} on {last[-1].day}" if last else "never audited"
            message = f"the process '{process.name}' was {when}; every process is to be audited within {every}"
            remedy = f"Audit it: {_new(evidence, AUDIT)}, with audited: [{process.id}]"
            source = Source(POLICY_PATH, process.line)
            yield Gap("process-not-audited", Weight.MINOR, (clause,), message, remedy, standard.name, None, source)


# --- who audited ----------------------------------------------------------------------------------------------------


def _independence_gaps(evidence: Evidence, standard: Standard, audits: Sequence[Event]) -> Iterator[Gap]:
    clause = standard.activities.get("independence") or standard.activities[AUDIT]
    unnamed = [event.record.id for event in audits if not event.content.text.items("auditor")]
    if unnamed:
        message = f"who audited cannot be told from the front matter of {clauses_text(tuple(unnamed))}"
        remedy = "Name them in the next audits: auditor: PERSON"
        yield Gap("auditor-not-named", Weight.UNCLEAR, (clause,), message, remedy, standard.name)
    groups = _by_claims(evidence, standard)
    for event in audits:
        reach = _reach(evidence, standard, event)
        documents = _audited_documents(groups, reach)
        for auditor in event.content.text.items("auditor"):
            person = _person(evidence, auditor)
            own = tuple(_own_work(evidence, event, person, reach, documents)) if person else ()
            if own:
                message = f"{auditor} audited in {event.record.id} what they answer for: {'; '.join(own)}"
                remedy = "Have that part audited again by someone else, and say so in the programme"
                source, record = event.content.source("auditor"), event.record.id
                yield Gap("own-work-audited", Weight.MINOR, (clause,), message, remedy, standard.name, record, source)


def _person(evidence: Evidence, named: str) -> Person | None:
    """The person of an id or a name, by any policy that was in force."""
    for _, _, policy in reversed(evidence.state.policies):
        for person in policy.people.values():
            if named in (person.id, person.name, *person.names):
                return person
    return None


def _policy_on(evidence: Evidence, day: date) -> Policy:
    earlier = [policy for since, _, policy in evidence.state.policies if since <= day]
    return earlier[-1] if earlier else evidence.state.policy


def _own_work(
    evidence: Evidence, event: Event, person: Person, reach: _Reach, documents: Sequence[Holding]
) -> Iterator[str]:
    """What an auditor owned, or wrote, of the documents and processes audited, on the day of the audit."""
    policy = _policy_on(evidence, event.day)
    for holding in documents:
        revision = in_force(holding.dossier.revisions, event.day)
        if revision is None:
            continue
        owner = revision.content.text.text("owner")
        if policy.is_owner(person, owner, event.day):
            yield f"{holding.id} (its owner)"
        elif person.id in revision.authors:
            yield f"{holding.id} revision {revision.label} (its author)"
    for process in policy.system.processes.values():
        if _named(process, reach.words) and policy.is_owner(person, process.owner, event.day):
            yield f"process '{process.name}' (its owner)"


def _audited_documents(groups: _Groups, reach: _Reach) -> list[Holding]:
    """The documents an audit names, and those of which it reached all that they answer for, named or not."""
    found = []
    for references, holdings in groups.items():
        whole = bool(references) and all(any(within(r, clause) for clause in reach.clauses) for r in references)
        found += [holding for holding in holdings if whole or holding.id in reach.documents]
    return found


def _by_claims(evidence: Evidence, standard: Standard) -> _Groups:
    """Documents by what they claim in force: few sets of clauses, however many documents."""
    groups: dict[frozenset[str], list[Holding]] = {}
    for holding in evidence.documents:
        claims = evidence.claims_of(holding.id, standard)
        references = frozenset(claim.reference for claim in claims if claim.cover is Cover.IN_FORCE)
        groups.setdefault(references, []).append(holding)
    return groups
