"""Where the templates and the sample stand that come with qmsdocs: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `templates` or `sample-qms`."""
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def template(name: str, root: Path) -> Path | None:
    """A document template: the organisation's own under `templates/` first, then the one that comes with qmsdocs.

    What lies outside of the place it is looked for in (by a symbolic link, or a name with `..`) is none.
    """
    places = (root / "templates", shipped("templates") / "documents", shipped("templates") / "records")
    bounds = (root, *places[1:])
    found = ((place / name, bound) for place, bound in zip(places, bounds, strict=True) if (place / name).is_file())
    return next((file for file, bound in found if file.resolve().is_relative_to(bound.resolve())), None)
