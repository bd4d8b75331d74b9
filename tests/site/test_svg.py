"""Which SVG drawings are only drawings."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmsdocs.site.svg import is_passive_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
SAMPLE = Path(__file__).parents[2] / "sample-qms" / "files" / "documents" / "specifications"


@pytest.mark.parametrize(
    "inside",
    [
        '<rect width="1" height="1" style="fill:#fff"/>',
        '<defs><path id="a" d="M0 0"/></defs><use href="#a"/><use xlink:href="#a"/>',
        "<style>text { font: 3px sans-serif }</style><text>A &amp; B</text>",
        '<g fill="url(#hatch)"/>',
        '<image href="data:image/png;base64,AAAA"/>',
    ],
)
def test_a_drawing(inside: str) -> None:
    assert is_passive_svg(f"{HEAD}{inside}</svg>".encode())


@pytest.mark.parametrize("file", sorted(SAMPLE.glob("*.svg")), ids=lambda file: file.name)
def test_the_drawings_of_the_sample(file: Path) -> None:
    assert is_passive_svg(file.read_bytes())


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>',
        '<rect onclick="alert(1)"/>',
        '<rect ONLOAD="alert(1)"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<a xlink:href=" javascript:alert(1)"><text>x</text></a>',
        '<a href="https://elsewhere.example"><text>x</text></a>',
        '<image href="https://elsewhere.example/a.png"/>',
        '<image href="data:image/svg+xml;base64,AAAA"/>',
        "<foreignObject><b xmlns='http://www.w3.org/1999/xhtml'>x</b></foreignObject>",
        "<set attributeName='href' to='javascript:alert(1)'/>",
        "<animate attributeName='x' values='1;2'/>",
        "<style>@import url(https://elsewhere.example/a.css);</style>",
        "<style>rect { fill: url(https://elsewhere.example/a) }</style>",
        '<rect style="fill:url(//elsewhere.example/a)"/>',
        "<unclosed>",
        "&undefined;",
    ],
)
def test_what_acts_or_loads(inside: str) -> None:
    assert not is_passive_svg(f"{HEAD}{inside}</svg>".encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>",
        b'<?xml-stylesheet href="a.css"?><svg/>',
        b"\xff\xfe<\x00",
        b"<svg/>" + b" " * (8 * 1024 * 1024),
    ],
)
def test_what_is_no_plain_svg(data: bytes) -> None:
    assert not is_passive_svg(data)
