"""`new`: a document or record from a template."""

from __future__ import annotations

import os
from pathlib import Path

import click

from qmsdocs.authoring import file_name, fill, next_id
from qmsdocs.cli.console import tell
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_worktree
from qmsdocs.cli.options import repo_option
from qmsdocs.git import Repository
from qmsdocs.labels import first_labels
from qmsdocs.model import Kind, QmsError
from qmsdocs.policy import DocumentType
from qmsdocs.shipped import template
from qmsdocs.signing import write_files


@click.command()
@click.argument("type_id", metavar="TYPE")
@click.argument("title")
@click.option("--owner", metavar="ROLE", help="Who answers for it: a role, or a person.")
@repo_option
def new(type_id: str, title: str, owner: str | None, repo: Path) -> None:
    """Write a new document with the next free id, from its type's template.

    Prints the path of the file, and opens nothing.
    """
    judged = judged_worktree(repo)
    if not title.strip():
        raise QmsError('Give it a title: qmsdocs new TYPE "Title".')
    kind = _type(judged, type_id)
    root = judged.repository.root
    assert root is not None
    identifier = next_id(kind, judged.state.dossiers, judged.state.as_of)
    folder = kind.folder or _folder(judged, kind)
    path = f"{folder}/{file_name(identifier, title)}"
    values = {
        "id": identifier,
        "title": title,
        "type": kind.id,
        "owner": _owner(judged, kind, owner),
        "date": judged.state.as_of.isoformat(),
        "revision": first_labels(kind.scheme)[0],
        "organisation": judged.state.policy.organisation,
    }
    if (root / path).exists():
        raise QmsError(f"{path} is there already; choose another title.")
    text = fill(_template(kind, root), values, judged.state.policy.names)
    write_files(root, {path: text.encode("utf-8")})
    click.echo(os.path.relpath(root / path))
    tell(f"{identifier} is a draft. Write it, then 'git add' and 'git commit' it; 'qmsdocs check' looks it over.")


def _type(judged: Judged[Repository], type_id: str) -> DocumentType:
    kind = judged.state.policy.types.get(type_id)
    if kind is None:
        known = ", ".join(judged.state.policy.types) or "none"
        raise QmsError(f"The policy has no type '{type_id}'; it has: {known}.")
    return kind


def _folder(judged: Judged[Repository], kind: DocumentType) -> str:
    folders = judged.state.policy.records if kind.kind is Kind.RECORD else judged.state.policy.documents
    return folders[0]


def _owner(judged: Judged[Repository], kind: DocumentType, wanted: str | None) -> str:
    policy = judged.state.policy
    if wanted is not None and wanted not in policy.roles and wanted not in policy.people:
        raise QmsError(f"'{wanted}' is neither a role nor a person of the policy; roles: {', '.join(policy.roles)}.")
    roles = [requirement.role for requirement in kind.approve if requirement.role in policy.roles]
    return wanted or next(iter([*roles, *policy.roles]), "")


def _template(kind: DocumentType, root: Path) -> str:
    name = kind.template or f"{kind.id}.md"
    found = template(name, root)
    if found is None and kind.template:
        raise QmsError(
            f"The template '{name}' of type '{kind.id}' is not there; put it into templates/ or correct qms.toml."
        )
    if found is None:
        return _plain(kind)
    try:
        return found.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QmsError(f"The template {found} cannot be read ({error}).") from None


def _plain(kind: DocumentType) -> str:
    """For a type without a template: the keys alone."""
    keys = ["id", "title", "type", "date"] if kind.kind is Kind.RECORD else ["id", "title", "type", "revision", "owner"]
    return "---\n" + "".join(f"{key}: {{{{{key}}}}}\n" for key in keys) + "---\n\n# {{title}}\n"
