"""Links and embedded files of a Markdown text (CommonMark with tables), each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

_MAY_LINK = re.compile(r"\]\(|\]:|\]\[|<(?:img|a)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a file: its path as written (decoded, relative to the document), its anchor, whether it embeds the file."""

    target: str
    anchor: str
    line: int
    embeds: bool


def read_links(body: str, first_line: int) -> tuple[Link, ...]:
    """The links of a body to files (not to addresses with a scheme, nor within the page); `first_line` is the body's."""
    if not _MAY_LINK.search(body):
        return ()
    return tuple(_links(_parser().parse(body), re.split(r"\r\n?|\n", body), first_line))


@cache
def _parser() -> MarkdownIt:
    """Only what can hold a link, or hide one that is none (code, escapes)."""
    parser = MarkdownIt("commonmark").enable("table").use(footnote_plugin)
    parser.inline.ruler.enableOnly(
        ["text", "escape", "backticks", "link", "image", "autolink", "html_inline", "newline"]
    )
    parser.inline.ruler2.enableOnly([])
    return parser


def _links(tokens: list[Token], lines: list[str], first_line: int) -> Iterator[Link]:
    for token in tokens:
        if token.type == "inline" and token.map:
            for child in token.children or ():
                address = (
                    child.attrGet("href")
                    if child.type == "link_open"
                    else child.attrGet("src")
                    if child.type == "image"
                    else None
                )
                if address and (link := _file(str(address), child.type == "image", token.map, lines, first_line)):
                    yield link


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
