"""Git hooks in a clone: written, found again, and taken away so that what was there before is back (githooks(5))."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from qmsdocs.model import QmsError

_MARK = "# Written by 'qmsdocs hooks install'; 'qmsdocs hooks uninstall' takes it away."
_KEPT = ".before-qmsdocs"
_CALLS = {
    "pre-commit": 'exec "$qmsdocs" check --staged',
    "pre-merge-commit": 'exec "$qmsdocs" check --staged',
    "commit-msg": 'exec "$qmsdocs" hooks message "$1"',
}
_SCRIPT = """\
#!/bin/sh
{mark}
before="$0{kept}"
if [ -x "$before" ]; then "$before" "$@" || exit $?; fi
{guard}qmsdocs={program}
[ -x "$qmsdocs" ] || qmsdocs=qmsdocs
if ! command -v "$qmsdocs" >/dev/null 2>&1; then
    echo "qmsdocs is neither at "{program}" nor on the PATH, so nothing can be checked; install it and run 'qmsdocs hooks install'." >&2
    exit 3
fi
{call}
"""
# Folders that several repositories share: where there is no policy there is nothing to check
_GUARD = "git cat-file -e :qms.toml 2>/dev/null || git cat-file -e HEAD:qms.toml 2>/dev/null || exit 0\n"


@dataclass(frozen=True, slots=True)
class Installed:
    """The hooks that are there now, by name, and those of somebody else that they call first."""

    folder: Path
    hooks: tuple[str, ...]
    kept: tuple[str, ...]


def install(folder: Path, program: Path, shared: bool) -> Installed:
    """Write the hooks into a folder; one that is there already is kept and called first.

    `program` is where qmsdocs is; `shared` says that other repositories use the folder too. Raises QmsError where the folder
    cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _CALLS:
            _install(folder / name, program, shared)
    except OSError as error:
        raise QmsError(
            f"{error.filename or folder} cannot be written ({error.strerror}); mend its permissions."
        ) from None
    return installed(folder)


def uninstall(folder: Path) -> tuple[str, ...]:
    """Take the hooks away, and put those back that were there before; returns the names of those taken away."""
    names = installed(folder).hooks
    for name in names:
        hook, kept = folder / name, folder / f"{name}{_KEPT}"
        hook.unlink()
        if kept.exists():
            kept.rename(hook)
    return names


def installed(folder: Path) -> Installed:
    """What is there."""
    hooks = tuple(name for name in _CALLS if _is_ours(folder / name))
    return Installed(folder, hooks, tuple(name for name in hooks if (folder / f"{name}{_KEPT}").exists()))


def _install(hook: Path, program: Path, shared: bool) -> None:
    kept = hook.with_name(f"{hook.name}{_KEPT}")
    if (hook.exists() or hook.is_symlink()) and not _is_ours(hook):
        if kept.exists():
            raise QmsError(f"{hook} is no hook of ours, and {kept.name} is there too; remove one of the two.")
        hook.rename(kept)
    script = _SCRIPT.format(
        mark=_MARK,
        kept=_KEPT,
        guard=_GUARD if shared else "",
        program=shlex.quote(program.as_posix()),
        call=_CALLS[hook.name],
    )
    part = hook.with_name(f"{hook.name}.part")
    part.write_bytes(script.encode("utf-8", "surrogateescape"))  # LF everywhere: a shell reads it
    part.chmod(0o755)
    part.replace(hook)


def _is_ours(hook: Path) -> bool:
    try:
        return hook.is_file() and _MARK.encode() in hook.read_bytes()
    except OSError:
        return False
