"""The preview: a server for one person on this machine, which shows each document as its file stands and says when it changed.

It listens on the loopback address alone, answers GET alone, and refuses requests that name another host, so that no page
of the web can reach it through a name that leads here (DNS rebinding). Pages are made when they are asked for, from the
file as it is then and from what the last check knew; so a save shows at once, and its findings a moment later. Live reload
is a stream of server-sent events (HTML Standard, section 9.2).
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from qmsdocs.document import MAX_DOCUMENT, DocumentText, KeyNames, body_of, read_document
from qmsdocs.library import Library
from qmsdocs.lifecycle import Content, Revision, State, in_force, revision_status
from qmsdocs.load import WORKTREE
from qmsdocs.model import Finding, QmsError, Status
from qmsdocs.plumbing import Plumbing
from qmsdocs.policy import POLICY_PATH
from qmsdocs.register import build_register, owner_name
from qmsdocs.site.catalogue import UNTITLED, Catalogue, Entry, Material
from qmsdocs.site.engine import Engine, Frame
from qmsdocs.site.markdown import Resolve, Target
from qmsdocs.site.names import SVG, extension
from qmsdocs.site.preview import (
    ASSETS,
    Row,
    Stray,
    Words,
    Writing,
    address,
    counts,
    document_page,
    list_page,
    missing_page,
    part,
)
from qmsdocs.site.svg import is_passive_svg
from qmsdocs.status import outlook

LOOPBACK = "127.0.0.1"
PORT = 8765  # the first choice, so that a page left open finds the server again
_NAMES = (LOOPBACK, "localhost", "[::1]")
_ALL = "*"
_GATHER = 0.03  # seconds in which the events of one save are taken as one
_AT_ONCE = 50  # documents that are told of without waiting for quiet
_SIGN_OF_LIFE = 20  # seconds
_PICTURES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    SVG: "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was read last with success."""

    text: DocumentText
    body: str


class _Known:
    """What the last check knew."""

    def __init__(self, repository: Plumbing, library: Library, state: State, findings: tuple[Finding, ...]) -> None:
        self.repository, self.library, self.state = repository, library, state
        self.findings = tuple(finding for finding in findings if counts(finding))
        self.svgs: dict[str, bool] = {}
        register = build_register(state, findings)
        material = Material(register, state, outlook(state), {}, self.passive(), library.pointers)
        self.catalogue = Catalogue(material)
        self.engine = Engine(Frame(state.policy.organisation, accent=state.policy.brand.colour))
        self.ids = {entry.address: entry.id for entry in self.catalogue.entries.values()}
        self.files = {
            blob: name
            for entry in self.catalogue.entries.values()
            for content in _contents(entry)
            for name, blob in content.attachments.items()
        }

    def passive(self) -> frozenset[str]:
        """The SVG attachments of which nothing can run."""
        drawn = {
            blob
            for dossier in self.state.dossiers.values()
            for content in (*dossier.contents.values(), *filter(None, dossier.paths.values()))
            for name, blob in content.attachments.items()
            if extension(name) == SVG and blob not in self.library.pointers
        }
        return frozenset(blob for blob, data in self.blobs(drawn).items() if is_passive_svg(data))

    def blobs(self, wanted: set[str]) -> dict[str, bytes]:
        """Bytes by blob, from the files where they are not committed."""
        held = {blob: data for blob, data in self.library.uncommitted.items() if blob in wanted}
        rest = sorted(wanted - held.keys())
        return held | (dict(self.repository.blobs(rest, MAX_DOCUMENT + 1)) if rest else {})

    def body(self, content: Content) -> str:
        """The body of a content; of the policy, all of it."""
        data = self.blobs({content.blob})[content.blob]
        return data.decode("utf-8", "replace") if content.path == POLICY_PATH else body_of(data)

    def in_force(self, entry: Entry) -> Revision | None:
        """The revision in force, by what has landed: an approval in a file here is none yet."""
        found = in_force(self.landed(entry), self.state.as_of)
        status = revision_status(found, self.landed(entry), self.state.as_of) if found else None
        return found if status is Status.EFFECTIVE else None

    def landed(self, entry: Entry) -> list[Revision]:
        """The revisions whose approval is on the mainline."""
        line = self.library.landings
        return [one for one in entry.dossier.revisions if line[one.landing].commit.id != WORKTREE]

    def path(self, entry: Entry) -> str | None:
        """The file of a document, None where there is none."""
        return entry.dossier.path

    def resolve(self, content: Content) -> Resolve:
        """How the links of a text are found."""

        def found(written: str) -> Target | None:
            place = self.catalogue.target(content, written)
            if place is None:
                return None
            if place.page:
                return Target(address(self.ids[place.address]), place.title)
            name = place.address.rpartition("/")[2]
            return Target(f"/{ASSETS}/files/{place.content}/{name}", place.title, False, place.content)

        return found


