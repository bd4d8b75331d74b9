"""The text of one content as its pages show it: rendered once, with the links it asked for on record."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from qmsdocs.lifecycle import Content
from qmsdocs.site.catalogue import Catalogue, Place
from qmsdocs.site.markdown import Draw, Heading, Target, render

_HEADING = re.compile(r"<h([1-6])\b([^>]*)>(.*?)</h\1>", re.DOTALL)
_ID = re.compile(r'\bid="([^"]*)"')
_BREAKING = re.compile(r"</?(?:p|li|td|th|tr|div|pre|br|dt|dd|blockquote|table|ul|ol)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")

Asked = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text, for the search: the heading it stands under (both empty before the first) and its words."""

    anchor: str
    heading: str
    words: str


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered text."""

    html: Markup
    headings: tuple[Heading, ...]


class Resolver:
    """Where the links of one content lead, seen from pages so many folders below the top; remembers what it was asked."""

    def __init__(self, catalogue: Catalogue, content: Content, depth: int) -> None:
        self.catalogue, self.content, self.root = catalogue, content, "../" * depth
        self.asked: Asked = {}

    def __call__(self, written: str) -> Target | None:
        found = self.catalogue.target(self.content, written)
        self.asked[written] = answer(found)
        return Target(self.root + found.address, found.title, found.page, found.content) if found else None


def answer(found: Place | None) -> str | None:
    """What a link was answered, as a text to compare by."""
    return "\n".join((found.address, found.title, found.content)) if found else None


def markdown_text(body: str, resolver: Resolver, title: str, draw: Draw | None = None) -> Text:
    """A Markdown body; a first heading that only repeats the title is left to the page, which shows the title itself."""
    rendered = render(body, resolver, title=title, draw=draw)
    return Text(Markup(rendered.html), rendered.headings)


def source_text(source: str) -> Text:
    """A text that is shown as it was typed: the policy."""
    lines = source.replace("\r\n", "\n").rstrip("\n")
    return Text(Markup('<pre class="source" tabindex="0"><code>{}</code></pre>').format(lines), ())


def sections(text: Text) -> Iterator[Section]:
    """The parts of a text, heading by heading."""
    anchor = heading = ""
    at = 0
    for found in _HEADING.finditer(text.html):
        if words := plain(text.html[at : found.start()]):
            yield Section(anchor, heading, words)
        named = _ID.search(found[2])
        anchor, heading, at = (html.unescape(named[1]) if named else anchor), plain(found[3]), found.end()
    words = plain(text.html[at:])
    if words or heading:
        yield Section(anchor, heading, words)


def plain(shown: str) -> str:
    """The words of some HTML of ours."""
    return " ".join(html.unescape(_TAG.sub("", _BREAKING.sub(" ", shown))).split())
