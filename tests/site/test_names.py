"""File names that are safe everywhere and never the same for two things."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmsdocs.site.names import attachment_name, extension, safe_name

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~-]*")
DEVICES = {"con", "prn", "aux", "nul", "com1", "lpt9"}


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_texts_never_share_a_name_even_where_case_is_the_same(one: str, other: str) -> None:
    assert (safe_name(one).casefold() == safe_name(other).casefold()) == (one == other)


@given(st.text(min_size=1))
def test_a_name_is_safe_on_every_file_system(text: str) -> None:
    name = safe_name(text)
    assert SAFE.fullmatch(name)
    assert len(name) <= 64
    assert not name.endswith(".")
    assert name.partition(".")[0].lower() not in DEVICES


@pytest.mark.parametrize("plain", ["QP-001", "1559", "SPEC-001.2", "2.0", "C"])
def test_what_is_safe_keeps_its_name(plain: str) -> None:
    assert safe_name(plain) == plain


@pytest.mark.parametrize(
    "text", ["qp-001", "CON", "NUL.X", "../../etc", "É-1", "E\u0301-1", "a/b", "x" * 300, "\udcff"]
)
def test_what_is_not_gets_a_name_of_its_own(text: str) -> None:
    assert safe_name(text) != text
    assert "~" in safe_name(text)


@pytest.mark.parametrize(
    ("name", "passive", "ending"),
    [
        ("flow.svg", True, "svg"),
        ("flow.svg", False, "bin"),
        ("page.html", True, "bin"),
        ("PAGE.HTM", True, "bin"),
        ("macro.js", True, "bin"),
        ("plan.pdf", True, "pdf"),
        ("folder.zip/readme", True, "bin"),
        ("noending", True, "bin"),
        (".svg", True, "bin"),
    ],
)
def test_an_attachment_that_a_browser_might_run_can_only_be_saved(name: str, passive: bool, ending: str) -> None:
    assert extension(attachment_name(name, "blob", passive)) == ending


def test_attachments_of_one_name_are_told_apart_by_their_bytes() -> None:
    assert attachment_name("a.pdf", "one") != attachment_name("a.pdf", "other")