def _contents(entry: Entry) -> Iterator[Content]:
    yield from entry.dossier.contents.values()
    yield from filter(None, entry.dossier.paths.values())
    yield from (revision.content for revision in entry.dossier.revisions)


@dataclass(eq=False)
class Preview:
    """What the server shows. One thread tells it of saves and checks, others ask it for pages."""

    root: Path
    _known: _Known | None = None
    _trouble: str | None = "The first check is not done yet."
    _saves: int = 0
    _checked: int = 0
    _good: dict[str, _File] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)
    _listeners: set[queue.Queue[str]] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # --- what happens -----------------------------------------------------------------------------------------

    def saved(self, file: str) -> None:
        """A file changed; whoever has its document open is told at once."""
        with self._lock:
            self._saves += 1
            with suppress(ValueError):
                path = Path(file).relative_to(self.root).as_posix()
                self._tell(next((document for document, known in self._paths.items() if known == path), ""))

    def begins(self) -> int:
        """A check begins; what it returns is given back with its outcome."""
        return self._saves

    def checked(
        self, begun: int, repository: Plumbing, library: Library, state: State, findings: tuple[Finding, ...]
    ) -> None:
        """A check is done."""
        known = _Known(repository, library, state, findings)
        with self._lock:
            self._known, self._trouble, self._checked = known, None, begun
            for entry in known.catalogue.entries.values():
                if path := known.path(entry):
                    self._paths[entry.id] = path
            self._tell(_ALL)

    def failed(self, begun: int, why: str) -> None:
        """A check could not be done; what was known stays."""
        with self._lock:
            self._trouble, self._checked = why, begun
            self._tell(_ALL)

    def _tell(self, document: str) -> None:
        for listener in self._listeners:
            listener.put(document)

    @contextmanager
    def listening(self) -> Iterator[queue.Queue[str]]:
        """The ids of documents that change, while it lasts; `*` for all of them."""
        events: queue.Queue[str] = queue.Queue()
        with self._lock:
            self._listeners.add(events)
        try:
            yield events
        finally:
            with self._lock:
                self._listeners.discard(events)

    # --- what is shown ----------------------------------------------------------------------------------------

    @property
    def engine(self) -> Engine:
        """The templates."""
        return self._known.engine if self._known else _BARE

    def list(self) -> str:
        """The page with all documents."""
        with self._lock:
            known, checking = self._known, self._saves > self._checked
            if known is None:
                return list_page((), (), self._trouble, checking, _BARE)
            found: dict[str | None, int] = {}
            for finding in known.findings:
                found[finding.document] = found.get(finding.document, 0) + 1
            rows = [self._row(entry, found.get(entry.id, 0), known) for entry in known.catalogue.entries.values()]
            rows.sort(key=lambda row: -self._age(row.path))
            strays = [Stray(path, _why(text)) for path, text in sorted(known.state.unread.items())]
            return list_page(rows, strays, self._trouble, checking, known.engine)

    def document(self, document: str, redline: bool) -> str | None:
        """The page of a document; None where there is none."""
        with self._lock:
            entry = self._known.catalogue.entries.get(document) if self._known else None
            if self._known is None or entry is None:
                return None
            return document_page(self._writing(entry, self._known), redline, self._trouble, self._known.engine)

    def missing(self, document: str) -> str:
        """The page that says so."""
        return missing_page(document, self._trouble, self.engine)

    def file(self, blob: str) -> tuple[bytes, str] | None:
        """The bytes of an attachment and its media type; one that no browser may run."""
        with self._lock:
            known = self._known
            if known is None or blob not in known.files or blob in known.library.pointers:
                return None
            data = known.blobs({blob})[blob]
            if len(data) > MAX_DOCUMENT:
                return None
            shown = known.catalogue.is_picture(known.files[blob], blob)
            kind = _PICTURES[extension(known.files[blob])] if shown else "application/octet-stream"
            return data, kind

    def _age(self, path: str) -> float:
        try:
            return (self.root / path).lstat().st_mtime
        except OSError:
            return 0.0

    def _row(self, entry: Entry, found: int, known: _Known) -> Row:
        path, current = self._paths.get(entry.id) or entry.content.path, entry.dossier.current
        status = None if entry.is_record else self._status(entry, current.digest, known) if current else entry.status
        title = (current or entry.content).text.text("title") or UNTITLED
        draft = status in (Status.DRAFT, Status.IN_REVIEW)
        return Row(entry.id, title, path, status.value if status else None, draft, found)

    def _writing(self, entry: Entry, known: _Known) -> Writing:
        content = entry.dossier.current or entry.content
        path = self._paths.get(entry.id)
        file, problem = self._read(entry.id, path, content, known)
        text, owner = file.text, file.text.text("owner")
        status = None if entry.is_record else self._status(entry, self._digest(text, content, known), known)
        current = known.in_force(entry)
        is_current = current is not None and status is Status.EFFECTIVE
        before = current.content if current else None
        return Writing(
            id=entry.id,
            path=path,
            type_name=entry.type.name if entry.type else text.text("type"),
            revision=text.text("revision") or content.label,
            owner=owner_name(owner, known.state) or owner,
            change=text.text("change"),
            status=status.value if status else None,
            in_force=is_current,
            standing=_standing(status, current),
            words=_words(text, file.body, content, known),
            before=(before.label, _words(before.text, known.body(before), before, known)) if before else None,
            findings=tuple(f for f in known.findings if f.document == entry.id or (path and f.source.path == path)),
            problem=problem,
            checking=self._saves > self._checked,
        )

    def _digest(self, text: DocumentText, content: Content, known: _Known) -> str:
        """The content digest of a text as it stands now; of the policy, which is no Markdown, as it was checked."""
        if content.path == POLICY_PATH:
            return content.digest
        attached = {name: known.library.attachments.get(blob, "") for name, blob in content.attachments.items()}
        return text.content(attached)

    def _status(self, entry: Entry, digest: str, known: _Known) -> Status:
        """The status of a text: that of the revision it is word for word, else a draft's."""
        landed = known.landed(entry)
        approved = next((one for one in landed if one.content.digest == digest), None)
        if approved:
            return revision_status(approved, landed, known.state.as_of)
        draft = entry.dossier.draft
        if draft and draft.content.digest == digest:
            return draft.status
        signed = any(one.content.digest == digest for one in entry.dossier.revisions)
        return Status.IN_REVIEW if signed else Status.DRAFT  # signed here, and not landed

    def _read(self, document: str, path: str | None, content: Content, known: _Known) -> tuple[_File, str | None]:
        """A file as it stands; where that cannot be read, the last that could, and why."""
        last = self._good.get(document) or _File(content.text, known.body(content))
        if path is None:
            return last, None
        if path == POLICY_PATH:
            return _File(content.text, known.body(content)), None
        try:
            data = _bytes(self.root, path)
        except OSError as error:
            return last, f"{path}: {error.strerror or error}."
        text = read_document(data, _names(known))
        if not text.readable:
            return last, f"{path}:{text.problems[0].line}: {text.problems[0].message}."
        if text.id != document:
            return last, f"{path}: its id is {text.id or 'missing'}, no longer {document}."
        self._good[document] = _File(text, body_of(data))
        return self._good[document], None


