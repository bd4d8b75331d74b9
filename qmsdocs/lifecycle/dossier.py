"""What the history says of one document: its revisions, its draft, the acts on it and the commits that touched it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from qmsdocs.document import DocumentText
from qmsdocs.history import Commit, Landing
from qmsdocs.model import Assurance, Identity, Meaning, Problem, Source, Status
from qmsdocs.policy import DocumentType, Policy, Requirement
from qmsdocs.signature import SignedRecord


@dataclass(frozen=True, slots=True)
class Moment:
    """A place on the mainline: its landings count from 0; `day` is that of the landing in the organisation's timezone."""

    index: int
    commit: Commit
    day: date


@dataclass(frozen=True, slots=True)
class Content:
    """One content of a document as it first landed on the mainline. `landing` counts the landings from 0."""

    document: str
    label: str
    digest: str
    text: DocumentText
    path: str
    blob: str
    attachments: Mapping[str, str]
    landing: int
    commit: str
    day: date

    def source(self, key: str | None = None) -> Source:
        """Where this content stands: its file in the commit that brought it, at a key's line."""
        return Source(self.path, self.text.line(key) if key else 1, self.commit)


@dataclass(frozen=True, slots=True)
class Act:
    """A signed record that landed. `refusal` says why it counts for nothing, None where it counts.

    `signature` is the blob of its signature, None where only the commit's author ties it to its person; `tied` says
    whether it is proved to come from the person it names, whatever it is worth; `held` are the roles that the person held
    both when they signed and when it landed, by the policy then in force.
    """

    record: SignedRecord
    path: str
    blob: str
    landing: int
    commit: str
    day: date
    signed_day: date
    assurance: Assurance
    key: str | None
    refusal: str | None = None
    signature: str | None = None
    tied: bool = True
    held: frozenset[str] = frozenset()

    @property
    def source(self) -> Source:
        """The record's file in the commit that brought it."""
        return Source(self.path, 1, self.commit)


@dataclass(frozen=True, slots=True)
class Need:
    """A signature that is still missing."""

    meaning: Meaning
    requirement: Requirement

    def __str__(self) -> str:
        return str(self.requirement) if self.meaning is Meaning.APPROVE else f"{self.requirement} ({self.meaning})"


@dataclass(frozen=True, slots=True)
class Revision:
    """An approved content. In force from `effective_on`, unless `revoked`.

    `completed` is the commit with which the last required signature landed, `landing` its place on the mainline;
    `authors` are the people (or unknown identities) behind the content.
    """

    content: Content
    type: DocumentType
    approvals: tuple[Act, ...]
    approved_on: date
    effective_on: date
    completed: str
    landing: int
    baseline: bool = False
    root: bool = False
    revoked: Act | None = None
    authors: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """The revision's label."""
        return self.content.label


@dataclass(frozen=True, slots=True)
class Draft:
    """Content that stands on the mainline and whose revision is not approved; `owner` is the one who must sign for it."""

    content: Content
    type: DocumentType | None
    status: Status
    acts: tuple[Act, ...]
    missing: tuple[Need, ...]
    rejected: Act | None
    authors: frozenset[str]
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A commit that touched a document; `what` is edit, move, remove, merge or attachment."""

    commit: str
    path: str
    what: str
    author: Identity
    landing: int
    day: date
    coauthors: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened on the way and stays true, whatever the newest commit says."""

    rule: str
    source: Source
    document: str | None
    detail: str
    by: Identity | None = None


@dataclass
class Dossier:
    """One document at the end of a replay. `paths` are where it stands now (more than one is an error)."""

    id: str
    paths: dict[str, Content | None] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    touches: list[Touch] = field(default_factory=list)
    draft: Draft | None = None
    removed: Touch | None = None

    @property
    def path(self) -> str | None:
        """Where the document stands now, None where its file is gone."""
        return next(iter(self.paths), None)

    @property
    def current(self) -> Content | None:
        """The content that stands on the mainline now."""
        return next((content for content in self.paths.values() if content), None)

    def revision(self, label: str) -> Revision | None:
        """The approved revision with a label."""
        return next((revision for revision in self.revisions if revision.label == label), None)

    def approved_content(self, digest: str) -> Revision | None:
        """The approved revision with a content."""
        return next((revision for revision in self.revisions if revision.content.digest == digest), None)

    def counting(self, meaning: Meaning, revision: Revision) -> list[Act]:
        """Acts of one meaning that count, on one approved revision, oldest first."""
        return [
            act
            for act in self.acts
            if act.record.meaning is meaning
            and act.landing >= revision.landing
            and act.blob not in self.refusals
            and act.refusal is None
            and act.record.content == revision.content.digest
            and act.record.revision == revision.label
        ]


@dataclass
class State:
    """What a replay found: every document, the policies that were in force, and what went wrong on the way.

    `policies` has the first day, the commit and the policy of each period; `tree` the blobs of the last landing by path,
    `signed_blobs` those under signatures/;
    `unread` the files that name no document, `unread_records` the files that are no signed record.
    """

    as_of: date
    head: str
    policy: Policy
    dossiers: dict[str, Dossier]
    policies: list[tuple[date, str, Policy]]
    incidents: list[Incident]
    tree: Mapping[str, str]
    signed_blobs: frozenset[str]
    unread: Mapping[str, DocumentText]
    unread_records: Mapping[str, Problem]
    landing: Landing | None
