"""The index: which commits concern which document, kept beside the objects so that a hook need not read the whole history.

It is a cache and nothing else: written whole under another name and moved into place, so a reader finds the old one or the new
one; read without locks; dropped and built anew whenever it does not fit. It holds what git says of the mainline up to one
commit, and which signatures were found to fit which bytes; it says of no approval that it counts. Neither `audit` nor a server looks
at it.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from qmsdocs.codec import decoder, encode
from qmsdocs.document import same_id
from qmsdocs.history import Change, Commit
from qmsdocs.library import Library, PolicyVersion, is_policy_path, is_signed_path
from qmsdocs.lifecycle import State, attachment_path, is_cancelled
from qmsdocs.model import Identity

VERSION = 2  # of what the index holds; raised with every change of what is kept or how it is read
_FILE = f"qmsdocs/index-{VERSION}.sqlite"
_STALE = 3600  # seconds
_NAMED = re.compile(rb"(?m)^document: ([^\s\"']+)[ \t]*$")
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE landings (place INTEGER PRIMARY KEY, id TEXT, time INTEGER, wrong INTEGER, clock INTEGER);
CREATE TABLE commits (number INTEGER PRIMARY KEY, id TEXT, place INTEGER, header TEXT);
CREATE TABLE touches (document TEXT, number INTEGER, changes TEXT, PRIMARY KEY (document, number)) WITHOUT ROWID;
CREATE TABLE places (path TEXT PRIMARY KEY, document TEXT, stands INTEGER) WITHOUT ROWID;
CREATE TABLE attached (path TEXT, document TEXT, PRIMARY KEY (path, document)) WITHOUT ROWID;
CREATE TABLE policies (blob TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE verified (record TEXT, signature TEXT, PRIMARY KEY (record, signature)) WITHOUT ROWID;
CREATE TABLE documents (id TEXT PRIMARY KEY, alike TEXT, path TEXT, ends TEXT, replacement TEXT) WITHOUT ROWID;
"""
_INDEXES = """
CREATE UNIQUE INDEX landed ON landings (id);
CREATE UNIQUE INDEX known ON commits (id);
CREATE INDEX alike ON documents (alike);
"""


