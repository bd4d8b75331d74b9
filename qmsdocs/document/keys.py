"""The keys of front matter, the names an organisation has for them, and what an id may look like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

TEXT_KEYS = [
    "id",
    "title",
    "type",
    "revision",
    "owner",
    "change",
    "withdrawn",
    "replaced_by",
    "issuer",
    "edition",
    "source",
    "form",
    "form_revision",
    "grade",
    "audit",
    "correction",
    "cause",
    "corrective_action",
    "effectiveness",
]
LIST_KEYS = (
    "clauses",
    "references",
    "attachments",
    "tags",
    "supersedes",
    "distribution",
    "auditor",
    "audited",
    "finding",
    "evidence",
)
DATE_KEYS = ("effective_date", "checked", "date", "due")
INTERVAL_KEYS = ("review_every", "retain")
LATER_KEYS = ("grade", "audit", "correction", "cause", "corrective_action", "effectiveness", "due")
KNOWN_KEYS = (*TEXT_KEYS, *LIST_KEYS, *DATE_KEYS, *INTERVAL_KEYS)
CLAIMS = ("status", "state", "approved", "approved_by", "approved_on", "approval", "approval_date", "approver")

ID_FORM = re.compile(r"(?!.*\.\.)[^\W_](?:[\w.-]{0,62}[\w-])?")
# Letters that Latin ones are mistaken for (Unicode Technical Standard 39, confusables.txt): Cyrillic, Greek, Armenian
_LOOKALIKES = str.maketrans(
    "АВЕЅЗІЈКМНОРСТУХаеорсухѕіјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρυχіɑɡıօ",
    "ABES3IJKMHOPCTYXaeopcyxsijhdqwABEZHIKMNOPTYXovpuxiagio",
)


@dataclass(frozen=True)
class KeyNames:
    """An organisation's own names for the front-matter keys, and its own keys that we leave alone."""

    own_to_canonical: tuple[tuple[str, str], ...] = ()
    own_keys: frozenset[str] = frozenset()
    _map: Mapping[str, str] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_map", dict(self.own_to_canonical))

    def canonical(self, own: str) -> str:
        """Our name for a key as it stands in a file."""
        if own in self._map:
            return self._map[own]
        return f"own:{own}" if own in self._map.values() or own.startswith("own:") else own

    def own(self, canonical: str) -> str:
        """The organisation's name for one of our keys."""
        return next((own for own, ours in self.own_to_canonical if ours == canonical), canonical)


def same_id(identifier: str) -> str:
    """The form in which two ids that look alike (case, Unicode composition, width, letters of another script) are the same."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", identifier).translate(_LOOKALIKES).casefold())
    return folded.translate(_LOOKALIKES)
