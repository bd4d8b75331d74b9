"""Pages that are made together, and what they depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qmsdocs.lifecycle import Content
from qmsdocs.site.engine import Engine, Page
from qmsdocs.site.texts import Asked


@dataclass(frozen=True, slots=True)
class Made:
    """The pages of a batch, and what their links asked for, content by content."""

    pages: tuple[Page, ...]
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Pages that are made together. Where `inputs` and the answers to what was asked are the same, so are the pages.

    `contents` are the texts that are needed, `files` the attachments to be put beside the pages: path and blob.
    `resolve` answers what the text of one of the contents, by its place, would ask for.
    """

    name: str
    inputs: str
    make: Callable[[Mapping[str, str]], Made]
    contents: tuple[Content, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    searched: bool = False
    resolve: Callable[[int, str], str | None] = field(default=lambda _at, _written: None)


def digest(*values: object) -> str:
    """What stands for some values: the same for the same."""
    return hashlib.sha256("\n".join(repr(value) for value in values).encode("utf-8", "surrogatepass")).hexdigest()


def page_batch(engine: Engine, path: str, template: str, current: str | None = None, **values: Any) -> Batch:
    """A batch of one page that is made of values alone; `current` is the page of the navigation that it belongs to."""

    def make(_: Mapping[str, str]) -> Made:
        return Made((engine.page(path, template, current=current or path, **values),))

    return Batch(path, digest(template, values), make)


def file_batch(path: str, data: Callable[[], str | bytes], *inputs: object) -> Batch:
    """A batch of one file that is no page."""

    def make(_: Mapping[str, str]) -> Made:
        made = data()
        return Made((Page(path, made.encode("utf-8", "backslashreplace") if isinstance(made, str) else made),))

    return Batch(path, digest(*inputs), make)


def text_batch(path: str, text: str | bytes) -> Batch:
    """A batch of one file whose bytes are known."""
    return file_batch(path, lambda: text, text)