@dataclass(frozen=True, slots=True)
class Landed:
    """A commit of the mainline: its place there from 0, when it landed, and whether its committer's clock was wrong."""

    place: int
    id: str
    time: int
    clock_wrong: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A document as the index has it: its path (empty where its file is gone), and from when it is obsolete, if ever."""

    path: str
    ends: date | None
    replacement: str


class Index:
    """An index that fits this version, to be asked. What it answers holds at the commit `head`.

    `last` is the place of that commit, `mainline` the branch, `policy` the policy's id.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._ask = connection
        meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta"))
        if meta.get("version") != str(VERSION):
            raise sqlite3.DatabaseError("another version")
        self.head, self.mainline, self.policy = meta["head"], meta["mainline"], meta["policy"]
        self.last = int(meta["last"])

    def landed(self, commit: str) -> Landed | None:
        """A commit's place on the mainline, None where it has none."""
        row = self._one("SELECT place, id, time, wrong FROM landings WHERE id = ?", commit)
        return Landed(row[0], row[1], row[2], bool(row[3])) if row else None

    def clocks(self, until: int, count: int) -> list[tuple[int, int]]:
        """The committers' clocks of the last landings up to a place, oldest first, each with the time it was taken to have landed."""
        rows = self._ask.execute(
            "SELECT clock, time FROM landings WHERE place <= ? ORDER BY place DESC LIMIT ?", (until, count)
        )
        return rows.fetchall()[::-1]

    def seen(self, commit: str) -> int | None:
        """The earliest time at which a commit can have been seen on the mainline, None where it never was there."""
        row = self._one("SELECT min(clock, time) FROM landings WHERE id = ?", commit)
        return row[0] if row else None

    def knows(self, commit: str) -> bool:
        """Whether a commit is in the history of the mainline, on it or on a branch that was merged."""
        return self._one("SELECT 1 FROM commits WHERE id = ?", commit) is not None

    def touching(self, documents: Iterable[str], until: int) -> Iterator[tuple[Landed, list[Commit]]]:
        """The landings up to a place that concern some documents, oldest first, with the commits they brought; each commit has
        the changes that concern those documents alone.
        """
        wanted = sorted(set(documents))
        marks = ",".join("?" * len(wanted))
        rows = self._ask.execute(
            "SELECT c.place, l.id, l.time, l.wrong, c.number, c.id, c.header, t.changes FROM touches t"
            " JOIN commits c ON c.number = t.number JOIN landings l ON l.place = c.place"
            f" WHERE t.document IN ({marks}) AND c.place <= ? ORDER BY t.number",
            (*wanted, until),
        )
        found: dict[int, tuple[Landed, dict[int, tuple[str, str, dict[str, Change]]]]] = {}
        for place, landing, time, wrong, number, commit, header, changes in rows:
            _, commits = found.setdefault(place, (Landed(place, landing, time, bool(wrong)), {}))
            _, _, known = commits.setdefault(number, (commit, header, {}))
            known.update((change[0], Change(*change)) for change in json.loads(changes))
        for landed, commits in found.values():
            yield landed, [_commit(*parts) for parts in commits.values()]

    def header(self, commit: str) -> Commit | None:
        """A commit without its changes."""
        row = self._one("SELECT id, header FROM commits WHERE id = ?", commit)
        return _commit(row[0], row[1], {}) if row else None

    def document_at(self, path: str, once: bool = False) -> str | None:
        """The id of the document that stands at a path, or stood there last where `once`."""
        row = self._one("SELECT document, stands FROM places WHERE path = ?", path)
        return row[0] if row and (once or row[1]) else None

    def attaching(self, path: str) -> list[str]:
        """The documents that have, or had, a file among their attachments."""
        return [row[0] for row in self._ask.execute("SELECT document FROM attached WHERE path = ?", (path,))]

    def document(self, identifier: str) -> Standing | None:
        """A document, None where there never was one with that id."""
        row = self._one("SELECT path, ends, replacement FROM documents WHERE id = ?", identifier)
        return Standing(row[0], date.fromisoformat(row[1]) if row[1] else None, row[2]) if row else None

    def alike(self, identifier: str) -> tuple[str, ...]:
        """Other ids that look like one and have a file."""
        rows = self._ask.execute(
            "SELECT id FROM documents WHERE alike = ? AND id <> ? AND path <> ''", (same_id(identifier), identifier)
        )
        return tuple(row[0] for row in rows)

    def policy_version(self, blob: str) -> PolicyVersion | None:
        """A version of the policy's text as it was read; None where it has to be read again."""
        row = self._one("SELECT value FROM policies WHERE blob = ?", blob)
        try:
            version: PolicyVersion | None = decoder(PolicyVersion)(json.loads(row[0])) if row else None
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        return version

    def __contains__(self, pair: object) -> bool:
        """Whether a record and its signature, by blob, were found to fit."""
        question = "SELECT 1 FROM verified WHERE record = ? AND signature = ?"
        return isinstance(pair, tuple) and self._ask.execute(question, pair).fetchone() is not None

    def close(self) -> None:
        """Let go of the file."""
        self._ask.close()

    def _one(self, question: str, value: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._ask.execute(question, (value,)).fetchone()
        return row


def open_index(git_dir: Path) -> Index | None:
    """The index of a repository; None where there is none, or none that can be read."""
    file = git_dir / _FILE
    if not file.is_file():
        return None
    try:
        return Index(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True))
    except (sqlite3.Error, KeyError):
        return None


def has_index(git_dir: Path) -> bool:
    """Whether an index is there, good or bad."""
    return (git_dir / _FILE).is_file()


def drop_index(git_dir: Path) -> None:
    """Remove what cannot be used."""
    with suppress(OSError):
        (git_dir / _FILE).unlink()


def write_index(git_dir: Path, library: Library, state: State, tell: Callable[[int], object] | None = None) -> bool:
    """Write the index of all that has landed; returns False where the directory cannot be written.

    `tell` is told how many landings are done. Interrupted at any point, it leaves the index that was there.
    """
    file = git_dir / _FILE
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(exist_ok=True)
        _remove_stale(file.parent)
        with closing(sqlite3.connect(part)) as connection:
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
            _fill(connection, library, state, tell or _silently)
            connection.executescript(_INDEXES)
            connection.commit()
        part.replace(file)
    except (OSError, sqlite3.Error):
        with suppress(OSError):
            part.unlink(missing_ok=True)
        return False
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return True


def _remove_stale(folder: Path) -> None:
    """Remove what an interrupted process left behind; another may be at work on a file that is young."""
    newest = max((part.stat().st_mtime for part in folder.iterdir()), default=0.0)
    for part in folder.glob("*.part"):
        if part.stat().st_mtime < newest - _STALE:
            part.unlink(missing_ok=True)


def _silently(_: int) -> None:
    """Say nothing of how far it has come."""


