"""Git hooks in a clone or on a server: written, found again, and taken away so that what was there before is back (githooks(5))."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qmsdocs.model import QmsError

_MARK = "# Written by 'qmsdocs hooks install'; 'qmsdocs hooks uninstall' takes it away."
_KEPT = ".before-qmsdocs"
CLONE = ("pre-commit", "pre-merge-commit", "commit-msg")
SERVER = ("pre-receive",)
_CALLS = {
    "pre-commit": 'exec "$qmsdocs" check --staged',
    "pre-merge-commit": 'exec "$qmsdocs" check --staged',
    "commit-msg": 'exec "$qmsdocs" hooks message "$1"',
    "pre-receive": """printf '%s\\n' "$pushed" | "$qmsdocs" check --pre-receive""",
}
_SCRIPT = """\
#!/bin/sh
{mark}
before="$0{kept}"
{first}
{guard}qmsdocs={program}
[ -x "$qmsdocs" ] || qmsdocs=qmsdocs
if ! command -v "$qmsdocs" >/dev/null 2>&1; then
    echo "qmsdocs is neither at "{program}" nor on the PATH, so nothing can be checked; install it and run 'qmsdocs hooks install'." >&2
    exit 3
fi
{call}
"""
_FIRST = 'if [ -x "$before" ]; then "$before" "$@" || exit $?; fi'
# What was pushed comes on standard input once, and both hooks need it
_FIRST_READS = """\
if ! pushed=$(cat); then
    echo "qmsdocs: Standard input cannot be read, so what was pushed cannot be told." >&2
    exit 3
fi
if [ -x "$before" ]; then printf '%s\\n' "$pushed" | "$before" "$@" || exit $?; fi"""
# Folders that several repositories share: where there is no policy there is nothing to check
_GUARD = "git cat-file -e :qms.toml 2>/dev/null || git cat-file -e HEAD:qms.toml 2>/dev/null || exit 0\n"


@dataclass(frozen=True, slots=True)
class Installed:
    """The hooks that are there now, by name, and those of somebody else that they call first."""

    folder: Path
    hooks: tuple[str, ...]
    kept: tuple[str, ...]


def install(folder: Path, program: Path, shared: bool, names: Sequence[str] = CLONE) -> Installed:
    """Write some hooks into a folder (CLONE or SERVER); one that is there already is kept and called first.

    `program` is where qmsdocs is; `shared` says that other repositories use the folder too. Raises QmsError where the folder
    cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
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
    reads = hook.name in SERVER
    script = _SCRIPT.format(
        mark=_MARK,
        kept=_KEPT,
        first=_FIRST_READS if reads else _FIRST,
        guard=_GUARD if shared and not reads else "",
        program=shlex.quote(program.as_posix()),
        call=_CALLS[hook.name],
    )
    part = hook.with_name(f"{hook.name}.{os.getpid()}.part")  # another may install at the same time
    part.write_bytes(script.encode("utf-8", "surrogateescape"))  # LF everywhere: a shell reads it
    part.chmod(0o755)
    part.replace(hook)


def _is_ours(hook: Path) -> bool:
    try:
        return hook.is_file() and _MARK.encode() in hook.read_bytes()
    except OSError:
        return False
