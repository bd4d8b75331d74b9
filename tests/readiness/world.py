"""A small firm and a small standard, to plant gaps in: histories in memory, judged without git."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

from kit import ADA, BOB, JANE, Qms, doc, policy

from qmsdocs.document import body_of
from qmsdocs.lifecycle import State, replay
from qmsdocs.model import Meaning
from qmsdocs.readiness import Evidence, Gap, Readiness, listed, readiness
from qmsdocs.standards import Standard, parse_standard

SMALL = b"""
standard = "Small 1:2020"
aliases = ["Small 1"]
may_not_apply = ["8"]

[clauses]
"4" = "Context"
"4.3" = "Scope"
"6" = "Planning"
"6.2" = "Objectives"
"7" = "Support"
"7.2" = "Competence"
"7.3" = "Awareness"
"7.5" = "Documents"
"8" = "Operation"
"8.3" = "Design"
"8.3.1" = "Process of design"
"8.3.2" = "Planning of design"
"8.6" = "Release"
"9" = "Evaluation"
"9.2" = "Internal audit"
"9.3" = "Management review"
"10" = "Improvement"
"10.2" = "Corrective action"

[activities]
control-of-documents = "7.5"
internal-audit = "9.2"
independence = "9.2 c"
management-review = "9.3"
nonconformity = "10.2"
objectives = "6.2"
awareness = "7.3"

[[information]]
at = "4.3"
keep = "maintain"
what = "the scope"

[[information]]
at = "7.2 d"
keep = "retain"
what = "evidence of competence"
records = ["training"]

[[information]]
at = "8.6"
keep = "retain"
what = "evidence of release"

