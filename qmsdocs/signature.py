"""Signed records: small files that say who did what to which content, and the only carriers of approval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from qmsdocs.dates import parse_instant
from qmsdocs.document import ID_FORM
from qmsdocs.document.scalars import yaml_text
from qmsdocs.model import Meaning, Problem, ReviewVerdict

FOLDER = "signatures"
FORMAT = "1"
MAX_RECORD = 16_384  # bytes
_REQUIRED = ("qmsdocs", "document", "revision", "content", "meaning", "role", "person", "name", "signed")
_OPTIONAL = ("witness", "comment", "verdict")
_CONTENT = re.compile(r"qmsdocs-\d+:sha256:[0-9a-f]{64}")
_LINE = re.compile(r"([a-z]+): (.*)")
_QUOTED = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^']|'')*' """, re.VERBOSE)
_PLAIN = re.compile(r"""(?![-?:](?:\s|$))[^\s,\[\]{}#&*!|>'"%@`](?:(?!: | #).)*(?<!:)""")
_VERBATIM = re.compile(r""" "[^"\\]*" | '[^']*' """, re.VERBOSE)


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """What one record says. `signed` is the time its signer asserts, with an offset from UTC."""

    document: str
    revision: str
    content: str
    meaning: Meaning
    role: str
    person: str
    name: str
    signed: datetime
    witness: str | None = None
    comment: str | None = None
    verdict: ReviewVerdict | None = None


def write_record(record: SignedRecord) -> bytes:
    """The exact bytes that are signed: one `key: value` a line, texts in double quotes where YAML needs them."""
    values: dict[str, str | None] = {
        "qmsdocs": FORMAT,
        "document": record.document,
        "revision": record.revision,
        "content": record.content,
        "meaning": record.meaning,
        "role": record.role,
        "person": record.person,
        "name": record.name,
        "signed": record.signed.astimezone(UTC).isoformat(timespec="seconds"),
        "witness": record.witness,
        "verdict": record.verdict,
        "comment": record.comment,
    }
    return "".join(f"{key}: {yaml_text(value)}\n" for key, value in values.items() if value is not None).encode()


def read_record(data: bytes) -> SignedRecord | Problem:
    """Read a record's bytes; a Problem says why they are none. Strict: what we do not know, we do not trust."""
    try:
        return _record(_keys(data))
    except ValueError as error:
        return Problem(
            "unreadable-record",
            1,
            f"this is not a signed record: {error}",
            "Restore the file as it was signed ('git log -- FILE' shows when it changed)",
        )


def _keys(data: bytes) -> Mapping[str, str]:
    if len(data) > MAX_RECORD:
        raise ValueError(f"it has {len(data)} bytes")
    found: dict[str, str] = {}
    for line in data.decode("utf-8").split("\n"):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise ValueError(f"the line {line[:60]!r} is not 'key: value'")
        if match[1] in found:
            raise ValueError(f"'{match[1]}' stands twice")
        found[match[1]] = _scalar(match[2])
    return found


def _scalar(text: str) -> str:
    if not text or (_PLAIN.fullmatch(text) and text.isprintable() and text == text.strip()):
        return text
    if not _QUOTED.fullmatch(text):
        raise ValueError(f"{text[:60]!r} wants quotes")
    if text.isprintable() and _VERBATIM.fullmatch(text):
        return text[1:-1]
    import yaml  # late: only escapes need it

    try:
        value = str(yaml.load(text, Loader=yaml.BaseLoader))
        value.encode("utf-8")
    except (yaml.YAMLError, OverflowError, ValueError):
        raise ValueError(f"{text[:60]!r} is not a text") from None
    return value


def _record(keys: Mapping[str, str]) -> SignedRecord:
    missing = [key for key in _REQUIRED if not keys.get(key, "").strip()]
    unknown = [key for key in keys if key not in _REQUIRED and key not in _OPTIONAL]
    if missing or unknown:
        raise ValueError(f"{'missing' if missing else 'unknown'} keys: {', '.join(missing or unknown)}")
    if keys["qmsdocs"] != FORMAT:
        raise ValueError(f"its format is '{keys['qmsdocs']}', we read {FORMAT}")
    if not _CONTENT.fullmatch(keys["content"]):
        raise ValueError("'content' is not a content digest")
    for key in ("document", "revision", "person"):  # they make up the file's path
        if not ID_FORM.fullmatch(keys[key]):
            raise ValueError(f"'{key}' is not an id" if key != "revision" else "'revision' is not a label")
    meaning = Meaning(keys["meaning"])
    verdict = ReviewVerdict(keys["verdict"]) if "verdict" in keys else None
    if (verdict is not None) != (meaning is Meaning.PERIODIC_REVIEW):
        raise ValueError("a verdict belongs to a periodic review, and to nothing else")
    return SignedRecord(
        document=keys["document"],
        revision=keys["revision"],
        content=keys["content"],
        meaning=meaning,
        role=keys["role"],
        person=keys["person"],
        name=keys["name"],
        signed=parse_instant(keys["signed"]),
        witness=keys.get("witness"),
        comment=keys.get("comment"),
        verdict=verdict,
    )


def record_path(record: SignedRecord) -> str:
    """Where a record is kept: sharded, because a tree of thousands costs every commit under it."""
    shard = record.document.split("-", 1)[0][:8] if "-" in record.document else record.document[:2]
    stamp = record.signed.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{FOLDER}/{shard}/{record.document}/{record.revision}/{stamp}-{record.meaning}-{record.person}.yaml"
