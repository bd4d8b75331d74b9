"""Where the value of every cell of a row came from."""

from __future__ import annotations

from dataclasses import fields

from qmsdocs.model import Source
from qmsdocs.register import Approver, DocumentRow, RecordRow
from qmsdocs.render.redline import clean

_HIDDEN = ("sources", "type_name", "owner_name", "draft")


def sources_text(row: DocumentRow | RecordRow) -> str:
    """One line a cell: its name, its value, and the file, line and commit that it was read from."""
    cells = [
        (field.name, _value(getattr(row, field.name)), row.sources.get(field.name))
        for field in fields(row)
        if field.name not in _HIDDEN
    ]
    shown = [(name, value, _place(source)) for name, value, source in cells if value]
    name_width = max(len(name) for name, _, _ in shown)
    value_width = min(44, max(len(value) for _, value, _ in shown))
    lines = [f"{name:<{name_width}}  {value:<{value_width}}  {place}".rstrip() for name, value, place in shown]
    return clean("\n".join(lines)) + "\n"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(item.name if isinstance(item, Approver) else str(item) for item in value)
    return "" if value is None else str(value)


def _place(source: Source | None) -> str:
    if source is None:
        return "derived"
    path = f"{source.path}:{source.line}" if source.path and source.line else source.path or ""
    commit = f"commit {source.commit[:12]}" if source.commit else "the policy in force"
    return f"{path} @ {commit}" if path else commit
