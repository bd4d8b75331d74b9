"""A file of the work tree, edited in place."""

from __future__ import annotations

from pathlib import Path

from qmsdocs.model import QmsError


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file whole or not at all, keeping its permissions. Raises QmsError where the disk does not take it."""
    if path.is_symlink():
        raise QmsError(f"{path} is a symbolic link; only a real file is edited.")
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with part.open("xb") as file:  # never through a link that somebody laid there
            file.write(data)
        part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise QmsError(f"{path} cannot be written ({error.strerror}); nothing was changed.") from None
