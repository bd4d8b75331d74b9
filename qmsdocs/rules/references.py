"""References: what a document points to is there, and is not obsolete (ISO 9001:2015, 7.5.3.1 a)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from qmsdocs.lifecycle import Content, Dossier, attachment_path
from qmsdocs.links import Link
from qmsdocs.model import Severity, Source, Status
from qmsdocs.rules.base import Context, Found, Rule


def broken_link(context: Context) -> Iterator[Found]:
    """A link leads to a file that is not there. Where a document stood there once and was moved, this only warns.

    Bad:
        see [Purchasing](QP-404-purchasing.md)
    Good:
        see [Purchasing](QP-008-purchasing.md)
    Remedy: correct the path; it is relative to the document's folder.
    Allow: Nothing does for a controlled document. Links to the web are not followed.
    """
    for dossier, content, link, target in _links(context):
        if _exists(context, target) or _once_withdrawn(context, target):
            continue
        moved = _moved(context, target)
        if moved:
            message = f"'{link.target}' leads to where {context.document_at(moved)} was before it moved"
            remedy, severity = f"Link to {_relative(content, moved)} in the next revision", Severity.WARNING
        else:
            message, severity = f"'{link.target}' leads to nothing", Severity.ERROR
            remedy = "Correct the path (relative to this file's folder) or remove the link"
        yield Found(Source(content.path, link.line, content.commit), message, remedy, dossier.id, severity=severity)


def link_to_obsolete(context: Context) -> Iterator[Found]:
    """A document points to one that is obsolete, so its readers may use what is no longer valid.

    Bad:
        references: [WI-003] after WI-003 was withdrawn
    Good:
        references: [WI-009], which replaced it
    Remedy: point to the replacement in the next revision.
    Allow: Nothing does: whoever follows the link would work by what is no longer valid.
    """
    for dossier, content, link, target in _links(context):
        document = context.document_at(target) or context.document_once_at(target)
        if document and document != dossier.id and (replacement := context.withdrawn(document)) is not None:
            yield Found(
                Source(content.path, link.line, content.commit),
                f"{document} is obsolete",
                f"Link to {replacement} in the next revision"
                if replacement
                else "Remove the link in the next revision",
                dossier.id,
                severity=_severity(dossier),
            )
    for dossier, content in _current(context):
        for reference in content.text.items("references"):
            if (replacement := context.withdrawn(reference)) is not None:
                yield Found(
                    content.source("references"),
                    f"{reference} is obsolete",
                    f"Refer to {replacement} in the next revision" if replacement else "Remove it in the next revision",
                    dossier.id,
                    severity=_severity(dossier),
                )


def unknown_reference(context: Context) -> Iterator[Found]:
    """`references`, `supersedes`, `replaced_by`, `form` or `finding` names an id that no document has.

    Bad:
        references: [QP-404]
    Good:
        references: [QP-004]
    Remedy: correct the id.
    Allow: `documents = ["documents", "forms"]` under `[repository]`, where the document named stands in a folder that
    is not read. Where a key of yours only has the same name, under `[front_matter]`: `references = "refers_to"` and
    `own_keys = ["references"]`.
    """
    yield from _unknown_replacements(context)
    for dossier, content in _current(context):
        for key in ("references", "supersedes", "replaced_by", "form", "finding"):
            for reference in content.text.items(key):
                if not context.knows(reference):
                    own = context.state.policy.names.own(key)
                    yield Found(
                        content.source(key),
                        f"'{own}' names {reference}, which no document here has as its id",
                        "Correct the id",
                        dossier.id,
                    )


def _unknown_replacements(context: Context) -> Iterator[Found]:
    for dossier, standing in context.documents:
        replacement = standing.shown.content.text.text("replaced_by") if standing.shown else None
        if standing.shown and standing.status is Status.OBSOLETE and replacement and not context.knows(replacement):
            yield Found(
                standing.shown.content.source("replaced_by"),
                f"'replaced_by' names {replacement}, which no document here has as its id",
                "Tell readers which document takes its place, in a document that refers to this one",
                dossier.id,
                severity=Severity.WARNING,
            )


def _is_pointer(context: Context, target: str) -> bool:
    return context.state.tree.get(target) in context.library.pointers


def missing_attachment(context: Context) -> Iterator[Found]:
    """An attachment is not there, lies outside the repository, or cannot be known for what it is.

    Bad:
        attachments: [flow.svg], and no flow.svg in the document's folder
    Good:
        attachments: [QP-001-flow.svg], which lies beside the document
    Remedy: add the file, or correct its name (relative to the document's folder).
    Allow: Nothing does: an attachment is part of what is approved. Where a key of yours only has the same name, under
    `[front_matter]`: `attachments = "files"` and `own_keys = ["attachments"]`.
    """
    for dossier, content in _current(context):
        for name in content.text.items("attachments"):
            target = attachment_path(content.path, name)
            if target.startswith(("../", "/")):
                message = f"the attachment '{name}' lies outside the repository"
            elif not context.has_file(target):
                message = f"the attachment '{name}' is not there"
            elif _is_pointer(context, target):
                message = f"a Git LFS pointer stands in place of the attachment '{name}'"
            else:
                continue
            yield Found(content.source("attachments"), message, "Add the file, or correct its name", dossier.id)


def unlisted_attachment(context: Context) -> Iterator[Found]:
    """A document embeds a file that is not among its attachments, so the file could be changed without a new approval.

    Bad:
        ![Flow](QP-001-flow.svg) without attachments
    Good:
        attachments: [QP-001-flow.svg]
        ![Flow](QP-001-flow.svg)
    Remedy: list the file under `attachments`.
    Allow: Nothing does: what readers are shown is part of what is approved.
    """
    for dossier, content, link, target in _links(context):
        listed = {attachment_path(content.path, name) for name in content.text.items("attachments")}
        other = context.document_at(target) or target.lower().endswith((".md", ".markdown"))
        file = not other and context.has_file(target) and (link.embeds or posixpath.splitext(target)[1])
        if target not in listed and file:
            own = context.state.policy.names.own("attachments")
            yield Found(
                Source(content.path, link.line, content.commit),
                f"'{link.target}' belongs to the text but is not among its attachments",
                f"Add it: '{own}: [{link.target}]'",
                dossier.id,
            )


def _current(context: Context) -> Iterator[tuple[Dossier, Content]]:
    """What stands now: the text on the mainline of every document and record that is not obsolete."""
    for dossier, standing in context.documents:
        if standing.status is not Status.OBSOLETE and dossier.current is not None:
            yield dossier, replace(dossier.current, path=dossier.path or dossier.current.path)


def _links(context: Context) -> Iterator[tuple[Dossier, Content, Link, str]]:
    for dossier, content in _current(context):
        for link in context.links.get(content.blob, ()):
            target = (
                link.target.removeprefix("/")
                if link.target.startswith("/")
                else attachment_path(content.path, link.target)
            )
            yield dossier, content, link, posixpath.normpath(target)


def _exists(context: Context, target: str) -> bool:
    return context.has_file(target) or context.has_folder(target)


def _once_withdrawn(context: Context, target: str) -> bool:
    document = context.document_once_at(target)
    return document is not None and context.withdrawn(document) is not None


def _moved(context: Context, target: str) -> str | None:
    """Where the document that once stood at a path stands now."""
    document = context.document_once_at(target)
    return context.path_of(document) if document else None


def _relative(content: Content, path: str) -> str:
    return posixpath.relpath(path, posixpath.dirname(content.path) or ".")


def _severity(dossier: Dossier) -> Severity:
    """A draft must not point to what is obsolete; what is in force is put right in its next revision."""
    return (
        Severity.ERROR if dossier.draft and dossier.revision(dossier.draft.content.label) is None else Severity.WARNING
    )


RULES = (
    Rule("RF601", "broken-link", Severity.ERROR, "ISO 9001 7.5.3.1 a", broken_link),
    Rule("RF602", "link-to-obsolete", Severity.WARNING, "ISO 9001 7.5.3.2", link_to_obsolete),
    Rule("RF603", "unknown-reference", Severity.ERROR, "ISO 9001 7.5.3.1 a", unknown_reference),
    Rule("RF604", "missing-attachment", Severity.ERROR, "ISO 9001 7.5.3.1 a", missing_attachment),
    Rule("RF605", "unlisted-attachment", Severity.ERROR, "ISO 9001 7.5.3.1 b", unlisted_attachment),
)
