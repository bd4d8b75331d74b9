"""A register that was published earlier, as a checkpoint: nothing it says may have been rewritten since.

Its commit must still be on the mainline, and the register derived from that commit for its day must say the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from qmsdocs.dates import parse_date
from qmsdocs.history import landings
from qmsdocs.library import Library
from qmsdocs.lifecycle import replay
from qmsdocs.model import QmsError
from qmsdocs.register import Approver, DocumentRow, Register, build_register

FIELDS = ("status", "revision", "approved_on", "approved_by", "reviewed_by", "effective_on", "content")
_YOUNGER = frozenset({"reviewed_by"})  # a register of before they were written says nothing of them
_APPROVER = ("person", "name", "role", "signed", "assurance", "meaning")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """What a published register says: its commit, day and trust root, and of each document the fields in FIELDS."""

    commit: str
    as_of: date
    root: str | None
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a checkpoint says and this history does not; `rule` is history-rewritten or checkpoint-mismatch."""

    rule: str
    document: str | None
    message: str


def read_checkpoint(data: bytes) -> Checkpoint:
    """Read the JSON that `register --format json` wrote. Raises ValueError that says what is wrong with it."""
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(found, dict) or not {"commit", "as_of", "documents", "external"} <= found.keys():
        raise ValueError("it has no 'commit', 'as_of', 'documents' and 'external'")
    commit, day, root = found["commit"], found["as_of"], found.get("root")
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise ValueError("its 'commit' is not a full commit id")
    if not isinstance(day, str) or not isinstance(root, str | None):
        raise ValueError("its 'as_of' or 'root' is not a text")
    rows: dict[str, Row] = {}
    for row in _rows(found):
        if row["id"] in rows:
            raise ValueError("an id stands in it twice")
        rows[row["id"]] = {field: row.get(field) for field in FIELDS if field in row or field not in _YOUNGER}
    return Checkpoint(commit, parse_date(day), root, rows)


def _rows(found: Mapping[str, Any]) -> Iterator[Row]:
    for part in ("documents", "external"):
        if not isinstance(found[part], list):
            raise ValueError(f"its '{part}' is not a list")
        for row in found[part]:
            if not isinstance(row, dict) or not isinstance(row.get("id"), str):
                raise ValueError(f"a row of '{part}' has no id")
            yield row


def checkpoint_differences(library: Library, checkpoint: Checkpoint) -> Iterator[Difference]:
    """What a checkpoint says and this history does not; nothing where all of it still holds."""
    place = next((at for at, landing in enumerate(library.landings) if landing.commit.id == checkpoint.commit), None)
    if place is None:
        yield Difference(
            "history-rewritten",
            None,
            f"the register of {checkpoint.as_of} was made from commit {checkpoint.commit}, which is not on the first-parent line of "
            "the mainline: the history was rewritten since, or that register was made from another branch",
        )
        return
    found = [list(_compared(register, checkpoint)) for register in _derived(library, checkpoint)]
    yield from min(found, key=len, default=[_nothing(checkpoint)])


def _derived(library: Library, checkpoint: Checkpoint) -> Iterator[Register]:
    """The register of that day as the history up to the commit tells it, and as all of it does (later commits heal clocks)."""
    for part in (_until(library, checkpoint.commit), library):
        try:
            then = replay(part, checkpoint.as_of)
        except QmsError:
            continue
        if part is not library or (then.landing is not None and then.landing.commit.id == checkpoint.commit):
            yield build_register(then)


def _until(library: Library, commit: str) -> Library:
    """The library as it was when a commit was the tip of the mainline."""
    commits = {brought.id: brought for landing in library.landings for brought in landing.brought}
    line = landings(commits, commit)
    known = frozenset(brought.id for landing in line for brought in landing.brought)
    return replace(library, head=commit, landings=line, commits=known)


def _nothing(checkpoint: Checkpoint) -> Difference:
    return Difference(
        "checkpoint-mismatch", None, f"no register can be made of commit {checkpoint.commit}: it has no policy"
    )


def _compared(register: Register, checkpoint: Checkpoint) -> Iterator[Difference]:
    if checkpoint.root is not None and checkpoint.root != register.root:
        yield Difference(
            "checkpoint-mismatch",
            None,
            f"the trust root was {checkpoint.root}, this history has {register.root or 'none'}",
        )
    now = {row.id: row for row in (*register.documents, *register.external)}
    for document in sorted({*now, *checkpoint.rows}):
        row, then = now.get(document), checkpoint.rows.get(document)
        if row is None or then is None:
            what = (
                "was on that register, this history has no such document then"
                if row is None
                else "was not on that register"
            )
            yield Difference("checkpoint-mismatch", document, f"{document} {what}")
            continue
        derived = _plain(row)
        for field in then:
            if not _same(then[field], derived[field]):
                message = f"{document}: '{field}' was {_shown(then[field])}, this history says {_shown(derived[field])}"
                yield Difference("checkpoint-mismatch", document, message)


def _plain(row: DocumentRow) -> Row:
    """A row's fields as the register's JSON has them."""
    return {
        "status": row.status.value,
        "revision": row.revision,
        "approved_on": row.approved_on.isoformat() if row.approved_on else None,
        "approved_by": [_approver(by) for by in row.approvers],
        "reviewed_by": [_approver(by) for by in row.reviewers],
        "effective_on": row.effective_on.isoformat() if row.effective_on else None,
        "content": row.content,
    }


def _approver(by: Approver) -> Row:
    return {
        "person": by.person,
        "name": by.name,
        "role": by.role,
        "signed": by.signed.isoformat(),
        "assurance": by.assurance.value,
        "meaning": by.meaning.value,
    }


def _same(then: Any, derived: Any) -> bool:
    """Equal, as far as the keys of an approval go that both know."""
    if not isinstance(derived, list):
        return bool(then == derived)
    if not isinstance(then, list) or len(then) != len(derived) or not all(isinstance(item, dict) for item in then):
        return False
    return all(
        {"person", "role", "signed"} <= one.keys() and all(one[key] == other[key] for key in _APPROVER if key in one)
        for one, other in zip(then, derived, strict=True)
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        people = [str(item.get("person")) if isinstance(item, dict) else "?" for item in value]
        return f"by {', '.join(people)}" if people else "by nobody"
    return "nothing" if value is None else f"'{value}'"
