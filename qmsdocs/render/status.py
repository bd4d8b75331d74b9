"""`status` for the terminal and as JSON."""

from __future__ import annotations

import json

from qmsdocs.render.redline import clean
from qmsdocs.status import Outlook, Task

_SECTIONS = (
    ("signatures", "Waiting for a signature"),
    ("reviews", "Periodic reviews"),
    ("acknowledgements", "To be read and acknowledged"),
    ("coming", "Approved, not yet in force"),
    ("trouble", "Needs attention now"),
)


def status_text(outlook: Outlook, organisation: str) -> str:
    """What waits, section by section; one quiet line where nothing does."""
    lines = [f"{organisation}, {outlook.as_of}"]
    for field, title in _SECTIONS:
        tasks: tuple[Task, ...] = getattr(outlook, field)
        if tasks:
            lines += ["", title, *(line for task in tasks for line in _task(task))]
    if outlook.certificate:
        lines += ["", "Certificate", *(f"  {step.name}  {step.told}" for step in outlook.certificate)]
    if len(lines) == 1:
        lines += ["", "Nothing waits and nothing falls due."]
    return clean("\n".join(lines)) + "\n"


def status_json(outlook: Outlook, organisation: str) -> str:
    """The same as JSON."""
    data: dict[str, object] = {"organisation": organisation, "as_of": outlook.as_of.isoformat()}
    for field, _ in _SECTIONS:
        data[field] = [
            {
                "document": task.document,
                "title": task.title,
                "revision": task.revision,
                "what": task.what,
                "people": [person.id for person in task.people],
                "due": task.due.isoformat() if task.due else None,
                "command": task.command or None,
            }
            for task in getattr(outlook, field)
        ]
    data["certificate"] = [
        {
            "name": step.name,
            "on": step.on and step.on.isoformat(),
            "by": step.by and step.by.isoformat(),
            "reached": step.reached.value,
            "body": step.body,
        }
        for step in outlook.certificate
    ]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _task(task: Task) -> list[str]:
    due = f" (review by {task.due})" if task.due and "due" in task.what else ""
    lines = [f"  {task.document} rev {task.revision}  {task.title}", f"      {task.what}{due}"]
    if task.people:
        lines.append(f"      {', '.join(person.name for person in task.people)}")
    elif task.command.startswith(("qmsdocs approve", "qmsdocs review")):
        lines.append("      nobody is left who can give it")
    if task.command:
        lines.append(f"      → {task.command}")
    return lines
