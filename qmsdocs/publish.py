"""The site on disk: what it needs is read in bulk, made on all cores, and put in place of the old site whole or not at all.

Beside its pages, the folder holds a manifest: of each batch of pages what it was made from, and of each file its SHA-256. A
batch made from the same is taken over, if its files are still what they were; so a build after a small change is quick,
and gives the same bytes as one from nothing. Only an empty folder, or one that holds a manifest and nothing that it does
not name, is ever replaced.
"""

from __future__ import annotations

import gc
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from qmsdocs import __version__
from qmsdocs.document import MAX_DOCUMENT, body_of
from qmsdocs.library import Library
from qmsdocs.lifecycle import Content, State, in_force
from qmsdocs.links import Link, read_links
from qmsdocs.model import QmsError
from qmsdocs.plumbing import Plumbing
from qmsdocs.policy import POLICY_PATH
from qmsdocs.register import build_register
from qmsdocs.rules import Context, judge
from qmsdocs.site.batches import Batch, digest
from qmsdocs.site.catalogue import Catalogue, Material
from qmsdocs.site.diagrams import mermaid_tool
from qmsdocs.site.documents import SEARCH_TEXT
from qmsdocs.site.engine import TEMPLATES, Engine, Frame, Page
from qmsdocs.site.names import SVG, extension
from qmsdocs.site.plan import batches, index_page, require_apart, search_cards, sitemap_page
from qmsdocs.site.search import INDEX, Card
from qmsdocs.site.svg import is_passive_svg
from qmsdocs.status import outlook

MANIFEST = "qmsdocs-site.json"
_FORMAT = 1
_EXTRA = "mermaidx"
_LIBRARIES = ("jinja2", "markdown-it-py", "mdit-py-plugins", "nh3", "pygments", "xlsxwriter")
_PATH = re.compile(r"[\w.~-]+(?:/[\w.~-]+)*", re.ASCII)
_MAX_TEMPLATE = 256 * 1024  # bytes
_MAX_LOGO = 512 * 1024  # bytes
_FEW = 40  # batches that are not worth a second process
_CHUNK = 8  # batches that a process takes at a time

_MAX_ATTACHMENT = 1 << 30  # bytes

Progress = Callable[[int, int], None]
Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Published:
    """What was done: files in the site, batches made anew and taken over."""

    files: int
    made: int
    kept: int


@dataclass
class Manifest:
    """What a folder holds: the SHA-256 of each file, and of each batch its inputs, its files and what its links asked for."""

    engine: str = ""
    files: dict[str, str] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Done:
    """A batch whose files are in place."""

    name: str
    files: dict[str, str]
    asked: list[dict[str, str | None]]


def publish(
    repository: Plumbing, library: Library, state: State, output: Path, *, past: bool, progress: Progress
) -> Published:
    """Write the site of a state to a folder. Raises QmsError for a folder that is not a site of ours."""
    old = _replaceable(output)
    with _no_garbage_collection():
        catalogue, frame, bodies, extra = _catalogue(repository, library, state, past)
        require_apart(catalogue)
        own, url = catalogue.material.templates, state.policy.brand.url
        work = list(batches(catalogue, Engine(frame, own), url))
        build = _Build(repository, work, bodies, output, old, _fingerprint(frame, own))
        return build.run(search_cards(catalogue), extra, url, progress)


# --- reading ------------------------------------------------------------------------------------------------------


def _catalogue(
    repository: Plumbing, library: Library, state: State, past: bool
) -> tuple[Catalogue, Frame, dict[str, str], list[Page]]:
    """Everything that was read: documents, the frame of all pages, the texts by blob, and the files that come as they are."""
    contents = list(_contents(state))
    bodies = _bodies(repository, contents)
    links = _links(state, bodies)
    attached = {blob: name for content in contents for name, blob in content.attachments.items()}
    svgs = sorted(blob for blob, name in attached.items() if extension(name) == SVG and blob not in library.pointers)
    logo, brand = _logo(repository, state), state.policy.brand
    material = Material(
        register=build_register(state, judge(Context(library, state, links))),
        state=state,
        outlook=outlook(state),
        links=links,
        passive=frozenset(blob for blob, data in _blobs(repository, svgs) if is_passive_svg(data)),
        missing=library.pointers,
        templates=_templates(repository, state),
        tool=mermaid_tool(),
    )
    frame = Frame(state.policy.organisation, logo.path if logo else None, brand.colour, state.as_of if past else None)
    return Catalogue(material), frame, bodies, [logo] if logo else []


