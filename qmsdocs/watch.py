"""Notices that files changed, a moment after the last change, whatever way the editor saves."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

# What watchdog reports of mere reading (opened, closed_no_write) would make us loop: we read every file ourselves.
_CHANGES = ("created", "modified", "deleted", "moved", "closed")
QUIET = 0.2  # seconds without a change, after which the files are taken to be as the author wants them


class _Handler(FileSystemEventHandler):
    def __init__(self, root: Path, changes: queue.Queue[str], at_once: Callable[[str], None]) -> None:
        self.git, self.changes, self.at_once = str(root / ".git"), changes, at_once
        self.moves = str(root / ".git" / "logs")  # git writes there when a branch moves (gitrepository-layout)

    def on_any_event(self, event: FileSystemEvent) -> None:
        path = str(event.dest_path or event.src_path)
        if event.event_type not in _CHANGES or event.is_directory:
            return
        if not path.startswith(self.git) or path.startswith(self.moves):
            self.changes.put(path)
            self.at_once(path)


class Changes:
    """Changes below a folder, gathered into one notice each time it becomes quiet."""

    def __init__(self, pending: queue.Queue[str]) -> None:
        self._pending = pending

    def __iter__(self) -> Iterator[frozenset[str]]:
        while True:
            yield self.wait()

    def wait(self, timeout: float | None = None) -> frozenset[str]:
        """The paths that changed, once it is quiet; empty where nothing did within `timeout` seconds."""
        try:
            found = {self._pending.get(timeout=timeout)}
        except queue.Empty:
            return frozenset()
        while True:
            try:
                found.add(self._pending.get(timeout=QUIET))
            except queue.Empty:
                return frozenset(found)


@contextmanager
def watching(root: Path, at_once: Callable[[str], None] = lambda _: None) -> Iterator[Changes]:
    """Watch a folder and all below it, of .git only whether a branch moves. `at_once` is told of each change, unquiet too."""
    pending: queue.Queue[str] = queue.Queue()
    observer = Observer()
    observer.schedule(_Handler(root, pending, at_once), str(root), recursive=True)
    observer.start()
    try:
        yield Changes(pending)
    finally:
        observer.stop()
        observer.join()
