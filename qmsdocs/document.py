"""A controlled document as text: its front matter, its body and the digest of its content.

Front matter is flat YAML, read as text and then typed by us, so that `1.10`, `010` and `no` stay what was typed
and every key keeps its line. What cannot be taken as it stands becomes a `Problem`, never an exception.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TypeVar

import yaml
from frontmatter.default_handlers import YAMLHandler

from qmsdocs.dates import Interval, parse_date, parse_interval
from qmsdocs.model import Problem

Value = str | tuple[str, ...]
T = TypeVar("T")

DIGEST_VERSION = "qmsdocs-1"
MAX_FRONT_MATTER = 65_536  # characters; libyaml is not to be trusted with more
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
MAX_DOCUMENT = 32 * 1024 * 1024  # bytes

TEXT_KEYS = [
    "id",
    "title",
    "type",
    "revision",
    "owner",
    "change",
    "withdrawn",
    "replaced_by",
    "issuer",
    "edition",
    "source",
    "form",
    "form_revision",
]
LIST_KEYS = ("clauses", "references", "attachments", "tags", "supersedes", "distribution")
DATE_KEYS = ("effective_date", "checked", "date")
INTERVAL_KEYS = ("review_every", "retain")
KNOWN_KEYS = (*TEXT_KEYS, *LIST_KEYS, *DATE_KEYS, *INTERVAL_KEYS)
CLAIMS = ("status", "state", "approved", "approved_by", "approved_on", "approval", "approval_date", "approver")

ID_FORM = re.compile(r"(?!.*\.\.)[^\W_](?:[\w.-]{0,62}[\w-])?")
# Letters that Latin ones are mistaken for (Unicode Technical Standard 39, confusables.txt): Cyrillic, Greek, Armenian
_LOOKALIKES = str.maketrans(
    "АВЕЅЗІЈКМНОРСТУХаеорсухѕіјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρυχіɑɡıօ",
    "ABES3IJKMHOPCTYXaeopcyxsijhdqwABEZHIKMNOPTYXovpuxiagio",
)
_HIDDEN_BREAK = re.compile("[\r\x85\u2028\u2029]")
_FLAT = "Front matter is flat: text, or a list of texts"
_SALVAGE = r"(?m)^{}[ \t]*:[ \t]*[\"']?([^\s\"'#]+)[\"']?[ \t]*(?:#.*)?$"


@dataclass(frozen=True)
class KeyNames:
    """An organisation's own names for the front-matter keys, and its own keys that we leave alone."""

    own_to_canonical: tuple[tuple[str, str], ...] = ()
    own_keys: frozenset[str] = frozenset()
    _map: Mapping[str, str] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_map", dict(self.own_to_canonical))

    def canonical(self, own: str) -> str:
        """Our name for a key as it stands in a file."""
        if own in self._map:
            return self._map[own]
        return f"own:{own}" if own in self._map.values() or own.startswith("own:") else own

    def own(self, canonical: str) -> str:
        """The organisation's name for one of our keys."""
        return next((own for own, ours in self.own_to_canonical if ours == canonical), canonical)


