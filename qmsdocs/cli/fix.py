"""`check --fix`: the files as they stand, mended where there is one right answer; shown as a diff, and then written."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from qmsdocs.cli.console import Terminal, emit, tell
from qmsdocs.cli.edited import replace_file
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_worktree
from qmsdocs.fixing import File, Fix, fixable, fixes
from qmsdocs.git import Repository
from qmsdocs.load import WORKTREE
from qmsdocs.model import QmsError
from qmsdocs.plumbing import blob_id
from qmsdocs.render.printable import counted, printable
from qmsdocs.render.redline import clean

_CODE = {"+": "32", "-": "31", "@": "36"}


def fix_files(repo: Path, write: bool, data: bool) -> None:
    """Mend the files as they stand; with `write` false only show what would be mended.

    The diff goes to standard output, or to standard error where that carries `data` in another format.
    """
    try:
        judged = judged_worktree(repo)
    except QmsError:
        return  # what stops the judging here stops the check that follows, and is told there
    mended = []
    for fix in fixes(judged.context, judged.findings, _files(judged)):
        for why in fix.left:
            tell(f"{printable(fix.path)}: left as it is: {printable(why)}.")
        if fix.after != fix.before and _mend(_root(judged) / fix.path, fix, write, data):
            mended.append(fix)
            tell(f"{printable(fix.path)}: {printable('; '.join(fix.done))}.")
    _sum_up(mended, write)


def _mend(file: Path, fix: Fix, write: bool, data: bool) -> bool:
    """Show a fix and write it, unless somebody else changed the file meanwhile; returns whether the fix stands."""
    try:
        if not file.stat().st_mode & 0o200:
            raise QmsError("it is read-only.")
        if data:
            tell(_diff(fix, False).removesuffix("\n"))
        else:
            emit(_diff(fix, Terminal.here().colour) + "\n", None)
        if file.read_bytes() != fix.before:
            raise QmsError("it changed meanwhile; run the command again.")
        if write:
            replace_file(file, fix.after)
    except OSError as error:
        tell(f"{printable(fix.path)}: left as it is: it cannot be read ({error.strerror}).")
        return False
    except QmsError as error:
        tell(f"{printable(fix.path)}: left as it is: {error}")
        return False
    return True


def _sum_up(mended: list[Fix], write: bool) -> None:
    if not mended:
        tell("qmsdocs: Nothing was mended.")
    elif not write:
        tell(f"qmsdocs: {counted(len(mended), 'file')} would be mended; nothing was written.")
    else:
        paths = " ".join(shlex.quote(printable(fix.path)) for fix in mended)
        tell(f"qmsdocs: {counted(len(mended), 'file')} mended, nothing staged; if you agree: git add {paths}")


def _root(judged: Judged[Repository]) -> Path:
    root = judged.repository.root
    assert root is not None  # or the files could not have been judged
    return root


# --- reading and writing ------------------------------------------------------------------------------------------


def _files(judged: Judged[Repository]) -> dict[str, File]:
    """The files that may be mended, as they were judged; of others it is said why they are left alone."""
    found = {}
    for path in fixable(judged.context):
        try:
            found[path] = _read(judged, path)
        except QmsError as error:
            tell(f"{printable(path)}: left as it is: {error}")
    crlf = [path for path, data in found.items() if b"\r\n" in data]
    converted = judged.repository.stored_as_lf(crlf) if crlf else set()
    landed = _landed(judged, crlf)
    return {path: File(data, landed.get(path), path in converted) for path, data in found.items()}


def _read(judged: Judged[Repository], path: str) -> bytes:
    root = _root(judged)
    file = root / path
    if file.resolve() != root.resolve() / path:
        raise QmsError("a symbolic link leads there.")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise QmsError(f"it cannot be read ({error.strerror}).") from None
    if judged.state.tree.get(path) not in (blob_id(data), blob_id(data.replace(b"\r\n", b"\n"))):
        raise QmsError("it changed while it was judged; run the command again.")
    return data


def _landed(judged: Judged[Repository], paths: Iterable[str]) -> dict[str, bytes]:
    """The bytes that some files had when they landed last."""
    commit = judged.library.landings[-1].commit
    before = {change.path: change.old for change in commit.changes} if commit.id == WORKTREE else {}
    blobs = {path: before.get(path, judged.state.tree.get(path)) for path in paths}
    held = dict(judged.repository.blobs({blob for blob in blobs.values() if blob}))
    return {path: held[blob] for path, blob in blobs.items() if blob}


# --- the diff -----------------------------------------------------------------------------------------------------


def _diff(fix: Fix, colour: bool) -> str:
    """A unified diff of a fix; line ends and byte order marks that change are told above it, not line by line."""
    name = printable(fix.path)
    before, after = _plain(fix.before), _plain(fix.after)
    lines = [f"--- a/{name}", f"+++ b/{name}", *_unseen(fix)]
    hunks = difflib.unified_diff(before, after, lineterm="", n=3)
    lines += list(hunks)[2:]
    paint: Callable[[str], str] = _painted if colour else str
    return "".join(f"{paint(line)}\n" for line in lines)


def _plain(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    lines = clean(text).split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], f"{lines[-1]}\n\\ No newline at end of file"]


def _unseen(fix: Fix) -> Iterator[str]:
    if fix.before.startswith(b"\xef\xbb\xbf") and not fix.after.startswith(b"\xef\xbb\xbf"):
        yield "\\ Byte order mark removed"
    crlf, bare = fix.before.count(b"\r\n"), fix.before.replace(b"\r\n", b"").count(b"\n")
    if b"\r\n" not in fix.after and crlf:
        yield f"\\ {counted(crlf, 'line end')}: CRLF becomes LF"
    elif fix.after.count(b"\r\n") == fix.after.count(b"\n") and crlf and bare:
        yield f"\\ {counted(bare, 'line end')}: LF becomes CRLF"


def _painted(line: str) -> str:
    code = _CODE.get(line[:1])
    return f"\033[{code}m{line}\033[0m" if code else line
