"""A register written by hand that holds every status and condition, and titles that mean harm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from qmsdocs.model import Assurance, Condition, Finding, Meaning, Severity, Source, Status
from qmsdocs.register import Approver, DocumentRow, DraftRow, RecordRow, Register

COMMIT = "9f3c2ab1d04e5f60718293a4b5c6d7e8f9012345"
OTHER = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
DIGEST = "qmsdocs-1:sha256:" + "5f2c" * 16
AS_OF = date(2026, 11, 23)
HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">{{7*7}}'


def approver(person: str, name: str, role: str, day: date, **more: object) -> Approver:
    """An approval given at ten in the morning."""
    made = Approver(
        person=person,
        name=name,
        role=role,
        signed=datetime(day.year, day.month, day.day, 10, 12, tzinfo=UTC),
        assurance=Assurance.SIGNED,
        meaning=Meaning.APPROVE,
        source=Source(f"signatures/QP/QP-001/3/20240110T101200Z-approve-{person}.yaml", 1, COMMIT),
    )
    return replace(made, **more)  # type: ignore[arg-type]


JANE = approver("jane-doe", "Jane Doe", "quality-manager", date(2024, 1, 10))
TOM = approver(
    "tom-reed", "Tom Reed", "owner", date(2024, 1, 9), meaning=Meaning.REVIEW, assurance=Assurance.ATTRIBUTED
)


def document(id: str, title: str | None, status: Status = Status.EFFECTIVE, **more: object) -> DocumentRow:
    """A procedure that is in force and in order, unless said otherwise."""
    path = f"documents/procedures/{id}.md"
    row = DocumentRow(
        id=id,
        title=title,
        type="procedure",
        type_name="Procedure",
        path=path,
        owner="quality-manager",
        owner_name="Quality manager",
        status=status,
        revision="3",
        approved_on=date(2024, 1, 10),
        approved_by=(TOM, JANE),
        effective_on=date(2024, 2, 1),
        last_review=None,
        review_by=date(2027, 2, 1),
        days_left=70,
        conditions=(),
        outstanding=(),
        change="Adds the register of external documents.",
        clauses=("7.5.2", "7.5.3"),
        replaced_by=None,
        withdrawn=None,
        issuer=None,
        edition=None,
        source=None,
        checked=None,
        draft=None,
        content=DIGEST,
        commit=COMMIT,
        sources={
            "id": Source(path, 2, COMMIT),
            "title": Source(path, 3, COMMIT),
            "effective_on": Source(JANE.source.path, 1, COMMIT),
            "approved_by": Source(JANE.source.path, 1, COMMIT),
            "review_by": Source("qms.toml", 41, None),
            "content": Source(path, None, COMMIT),
        },
    )
    return replace(row, **more)  # type: ignore[arg-type]


def unapproved(id: str, title: str, status: Status, draft: DraftRow, **more: object) -> DocumentRow:
    """A document that never was approved."""
    return document(
        id,
        title,
        status,
        **{
            "revision": draft.revision,
            "approved_on": None,
            "approved_by": (),
            "effective_on": None,
            "review_by": None,
            "days_left": None,
            "draft": draft,
            **more,
        },
    )


def record(id: str, title: str, **more: object) -> RecordRow:
    """An internal audit report."""
    path = f"records/2026/{id}.md"
    row = RecordRow(
        id=id,
        title=title,
        type="internal-audit",
        type_name="Internal audit",
        path=path,
        date=date(2026, 3, 12),
        form="FRM-009",
        form_revision="2",
        retain_until=date(2036, 3, 12),
        closed_on=date(2026, 4, 2),
        clauses=("9.2",),
        commit=OTHER,
        sources={"id": Source(path, 2, OTHER), "date": Source(path, 5, OTHER)},
    )
    return replace(row, **more)  # type: ignore[arg-type]


def documents() -> tuple[DocumentRow, ...]:
    """One document of every status, and more with every condition."""
    suspended = (Condition.APPROVAL_BROKEN, Condition.REJECTED)
    return (
        document(
            "POL-001",
            "Quality policy",
            type="policy",
            type_name="Policy",
            owner="jane-doe",
            owner_name="Jane Doe",
            conditions=(Condition.ACKNOWLEDGEMENT_OUTSTANDING,),
            outstanding=("Sam Okafor", "Lena Marsh"),
            last_review=date(2025, 12, 1),
            review_by=date(2026, 12, 1),
            days_left=8,
        ),
        document(
            "QP-001",
            "Control of documented information",
            conditions=(Condition.CHANGE_PENDING,),
            draft=DraftRow(
                "4", Status.IN_REVIEW, ("owner", "2 of engineer"), date(2026, 12, 1), ("owner", "engineer", "engineer")
            ),
        ),
        unapproved(
            "QP-002", "Risk and opportunity", Status.DRAFT, DraftRow("1", Status.DRAFT, ("owner",), None, ("owner",))
        ),
        unapproved(
            "QP-003", "Purchasing", Status.IN_REVIEW, DraftRow("1", Status.IN_REVIEW, ("owner",), None, ("owner",))
        ),
        document("QP-004", "Design and development", Status.APPROVED, effective_on=date(2026, 12, 1), days_left=None),
        document("QP-005", "Calibration", Status.SUPERSEDED, review_by=None, days_left=None),
        document(
            "QP-006", "Release of product", Status.SUSPENDED, review_by=None, days_left=None, conditions=suspended
        ),
        document("QP-007", "Packing", Status.CANCELLED, review_by=None, days_left=None),
        document(
            "QP-008",
            "Monitoring of customer satisfaction and the handling of what customers tell us between two surveys",
            conditions=(Condition.OVERDUE,),
            review_by=date(2026, 11, 11),
            days_left=-12,
        ),
        document("QP-009", "Internal audit", conditions=(Condition.REVIEW_DUE,), review_by=AS_OF, days_left=0),
        document("QP-010", HOSTILE, owner='"><b>x', owner_name=None, change='=HYPERLINK("x")\x1b[31m'),
        document("QP-011", "=1+1", type=None, type_name=None, clauses=(), change=None, approved_by=()),
        document("QP-012", "日本語の手順書 über Ångström\x9b", path="documents/caf\udce9.md"),
        document(
            "QP-100", None, Status.OBSOLETE, withdrawn="Merged into QP-001.", replaced_by="QP-001", days_left=None
        ),
    )


def findings() -> tuple[Finding, ...]:
    """One finding of each severity, not in order."""
    return (
        Finding(
            "NB002",
            "note-rule",
            Severity.NOTE,
            Source(None, None, None),
            None,
            "the mainline has no remote",
            "None needed",
            "your own policy",
        ),
        Finding(
            "RE301",
            "changed-without-revision",
            Severity.ERROR,
            Source("documents/procedures/QP-008.md", 5, OTHER),
            "QP-008",
            "the text changed since revision 3 was approved",
            "Run: qmsdocs revise QP-008",
            "ISO 9001:2015, 7.5.3.2 c",
            ("commit 1a2b3c4d5e by Tom Reed, 2026-11-02", "approved content qmsdocs-1:sha256:5f2c\x1b]0;x\x07"),
        ),
        Finding(
            "LC201",
            "broken-link",
            Severity.WARNING,
            Source("documents/procedures/QP-001.md", 31, None),
            "QP-001",
            "the link to WI-404 leads nowhere",
            "Name a document that exists",
            "your own policy",
        ),
    )


def sample_register() -> Register:
    """The whole of it."""
    external = document(
        "EXT-001",
        "Quality management systems: requirements",
        type="external",
        type_name="External document",
        issuer="ISO",
        edition="2015",
        source="https://www.iso.org/standard/62085.html",
        checked=date(2026, 1, 5),
    )
    return Register(
        commit=COMMIT,
        as_of=AS_OF,
        organisation="Tarn Valves & Fittings Ltd",
        root=DIGEST,
        documents=documents(),
        external=(external,),
        records=(record("IA-2026-01", "Audit of purchasing"), record("CA-2026-02", "Seat leakage", closed_on=None)),
        findings=findings(),
    )


def large_register(count: int = 950) -> Register:
    """A register of many documents, for speed and size."""
    statuses, base = tuple(Status), sample_register()
    return replace(
        base, documents=tuple(_many(count, statuses)), records=tuple(record(f"IA-{n}", f"Audit {n}") for n in range(60))
    )


def _many(count: int, statuses: tuple[Status, ...]) -> Iterable[DocumentRow]:
    types = (("procedure", "Procedure"), ("work-instruction", "Work instruction"), ("form", "Form"))
    for number in range(count):
        type_id, name = types[number % 3]
        left = number % 400 - 20
        yield document(
            f"WI-{number:04}",
            f"Work at station {number} with the gauge {number * 7 % 113}",
            Status.EFFECTIVE if number % 5 else statuses[number // 5 % len(statuses)],
            type=type_id,
            type_name=name,
            review_by=AS_OF + timedelta(days=left),
            days_left=left,
            conditions=(Condition.OVERDUE,) if left < 0 else (),
        )
