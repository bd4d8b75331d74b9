"""Links and embedded files of a Markdown text (CommonMark with tables), each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qmsdocs.links.plain import plain_links

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
    plain = plain_links(body)
    if plain is not None:
        return tuple(Link(target, anchor, first_line + line, False) for target, anchor, line in plain)
    from qmsdocs.links.markdown import links  # late: the Markdown parser costs more than reading most texts

    return tuple(links(body, first_line))
