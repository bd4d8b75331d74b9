"""Management system standards as data: clauses, and the documented information they ask for. One TOML file an edition."""

from qmsdocs.standards.reading import FOLDER, parse_standard, shipped_standards
from qmsdocs.standards.values import (
    Information,
    Keep,
    Standard,
    clause_of,
    is_chapter,
    matching,
    parse_reference,
    section_of,
    within,
)

__all__ = [
    "FOLDER",
    "Information",
    "Keep",
    "Standard",
    "clause_of",
    "is_chapter",
    "matching",
    "parse_reference",
    "parse_standard",
    "section_of",
    "shipped_standards",
    "within",
]