def _contents(state: State) -> Iterator[Content]:
    for dossier in state.dossiers.values():
        yield from (content for content in dossier.paths.values() if content)
        yield from (revision.content for revision in dossier.revisions)
        if dossier.draft:
            yield dossier.draft.content


def _bodies(repository: Plumbing, contents: Iterable[Content]) -> dict[str, str]:
    """The texts by blob; the whole text of a policy."""
    policies = {content.blob for content in contents if content.path == POLICY_PATH}
    wanted = sorted({content.blob for content in contents})
    return {
        blob: data.decode("utf-8", "replace") if blob in policies else body_of(data)
        for blob, data in _blobs(repository, wanted)
    }


def _blobs(repository: Plumbing, wanted: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    return repository.blobs(wanted, MAX_DOCUMENT + 1) if wanted else iter(())


def _links(state: State, bodies: Mapping[str, str]) -> dict[str, tuple[Link, ...]]:
    """The links of all texts that stand now or are in force."""
    wanted: dict[str, Content] = {}
    for dossier in state.dossiers.values():
        current = in_force(dossier.revisions, state.as_of)
        for content in (*dossier.paths.values(), current.content if current else None):
            if content is not None and content.path != POLICY_PATH:
                wanted[content.blob] = content
    tasks = [(blob, bodies[blob], content.text.body_line) for blob, content in sorted(wanted.items())]
    return dict(_in_parallel(_read_links, tasks, _CHUNK * 4, lambda _: None))


def _read_links(task: tuple[str, str, int]) -> tuple[str, tuple[Link, ...]]:
    blob, body, line = task
    return blob, read_links(body, line)


def _templates(repository: Plumbing, state: State) -> dict[str, str]:
    """The organisation's own templates, by name, as they stand on the mainline."""
    found = {
        path: blob for path, blob in state.tree.items() if path.startswith(f"{TEMPLATES}/") and path.endswith(".j2")
    }
    texts = dict(repository.blobs(sorted(set(found.values())), _MAX_TEMPLATE + 1)) if found else {}
    for path, blob in found.items():
        if len(texts[blob]) > _MAX_TEMPLATE:
            raise QmsError(f"The template {path} has more than {_MAX_TEMPLATE} bytes; shorten it.")
    return {path.removeprefix(f"{TEMPLATES}/"): texts[blob].decode("utf-8", "replace") for path, blob in found.items()}


def _logo(repository: Plumbing, state: State) -> Page | None:
    """The organisation's logo as a file of the site."""
    path = state.policy.brand.logo
    if path is None:
        return None
    blob = state.tree.get(path)
    if blob is None:
        raise QmsError(
            f"The logo {path}, which [brand] in {POLICY_PATH} names, is not in the repository; add it, or remove the key."
        )
    data = dict(repository.blobs([blob], _MAX_LOGO + 1))[blob]
    if len(data) > _MAX_LOGO:
        raise QmsError(f"The logo {path} has more than {_MAX_LOGO} bytes; make it smaller.")
    if extension(path) == SVG and not is_passive_svg(data):
        raise QmsError(
            f"The logo {path} is not an SVG that only draws (no script, style from elsewhere, animation); mend it."
        )
    return Page(f"logo.{extension(path)}", data)


def _fingerprint(frame: Frame, own: Mapping[str, str]) -> str:
    """What every page depends on: this program, its libraries, the templates, the frame."""
    state = hashlib.sha256(repr((__version__, _FORMAT, frame, sorted(own.items()))).encode("utf-8", "surrogatepass"))
    known = [metadata.version(name) for name in _LIBRARIES]
    known += [part.version for part in metadata.distributions(name=_EXTRA)]
    state.update(repr(known).encode())
    for package in ("qmsdocs.site", "qmsdocs.render"):
        for name, data in sorted(_files(resources.files(package))):
            state.update(f"{name} {len(data)}\n".encode() + data)
    return state.hexdigest()


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".j2", ".css", ".js", ".svg")):
            yield prefix + entry.name, entry.read_bytes()


