"""What a rule is: a small generator with a code, a name, a severity and a docstring that is its manual page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from qmsdocs.library import Library
from qmsdocs.lifecycle import Dossier, Incident, Standing, State, stand
from qmsdocs.links import Link
from qmsdocs.model import Finding, Problem, Severity, Source


@dataclass(frozen=True)
class Context:
    """What the rules look at. `links` are those of the texts that stand now, by blob."""

    library: Library
    state: State
    links: Mapping[str, tuple[Link, ...]]

    @property
    def day(self) -> date:
        """The day that is judged."""
        return self.state.as_of

    @cached_property
    def documents(self) -> tuple[tuple[Dossier, Standing], ...]:
        """Every document or record that has content, with its standing."""
        found = [d for d in self.state.dossiers.values() if d.revisions or d.paths]
        return tuple((dossier, stand(dossier, self.state)) for dossier in found)

    @cached_property
    def by_id(self) -> Mapping[str, tuple[Dossier, Standing]]:
        """The same by id."""
        return {dossier.id: (dossier, standing) for dossier, standing in self.documents}

    @cached_property
    def id_at(self) -> Mapping[str, str]:
        """The id of the document or record that stands at each path."""
        return {path: dossier.id for dossier, _ in self.documents for path in dossier.paths}

    @cached_property
    def once_at(self) -> Mapping[str, str]:
        """The id of the document or record that stood at each path last."""
        return {touch.path: dossier.id for dossier, _ in self.documents for touch in dossier.touches} | dict(self.id_at)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file."""
        return frozenset(path[:cut] for path in self.state.tree for cut, char in enumerate(path) if char == "/")

    def commit(self, full: str | None) -> str | None:
        """A commit id to show, None for what is not committed yet."""
        return full if full in self.library.commits else None


@dataclass(frozen=True, slots=True)
class Found:
    """One thing a rule found, before the engine stamps code, name, severity and basis on it."""

    source: Source
    message: str
    remedy: str
    document: str | None = None
    evidence: tuple[str, ...] = ()
    severity: Severity | None = None


Check = Callable[[Context], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """A rule. `basis` names the clause of ISO 9001:2015 that it serves, or says that it is the organisation's own policy."""

    code: str
    name: str
    severity: Severity
    basis: str
    check: Check

    @property
    def manual(self) -> str:
        """The rule's page: what it means, why, a good and a bad sample, what to do."""
        return inspect.cleandoc(self.check.__doc__ or "")

    def findings(self, context: Context) -> Iterator[Finding]:
        """All findings of this rule."""
        for found in self.check(context):
            yield Finding(
                code=self.code,
                rule=self.name,
                severity=found.severity or self.severity,
                source=Source(found.source.path, found.source.line, context.commit(found.source.commit)),
                document=found.document,
                message=found.message,
                remedy=found.remedy,
                basis=self.basis,
                evidence=found.evidence,
            )


def problems(context: Context, rule: str) -> Iterator[Found]:
    """What the readers could not take in the files that stand now, as far as it breaks one rule."""
    texts = context.library.texts[context.state.policy.names]
    for path, blob in context.state.tree.items():
        if path in context.id_at or path in context.state.unread:
            for problem in texts[blob].problems if blob in texts else ():
                if problem.rule == rule:
                    yield at_line(path, problem, context.id_at.get(path))


def at_line(path: str, problem: Problem, document: str | None = None) -> Found:
    """A reader's problem as something found in a file."""
    return Found(Source(path, problem.line), problem.message, problem.remedy, document)


def incidents(context: Context, rule: str, remedy: str) -> Iterator[Found]:
    """What happened on the way and stays true."""
    for incident in context.state.incidents:
        if incident.rule == rule:
            yield Found(incident.source, _sentence(incident.detail), remedy, incident.document, _evidence(incident))


def _evidence(incident: Incident) -> tuple[str, ...]:
    commit = incident.source.commit or ""
    return (f"commit {commit[:12]} by {incident.by}",)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
