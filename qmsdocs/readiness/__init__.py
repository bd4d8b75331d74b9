"""What an auditor would say today: is the standard met on paper (Stage 1), and does the system live (Stage 2)?"""

from qmsdocs.readiness.cycle import Milestone, Reached, cycle
from qmsdocs.readiness.evidence import Evidence, listed, wanted
from qmsdocs.readiness.report import (
    Answer,
    ClauseRow,
    Cover,
    FindingRow,
    FindingState,
    Gap,
    InformationRow,
    Kept,
    ReaderRow,
    Readiness,
    StandardReport,
    Weight,
)
from qmsdocs.readiness.stages import readiness

__all__ = [
    "Answer", "ClauseRow", "Cover", "Evidence", "FindingRow", "FindingState", "Gap", "InformationRow", "Kept", "Milestone",
    "Reached", "ReaderRow", "Readiness", "StandardReport", "Weight", "cycle", "listed", "readiness", "wanted",
]  # fmt: skip
