"""Identity: every document has one id, for life, that nothing else has (ISO 9001:2015, 7.5.2 a)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from qmsdocs.document import same_id
from qmsdocs.lifecycle import Dossier
from qmsdocs.model import Severity, Source
from qmsdocs.rules.base import Context, Found, Rule, problems


def no_metadata(context: Context) -> Iterator[Found]:
    """A file in a documents folder has no front matter, so nobody can say which document it is.

    Bad:
        # Control of documents
    Good:
        ---
        id: QP-001
        title: Control of documents
        ---
    Remedy: add the front matter, move the file out of the documents folders, or list it under
    `ignore` in `[repository]` of qms.toml.
    Allow: `ignore = ["documents/README.md"]` under `[repository]`: the files of these globs are not controlled (`*`
    goes over folders too).
    """
    yield from problems(context, "no-metadata")


def missing_id(context: Context) -> Iterator[Found]:
    """The front matter has no id.

    Bad:
        title: Control of documents
    Good:
        id: QP-001
        title: Control of documents
    Remedy: give it the next free id; `qmsdocs new` does so by itself.
    Allow: `id = "doc_no"` under `[front_matter]`, where your ids stand under a name of your own;
    `ignore = ["documents/notes/*"]` under `[repository]`, where the file is not to be controlled.
    """
    for path, text in context.state.unread.items():
        if text.readable and not text.text("id"):
            own = context.state.policy.names.own("id")
            yield Found(Source(path, 1), f"the front matter has no '{own}'", f"Add '{own}: …' with an id that is free")


def invalid_id(context: Context) -> Iterator[Found]:
    """An id has characters that cannot stand in a file name everywhere, or is longer than 64.

    Bad:
        id: QP 001/a
    Good:
        id: QP-001a
    Remedy: use letters, digits, `.`, `_` and `-`, starting with a letter or digit.
    Allow: Nothing does for a controlled document: its id becomes part of file names. `ignore` under `[repository]`
    takes out a file that is not to be controlled.
    """
    yield from problems(context, "invalid-id")


def duplicate_id(context: Context) -> Iterator[Found]:
    """Two files have the same id.

    Bad:
        documents/QP-001.md and documents/copy-of-QP-001.md, both with `id: QP-001`
    Good:
        one file for each id
    Remedy: remove the copy, or give it an id of its own.
    Allow: `ignore = ["documents/copies/*"]` under `[repository]`, where one of the two is not to be controlled.
    Nothing does for two controlled documents.
    """
    for dossier, _ in context.documents:
        paths = sorted(dossier.paths)
        for path in paths[1:]:
            yield _at(
                context,
                dossier,
                path,
                f"the id '{dossier.id}' stands in {paths[0]} too",
                "Remove one of the two, or give it an id of its own",
            )


def lookalike_id(context: Context) -> Iterator[Found]:
    """Two ids differ only by case or by the way Unicode writes the same characters, so people will take one for the other.

    Bad:
        id: QP-001 in one file and id: qp-001 in another
    Good:
        id: QP-001 and id: QP-002
    Remedy: give one of them another id.
    Allow: `ignore = ["documents/copies/*"]` under `[repository]`, where one of the two is not to be controlled.
    Nothing does for two controlled documents.
    """
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for dossier, _ in context.documents:
        if dossier.paths:
            group = groups[same_id(dossier.id)]
            group[dossier.id] = dossier.path or ""
            group.update({other: context.path_of(other) or "" for other in context.elsewhere.alike(dossier.id)})
    for group in groups.values():
        first, *others = sorted((pair for pair in group.items() if pair[1]), key=lambda pair: pair[1])
        for other, path in others:
            known = context.by_id.get(other)
            if known:
                yield _at(
                    context,
                    known[0],
                    path,
                    f"the id '{other}' looks like '{first[0]}' ({first[1]})",
                    "Give one of them another id",
                )


def wrong_prefix(context: Context) -> Iterator[Found]:
    """An id does not start with the prefix that the policy gives to its type.

    Bad:
        id: WI-004
        type: procedure
    Good:
        id: QP-004
        type: procedure
    Remedy: correct the type; an id that was ever approved stays as it is.
    Allow: leave `prefix` out of `[types.ID]`: then a document that states this type may have any id.
    """
    for dossier, _ in context.documents:
        content = dossier.current
        kind = dossier.draft.type if dossier.draft else None
        if content and kind and kind.prefix and not dossier.revisions and not dossier.id.startswith(f"{kind.prefix}-"):
            yield _at(
                context,
                dossier,
                content.path,
                f"a {kind.name.lower()} has an id like {kind.prefix}-001",
                "Correct the type or the id",
            )


def _at(context: Context, dossier: Dossier, path: str, message: str, remedy: str) -> Found:
    blob = context.state.tree.get(path, "")
    text = context.library.texts[context.state.policy.names].get(blob)
    return Found(Source(path, text.line("id") if text else 1), message, remedy, dossier.id)


RULES = (
    Rule("ID101", "no-metadata", Severity.ERROR, "ISO 9001 7.5.2 a", no_metadata),
    Rule("ID102", "missing-id", Severity.ERROR, "ISO 9001 7.5.2 a", missing_id),
    Rule("ID103", "invalid-id", Severity.ERROR, "ISO 9001 7.5.2 a", invalid_id),
    Rule("ID104", "duplicate-id", Severity.ERROR, "ISO 9001 7.5.2 a", duplicate_id),
    Rule("ID105", "lookalike-id", Severity.ERROR, "ISO 9001 7.5.2 a", lookalike_id),
    Rule("ID106", "wrong-prefix", Severity.WARNING, "your policy", wrong_prefix),
)
