"""Values of ours as JSON and back, by the types of their fields: for caches that are dropped whenever they do not fit."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

Decoder = Callable[[Any], Any]


def encode(value: Any) -> Any:
    """A value of plain types, dataclasses, enumerations, days, time zones and collections of them, as JSON can hold it."""
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if is_dataclass(value):
        return [encode(getattr(value, field.name)) for field in fields(value) if field.init]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, Mapping):
        return {key: encode(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [encode(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(encode(part) for part in value)
    raise TypeError(f"no way to keep a {type(value).__name__}")


@cache
def decoder(kind: Any) -> Decoder:
    """What makes a value of a type again from what `encode` made of it. It raises whatever comes of what does not fit."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _either(arguments)
    if origin is tuple:
        of = decoder(arguments[0])
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return lambda value: tuple([of(part) for part in value])
        parts = [decoder(argument) for argument in arguments]
        return lambda value: tuple([part(item) for part, item in zip(parts, value, strict=True)])
    if origin is frozenset:
        of = decoder(arguments[0])
        return lambda value: frozenset([of(part) for part in value])
    if origin is not None and issubclass(origin, Mapping):
        of = decoder(arguments[1])
        return lambda value: {key: of(part) for key, part in value.items()}
    return _plain(kind)


def _plain(kind: Any) -> Decoder:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = [decoder(hints[field.name]) for field in fields(kind) if field.init]
        return lambda value: kind(*[part(item) for part, item in zip(parts, value, strict=True)])
    if kind is date:
        return date.fromisoformat
    if isinstance(kind, type) and issubclass(kind, Enum | ZoneInfo):
        return kind
    return _same


def _either(kinds: tuple[Any, ...]) -> Decoder:
    """One of several types: none or another, or a text or a list of them."""
    some = [decoder(kind) for kind in kinds if kind is not types.NoneType]
    if len(some) == 1:
        only = some[0]
        return lambda value: None if value is None else only(value)
    if set(kinds) == {str, tuple[str, ...]}:
        return lambda value: value if isinstance(value, str) else tuple(value)
    raise TypeError(f"no way to tell which of {kinds} it was")


def _same(value: Any) -> Any:
    return value
