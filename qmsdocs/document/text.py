"""One version of a document or record, as read, and the digest of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from qmsdocs.dates import Interval, parse_date, parse_interval
from qmsdocs.document.keys import ID_FORM
from qmsdocs.model import Problem

Value = str | tuple[str, ...]
T = TypeVar("T")

DIGEST_VERSION = "qmsdocs-1"


@dataclass(frozen=True, slots=True)
class DocumentText:
    """One version of a document or record, as read.

    `front` has canonical key names and values as typed; `lines` the line of each key; `body_line` the line the body
    starts on; `body_digest` the SHA-256 of the body with CRLF as LF; `readable` is False where the front matter
    could not be read to its end (`front` then holds what could be salvaged: the id at most).
    """

    front: Mapping[str, Value]
    lines: Mapping[str, int]
    body_line: int
    body_digest: str
    problems: tuple[Problem, ...]
    readable: bool

    @property
    def id(self) -> str | None:
        """The document's id, or None where there is none that can be used."""
        value = self.front.get("id")
        return value if isinstance(value, str) and ID_FORM.fullmatch(value) else None

    def text(self, key: str) -> str | None:
        """A key's text, None where it is absent or empty."""
        value = self.front.get(key)
        return value.strip() or None if isinstance(value, str) else None

    def items(self, key: str) -> tuple[str, ...]:
        """A list key's items; one text with commas counts as a list."""
        value = self.front.get(key, ())
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(part.strip() for part in parts if part.strip())

    def day(self, key: str) -> date | None:
        """A date key's day, None where it is absent or no date."""
        return _or_none(parse_date, self.text(key))

    def interval(self, key: str) -> Interval | None:
        """An interval key's length, None where it is absent or none."""
        return _or_none(parse_interval, self.text(key))

    @property
    def withdrawn(self) -> str | None:
        """Why this revision withdraws the document, None where it does not."""
        reason = self.text("withdrawn")
        return None if reason is None or reason.lower() in ("no", "false") else reason

    @property
    def unread_value(self) -> Problem | None:
        """The first value that is not of the kind its key takes, None where all can be read."""
        return next((problem for problem in self.problems if problem.rule in ("wrong-type", "invalid-id")), None)

    def line(self, key: str) -> int:
        """The line of a key, or the first line where the key is absent."""
        return self.lines.get(key, 1)

    def content(self, attachments: Mapping[str, str]) -> str:
        """The content digest; `attachments` gives the SHA-256 (hex) of each attachment's bytes by its name."""
        front = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in self.front.items()
            if key != "tags" and not key.startswith("x-")
        }
        canonical = json.dumps(
            {"attachments": dict(attachments), "body": self.body_digest, "front_matter": front},
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{DIGEST_VERSION}:sha256:{digest}"


def _or_none(parse: Callable[[str], T], text: str | None) -> T | None:
    try:
        return parse(text) if text else None
    except ValueError:
        return None
