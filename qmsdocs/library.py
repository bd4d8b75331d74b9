"""All that was read from a repository: the history and the parsed files, ready to be judged without further reading."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from qmsdocs.document import DocumentText, KeyNames
from qmsdocs.history import Landing
from qmsdocs.policy import POLICY_PATH, Policy, PolicyText
from qmsdocs.signature import FOLDER

DOCUMENT_SUFFIXES = (".md", ".markdown")
RECORD_SUFFIX = ".yaml"
SIGNATURE_SUFFIX = ".yaml.sig"


@dataclass(frozen=True)
class PolicyVersion:
    """One version of qms.toml: as a policy, and as a controlled document."""

    read: PolicyText
    text: DocumentText


@dataclass(frozen=True)
class Library:
    """A repository as read: `head` is the commit judged, `landings` its mainline, oldest first.

    `commits` are all that were read; `mainline` those on the mainline's first-parent line, each with the earliest Unix time
    at which it can have been seen there.
    Blobs are known by their git object id: `texts` documents for each naming of keys, `policies` versions of
    qms.toml, `signed` the bytes of signed records and of their signatures, `attachments` the SHA-256 (hex) of each.
    `pointers` are attachments that are Git LFS pointers; `uncommitted` has the bytes of files as they stand, where the
    last landing is no commit but the work tree. `proposed_from` is the place of the first landing that is only proposed: a
    commit about to be made, a push, a branch; None where all of it has landed. `onto` is the branch it is proposed for,
    None for the mainline and empty for none. `verified` are signed records and their signatures, by blob, of which it is known
    that the one fits the other.
    """

    head: str
    landings: tuple[Landing, ...]
    commits: Container[str]
    mainline: Mapping[str, int]
    texts: Mapping[KeyNames, Mapping[str, DocumentText]]
    policies: Mapping[str, PolicyVersion]
    signed: Mapping[str, bytes]
    attachments: Mapping[str, str]
    uncommitted: Mapping[str, bytes] = field(default_factory=dict)
    pointers: frozenset[str] = frozenset()
    proposed_from: int | None = None
    onto: str | None = None
    verified: Container[tuple[str, str | None]] = frozenset()

    def is_proposed(self, landing: int) -> bool:
        """Whether a landing, by its place, has not landed yet."""
        return self.proposed_from is not None and landing >= self.proposed_from

    def landed(self) -> Library:
        """What has landed, without what is proposed."""
        return replace(self, landings=self.landings[: self.proposed_from], proposed_from=None)

    def proposed_paths(self) -> frozenset[str]:
        """The files that differ through what is proposed."""
        proposed = self.landings[self.proposed_from :] if self.proposed_from is not None else ()
        return frozenset(change.path for landing in proposed for change in landing.commit.changes)


def is_document_path(path: str, policy: Policy) -> bool:
    """Whether a path holds a document or record under a policy's folders."""
    return (
        path.lower().endswith(DOCUMENT_SUFFIXES)
        and any(_within(path, folder) for folder in (*policy.documents, *policy.records))
        and not any(fnmatchcase(path, pattern) for pattern in policy.ignore)
        and not is_signed_path(path)
    )


def is_signed_path(path: str) -> bool:
    """Whether a path belongs to the signed records."""
    return path.startswith(f"{FOLDER}/")


def is_policy_path(path: str) -> bool:
    """Whether a path is the policy's."""
    return path == POLICY_PATH


def _within(path: str, folder: str) -> bool:
    return folder in ("", ".") or path.startswith(f"{folder}/")
