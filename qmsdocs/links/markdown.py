"""Links found by a Markdown parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from qmsdocs.links import Link


def links(body: str, first_line: int) -> Iterator[Link]:
    """The links to files, in their order; `first_line` is the line of the document that the body starts on."""
    lines = re.split(r"\r\n?|\n", body)
    for token in _parser().parse(body):
        parts = token.children or [] if token.type == "inline" else [token]
        for part in parts if token.map else ():
            for address, embeds in _addresses(part):
                if link := _file(address, embeds, token.map or [0, 1], lines, first_line):
                    yield link


@cache
def _parser() -> MarkdownIt:
    """Only what can hold a link, or hide one that is none (code, escapes)."""
    parser = MarkdownIt("commonmark").enable("table").use(footnote_plugin)
    parser.inline.ruler.enableOnly(
        ["text", "escape", "backticks", "link", "image", "autolink", "html_inline", "newline"]
    )
    parser.inline.ruler2.enableOnly([])
    return parser


def _addresses(token: Token) -> Iterator[tuple[str, bool]]:
    """The addresses in one piece of a text, each with whether it embeds what stands there."""
    if token.type == "link_open":
        yield str(token.attrGet("href") or ""), False
    elif token.type == "image":
        yield str(token.attrGet("src") or ""), True
    elif token.type in ("html_inline", "html_block"):
        reader = _Html()
        reader.feed(token.content)
        yield from reader.found


class _Html(HTMLParser):
    """The addresses in raw HTML, which some who show the text let through."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name == "src" or (name == "href" and tag == "a")):
                self.found.append((value, name == "src"))


def _file(address: str, embeds: bool, span: list[int], lines: list[str], first_line: int) -> Link | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path:
        return None
    plain = unquote(address)
    line = next((n for n in range(span[0], span[1]) if plain in lines[n] or plain in unquote(lines[n])), span[0])
    return Link(unquote(parts.path), parts.fragment, first_line + line, embeds)
