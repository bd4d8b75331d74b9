"""What readiness looks at: documents with their standing, records by purpose, and what each says that it answers for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from qmsdocs.dates import Interval
from qmsdocs.lifecycle import Content, Dossier, Standing, State, stand
from qmsdocs.model import Finding, Kind, QmsError, Source, Status
from qmsdocs.policy import DocumentType
from qmsdocs.readiness.marks import Mark, is_blank, read_marks
from qmsdocs.readiness.report import Cover
from qmsdocs.register import kind_of, natural
from qmsdocs.standards import Standard, clause_of, is_chapter, matching, parse_reference, within

ISO_9001 = "ISO 9001:2015"
_COVER = {
    Status.EFFECTIVE: Cover.IN_FORCE,
    Status.APPROVED: Cover.COMING,
    Status.SUSPENDED: Cover.SUSPENDED,
    Status.CANCELLED: Cover.CANCELLED,
    Status.OBSOLETE: Cover.OBSOLETE,
}


@dataclass(frozen=True, slots=True)
class Holding:
    """A document or record as it stands; `purpose` is what its type is for."""

    dossier: Dossier
    kind: DocumentType
    standing: Standing

    @property
    def id(self) -> str:
        """The id of the document or record."""
        return self.dossier.id

    def contents(self) -> Iterator[tuple[Content, Cover]]:
        """The contents that say something today, with how they hold: in force, approved for later, in draft, or ended."""
        standing = self.standing
        if standing.shown is not None and standing.status in _COVER:
            yield standing.shown.content, _COVER[standing.status]
        if standing.pending is not None and not standing.pending.content.text.withdrawn:
            yield standing.pending.content, Cover.COMING
        draft = standing.draft.content if standing.draft else None
        if draft is not None and self.dossier.revision(draft.label) is None and not draft.text.withdrawn:
            yield draft, Cover.DRAFT


@dataclass(frozen=True, slots=True)
class Claim:
    """A document says that it answers for a clause of a standard; `heading` is the section, None for the whole text."""

    standard: Standard
    reference: str
    holding: Holding
    content: Content
    cover: Cover
    source: Source
    heading: str | None = None

    @property
    def wide(self) -> bool:
        """Whether a whole chapter is claimed, which says nothing of a single requirement."""
        return is_chapter(self.reference)

    def touches(self, clause: str) -> bool:
        """Whether it claims a clause, something that the clause is part of, or a part of it."""
        return touch(clause, self.reference)


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Something claimed that no listed standard has."""

    text: str
    holding: Holding
    cover: Cover
    source: Source


