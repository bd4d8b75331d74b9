"""Writing documents: the next free id, a template filled in, the next revision; people of the policy."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import date, timedelta
from typing import Any

import tomlkit
import tomlkit.exceptions
import tomlkit.items

from qmsdocs import labels
from qmsdocs.document import KeyNames, Value
from qmsdocs.document.scalars import yaml_text
from qmsdocs.editing import edit_keys
from qmsdocs.lifecycle import Dossier
from qmsdocs.model import Kind, QmsError
from qmsdocs.policy import DocumentType

_FRONT_MATTER_VALUE = re.compile(r"(?m)^([A-Za-z_][\w-]*:[ \t]*)\{\{(\w+)\}\}[ \t]*$")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_SLUG_LENGTH = 60  # characters
Table = MutableMapping[str, Any]
Tables = MutableMapping[str, Any]


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


def label_after(dossier: Dossier, minor: bool = False) -> str:
    """The label of a document's next revision. Raises QmsError where it has none: a record, or never approved."""
    kind = dossier.draft.type if dossier.draft else dossier.revisions[-1].type if dossier.revisions else None
    if kind is None:
        raise QmsError(
            f"{dossier.id} has no type that the policy knows, so nothing says how its revisions are labelled."
        )
    if kind.kind is Kind.RECORD:
        raise QmsError(f"{dossier.id} is a record; a record has no revisions, write a new one that corrects it.")
    if not dossier.revisions:
        raise QmsError(f"{dossier.id} was never approved, so it stays at its first revision; edit it freely.")
    return next_label(kind, [revision.label for revision in dossier.revisions], minor)


def revise(data: bytes, label: str, change: str, effective_date: date | None, names: KeyNames) -> bytes:
    """A document's bytes with its next revision, the change in one sentence, and the day it is to take effect, if any."""
    return _with_keys(data, _raised(label, change, effective_date), names)


def withdraw(
    data: bytes, label: str, reason: str, replaced_by: str | None, effective_date: date | None, names: KeyNames
) -> bytes:
    """A document's bytes with the revision that withdraws it: the reason, and the id that takes its place, if any."""
    change = f"Withdrawn: {reason}" if replaced_by is None else f"Withdrawn, replaced by {replaced_by}: {reason}"
    values = _raised(label, change, effective_date) | {"withdrawn": reason, "replaced_by": replaced_by}
    return _with_keys(data, values, names)


def _raised(label: str, change: str, effective_date: date | None) -> dict[str, Value | None]:
    return {
        "revision": label,
        "change": change,
        "effective_date": effective_date.isoformat() if effective_date else None,
    }


def _with_keys(data: bytes, values: Mapping[str, Value | None], names: KeyNames) -> bytes:
    try:
        return edit_keys(data, values, names)
    except (ValueError, UnicodeDecodeError) as error:
        raise QmsError(f"The front matter cannot be edited: {error}; 'qmsdocs check' names the line.") from None


def revise_policy(data: bytes, label: str, change: str) -> bytes:
    """The policy's bytes with its next revision; comments and order stay."""

    def raised(tables: Tables) -> None:
        document = tables["document"]
        document["revision"] = label if isinstance(document.get("revision"), str) else int(label)
        document["change"] = change

    return _edit_policy(data, raised)


# --- people of the policy -----------------------------------------------------------------------------------------


def add_person(data: bytes, person: str, entry: Mapping[str, object]) -> bytes:
    """The policy's bytes with one person more, as a table at the end. Raises QmsError where the id is taken."""
    if person in _tables(data).get("people", {}):
        raise QmsError(f"'{person}' is in qms.toml already, and an id is for life; edit their roles there.")
    newline = "\r\n" if b"\r\n" in data else "\n"
    table = tomlkit.dumps({"people": {person: dict(entry)}})
    text = data.decode("utf-8").rstrip("\r\n") + newline * 2 + table.replace("\n", newline)
    return text.encode("utf-8")


