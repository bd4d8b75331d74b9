"""Trailers of a commit message: which documents, in which revision, a commit touches (git-interpret-trailers(1))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from qmsdocs.document import ID_FORM, DocumentText
from qmsdocs.history import Change
from qmsdocs.library import is_signed_path

TOKEN = "Document"
_MOST = 50  # a merge or an import that touches more says so by its subject
_LINE = re.compile(rf"(?m)^{TOKEN}: (\S+)(?: rev (\S+))?[ \t]*\n?")


def document_trailers(changes: Iterable[Change], texts: Mapping[str, DocumentText]) -> list[str]:
    """A trailer (`Document: QP-001 rev 4`) for each document that some changes touch, in the order of their paths; none
    where there are too many to be of use. `texts` are the documents by blob, after the change or before it.
    """
    found = dict.fromkeys(_named(changes, texts))
    if len(found) > _MOST:
        return []
    return [
        f"{TOKEN}: {document} rev {revision}" if revision else f"{TOKEN}: {document}" for document, revision in found
    ]


def without_stale(message: str, trailers: Iterable[str]) -> str:
    """A message without the trailers of the same documents that an earlier version of it had."""
    found = (_LINE.match(line) for line in trailers)
    documents = {match[1] for match in found if match}
    return _LINE.sub(lambda line: "" if line[1] in documents else line[0], message)


def says_nothing(message: str, comment: str) -> bool:
    """Whether a message holds comments alone: then git gives the commit up, and must go on doing so."""
    return not any(line.strip() and not line.startswith(comment) for line in message.splitlines())


def _named(changes: Iterable[Change], texts: Mapping[str, DocumentText]) -> Iterator[tuple[str, str | None]]:
    for change in changes:
        if is_signed_path(change.path):
            parts = change.path.split("/")
            if len(parts) == 5 and ID_FORM.fullmatch(parts[2]) and ID_FORM.fullmatch(parts[3]):
                yield parts[2], parts[3]
            continue
        text = texts.get(change.new or change.old or "")
        if text is not None and text.id is not None:
            revision = text.text("revision")
            yield text.id, revision if revision and ID_FORM.fullmatch(revision) else None
