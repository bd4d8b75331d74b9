"""Diagrams: drawn by a tool, made safe, and told where they cannot be."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from qmsdocs.model import QmsError
from qmsdocs.site.diagrams import Drawing, draw, mermaid_tool, sanitised

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
SHAPE = '<rect width="3" height="3"/>'


def inside(svg: str) -> str:
    return sanitised(f"{HEAD}{svg}{SHAPE}</svg>")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<script href="https://x.example/a.js"/>',
        '<g onload="alert(1)"/>',
        '<g ONCLICK="alert(1)"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<a xlink:href="https://x.example"><text>x</text></a>',
        '<use href="https://x.example/a.svg#b"/>',
        '<use xlink:href="data:image/svg+xml;base64,AA#b"/>',
        '<style>@import "https://x.example/a.css";</style>',
        "<style>rect{fill:url(https://x.example/a)}</style>",
        "<style>rect{fill:u/**/rl(//x.example/a);src:url(x)}</style>",
        "<style>@\\69mport 'https://x.example'</style>",
        '<rect style="fill:url(//x.example/a)"/>',
        '<rect fill="url(https://x.example/a#b)"/>',
        '<rect filter="url(data:image/svg+xml,x)"/>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        '<set attributeName="onload" to="alert(1)"/>',
        '<iframe xmlns="http://www.w3.org/1999/xhtml" src="https://x.example"/>',
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
        '<feImage href="https://x.example/a"/>',
        '<?xml-stylesheet href="https://x.example/a.css"?>',
        "<style>@font-face{font-family:x;src:local(x)}</style>",
        "<metadata><script>alert(1)</script></metadata>",
    ],
)
def test_nothing_that_acts_or_loads_is_left(hostile: str) -> None:
    cleaned = inside(hostile)
    assert "<rect" in cleaned
    for word in ("script", "x.example", "alert", "onload", "onclick", "import", "data:", "iframe", "font-face", "<a"):
        assert word not in cleaned.lower()
    ElementTree.fromstring(cleaned)


@pytest.mark.parametrize(
    ("svg", "said"),
    [
        ("no svg", "not well-formed"),
        ("<svg>", "not well-formed"),
        ("<svg/>", "not an SVG"),
        ('<html xmlns="http://www.w3.org/1999/xhtml"/>', "not an SVG"),
        (f'<!DOCTYPE svg [<!ENTITY a "b">]>{HEAD}&a;</svg>', "document type"),
        (f"{HEAD}<foreignObject><p>words</p></foreignObject></svg>", "labels in HTML"),
        (f'{HEAD}<image href="https://x.example/a.png"/></svg>', "pictures of its own"),
        (HEAD + "x" * 2_000_001 + "</svg>", "larger than"),
    ],
)
def test_a_drawing_that_cannot_be_shown_is_told_in_a_sentence(svg: str, said: str) -> None:
    with pytest.raises(QmsError, match=said):
        sanitised(svg)


def test_shapes_words_and_styles_stay() -> None:
    style = "<style>#a .b&gt;c{fill:#eee;marker-end:url(#m)}</style>"
    shapes = (
        '<g id="a" class="b" transform="translate(1, 2)"><text x="1">A &amp; B &lt; C</text></g><use href="#a"></use>'
    )
    assert inside(style + shapes) == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        f'{style}{shapes}<rect width="3" height="3"></rect></svg>\n'
    )


def test_words_beside_labels_in_html_are_kept() -> None:
    assert "<text>words</text>" in inside("<switch><foreignObject>words</foreignObject><text>words</text></switch>")


def test_a_diagram_is_drawn_by_the_tool_without_html_in_its_labels() -> None:
    asked: list[str] = []

    def tool(source: str) -> str:
        asked.append(source)
        return f"{HEAD}{SHAPE}</svg>"

    assert draw("graph TD\n accTitle: How it goes\n A-->B", tool).alt == "Diagram: How it goes"
    assert draw("---\ntitle: Flow\n---\ngraph TD\n", tool).alt == "Diagram: Flow"
    assert draw("graph TD\n A-->B", tool).alt == "Diagram"
    assert asked[0].startswith('%%{init: {"htmlLabels": false')
    assert asked[2].startswith("---\ntitle: Flow\n---\n%%{init")


def test_a_missing_or_failing_tool_is_told_in_a_sentence() -> None:
    def broken(_: str) -> str:
        raise RuntimeError("Parse error on\nline 2")

    with pytest.raises(QmsError, match=r"no tool that draws Mermaid is installed \(pip install qmsdocs\[diagrams\]\)"):
        draw("graph TD", None)
    with pytest.raises(QmsError, match="could not be drawn: Parse error on line 2"):
        draw("graph TD", broken)


def test_a_drawing_that_differs_each_time_is_not_shown() -> None:
    numbers = iter("123")
    with pytest.raises(QmsError, match="different each time"):
        draw("gitGraph\n commit", lambda _: f"{HEAD}<text>{next(numbers)}</text></svg>")


@pytest.mark.parametrize(
    "source",
    [
        "flowchart TD\n A[Start] --> B{OK?}\n B -->|Yes| C[Release]\n",
        "sequenceDiagram\n Ann->>Bob: Hi\n",
        "stateDiagram-v2\n [*] --> Draft\n Draft --> Approved: sign\n",
        'flowchart TD\n A-->B\n click A "javascript:alert(1)"\n',
        'flowchart TD\n A["<img src=x onerror=alert(1)>"] --> B\n',
        "---\ntitle: Flow\n---\nclassDiagram\n Valve <|-- NeedleValve\n",
    ],
)
def test_the_tool_of_the_extra_draws_the_same_each_time(source: str) -> None:
    tool = mermaid_tool()
    if tool is None:
        pytest.skip("needs the extra: pip install qmsdocs[diagrams]")
    drawn = draw(source, tool)
    assert isinstance(drawn, Drawing)
    assert drawn == draw(source, tool)
    assert ElementTree.fromstring(drawn.svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert "<style>#my-svg" in drawn.svg
    for word in ("foreignobject", "<script", "javascript:", "<img", "<a "):
        assert word not in drawn.svg.lower()
