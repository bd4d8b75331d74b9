"""The command line: one file a verb."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point. What a pre-commit hook calls is run without what the other verbs need."""
    if sys.argv[1:] == ["check", "--staged"]:
        from qmsdocs.cli.staged import run_hook

        sys.exit(run_hook())
    from qmsdocs.cli.verbs import run

    sys.exit(run())
