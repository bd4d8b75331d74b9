"""Mermaid diagrams as pictures, drawn while the site is built, without a network.

Any tool that turns Mermaid source into SVG will do; the extra `diagrams` brings one (mermaidx, which runs the real
Mermaid in an embedded JavaScript engine). A drawing comes from a document and a foreign tool: only shapes, words and
styles that load nothing pass, and the page is to show it as an image, which runs no script and loads nothing (SVG 2,
section 2.2, secure static mode).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from qmsdocs.model import QmsError

Tool = Callable[[str], str]
"""Mermaid source to SVG; raises with the reason where it cannot."""

_SVG = "http://www.w3.org/2000/svg"
_LARGEST = 2_000_000
_ELEMENTS = {"svg", "g", "defs", "title", "desc", "style", "path", "rect", "circle", "ellipse", "line", "polyline"}
_ELEMENTS |= {"polygon", "text", "tspan", "textPath", "marker", "clipPath", "mask", "pattern", "symbol", "use"}
_ELEMENTS |= {"linearGradient", "radialGradient", "stop", "filter", "feDropShadow", "feGaussianBlur", "feOffset"}
_ELEMENTS |= {"feBlend", "feFlood", "feMerge", "feMergeNode", "feComposite", "feColorMatrix"}
_OPENED = {"a", "switch"}  # left out, but not what they hold
_REFUSED = {"foreignObject": "labels in HTML", "image": "pictures of its own"}  # leaving these out would lose content
_SETTINGS = (  # words as SVG, and the same source always the same drawing
    '%%{init: {"htmlLabels": false, "flowchart": {"htmlLabels": false}, "class": {"htmlLabels": false}, '
    '"handDrawnSeed": 1, "deterministicIds": true}}%%\n'
)
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n.*?\n---[ \t]*\n", re.DOTALL)
_TITLES = re.compile(r"^\s*(?:accTitle\s*:|title\s*:?)\s*(\S.*?)\s*$", re.MULTILINE)
_LOADS = re.compile(
    r"url\(\s*(?![\"']?#)|@import|@font-face|@namespace|expression\(|\\|<|javascript:|image-set\(|src\s*:", re.I
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram as safe SVG, with the words that stand for it: its title where it has one."""

    svg: str
    alt: str


def draw(source: str, tool: Tool | None) -> Drawing:
    """A Mermaid diagram drawn by `tool`.

    Raises `QmsError`, one sentence for the page and the build, where there is no tool, where it cannot draw the source,
    where the drawing holds what may not stand on the site, or where it is another each time (the same commit must give
    the same site, byte for byte; so a tool is asked twice).
    """
    if tool is None:
        raise QmsError(
            "This diagram is shown as its source, as no tool that draws Mermaid is installed "
            "(pip install qmsdocs[diagrams])."
        )
    front = _FRONT_MATTER.match(source)
    start = front.end() if front else 0
    try:
        svg, again = (tool(source[:start] + _SETTINGS + source[start:]) for _ in range(2))
    except Exception as error:  # whatever a tool raises, the text around the diagram is still good
        reason = " ".join(str(error).split())[:200]
        raise QmsError(f"This diagram is shown as its source, as it could not be drawn: {reason}") from error
    if svg != again:
        raise QmsError(
            "This diagram is shown as its source, as it comes out different each time it is drawn; "
            'name what it names at random (in a gitGraph: commit id: "…").'
        )
    title = _TITLES.search(source)
    return Drawing(sanitised(svg), f"Diagram: {title[1]}" if title else "Diagram")


def mermaid_tool() -> Tool | None:
    """The tool of the extra `diagrams`; None where it is not installed."""
    try:
        import mermaidx
    except ImportError:
        return None
    return lambda source: str(mermaidx.render(source).svg())


def sanitised(svg: str) -> str:
    """An SVG with shapes, words and styles alone: no script, no handler, no link, nothing that loads.

    Raises `QmsError` where it is no well-formed SVG, is too large, declares a document type (entities), or holds
    content that would be lost.
    """
    if len(svg) > _LARGEST:
        raise QmsError(f"The drawing of this diagram is larger than {_LARGEST:,} characters; split it in two.")
    reader = _Reader()
    try:
        reader.read(svg)
    except expat.ExpatError as error:
        raise QmsError(f"The drawing of this diagram is not well-formed SVG: {error}.") from error
    return reader.svg()


class _Reader:
    """Reads an SVG and writes what may stay."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._kept: list[str] = []
        self._left_out = 0
        self._style: list[str] | None = None
        self._parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, svg: str) -> None:
        self._parser.Parse(svg.encode("utf-8", "replace"), True)

    def svg(self) -> str:
        text = "".join(self._out)
        if not text.startswith("<svg"):
            raise QmsError("The drawing of this diagram is not an SVG.")
        return text + "\n"

    def _doctype(self, *_: object) -> None:
        raise QmsError("The drawing of this diagram declares a document type, which may hide what it loads.")

    def _start(self, named: str, attributes: dict[str, str]) -> None:
        space, _, name = named.rpartition(" ")
        known = space == _SVG
        spoken_for = self._kept[-1:] == ["switch"]  # the words stand beside it, for those who cannot show HTML
        if known and name in _REFUSED and not self._left_out and not spoken_for:
            raise QmsError(f"This diagram is shown as its source, as its drawing holds {_REFUSED[name]}.")
        if self._left_out or not known or name not in _ELEMENTS | _OPENED:
            self._left_out += 1
            return
        self._kept.append(name)
        if name not in _OPENED:
            first = f' xmlns="{_SVG}"' if not self._out else ""
            self._out.append(f"<{name}{first}{''.join(_kept(name, attributes))}>")
            if name == "style":
                self._style = []

    def _end(self, _named: str) -> None:
        if self._left_out:
            self._left_out -= 1
            return
        name = self._kept.pop()
        if name == "style" and self._style is not None:
            self._out.append(escape(_safe_style("".join(self._style))))
            self._style = None
        if name not in _OPENED:
            self._out.append(f"</{name}>")

    def _data(self, text: str) -> None:
        if self._left_out:
            return
        if self._style is not None:
            self._style.append(text)
        else:
            self._out.append(escape(text))


def _kept(element: str, attributes: dict[str, str]) -> list[str]:
    """Attributes less handlers, links to elsewhere, those of other namespaces, and styles that load."""
    kept = []
    for named, value in attributes.items():
        space, _, name = named.rpartition(" ")
        if name == "href":
            if element in ("use", "textPath") and value.startswith("#"):
                kept.append(f" href={quoteattr(value)}")
        elif not space and not name.lower().startswith("on") and not _LOADS.search(value):
            kept.append(f" {name}={quoteattr(value)}")
    return kept


def _safe_style(style: str) -> str:
    """A style sheet, or nothing where it loads anything or hides what it does behind escapes."""
    return "" if _LOADS.search(re.sub(r"/\*.*?(?:\*/|$)", " ", style, flags=re.DOTALL)) else style
