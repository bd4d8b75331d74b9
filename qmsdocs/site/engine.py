"""From values to pages: the templates, the organisation's own before ours, and what every page has in common.

An organisation's templates come from its repository. Where it has any, all templates run in Jinja's sandbox; autoescape is
always on, and nothing in a template turns it off for a value.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from qmsdocs.model import QmsError
from qmsdocs.render.printable import counted, day_text, month_text, printable, short
from qmsdocs.site.brand import accents
from qmsdocs.site.names import safe_name

TEMPLATES = "templates/site"  # where an organisation keeps its own
_WEB = re.compile(r"https?://[^\s\x00-\x1f<>\"']+")
NAVIGATION = (
    ("register.html", "Register"),
    ("clauses.html", "Clauses"),
    ("records.html", "Records"),
    ("external.html", "External"),
    ("reviews.html", "Reviews"),
    ("people.html", "People"),
    ("findings.html", "Findings"),
    ("verify.html", "Verify"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the site: its path from the top, and its bytes."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page shows: the organisation, its logo and colour; `past` is the day of a site that is not today's."""

    organisation: str
    logo: str | None = None
    accent: str | None = None
    past: date | None = None


class Engine:
    """The templates, ready to use."""

    def __init__(self, frame: Frame, own: Mapping[str, str] | None = None) -> None:
        self.frame = frame
        kind = (
            ImmutableSandboxedEnvironment if own else Environment
        )  # ours need no guard, which costs a tenth of a build
        self.environment = kind(
            loader=ChoiceLoader([DictLoader(dict(own or {})), PackageLoader("qmsdocs.site")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )
        self.environment.filters.pop("safe")
        self.environment.filters.update(
            day=day_text,
            month=month_text,
            short=short,
            counted=counted,
            kind=_kind,
            web=_web,
            once=_once,
            name=safe_name,
        )
        self.environment.globals.update(frame=frame, navigation=NAVIGATION)

    def page(self, path: str, template: str, *, current: str = "", sheet: str | None = None, **values: Any) -> Page:
        """A page from a template. `current` is the entry of the navigation that it belongs to, `sheet` a text for its printed head.

        Raises QmsError for a template that cannot be used.
        """
        style = print_style(sheet or self.frame.organisation)
        values |= {"root": "../" * path.count("/"), "here": path, "current": current}
        values |= {"style": Markup(style), "style_hash": _hash(style)}
        return Page(path, self.text(template, values).encode("utf-8", "backslashreplace"))

    def text(self, template: str, values: Mapping[str, Any]) -> str:
        """A template with its values filled in."""
        try:
            return self.environment.get_template(template).render(**values)
        except TemplateError as error:
            where = f"{TEMPLATES}/{getattr(error, 'name', None) or template}"
            line = getattr(error, "lineno", None)
            message = " ".join(str(error.message or error).split())
            raise QmsError(
                f"The template {where}{f':{line}' if line else ''} cannot be used: {message}; mend it on the mainline, or remove it."
            ) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise QmsError(
                f"The template {TEMPLATES}/{template} fails: {type(error).__name__}: {error}; mend it on the mainline, or remove it."
            ) from None


def style_sheet(template: str, frame: Frame) -> str:
    """The site's style sheet, or its icon, with the organisation's colour."""
    light, dark = accents(frame.accent)
    return template.replace("$light-accent", light).replace("$dark-accent", dark)


def print_style(sheet: str) -> str:
    """What stands at the head of each printed page (CSS Paged Media, margin boxes); any text is escaped for CSS."""
    return f"@page{{@top-left{{content:{_css_string(printable(sheet))}}}}}"


def _css_string(text: str) -> str:
    return (
        '"'
        + "".join(char if (char.isalnum() and char.isascii()) or char == " " else f"\\{ord(char):x} " for char in text)
        + '"'
    )


def _hash(text: str) -> str:
    """The name by which the content security policy lets this one style in."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _shown(value: Any) -> Any:
    """What a page shows of a value: nothing of None, and no character that acts. Autoescape comes after it."""
    if value is None:
        return ""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _kind(text: str) -> str:
    """A status as the name of a style."""
    return re.sub(r"[^a-z]+", "-", text.lower())


def _web(text: str | None) -> bool:
    """Whether a text may be made a link."""
    return bool(text) and _WEB.fullmatch(text or "") is not None


def _once(texts: Any) -> list[Any]:
    """Each of some values once, in their order."""
    return list(dict.fromkeys(texts))