_BARE = Engine(Frame("qmsdocs"))


def _names(known: _Known) -> KeyNames:
    return known.state.policy.names


def _bytes(root: Path, path: str) -> bytes:
    """A file of the repository, never what a symbolic link leads to."""
    file = root / path
    if any(place.is_symlink() for place in (file, *file.parents) if place.is_relative_to(root) and place != root):
        raise OSError("a symbolic link stands in its place")
    with file.open("rb") as stream:
        return stream.read(MAX_DOCUMENT + 1)


def _why(text: DocumentText) -> str:
    found = text.problems[0] if text.problems else None
    return f"line {found.line}: {found.message}" if found else "it has no id"


def _words(text: DocumentText, body: str, content: Content, known: _Known) -> Words:
    plain = content.path == POLICY_PATH
    return Words(text.text("title") or UNTITLED, body, text.body_line, known.resolve(content), plain)


def _standing(status: Status | None, current: Revision | None) -> str:
    """What the status of the text means for whoever looks at it."""
    if status is Status.EFFECTIVE:
        return "The file holds the text in force, word for word."
    instead = f" Revision {current.label} is in force." if current else " Nothing is in force yet."
    return {
        Status.DRAFT: "Nobody has approved this text: do not work by it.",
        Status.IN_REVIEW: "Not all approvals are on the mainline: do not work by it.",
        Status.APPROVED: "Approved; its day has not come.",
    }.get(status or Status.DRAFT, "Do not work by this text.") + instead


