"""Where the templates and the sample stand that come with qmsdocs: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `templates` or `sample-qms`."""
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def template(name: str, root: Path) -> Path | None:
    """A document template: the organisation's own under `templates/` first, then the one that comes with qmsdocs."""
    places = (root / "templates", shipped("templates") / "documents", shipped("templates") / "records")
    return next((place / name for place in places if (place / name).is_file()), None)
