"""`check --fix`: what is wrong in a draft and has one right answer, put right in its text; all else is left to its author.

Mended are a label that does not follow the last approved one, files that belong to the text and are not attached, links
to where a document stood before it moved, line ends and byte order marks. Never touched: what is approved as it stands,
what somebody signed, a record that has landed, the policy, signed records.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qmsdocs import authoring, labels
from qmsdocs.document import DocumentText, Value, body_of, read_document
from qmsdocs.editing import edit_keys, edit_line_ends, edit_link
from qmsdocs.library import DOCUMENT_SUFFIXES
from qmsdocs.lifecycle import Dossier, Draft, Standing, attachment_path
from qmsdocs.links import Link, read_links
from qmsdocs.model import Finding, Kind, QmsError, Severity, Status
from qmsdocs.policy import POLICY_PATH
from qmsdocs.rules import Context

_REVISION = {"RE301", "RE302", "RE303"}
_ATTACHMENTS, _LINKS = "RF605", "RF601"
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class File:
    """A document's file: its bytes, those that landed last at its path, and whether git makes its line ends LF by itself."""

    data: bytes
    landed: bytes | None = None
    converted: bool = False


@dataclass(frozen=True, slots=True)
class Fix:
    """What becomes of a file (`after` is `before` where nothing does), what was `done`, and what was `left` to its author and why."""

    path: str
    document: str
    before: bytes
    after: bytes
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def fixable(context: Context) -> tuple[str, ...]:
    """The paths of the files that a fix may change."""
    return tuple(
        dossier.path
        for dossier, standing in context.documents
        if dossier.path and _untouchable(context, dossier, standing) is None
    )


def fixes(context: Context, findings: Sequence[Finding], files: Mapping[str, File]) -> Iterator[Fix]:
    """A fix for every file that needs one; of `fixable` files, those not among `files` are left out."""
    asked = _asked(findings)
    for dossier, standing in context.documents:
        path, codes = dossier.path, asked.get(dossier.id, frozenset())
        if path is None:
            continue
        why = _untouchable(context, dossier, standing)
        if why is not None:
            if codes:
                yield Fix(path, dossier.id, b"", b"", left=(why,))
        elif path in files:
            fix = _Fixing(context, dossier, path, files[path]).fix(codes)
            if fix.after != fix.before or fix.left:
                yield fix


def _asked(findings: Sequence[Finding]) -> dict[str, frozenset[str]]:
    """The codes that can be mended, by document; a skipped label that is approved, and a link to nothing, cannot."""
    asked: dict[str, frozenset[str]] = {}
    for finding in findings:
        error = finding.severity is Severity.ERROR
        wanted = (
            finding.code == _ATTACHMENTS
            or (finding.code in _REVISION and error)
            or (finding.code == _LINKS and not error)
        )
        if wanted and finding.document:
            asked[finding.document] = asked.get(finding.document, frozenset()) | {finding.code}
    return asked


def _untouchable(context: Context, dossier: Dossier, standing: Standing) -> str | None:
    """Why a file is not edited, None where it may be."""
    draft = dossier.draft
    if dossier.path == POLICY_PATH:
        return f"the policy is changed by hand: 'qmsdocs revise {dossier.id} --change \"…\"'"
    if len(dossier.paths) > 1:
        return f"{len(dossier.paths)} files have the id {dossier.id}, and only you know which is meant"
    if standing.status is Status.OBSOLETE:
        return "the document is obsolete"
    if draft is None:
        return (
            f"this text is approved; it can change with its next revision: 'qmsdocs revise {dossier.id} --change \"…\"'"
        )
    if draft.type is None:
        return "the policy does not know its type, so nothing says what may change in it"
    if draft.type.kind is Kind.RECORD and any(context.commit(known.commit) for known in dossier.contents.values()):
        return "a record that has landed is put right by hand"
    if draft.acts:
        signers = ", ".join(dict.fromkeys(act.record.name for act in draft.acts))
        return f"{signers} signed this very text; edit it by hand, and it is signed anew"
    return _forked(dossier, draft)


def _forked(dossier: Dossier, draft: Draft) -> str | None:
    """Why a text under an approved label cannot be the next revision: it does not build on the last one."""
    label, last = draft.content.label, dossier.revisions[-1].label if dossier.revisions else ""
    if dossier.revision(label) is None or label == last:
        return None
    return (
        f"this is revision {label} changed, and revision {last} is approved since; compare them first "
        f"('qmsdocs diff {dossier.id} {label} {last}') and write the change into revision {last}"
    )