# --- the server ---------------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a stream never ends by itself

    def __init__(self, port: int, preview: Preview) -> None:
        self.preview = preview
        super().__init__((LOOPBACK, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 60

    def do_GET(self) -> None:
        if self.headers.get("Host", "").lower() not in {f"{name}:{self.server.server_port}" for name in _NAMES}:
            self.answer(b"This preview answers on the loopback address only.\n", status=HTTPStatus.MISDIRECTED_REQUEST)
            return
        try:
            self.route(urlsplit(self.path).path, urlsplit(self.path).query)
        except QmsError as error:
            self.answer(f"{error}\n".encode("utf-8", "backslashreplace"), status=HTTPStatus.INTERNAL_SERVER_ERROR)

    def route(self, path: str, query: str) -> None:
        """Answer for one address."""
        preview, names = self.server.preview, path.strip("/").split("/")
        if path == "/":
            self.page(preview.list())
        elif path == f"/{ASSETS}/events":
            self.events()
        elif names[:2] == [ASSETS, "files"] and len(names) == 4:
            self.attachment(preview.file(names[2]))
        elif names[0] == ASSETS and len(names) == 2 and (found := part(names[1], preview.engine)):
            self.answer(found[0], found[1])
        elif len(names) == 1 and names[0] != ASSETS:
            document = unquote(names[0])
            shown = preview.document(document, "redline" in query.split("&"))
            missing = shown or preview.missing(document)
            self.page(missing, HTTPStatus.OK if shown else HTTPStatus.NOT_FOUND)
        else:
            self.answer(b"There is nothing here.\n", status=HTTPStatus.NOT_FOUND)

    def page(self, text: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.answer(text.encode("utf-8", "backslashreplace"), "text/html; charset=utf-8", status)

    def attachment(self, found: tuple[bytes, str] | None) -> None:
        """A file of a document: shown where it is a picture, else only to be saved."""
        if found is None:
            self.answer(b"There is no such file.\n", status=HTTPStatus.NOT_FOUND)
            return
        data, kind = found
        saved = {} if kind.startswith("image/") else {"Content-Disposition": "attachment"}
        self.answer(data, kind, more={"Content-Security-Policy": _FILE_POLICY, **saved})

    def answer(
        self,
        data: bytes,
        kind: str = "text/plain; charset=utf-8",
        status: HTTPStatus = HTTPStatus.OK,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.head(status, {"Content-Type": kind, "Content-Length": str(len(data)), **(more or {})})
        self.wfile.write(data)

    def head(self, status: HTTPStatus, named: Mapping[str, str]) -> None:
        self.send_response(status)
        always = {
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        for name, value in (always | dict(named)).items():
            self.send_header(name, value)
        self.end_headers()

    def events(self) -> None:
        """The stream of what changes, until the browser goes away."""
        with self.server.preview.listening() as changed:
            self.head(HTTPStatus.OK, {"Content-Type": "text/event-stream"})
            self.wfile.write(b"retry: 500\n\n")
            while True:
                documents = _gathered(changed)
                line = f"data: {json.dumps(sorted(documents))}" if documents else ": still here"
                self.wfile.write(f"{line}\n\n".encode())

    def version_string(self) -> str:
        """Nothing about what runs here."""
        return "qmsdocs"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is for findings."""


def _gathered(changed: queue.Queue[str]) -> set[str]:
    """What changes next, with what follows at once; empty where nothing does for a while."""
    found: set[str] = set()
    with suppress(queue.Empty):
        found.add(changed.get(timeout=_SIGN_OF_LIFE))
        while len(found) < _AT_ONCE:
            found.add(changed.get(timeout=_GATHER))
    return found


@contextmanager
def serving(preview: Preview, port: int | None) -> Iterator[str]:
    """Serve a preview while it lasts; gives its address. Without a port, a usual one, else any that is free.

    Raises QmsError for a port that is taken.
    """
    server = _started(preview, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _started(preview: Preview, port: int | None) -> _Server:
    try:
        return _Server(PORT if port is None else port, preview)
    except OSError as error:
        if port is None:
            return _Server(0, preview)
        raise QmsError(
            f"The preview cannot use port {port} ({error.strerror}); name another with '--port', or leave it out."
        ) from None
