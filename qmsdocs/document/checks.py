"""What is wrong with values that could be read: a kind of value that its key does not take, a key that we do not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from qmsdocs.dates import parse_date, parse_interval
from qmsdocs.document.keys import (
    CLAIMS,
    DATE_KEYS,
    ID_FORM,
    INTERVAL_KEYS,
    KNOWN_KEYS,
    LATER_KEYS,
    LIST_KEYS,
    TEXT_KEYS,
    KeyNames,
)
from qmsdocs.document.text import Value
from qmsdocs.model import Problem


def wrong_values(front: Mapping[str, Value], lines: Mapping[str, int], names: KeyNames) -> Iterator[Problem]:
    """What stands in readable front matter (our key names) and cannot be taken, with the line of its key."""
    for key, value in front.items():
        own, line = names.own(key), lines[key]
        if key in LATER_KEYS and own in names.own_keys:
            continue  # the organisation had a key of this name before we did
        if key in TEXT_KEYS or key in DATE_KEYS or key in INTERVAL_KEYS:
            if not isinstance(value, str):
                yield Problem(
                    "wrong-type", line, f"'{own}' is a list, one text was expected", f"Write '{own}: …' on one line"
                )
            elif value.strip():
                yield from _typed_text(key, own, value, line)
        elif key not in LIST_KEYS and not key.startswith("x-"):
            yield from _unknown(key, line, names)


def _typed_text(key: str, own: str, value: str, line: int) -> Iterator[Problem]:
    try:
        if key in DATE_KEYS:
            parse_date(value)
        elif key in INTERVAL_KEYS:
            parse_interval(value)
    except ValueError as error:
        yield Problem(
            "wrong-type",
            line,
            f"'{own}': {error}",
            "Write 2026-12-01" if key in DATE_KEYS else "Write for example '24 months'",
        )
    if key == "id" and not ID_FORM.fullmatch(value):
        yield Problem(
            "invalid-id",
            line,
            f"'{value}' cannot be an id",
            "Use letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit",
        )


def _unknown(key: str, line: int, names: KeyNames) -> Iterator[Problem]:
    plain = key.removeprefix("own:")
    if plain in names.own_keys:
        return
    if key in CLAIMS:
        yield Problem(
            "typed-claim",
            line,
            f"'{key}' claims what only signed records can say",
            f"Remove '{key}': status and approval are derived from the history",
        )
        return
    near = _nearest(plain)
    hint = f"Did you mean '{near}'? " if near else ""
    yield Problem(
        "unknown-key",
        line,
        f"'{plain}' is not a key we know",
        f"{hint}Name it 'x-{plain}', or list it under own_keys in [front_matter] of qms.toml",
    )


@lru_cache(maxsize=1024)
def _nearest(key: str) -> str | None:
    """The key that was probably meant. Each version of a document asks again."""
    import difflib  # late: a clean document has no need of it

    return next(iter(difflib.get_close_matches(key, KNOWN_KEYS, 1, 0.75)), None)