class _Fixing:
    """One file on its way; what is done and left is noted as it goes."""

    def __init__(self, context: Context, dossier: Dossier, path: str, file: File) -> None:
        self.context, self.dossier, self.path, self.file = context, dossier, path, file
        self.names = context.state.policy.names
        self.data = file.data
        self.done: list[str] = []
        self.left: list[str] = []

    def fix(self, codes: frozenset[str]) -> Fix:
        if codes & _REVISION and not self._step(self._revision) and self._is_approved():
            return self._fix()  # without its next revision nothing in it may change
        if _ATTACHMENTS in codes:
            self._step(self._attachments)
        if _LINKS in codes:
            self._step(self._links)
        self._step(self._line_ends)
        return self._fix()

    def _step(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except (ValueError, QmsError) as error:
            self.left.append(str(error).rstrip("."))
            return False
        return True

    def _is_approved(self) -> bool:
        return self.dossier.revision(self._text.text("revision") or "") is not None

    def _fix(self) -> Fix:
        return Fix(self.path, self.dossier.id, self.file.data, self.data, tuple(self.done), tuple(self.left))

    # --- line ends --------------------------------------------------------------------------------------------

    def _line_ends(self) -> None:
        """One kind of line end, LF or the CRLF that the file had throughout; no byte order mark."""
        newline = None
        if b"\r\n" not in self.data and not self.data.startswith(_MARK):
            return
        if b"\r\n" in self.data and not self.file.converted:
            newline = b"\r\n" if _is_crlf(self.file.landed or b"") else b"\n"
        edited = edit_line_ends(self.data, newline, self.names)
        if self.data.startswith(_MARK):
            self.done.append("its byte order mark is removed")
        if self.data.removeprefix(_MARK) != edited:
            self.done.append(f"every line ends in {'CRLF' if _is_crlf(edited) else 'LF'}")
        self.data = edited

    # --- the revision -----------------------------------------------------------------------------------------

    def _revision(self) -> None:
        """The next label. A change summary that speaks of the last revision is emptied, so that the gate asks for a new one."""
        if not self.dossier.revisions or self.dossier.draft is None:
            raise ValueError(
                f"only you know whether revision {self._text.text('revision')} was approved on paper "
                f"('qmsdocs baseline {self.dossier.id}'), or the first one is to be written"
            )
        last = self.dossier.revisions[-1]
        label = _next_label(self.dossier, self.dossier.draft)
        changes: dict[str, Value | None] = {"revision": label}
        before = self._text.text("revision")
        stale = self._text.text("change") is not None and self._text.text("change") == last.content.text.text("change")
        if stale:
            changes["change"] = ""
        self._edit(changes)
        self.done.append(f"revision {before} becomes {label}")
        if stale:
            own = self.names.own("change")
            self.done.append(f"'{own}' still told of revision {last.label} and is empty now: say what changes")

    # --- links and attachments --------------------------------------------------------------------------------

    def _links(self) -> None:
        for link, target in self._linked():
            new = self._moved(link, target)
            if new is None:
                continue
            edited = edit_link(self.data, link.target, new)
            if edited == self.data:
                self.left.append(
                    f"the link to {link.target} is written in a way that is not edited for you; make it {new}"
                )
            else:
                self.data = edited
                self.done.append(f"{link.target} has moved: the link leads to {new}")

    def _moved(self, link: Link, target: str) -> str | None:
        """Where a link to a document's old place is to lead, None where it is none (as RF601 has it)."""
        context = self.context
        document = context.document_once_at(target)
        if context.has_file(target) or context.has_folder(target) or document is None:
            return None
        path = context.path_of(document)
        if path is None or context.withdrawn(document) is not None:
            return None
        return f"/{path}" if link.target.startswith("/") else self._relative(path)

    def _attachments(self) -> None:
        listed = {attachment_path(self.path, name) for name in self._text.items("attachments")}
        missing = [t for link, t in self._linked() if t not in listed and self._belongs(link, t)]
        names = tuple(self._relative(target) for target in dict.fromkeys(missing))
        if any(name != name.strip() for name in names):
            raise ValueError("a file whose name begins or ends with a space cannot be attached; rename it")
        if not names:
            return
        self._edit(
            {"attachments": _longer(self._text.front.get("attachments"), self._text.items("attachments"), names)}
        )
        self.done.append(f"attached: {', '.join(names)}")

    def _belongs(self, link: Link, target: str) -> bool:
        """Whether a file that a link leads to is part of the text (as RF605 has it)."""
        if self.context.document_at(target) or target.lower().endswith(DOCUMENT_SUFFIXES):
            return False
        return self.context.has_file(target) and (link.embeds or bool(posixpath.splitext(target)[1]))

    def _linked(self) -> list[tuple[Link, str]]:
        """The links of the text, each once, with the path in the repository that it leads to."""
        links = dict.fromkeys(read_links(body_of(self.data), self._text.body_line))
        once = {link.target: link for link in sorted(links, key=lambda link: link.embeds)}
        ordered = [once[target] for target in dict.fromkeys(link.target for link in links)]
        return [(link, self._target(link.target)) for link in ordered]

    def _target(self, written: str) -> str:
        rooted = written.startswith("/")
        return posixpath.normpath(written.removeprefix("/")) if rooted else attachment_path(self.path, written)

    def _relative(self, path: str) -> str:
        return posixpath.relpath(path, posixpath.dirname(self.path) or ".")

    # --- the text ---------------------------------------------------------------------------------------------

    @property
    def _text(self) -> DocumentText:
        return read_document(self.data, self.names)

    def _edit(self, changes: Mapping[str, Value | None]) -> None:
        self.data = edit_keys(self.data, changes, self.names)


def _is_crlf(data: bytes) -> bool:
    """Whether every line ends in CRLF."""
    return b"\r\n" in data and data.count(b"\r\n") == data.count(b"\n")


def _next_label(dossier: Dossier, draft: Draft) -> str:
    """The label after the last approved one. Raises ValueError where the draft's own does not say which of two is meant."""
    kind, written, last = draft.type, draft.content.label, dossier.revisions[-1].label
    minor = kind is not None and dossier.revision(written) is None and labels.is_minor(kind.scheme, written)
    if kind is None or not minor or not labels.is_label(kind.scheme, last):
        return authoring.label_after(dossier)
    major, next_minor = labels.next_labels(kind.scheme, last)
    if labels.order(kind.scheme, written)[0] != labels.order(kind.scheme, last)[0]:
        raise ValueError(
            f"only you know whether revision {written} is to be {major} or the administrative {next_minor}"
        )
    return next_minor


def _longer(value: Value | None, items: tuple[str, ...], more: tuple[str, ...]) -> Value:
    """A list with more items, written as it was: as a list, or as one text with commas."""
    if isinstance(value, tuple):
        return (*value, *more)
    if not items or any("," in name for name in more):
        return (*items, *more)
    return ", ".join((*items, *more))
