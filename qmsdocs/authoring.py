"""Writing documents: the next free id, a template filled in, the next revision."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date

import tomlkit
import tomlkit.exceptions

from qmsdocs import labels
from qmsdocs.document import KeyNames, Value
from qmsdocs.editing import edit_keys, yaml_text
from qmsdocs.model import Kind, QmsError
from qmsdocs.policy import DocumentType

_FRONT_MATTER_VALUE = re.compile(r"(?m)^([A-Za-z_][\w-]*:[ \t]*)\{\{(\w+)\}\}[ \t]*$")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_SLUG_LENGTH = 60  # characters


def next_id(kind: DocumentType, used: Iterable[str], day: date) -> str:
    """The next free id of a type: `QP-014`, for records `IA-2026-03`. An id that was ever used is never free again."""
    if not kind.prefix:
        raise QmsError(f"The type '{kind.id}' has no prefix; write prefix = \"…\" under [types.{kind.id}] of qms.toml.")
    stem, digits = (f"{kind.prefix}-{day.year}-", 2) if kind.kind is Kind.RECORD else (f"{kind.prefix}-", 3)
    form = re.compile(rf"{re.escape(stem)}(\d+)", re.IGNORECASE)
    numbers = [int(found[1]) for known in used if (found := form.fullmatch(known))]
    return f"{stem}{max(numbers, default=0) + 1:0{digits}d}"


def file_name(identifier: str, title: str) -> str:
    """`QP-001-control-of-documents.md`: the id, then the title in plain letters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-")
    return f"{identifier}-{slug}.md" if slug else f"{identifier}.md"


def fill(template: str, values: Mapping[str, str], names: KeyNames) -> str:
    """A template with its placeholders replaced; values of front-matter keys are quoted where YAML needs it."""
    text = _FRONT_MATTER_VALUE.sub(
        lambda m: m[1] + yaml_text(values[m[2]]) if m[2] in values else m[0], template, count=0
    )
    head, mark, body = _halves(text)
    for canonical in _keys(head):
        own = names.own(canonical)
        if own != canonical:
            head = re.sub(rf"(?m)^{re.escape(canonical)}:", f"{own}:", head)
    body = _PLACEHOLDER.sub(lambda m: values.get(m[1], m[0]), body)
    return head + mark + body


def _halves(text: str) -> tuple[str, str, str]:
    end = text.find("\n---", 3)
    return (text[:end], "\n---", text[end + 4 :]) if end > 0 else ("", "", text)


def _keys(head: str) -> list[str]:
    return re.findall(r"(?m)^([a-z_]+):", head)


def next_label(kind: DocumentType, approved: Iterable[str], minor: bool = False) -> str:
    """The label of a document's next revision, given those approved so far, oldest first. Raises QmsError."""
    used = list(approved)
    if minor and kind.scheme is not labels.Scheme.MAJOR_MINOR:
        raise QmsError(
            f"Revisions of type '{kind.id}' are labelled by '{kind.scheme}', which has no minor ones; leave '--minor' out."
        )
    if not used:
        return labels.first_labels(kind.scheme)[0]
    try:
        return labels.next_labels(kind.scheme, used[-1])[1 if minor else 0]
    except ValueError as error:
        raise QmsError(f"The next revision cannot be told: {error}; mend the type's scheme in qms.toml.") from None


def revise(data: bytes, label: str, change: str, effective_date: date | None, names: KeyNames) -> bytes:
    """A document's bytes with its next revision, the change in one sentence, and the day it is to take effect, if any."""
    values: dict[str, Value | None] = {
        "revision": label,
        "change": change,
        "effective_date": effective_date.isoformat() if effective_date else None,
    }
    try:
        return edit_keys(data, values, names)
    except (ValueError, UnicodeDecodeError) as error:
        raise QmsError(f"The front matter cannot be edited: {error}; 'qmsdocs check' names the line.") from None


def revise_policy(data: bytes, label: str, change: str) -> bytes:
    """The policy's bytes with its next revision; comments and order stay."""
    try:
        tables = tomlkit.parse(data.decode("utf-8"))
        document = tables["document"]
        number = int(label)
        document["revision"] = number if not isinstance(document.get("revision"), str) else label
        document["change"] = change
    except (tomlkit.exceptions.TOMLKitError, UnicodeDecodeError, ValueError) as error:
        raise QmsError(f"qms.toml cannot be edited: {error}; 'qmsdocs check' names the line.") from None
    return tomlkit.dumps(tables).encode("utf-8")