[contents.management-review]
"9.3 a" = "earlier actions"
"9.3 b" = "changes"
"""
TYPES = """
[types.form]
prefix = "FRM"
folder = "forms"
approve = ["owner", "quality-manager"]
[types.external]
kind = "external"
prefix = "EXT"
folder = "external"
approve = ["owner", "quality-manager"]
[types.finding]
kind = "record"
prefix = "FND"
folder = "records"
approve = ["quality-manager"]
[types.internal-audit]
kind = "record"
prefix = "IA"
folder = "records"
[types.audit-programme]
kind = "record"
prefix = "AP"
folder = "records"
[types.management-review]
kind = "record"
prefix = "MR"
folder = "records"
[types.corrective-action]
kind = "record"
prefix = "CA"
folder = "records"
[types.training]
kind = "record"
prefix = "TR"
folder = "records"
[types.batch-card]
kind = "record"
prefix = "BC"
folder = "records"
"""
ALL = "[4.3, 6.2, 7.2, 7.3, 7.5, 8.3, 8.6, 9.2, 9.3, 10.2]"


def small() -> Standard:
    """The small standard."""
    return parse_standard(SMALL, "small.toml")


@dataclass
class Works:
    """The firm: it issues documents, writes records, and asks what an auditor would say."""

    settings: str = ""
    kind_settings: str = ""
    qms: Qms = field(default_factory=Qms)
    standards: tuple[Standard, ...] = field(default_factory=lambda: (small(),))

    def __post_init__(self) -> None:
        self.qms.start(self.policy())

    def policy(self, revision: int = 1, settings: str | None = None) -> str:
        """The firm's policy, with further sections."""
        extra = TYPES + (self.settings if settings is None else settings)
        return policy(
            revision,
            extra=extra,
            repository='documents = ["documents", "forms", "external"]',
            settings=self.kind_settings,
        )

    def write(self, identifier: str, clauses: str, at: str, body: str = "It is done.", **keys: str) -> str:
        """A draft lands; returns its path. The type follows from the id."""
        folder = {"FRM": "forms", "EXT": "external"}.get(identifier[:3], "documents")
        kind = {"FRM": "form", "EXT": "external"}.get(identifier[:3], "procedure")
        path = f"{folder}/{identifier}.md"
        text = doc(keys.pop("revision", "1"), body, id=identifier, clauses=clauses, **{"type": kind, **keys})
        self.qms.write(BOB, text, at, path=path)
        return path

    def issue(
        self, identifier: str, clauses: str, at: str = "2026-01-05", body: str = "It is done.", **keys: str
    ) -> str:
        """A document lands and is approved the same day; returns its path."""
        path = self.write(identifier, clauses, f"{at}T08:00", body, **keys)
        self.qms.approve(f"{at}T09:00", path=path)
        return path

    def record(
        self, identifier: str, kind: str, day: str, body: str = "Done.", landed: str | None = None, **keys: str
    ) -> str:
        """A record lands on its day, or on another; returns its path."""
        front = {"id": identifier, "title": f"About {identifier}", "type": kind, "date": day, "revision": "1", **keys}
        head = "".join(f"{key}: {value}\n" for key, value in front.items())
        path = f"records/{identifier}.md"
        self.qms.commit(JANE, {path: f"---\n{head}---\n{body}\n"}, landed or day)
        return path

    def close(self, path: str, at: str) -> None:
        """Jane closes a record."""
        self.qms.sign(JANE, "quality-manager", Meaning.CLOSE, at, path=path)

    def suspend(self, path: str, at: str) -> None:
        """The quality manager stops a document."""
        self.qms.sign(JANE, "quality-manager", Meaning.REVOKE, at, path=path)

    def state(self, as_of: str) -> State:
        """The state on a day."""
        return replay(self.qms.memory(), date.fromisoformat(as_of))

    def report(self, stage: int, as_of: str) -> Readiness:
        """What an auditor would say."""
        trees = (made.tree.values() for made in self.qms.made.values())
        blobs = {_blob(data): data for tree in trees for data in tree}
        bodies = {blob: body_of(data) for blob, data in blobs.items()}
        standards, unknown = listed(tuple(s.name for s in self.standards), self.standards)
        return readiness(Evidence(self.state(as_of), standards, bodies, unknown), stage)

    def gaps(self, stage: int, as_of: str) -> dict[str, Gap]:
        """The gaps by name; two of one name fail, so that a test sees all there are."""
        found: dict[str, Gap] = {}
        for gap in self.report(stage, as_of).gaps:
            assert gap.name not in found, (gap, found[gap.name])
            found[gap.name] = gap
        return found


def ready(settings: str = "", kind_settings: str = "") -> Works:
    """A firm in which an auditor finds no gap at Stage 1 in March 2026, and at Stage 2 none either."""
    works = Works(settings or PROCESSES, kind_settings or READERS)
    works.issue(
        "QP-001",
        ALL,
        body="# Releases\n\n<!-- records: 8.6 -->\nIn the order file.\n\n# Objectives\n\n- 97 % on time\n",
    )
    works.qms.sign(BOB, "engineer", Meaning.ACKNOWLEDGE, "2026-01-06", path="documents/QP-001.md")
    works.qms.sign(ADA, "engineer", Meaning.ACKNOWLEDGE, "2026-01-06", path="documents/QP-001.md")
    works.record("TR-2026-01", "training", "2026-01-20")
    works.record("IA-2026-01", "internal-audit", "2026-02-02", auditor="tom", audited="[4, 6, 7, 8, 9, 10, making]")
    works.record("MR-2026-01", "management-review", "2026-02-20", REVIEW)
    works.close(
        works.record(
            "CA-2026-01", "corrective-action", "2026-02-10", cause="C", corrective_action="A", effectiveness="E"
        ),
        "2026-02-11",
    )
    return works


PROCESSES = '[processes]\nmaking = "Making"\n'
READERS = 'acknowledged_by = ["engineer"]'
REVIEW = "## Earlier <!-- clauses: 9.3 a -->\n\nAll done.\n\n## Changes <!-- clauses: 9.3 b -->\n\nNone.\n"


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
