"""What a rule is: a small generator with a code, a name, a severity and a docstring that is its manual page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from qmsdocs.library import Library
from qmsdocs.lifecycle import Dossier, Incident, Standing, State, stand
from qmsdocs.links import Link
from qmsdocs.model import Finding, Problem, Severity, Source, Status


class Elsewhere:
    """What is known of the documents and files outside a part of the history: nothing, where all of it was read."""

    def document_at(self, path: str, once: bool = False) -> str | None:  # noqa: ARG002
        """The id of the document that stands at a path, or stood there last where `once`."""
        return None

    def path_of(self, document: str) -> str | None:  # noqa: ARG002
        """Where a document stands, empty where its file is gone; None where there is none with that id."""
        return None

    def withdrawn(self, document: str, day: date) -> str | None:  # noqa: ARG002
        """What replaces a document that is obsolete on a day, empty where nothing does; None where it is not obsolete."""
        return None

    def alike(self, document: str) -> tuple[str, ...]:  # noqa: ARG002
        """Other ids that look like this one and have a file."""
        return ()

    def is_there(self, path: str, folder: bool = False) -> bool:  # noqa: ARG002
        """Whether a file stands at a path, or a folder with files in it."""
        return False


@dataclass(frozen=True)
class Context:
    """What the rules look at. `links` are those of the texts that stand now, by blob.

    Where `state` covers some of the documents alone, `elsewhere` answers for the others; then `touched` are the paths that
    it does not answer for any more.
    """

    library: Library
    state: State
    links: Mapping[str, tuple[Link, ...]]
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    touched: frozenset[str] = frozenset()

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

    def document_at(self, path: str) -> str | None:
        """The id of the document or record that stands at a path."""
        return self.id_at.get(path) or (None if path in self.touched else self.elsewhere.document_at(path))

    def document_once_at(self, path: str) -> str | None:
        """The id of the document or record that stands at a path, or stood there last."""
        return self.once_at.get(path) or self.elsewhere.document_at(path, once=True)

    def knows(self, document: str) -> bool:
        """Whether there is, or was, a document or record with an id."""
        if document in self.state.dossiers:
            return document in self.by_id
        return self.elsewhere.path_of(document) is not None

    def path_of(self, document: str) -> str | None:
        """Where a document stands, None where it does not."""
        known = self.state.dossiers.get(document)
        return known.path if known else self.elsewhere.path_of(document) or None

    def withdrawn(self, document: str) -> str | None:
        """What replaces an obsolete document, empty where nothing that is known does; None where it is not obsolete."""
        known = self.by_id.get(document)
        if document not in self.state.dossiers:
            replacement = self.elsewhere.withdrawn(document, self.day)
        elif known is None or known[1].status is not Status.OBSOLETE or known[1].shown is None:
            return None
        else:
            replacement = known[1].shown.content.text.text("replaced_by") or ""
        return replacement if replacement is None or self.knows(replacement) else ""

    def has_file(self, path: str) -> bool:
        """Whether a file stands at a path."""
        return path in self.state.tree or (path not in self.touched and self.elsewhere.is_there(path))

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder with files in it."""
        return path in self.folders or self.elsewhere.is_there(path, folder=True)

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
        """The rule's page: what it means, why, a bad and a good sample, what to do, how the policy allows it."""
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