@dataclass(frozen=True)
class Evidence:
    """A state, the standards its policy lists, and the bodies (by blob) of what `wanted` names.

    `unknown` are standards that the policy lists and nobody has described; `errors` what `check` found.
    """

    state: State
    standards: tuple[Standard, ...]
    bodies: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    errors: tuple[Finding, ...] = ()

    @property
    def day(self) -> date:
        """The day that is judged."""
        return self.state.as_of

    @cached_property
    def holdings(self) -> tuple[Holding, ...]:
        """Everything that is of a known type, in the order of ids."""
        return tuple(_holdings(self.state))

    @cached_property
    def documents(self) -> tuple[Holding, ...]:
        """The organisation's own documents: what others wrote does not say how the work is done here."""
        return tuple(one for one in self.holdings if one.kind.kind is Kind.DOCUMENT)

    def records(self, *purposes: str) -> tuple[Holding, ...]:
        """The records that stand here, of some purposes."""
        kinds = (one for one in self.holdings if one.kind.kind is Kind.RECORD and one.dossier.current is not None)
        return tuple(one for one in kinds if not purposes or one.kind.purpose in purposes)

    def marks(self, content: Content) -> tuple[Mark, ...]:
        """The marks in a content's body."""
        if content.blob not in self._marks:
            self._marks[content.blob] = read_marks(self.bodies.get(content.blob, ""), content.text.body_line)
        return self._marks[content.blob]

    @cached_property
    def _marks(self) -> dict[str, tuple[Mark, ...]]:
        return {}

    def is_blank(self, record: Holding) -> bool:
        """Whether a record is a template that nobody filled in: it shows nothing yet."""
        content = record.dossier.current
        return content is None or is_blank(self.bodies.get(content.blob, ""))

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What documents say that they answer for, with `clauses` in the front matter or over a section."""
        return tuple(claim for claim in self._claimed("clauses") if isinstance(claim, Claim))

    @cached_property
    def kept_elsewhere(self) -> tuple[Claim, ...]:
        """Where documents say that records are kept, with `records` over a section."""
        return tuple(claim for claim in self._claimed("records") if isinstance(claim, Claim))

    @cached_property
    def unclaimed(self) -> tuple[Unclaimed, ...]:
        """Claims, in what is or will be in force, that no listed standard has."""
        found = (*self._claimed("clauses"), *self._claimed("records"))
        issued = (Cover.IN_FORCE, Cover.COMING)
        return tuple(claim for claim in found if isinstance(claim, Unclaimed) and claim.cover in issued)

    def claims_on(self, standard: Standard) -> tuple[Claim, ...]:
        """The claims on one standard."""
        return tuple(claim for claim in self.claims if claim.standard is standard)

    def claims_of(self, document: str, standard: Standard) -> tuple[Claim, ...]:
        """What one document claims of a standard."""
        return tuple(claim for claim in self._by_document.get(document, ()) if claim.standard is standard)

    @cached_property
    def _by_document(self) -> Mapping[str, list[Claim]]:
        found: dict[str, list[Claim]] = {}
        for claim in self.claims:
            found.setdefault(claim.holding.id, []).append(claim)
        return found

    @cached_property
    def answering(self) -> Mapping[str, list[Content]]:
        """By the id of a finding, the records that say they answer it."""
        found: dict[str, list[Content]] = {}
        for record in self.records():
            content = record.dossier.current
            for identifier in content.text.items("finding") if content else ():
                found.setdefault(identifier, []).extend([content] if content else [])
        return found

    def _claimed(self, word: str) -> Iterator[Claim | Unclaimed]:
        for holding in self.documents:
            for content, cover in holding.contents():
                if word == "clauses":
                    for text in content.text.items("clauses"):
                        yield self._claim(text, holding, content, cover, content.source("clauses"), None)
                for mark in self.marks(content):
                    source = Source(content.path, mark.line, content.commit)
                    for text in mark.items if mark.word == word else ():
                        yield self._claim(text, holding, content, cover, source, mark.heading)

    def _claim(
        self, text: str, holding: Holding, content: Content, cover: Cover, source: Source, heading: str | None
    ) -> Claim | Unclaimed:
        found = self.resolve(text)
        if found is None:
            return Unclaimed(text, holding, cover, source)
        return Claim(*found, holding, content, cover, source, heading)

    def resolve(self, text: str) -> tuple[Standard, str] | None:
        """The standard and the reference of `8.3`, which is of the first standard listed, or of `ISO 14001 8.2`."""
        words = text.split()
        for at in range(len(words)):
            standard = matching(" ".join(words[:at]), self.standards) if at else next(iter(self.standards), None)
            try:
                reference = parse_reference(" ".join(words[at:]))
            except ValueError:
                continue
            if standard is not None and standard.knows(reference):
                return standard, reference
        return None


def wanted(state: State) -> set[str]:
    """The blobs whose bodies readiness reads: documents for their marks, records for what they say."""
    found: set[str] = set()
    for holding in _holdings(state):
        if holding.kind.kind is Kind.DOCUMENT and holding.id != state.policy.id:
            found |= {content.blob for content, _ in holding.contents()}
        elif holding.kind.kind is Kind.RECORD and holding.dossier.current is not None:
            found.add(holding.dossier.current.blob)
    return found


def listed(names: tuple[str, ...], known: tuple[Standard, ...]) -> tuple[tuple[Standard, ...], tuple[str, ...]]:
    """The standards with these names, and the names that none of the known has. Raises QmsError where there is no name."""
    if not names:
        hint = f'write standards = ["{ISO_9001}"] under [organisation] of qms.toml, or name one with --standard'
        raise QmsError(f"The policy names no standard to be ready for; {hint}.")
    found = {name: matching(name, known) for name in names}
    standards = tuple(dict.fromkeys(found.values()))
    return tuple(one for one in standards if one is not None), tuple(name for name in names if found[name] is None)


def _holdings(state: State) -> Iterator[Holding]:
    for dossier in sorted(state.dossiers.values(), key=lambda dossier: natural(dossier.id)):
        kind = kind_of(dossier)
        if kind is not None and (dossier.revisions or dossier.paths):
            yield Holding(dossier, kind, stand(dossier, state))


def touch(one: str, other: str) -> bool:
    """Whether one reference is the other, a part of it, or has it as a part."""
    return within(one, other) or within(other, one)


def until(interval: Interval, day: date) -> date:
    """The last day of an interval that begins on a day; the calendar's last where it goes on for longer."""
    try:
        return interval.after(day)
    except OverflowError:
        return date.max


def clauses_text(references: tuple[str, ...]) -> str:
    """Clauses as a sentence names them: `8.3`, `8.3 and 8.4`, `8.3, 8.4 and 8.5`."""
    unique = list(dict.fromkeys(references))
    return " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)


def unlettered(references: tuple[str, ...]) -> tuple[str, ...]:
    """The clauses of references, each once."""
    return tuple(dict.fromkeys(clause_of(reference) for reference in references))