def _fill(connection: sqlite3.Connection, library: Library, state: State, tell: Callable[[int], object]) -> None:
    concerns = _Concerns(library, state)
    number = 0
    for place, landing in enumerate(library.landings):
        if place % 1000 == 0:
            tell(place)
        commit = landing.commit
        connection.execute(
            "INSERT INTO landings VALUES (?, ?, ?, ?, ?)",
            (place, commit.id, landing.time, landing.clock_wrong, commit.committed),
        )
        for brought in landing.brought:
            number += 1
            touched = concerns.of(brought)
            header = _header(brought)
            connection.execute("INSERT INTO commits VALUES (?, ?, ?, ?)", (number, brought.id, place, header))
            rows = [(document, number, json.dumps(changes)) for document, changes in touched.items()]
            connection.executemany("INSERT INTO touches VALUES (?, ?, ?)", rows)
    stands = {path: dossier.id for dossier in state.dossiers.values() for path in dossier.paths}
    once = {touch.path: dossier.id for dossier in state.dossiers.values() for touch in dossier.touches}
    places = [(path, document, path in stands) for path, document in (once | stands).items()]
    connection.executemany("INSERT INTO places VALUES (?, ?, ?)", places)
    attached = [(path, document) for path, documents in concerns.attached.items() for document in documents]
    connection.executemany("INSERT INTO attached VALUES (?, ?)", attached)
    connection.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", _documents(state))
    versions = [(blob, json.dumps(encode(version))) for blob, version in library.policies.items()]
    connection.executemany("INSERT INTO policies VALUES (?, ?)", versions)
    fitting = {
        (act.blob, act.signature) for d in state.dossiers.values() for act in d.acts if act.tied and act.signature
    }
    connection.executemany("INSERT INTO verified VALUES (?, ?)", sorted(fitting))
    meta = {
        "version": str(VERSION),
        "head": library.landings[-1].commit.id,
        "mainline": state.policy.mainline,
        "policy": concerns.policy,
        "last": str(len(library.landings) - 1),
    }
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


class _Concerns:
    """Which documents a change concerns: those that its text names before or after, that ever stood at its path or attached it."""

    def __init__(self, library: Library, state: State) -> None:
        self.library = library
        self.policy = next((d.id for d in state.dossiers.values() if d.revisions and d.revisions[0].root), "")
        self.ids: dict[str, set[str]] = defaultdict(set)
        attachments: dict[str, set[str]] = defaultdict(set)
        for texts in library.texts.values():
            for blob, text in texts.items():
                if text.id:
                    self.ids[blob].add(text.id)
                    attachments[blob].update(text.items("attachments"))
        self.at: dict[str, set[str]] = defaultdict(set)
        self.attached: dict[str, set[str]] = defaultdict(set)
        for landing in library.landings:
            for commit in landing.brought:
                for change in commit.changes:
                    if change.new is not None and change.new in self.ids:
                        self.at[change.path] |= self.ids[change.new]
                        for name in attachments.get(change.new, ()):
                            self.attached[attachment_path(change.path, name)] |= self.ids[change.new]

    def of(self, commit: Commit) -> Mapping[str, list[tuple[str | None, ...]]]:
        """The changes of a commit by the documents they concern."""
        found: dict[str, list[tuple[str | None, ...]]] = defaultdict(list)
        for change in commit.changes:
            for document in self._documents(change):
                found[document].append((change.path, change.old, change.new, change.mode))
        return found

    def _documents(self, change: Change) -> Iterable[str]:
        if is_policy_path(change.path):
            return (self.policy,)
        if is_signed_path(change.path):
            return self._signed(change)
        return self.at.get(change.path, set()) | self.attached.get(change.path, set())

    def _signed(self, change: Change) -> set[str]:
        """What a record names, and what its folder says: a signature has no other way to tell."""
        found = set(signed_folder(change.path))
        for blob in (change.old, change.new):
            named = _NAMED.search(self.library.signed.get(blob or "", b""))
            if named:
                found.add(named[1].decode("utf-8", "replace"))
        return found


def signed_folder(path: str) -> tuple[str, ...]:
    """The document whose signed records lie in a file's folder (`signatures/QP/QP-001/3/…`)."""
    parts = path.split("/")
    return (parts[-3],) if len(parts) >= 4 else ()


def _documents(state: State) -> Iterator[tuple[str, str, str, str | None, str]]:
    for dossier in state.dossiers.values():
        if not dossier.revisions and not dossier.paths:
            continue
        standing = [revision for revision in dossier.revisions if not is_cancelled(revision)]
        last = standing[-1] if standing and standing[-1].content.text.withdrawn else None
        ends = last.effective_on.isoformat() if last else None
        replacement = last.content.text.text("replaced_by") or "" if last else ""
        yield dossier.id, same_id(dossier.id), dossier.path or "", ends, replacement


def _header(commit: Commit) -> str:
    who = [(one.name, one.email) for one in (commit.author, *commit.coauthors)]
    return json.dumps((commit.parents, commit.committed, who, commit.subject))


def _commit(identifier: str, header: str, changes: Mapping[str, Change]) -> Commit:
    parents, committed, who, subject = json.loads(header)
    author, *others = (Identity(*one) for one in who)
    return Commit(identifier, tuple(parents), committed, author, tuple(others), subject, tuple(changes.values()))