@dataclass(frozen=True, slots=True)
class DocumentText:
    """One version of a document or record, as read.

    `front` has canonical key names and values as typed; `lines` the line of each key; `body_line` the line the body
    starts on; `body_digest` the SHA-256 of the body with CRLF as LF; `readable` is False where the front matter
    could not be read to its end (`front` then holds what could be salvaged: the id at most).
    """

    front: Mapping[str, Value]
    lines: Mapping[str, int]
    body_line: int
    body_digest: str
    problems: tuple[Problem, ...]
    readable: bool

    @property
    def id(self) -> str | None:
        """The document's id, or None where there is none that can be used."""
        value = self.front.get("id")
        return value if isinstance(value, str) and ID_FORM.fullmatch(value) else None

    def text(self, key: str) -> str | None:
        """A key's text, None where it is absent or empty."""
        value = self.front.get(key)
        return value.strip() or None if isinstance(value, str) else None

    def items(self, key: str) -> tuple[str, ...]:
        """A list key's items; one text with commas counts as a list."""
        value = self.front.get(key, ())
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(part.strip() for part in parts if part.strip())

    def day(self, key: str) -> date | None:
        """A date key's day, None where it is absent or no date."""
        return _or_none(parse_date, self.text(key))

    def interval(self, key: str) -> Interval | None:
        """An interval key's length, None where it is absent or none."""
        return _or_none(parse_interval, self.text(key))

    @property
    def withdrawn(self) -> str | None:
        """Why this revision withdraws the document, None where it does not."""
        reason = self.text("withdrawn")
        return None if reason is None or reason.lower() in ("no", "false") else reason

    @property
    def unread_value(self) -> Problem | None:
        """The first value that is not of the kind its key takes, None where all can be read."""
        return next((problem for problem in self.problems if problem.rule in ("wrong-type", "invalid-id")), None)

    def line(self, key: str) -> int:
        """The line of a key, or the first line where the key is absent."""
        return self.lines.get(key, 1)

    def content(self, attachments: Mapping[str, str]) -> str:
        """The content digest; `attachments` gives the SHA-256 (hex) of each attachment's bytes by its name."""
        front = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in self.front.items()
            if key != "tags" and not key.startswith("x-")
        }
        canonical = json.dumps(
            {"attachments": dict(attachments), "body": self.body_digest, "front_matter": front},
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{DIGEST_VERSION}:sha256:{digest}"


class _Unreadable(ValueError):
    def __init__(self, line: int, message: str, remedy: str, rule: str = "unreadable-metadata") -> None:
        super().__init__(message)
        self.problem = Problem(rule, line, message, remedy)


def read_document(data: bytes, names: KeyNames) -> DocumentText:
    """Read one version of a document. Never raises: what is wrong stands in `problems`."""
    try:
        text = decode(data)
        opening, front_text, body, body_line = split(text)
    except _Unreadable as stop:
        return DocumentText({}, {}, 1, hashlib.sha256(data).hexdigest(), (stop.problem,), False)
    body_digest = hashlib.sha256(body.encode()).hexdigest()
    try:
        pairs = list(_pairs(front_text, opening))
    except _Unreadable as stop:
        front, lines = _salvage(front_text, opening, names)
        return DocumentText(front, lines, body_line, body_digest, (stop.problem,), False)
    front, lines = {}, {}
    for own, value, line in pairs:
        key = names.canonical(own)
        front[key], lines[key] = value, line
    problems = tuple(_typed(front, lines, names))
    return DocumentText(front, lines, body_line, body_digest, problems, True)


def body_of(data: bytes) -> str:
    """A document's text after its front matter, empty where the file cannot be read."""
    try:
        return split(decode(data))[2]
    except _Unreadable:
        return ""


def decode(data: bytes) -> str:
    """A file's text with the byte order mark dropped and CRLF as LF."""
    if len(data) > MAX_DOCUMENT:
        raise _Unreadable(
            1,
            f"the file has {len(data)} bytes, more than a document may have",
            "Attach large material as a file of its own",
        )
    if data.startswith(LFS_POINTER):
        raise _Unreadable(1, "a Git LFS pointer stands here in place of the text", "Keep documents out of Git LFS")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if b"\0" in data[:8000]:
            raise _Unreadable(
                line, "this is a binary file, not Markdown", "Rename it or list it as an attachment"
            ) from None
        raise _Unreadable(line, f"byte {data[error.start]:#04x} is not UTF-8", "Save the file as UTF-8") from None
    if "\0" in text:
        raise _Unreadable(1, "this is a binary file, not Markdown", "Rename it or list it as an attachment")
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def split(text: str) -> tuple[int, str, str, int]:
    """Split a document's text: lines before the front matter, front matter, body, the body's first line."""
    bounds = list(islice(YAMLHandler.FM_BOUNDARY.finditer(text), 2))
    if not bounds or bounds[0].start() != 0:
        raise _Unreadable(
            1, "there is no front matter", "Start the file with a line '---', the keys, and a line '---'", "no-metadata"
        )
    if len(bounds) < 2:
        raise _Unreadable(1, "the front matter has no end", "Close it with a line '---'", "no-metadata")
    start, stop = _line_end(text, 0), bounds[1].start()
    front = text[start:stop]
    if len(front) > MAX_FRONT_MATTER:
        raise _Unreadable(
            1, f"the front matter has {len(front)} characters, more than {MAX_FRONT_MATTER}", "Move text to the body"
        )
    body_start = _line_end(text, stop)
    return 1, front, text[body_start:], text.count("\n", 0, body_start) + 1


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _pairs(text: str, lines_before: int) -> Iterator[tuple[str, Value, int]]:
    """Key, value and line of each entry of a flat mapping, from the events of the parser: nothing is built, nothing nests."""
    if hidden := _HIDDEN_BREAK.search(text):
        raise _Unreadable(
            text.count("\n", 0, hidden.start()) + 1 + lines_before,
            f"the character U+{ord(hidden[0]):04X} starts a new line for YAML, and for no editor",
            "Remove the character",
        )
    events = _events(text, lines_before)
    seen: dict[str, int] = {}
    first = next(events, None)
    if first is None:
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise _Unreadable(
            _line(first, lines_before),
            "the front matter is not a list of 'key: value' lines",
            "Write 'key: value' on each line",
        )
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            next(events, None)  # nothing may follow, else it would be no part of the content
            return
        key, line = _scalar(event, lines_before, "a key"), _line(event, lines_before)
        if key in seen:
            raise _Unreadable(
                line,
                f"the key '{key}' stands here again (first on line {seen[key]})",
                "Remove one of the two",
                "duplicate-key",
            )
        seen[key] = line
        yield key, _value(next(events), events, key, lines_before), line


def _events(text: str, lines_before: int) -> Iterator[yaml.Event]:
    structure = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent)
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Unreadable(
                        _line(event, lines_before), "a second YAML document starts here", "Keep one block of keys"
                    )
            elif isinstance(event, yaml.AliasEvent):
                raise _Unreadable(
                    _line(event, lines_before), f"'*{event.anchor}' is a YAML alias", "Write the value out"
                )
            elif not isinstance(event, structure):
                _refuse_decoration(event, lines_before)
                yield event
    except _Unreadable:
        raise
    except yaml.MarkedYAMLError as error:
        unclosed = "end of stream" in (error.problem or "")
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + 1 + lines_before
        if "nesting" in (error.problem or ""):  # newer libyaml stops at a depth of its own
            raise _Unreadable(line, "a value is nested", _FLAT) from None
        raise _Unreadable(
            line,
            f"the YAML cannot be read: {error.problem or error.context}",
            "Put the value in double quotes, or mend the indentation",
        ) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _Unreadable(
            1 + lines_before, f"the YAML cannot be read: {_one_line(error)}", "Remove the character"
        ) from None


