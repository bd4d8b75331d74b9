"""An organisation's colour, made readable on the site's own light and dark paper (WCAG 2.2, 1.4.3: a contrast of 4.5)."""

from __future__ import annotations

import re

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
DEFAULT = "#1b4f8f"
LIGHT_PAPER, DARK_PAPER = "#f9dcd9", "#1f442f"  # beyond the strongest of the style sheet's washes
_CONTRAST = 4.6
_STEPS = 50

Rgb = tuple[float, float, float]


def accents(colour: str | None) -> tuple[str, str]:
    """The accent for light and for dark paper: the colour given, darkened or lightened only as far as it must be."""
    wanted = colour if colour and COLOUR.fullmatch(colour) else DEFAULT
    return _readable(wanted, LIGHT_PAPER, "#000000"), _readable(wanted, DARK_PAPER, "#ffffff")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _readable(colour: str, paper: str, towards: str) -> str:
    for step in range(_STEPS + 1):
        mixed = _mix(colour, towards, step / _STEPS)
        if contrast(mixed, paper) >= _CONTRAST:
            return mixed
    return towards


def _mix(one: str, other: str, share: float) -> str:
    parts = (round(255 * (a + (b - a) * share)) for a, b in zip(_rgb(one), _rgb(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
