"""The organisation's colour is readable, whichever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmsdocs.site.brand import DARK_PAPER, LIGHT_PAPER, accents, contrast


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_is_readable_on_light_and_dark_paper(number: int) -> None:
    light, dark = accents(f"#{number:06x}")
    assert contrast(light, LIGHT_PAPER) >= 4.5
    assert contrast(dark, DARK_PAPER) >= 4.5


def test_a_colour_that_is_readable_stays() -> None:
    assert accents("#0b5394")[0] == "#0b5394"


@pytest.mark.parametrize("wrong", [None, "", "red", "#12", "#0b5394;} body{display:none"])
def test_what_is_no_colour_is_not_used(wrong: str | None) -> None:
    assert accents(wrong) == accents("#1b4f8f")


def test_contrast_as_the_guidelines_count_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