def end_roles(data: bytes, person: str, until: date) -> bytes:
    """The policy's bytes with every role and key of a person ended by a day; what ends before stays as it is."""

    def leave(tables: Tables) -> None:
        table = _person(tables, person)
        for key, field in (("roles", "role"), ("keys", "key")):
            _set_entries(table, key, field, [_ended(entry, until) for entry in _entries(table, key, field)])

    return _edit_policy(data, leave)


def rotate_key(data: bytes, person: str, old: str | None, new: str, start: date, revoked: bool) -> bytes:
    """The policy's bytes with a new key of a person from a day on, and an old one ended the day before, or revoked from it."""

    def ended(entry: Table) -> Table:
        if entry["key"].strip() != old:
            return entry
        return {**entry, "revoked": start} if revoked else _ended(entry, start - timedelta(days=1))

    def rotate(tables: Tables) -> None:
        table = _person(tables, person)
        entries = [ended(entry) for entry in _entries(table, "keys", "key")]
        _set_entries(table, "keys", "key", [*entries, {"key": new, "from": start}])

    return _edit_policy(data, rotate)


def _ended(entry: Table, until: date) -> Table:
    known = entry.get("until")
    return entry if known is not None and known <= until else {**entry, "until": until}


def _person(tables: Tables, person: str) -> Table:
    found: Table | None = tables.get("people", {}).get(person)
    if found is None:
        raise QmsError(f"qms.toml has no person '{person}'; 'qmsdocs people list' shows who there is.")
    return found


def _entries(table: Table, key: str, field: str) -> list[Table]:
    """The items of a list whose entries are a text, or a table with that text under `field`, all as tables."""
    value = table.get(key, [])
    items = value if isinstance(value, list) else [value]
    return [{field: item} if isinstance(item, str) else dict(item) for item in items]


def _set_entries(table: Table, key: str, field: str, entries: list[Table]) -> None:
    """Set such a list, leaving the items that stay, and the comments beside them, as they stand."""
    before, value = _entries(table, key, field), table.get(key, [])
    written = [entry[field] if set(entry) == {field} else _inline(entry) for entry in entries]
    if before == entries:
        return
    if isinstance(value, tomlkit.items.AoT):
        table[key] = written
        return
    if key not in table or not isinstance(value, list):
        table[key] = tomlkit.array()
        value, before = table[key], []
    for place, entry in enumerate(entries[: len(before)]):
        if entry != before[place]:
            value[place] = written[place]
    for entry in written[len(before) :]:
        value.append(entry)


def _inline(entry: Table) -> tomlkit.items.InlineTable:
    table = tomlkit.inline_table()
    table.update({key: str(value) if isinstance(value, str) else value for key, value in entry.items()})
    return table


def _edit_policy(data: bytes, change: Callable[[Tables], None]) -> bytes:
    """The policy's bytes with a change made to its tables; comments, order and line ends stay.

    The text must read back as the same change made to the plain values. Raises QmsError where it does not.
    """
    wanted, mark = _tables(data), data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
    change(wanted)
    text = data.decode("utf-8-sig")
    crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    try:
        tables = tomlkit.parse(text.replace("\r\n", "\n") if crlf else text)
        change(tables)
        edited = tomlkit.dumps(tables)
        same = tomllib.loads(edited) == wanted
    except (tomlkit.exceptions.TOMLKitError, ValueError, TypeError, AttributeError, LookupError):
        same = False
    if not same:
        raise QmsError("qms.toml is laid out too unusually to be edited for you; edit it by hand.")
    return mark + (edited.replace("\n", "\r\n") if crlf else edited).encode("utf-8")


def _tables(data: bytes) -> dict[str, Any]:
    """The policy as plain values."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise QmsError(f"qms.toml cannot be edited: {error}; 'qmsdocs check' names the line.") from None
