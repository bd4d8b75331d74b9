"""Links of texts in which nothing but `[text](file.md)` can be one: a hook need not load a Markdown parser for those."""

from __future__ import annotations

import re

# Whatever else makes a link, hides one, or gives its characters another meaning (CommonMark 0.31: 2.4, 4.4, 4.6, 4.7, 6.1, 6.4, 6.6)
_DOUBT = re.compile(r"[`<\\&]|!\[|\]:|\[\[|\]\[|\[\^|~~~|^[ >*+.)\d-]*(?: {4}|\t)", re.MULTILINE)
_LINK = re.compile(r"\[[^\[\]\n]+\]\((?!//)([A-Za-z0-9_./-]+)(?:#([A-Za-z0-9_-]*))?\)")


def plain_links(body: str) -> list[tuple[str, str, int]] | None:
    """The target, the anchor and the line (from 0) of each link; None where only a Markdown parser can tell."""
    if _DOUBT.search(body):
        return None
    found = []
    for number, line in enumerate(re.split(r"\r\n?|\n", body)):
        links = _LINK.findall(line)
        if line.count("](") != len(links):
            return None
        found += [(target, anchor, number) for target, anchor in links]
    # the line of a link is that on which its target first stands in its block
    doubtful = any(body.count(f"{target}#{anchor}" if anchor else target) > 1 for target, anchor, _ in found)
    return None if doubtful else found
