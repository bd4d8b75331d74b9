"""`check --staged`: what the next commit would bring. As a hook calls it, it loads as little as it can."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from qmsdocs.session import open_session


def run_hook(repo: str) -> int:
    """Judge what is staged in the repository around a folder and tell it; returns the exit code."""
    gc.disable()  # the process ends before there is garbage worth collecting
    try:
        session = open_session(Path(repo))  # git is at work while the rest is loaded
        from qmsdocs.cli.console import Terminal, emit
        from qmsdocs.cli.told import exit_code, told_staged
        from qmsdocs.render.text import findings_text

        told = told_staged(Path(repo), None, session)
        emit(findings_text(told.findings, Terminal.here().colour), None)
        sys.stdout.flush()
        return exit_code(told, staged=True)
    except BaseException as error:
        from qmsdocs.cli.console import ended

        return ended(error)