# --- making -------------------------------------------------------------------------------------------------------


class _Build:
    """One build: into a folder beside the target, which then takes its place."""

    def __init__(
        self,
        repository: Plumbing,
        work: list[Batch],
        bodies: Mapping[str, str],
        output: Path,
        old: Manifest,
        engine: str,
    ) -> None:
        self.repository, self.work, self.bodies, self.output = repository, work, bodies, output
        self.old = old if old.engine == engine else Manifest()
        self.new = Manifest(engine)
        self.inputs = {batch.name: batch.inputs for batch in work}
        self.folder = Path()

    def run(self, found: tuple[Card, ...], extra: Iterable[Page], url: str | None, progress: Progress) -> Published:
        self.output.parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f".{self.output.name}.", dir=self.output.parent))
        try:
            kept = {batch.name for batch in self.work if self.keep(batch)}
            rest = [batch for batch in self.work if batch.name not in kept]
            progress(len(kept), len(self.work))
            for done in _in_parallel(
                self.make, rest, _CHUNK, lambda count: progress(len(kept) + count, len(self.work))
            ):
                self.enter(done)
            self.put(extra)
            self.attachments()
            self.put([self.index(found)])
            if url:
                self.put([sitemap_page([path for path in self.new.files if path.endswith(".html")], url)])
            (self.folder / MANIFEST).write_text(_written(self.new), "utf-8")
            self.folder.chmod(0o755)
            _swap(self.folder, self.output)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return Published(len(self.new.files), len(rest), len(kept))

    def keep(self, batch: Batch) -> bool:
        """Take a batch over from the old site, if it was made from the same and its files are what they were."""
        known = self.old.batches.get(batch.name)
        if known is None or known["inputs"] != batch.inputs:
            return False
        asked = list(enumerate(known["asked"]))
        if any(batch.resolve(at, written) != told for at, answers in asked for written, told in answers.items()):
            return False
        if not all(_same(self.output / path, self.old.files.get(path)) for path in known["files"]):
            return False
        for path in known["files"]:
            self.take(path)
        self.new.batches[batch.name] = known
        self.new.files.update({path: self.old.files[path] for path in known["files"]})
        return True

    def take(self, path: str) -> None:
        """Put a file of the old site into the new one, without a copy where the file system allows."""
        there = self.folder / path
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.output / path, there)
        except OSError:
            shutil.copyfile(self.output / path, there)

    def make(self, batch: Batch) -> _Done:
        """Make a batch and write its files."""
        made = batch.make(self.bodies)
        return _Done(batch.name, {page.path: self.write(page) for page in made.pages}, [dict(a) for a in made.asked])

    def write(self, page: Page) -> str:
        there = self.folder / page.path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(page.data)
        return hashlib.sha256(page.data).hexdigest()

    def enter(self, done: _Done) -> None:
        self.new.batches[done.name] = {
            "inputs": self.inputs[done.name],
            "files": sorted(done.files),
            "asked": done.asked,
        }
        self.new.files.update(done.files)

    def put(self, pages: Iterable[Page]) -> None:
        """Files that are made anew each time."""
        for page in pages:
            self.new.files[page.path] = self.write(page)

    def attachments(self) -> None:
        """The attachments of all revisions; those of the old site are taken over."""
        wanted = {path: blob for batch in self.work for path, blob in batch.files}
        missing: dict[str, list[str]] = {}
        for path, blob in wanted.items():
            if _same(self.output / path, self.old.files.get(path)):  # its name tells its blob
                self.take(path)
                self.new.files[path] = self.old.files[path]
            else:
                missing.setdefault(blob, []).append(path)
        for blob, data in self.repository.blobs(sorted(missing), _MAX_ATTACHMENT) if missing else ():
            self.put(Page(path, data) for path in missing[blob])

    def index(self, found: tuple[Card, ...]) -> Page:
        """The index of the search; the one there is where no text has changed."""
        texts = {batch.name: f"{batch.name}/{SEARCH_TEXT}" for batch in self.work if batch.searched}
        inputs = digest(found, [(name, self.new.files[path]) for name, path in sorted(texts.items())])
        known = self.old.batches.get(INDEX)
        self.new.batches[INDEX] = {"inputs": inputs, "files": [INDEX], "asked": []}
        if known and known["inputs"] == inputs and _same(self.output / INDEX, self.old.files.get(INDEX)):
            return Page(INDEX, (self.output / INDEX).read_bytes())
        return index_page(found, {name: (self.folder / path).read_text("utf-8") for name, path in texts.items()})


