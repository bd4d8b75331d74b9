"""What stock tools need to confirm the approvals of one document: which bytes lie where, who signed them, which policy said so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from qmsdocs.audit import policy_in_force
from qmsdocs.dates import local_day
from qmsdocs.library import Library, is_policy_path
from qmsdocs.lifecycle import Act, Content, Dossier, Revision, State, attachment_path, stand
from qmsdocs.model import QmsError
from qmsdocs.policy import POLICY_PATH

_BOUND_KEYS = ("document", "revision", "content", "meaning", "role", "person")


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file in a commit."""

    commit: str
    path: str


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that is part of a content: its name there, where it stands, the SHA-256 (hex) of its bytes."""

    name: str
    file: PlacedFile
    sha256: str


@dataclass(frozen=True, slots=True)
class ApprovalEvidence:
    """One approval of a revision.

    `record` is where its signed record landed, `stands` where it must still lie; `signature` is None where the commit's author
    ties it to its person, and `author` is then the commit of theirs and the e-mail it carries. `lines` are those of the record
    that say what was signed. The record was judged by `policy`, on the day signed and on the day it landed.
    """

    person: str
    name: str
    role: str
    meaning: str
    record: PlacedFile
    stands: PlacedFile
    signature: PlacedFile | None
    author: tuple[str, str] | None
    lines: tuple[str, ...]
    policy: PlacedFile
    policy_revision: str
    days: tuple[date, date]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """All of it for one revision. `json` is the documented JSON of its content, `digest` its content digest.

    Of the policy, the whole text is body.
    """

    document: str
    revision: str
    status: str
    as_of: date
    text: PlacedFile
    is_policy: bool
    root: bool
    json: str
    digest: str
    attachments: tuple[AttachedFile, ...]
    approvals: tuple[ApprovalEvidence, ...]


def confirmation(library: Library, state: State, dossier: Dossier) -> Confirmation:
    """The evidence for the revision of a document that its register row speaks of. Raises QmsError where none is approved."""
    standing = stand(dossier, state)
    revision = standing.shown
    if revision is None:
        raise QmsError(
            f"No revision of '{dossier.id}' was approved by {state.as_of}; 'qmsdocs status' shows what it waits for."
        )
    content = revision.content
    hashes = {name: library.attachments.get(blob, "") for name, blob in content.attachments.items()}
    return Confirmation(
        document=dossier.id,
        revision=revision.label,
        status=standing.status.value,
        as_of=state.as_of,
        text=PlacedFile(content.commit, content.path),
        is_policy=is_policy_path(content.path),
        root=revision.root,
        json=_documented_json(content, hashes),
        digest=content.digest,
        attachments=tuple(
            AttachedFile(name, PlacedFile(content.commit, attachment_path(content.path, name)), found)
            for name, found in hashes.items()
            if found
        ),
        approvals=tuple(_evidence(library, state, act) for act in _distinct(revision)),
    )


def _distinct(revision: Revision) -> tuple[Act, ...]:
    return tuple({act.blob: act for act in revision.approvals}.values())


def _documented_json(content: Content, attachments: Mapping[str, str]) -> str:
    """The JSON text of docs/formats.md, made anew from what it documents; its SHA-256 must be the digest."""
    front = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in content.text.front.items()
        if key != "tags" and not key.startswith("x-")
    }
    data = {"attachments": attachments, "body": content.text.body_digest, "front_matter": front}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert content.digest.endswith(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    return text


def _evidence(library: Library, state: State, act: Act) -> ApprovalEvidence:
    used = policy_in_force(library, state, act.landing)
    landing = library.landings[act.landing]
    head = state.landing.commit.id if state.landing else state.head
    stands = next((path for path, blob in state.tree.items() if blob == act.blob), act.path)
    author = next((c for c in landing.brought if any(change.new == act.blob for change in c.changes)), landing.commit)
    return ApprovalEvidence(
        person=act.record.person,
        name=act.record.name,
        role=act.record.role,
        meaning=act.record.meaning.value,
        record=PlacedFile(act.commit, act.path),
        stands=PlacedFile(head, stands),
        signature=PlacedFile(act.commit, f"{act.path}.sig") if act.signature else None,
        author=None if act.signature else (author.id, author.author.email),
        lines=tuple(_bound_lines(library.signed[act.blob])),
        policy=PlacedFile(used.commit, POLICY_PATH),
        policy_revision=used.revision,
        days=(act.signed_day, local_day(landing.time, used.policy.timezone)),
    )


def _bound_lines(record: bytes) -> list[str]:
    lines = record.decode("utf-8").split("\n")
    return [line for line in lines if line.partition(":")[0] in _BOUND_KEYS]