def _refuse_decoration(event: yaml.Event, lines_before: int) -> None:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if anchor:
        raise _Unreadable(_line(event, lines_before), f"'&{anchor}' is a YAML anchor", "Write the value without it")
    if tag is not None:
        raise _Unreadable(_line(event, lines_before), f"'{tag}' is a YAML tag", "Write the value without it")


def _value(event: yaml.Event, events: Iterator[yaml.Event], key: str, lines_before: int) -> Value:
    if not isinstance(event, yaml.SequenceStartEvent):
        return _scalar(event, lines_before, f"the value of '{key}'")
    items = []
    for item in events:
        if isinstance(item, yaml.SequenceEndEvent):
            break
        items.append(_scalar(item, lines_before, f"an item of '{key}'"))
    return tuple(items)


def _scalar(event: yaml.Event, lines_before: int, what: str) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise _Unreadable(_line(event, lines_before), f"{what} is nested", _FLAT)
    return str(event.value)


def _line(event: yaml.Event, lines_before: int) -> int:
    mark = event.start_mark
    return (mark.line if mark else 0) + 1 + lines_before


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _salvage(front_text: str, lines_before: int, names: KeyNames) -> tuple[dict[str, Value], dict[str, int]]:
    """The id alone, so that a document with broken metadata is still known for the document it is."""
    found = re.search(_SALVAGE.format(re.escape(names.own("id"))), front_text)
    if not found:
        return {}, {}
    return {"id": found[1]}, {"id": front_text.count("\n", 0, found.start()) + 1 + lines_before}


def _typed(front: Mapping[str, Value], lines: Mapping[str, int], names: KeyNames) -> Iterator[Problem]:
    for key, value in front.items():
        own, line = names.own(key), lines[key]
        if key in TEXT_KEYS or key in DATE_KEYS or key in INTERVAL_KEYS:
            if not isinstance(value, str):
                yield Problem(
                    "wrong-type", line, f"'{own}' is a list, one text was expected", f"Write '{own}: …' on one line"
                )
            elif value.strip():
                yield from _typed_text(key, own, value, line)
        elif key not in LIST_KEYS and not key.startswith("x-"):
            yield from _unknown(key, line, names)


def _typed_text(key: str, own: str, value: str, line: int) -> Iterator[Problem]:
    try:
        if key in DATE_KEYS:
            parse_date(value)
        elif key in INTERVAL_KEYS:
            parse_interval(value)
    except ValueError as error:
        yield Problem(
            "wrong-type",
            line,
            f"'{own}': {error}",
            "Write 2026-12-01" if key in DATE_KEYS else "Write for example '24 months'",
        )
    if key == "id" and not ID_FORM.fullmatch(value):
        yield Problem(
            "invalid-id",
            line,
            f"'{value}' cannot be an id",
            "Use letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit",
        )


def _unknown(key: str, line: int, names: KeyNames) -> Iterator[Problem]:
    plain = key.removeprefix("own:")
    if plain in names.own_keys:
        return
    if key in CLAIMS:
        yield Problem(
            "typed-claim",
            line,
            f"'{key}' claims what only signed records can say",
            f"Remove '{key}': status and approval are derived from the history",
        )
        return
    near = difflib.get_close_matches(plain, KNOWN_KEYS, 1, 0.75)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    yield Problem(
        "unknown-key",
        line,
        f"'{plain}' is not a key we know",
        f"{hint}Name it 'x-{plain}', or list it under own_keys in [front_matter] of qms.toml",
    )


def same_id(identifier: str) -> str:
    """The form in which two ids that look alike (case, Unicode composition, width, letters of another script) are the same."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", identifier).translate(_LOOKALIKES).casefold())
    return folded.translate(_LOOKALIKES)


def _or_none(parse: Callable[[str], T], text: str | None) -> T | None:
    try:
        return parse(text) if text else None
    except ValueError:
        return None


_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