def _in_parallel(
    function: Callable[[Task], Outcome], tasks: Sequence[Task], chunk: int, progress: Callable[[int], None]
) -> list[Outcome]:
    """What a function makes of each task, in their order, by as many processes as there are cores to use.

    The processes are forks, so that they have everything at hand; where there is no fork, all is done in this one.
    """
    count = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, -(-len(tasks) // chunk))
    found: list[Outcome] = []
    if count < 2 or len(tasks) < _FEW or "fork" not in multiprocessing.get_all_start_methods():
        for task in tasks:
            found.append(function(task))
            progress(len(found))
        return found
    _shared.clear()
    _shared.extend((function, tasks))
    gc.freeze()
    try:
        with multiprocessing.get_context("fork").Pool(count, _leave_interrupts_to_the_parent) as pool:
            for outcome in pool.imap(_one, range(len(tasks)), chunk):
                found.append(outcome)
                progress(len(found))
    finally:
        gc.unfreeze()
        _shared.clear()
    return found


_shared: list[Any] = []  # what a fork finds: the function and its tasks


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _one(at: int) -> Any:
    function, tasks = _shared
    return function(tasks[at])


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Nothing that a build makes is garbage until it ends: collecting while it grows only costs time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# --- the folder ---------------------------------------------------------------------------------------------------


def _replaceable(output: Path) -> Manifest:
    """What the target holds now. Raises QmsError where it is not a site of ours."""
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise QmsError(f"{output} is not a folder; name another place with '--output'.")
    if not output.exists() or not any(output.iterdir()):
        return Manifest()
    found = _read(output / MANIFEST)
    if found is None:
        raise QmsError(
            f"{output} is not empty and holds no site of ours; name another place with '--output', or empty it yourself."
        )
    for file in sorted(output.rglob("*")):
        name = file.relative_to(output).as_posix()
        if name != MANIFEST and name not in found.files and (file.is_symlink() or not file.is_dir()):
            raise QmsError(
                f"{file} is no file of the site, and would be lost; move it away, or name another place with '--output'."
            )
    return found


def _read(file: Path) -> Manifest | None:
    """A manifest, None where there is none that can be understood, or it names what lies outside of the site."""
    try:
        data = json.loads(file.read_text("utf-8"))
        if data["qmsdocs-site"] != _FORMAT:
            return None
        found = Manifest(str(data["engine"]), dict(data["files"]), dict(data["batches"]))
        named = [path for batch in found.batches.values() for path in batch["files"]]
        answers = [answer for batch in found.batches.values() for asked in batch["asked"] for answer in asked.items()]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    inside = all(_PATH.fullmatch(path) and ".." not in path.split("/") for path in found.files)
    return found if inside and found.files.keys() >= set(named) and all(len(pair) == 2 for pair in answers) else None


def _written(manifest: Manifest) -> str:
    data = {
        "qmsdocs-site": _FORMAT,
        "engine": manifest.engine,
        "files": dict(sorted(manifest.files.items())),
        "batches": dict(sorted(manifest.batches.items())),
    }
    return json.dumps(data, indent=0, ensure_ascii=True, sort_keys=True) + "\n"


def _same(file: Path, digest: str | None) -> bool:
    """Whether a file is there with the SHA-256 on record."""
    try:
        return digest is not None and not file.is_symlink() and hashlib.sha256(file.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _swap(new: Path, target: Path) -> None:
    """Put a folder in the place of another; where that fails, the old one is back."""
    if not target.exists():
        new.rename(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(aside / target.name)
    try:
        new.rename(target)
    except BaseException:
        (aside / target.name).rename(target)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)
