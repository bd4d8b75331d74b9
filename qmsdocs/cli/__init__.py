"""The command line: one file a verb."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point. What a pre-commit hook calls is run without what the other verbs need."""
    repo = _hooked(sys.argv[1:])
    if repo is not None:
        from qmsdocs.cli.staged import run_hook

        sys.exit(run_hook(repo))
    from qmsdocs.cli.verbs import run

    sys.exit(run())


def _hooked(arguments: list[str]) -> str | None:
    """The folder in which `check --staged` is asked for, with no option but `--repo`; None for all else."""
    if arguments == ["check", "--staged"]:
        return "."
    if (
        len(arguments) == 4
        and arguments[0] == "check"
        and "--repo" in arguments[1:3]
        and "--staged" in (arguments[1], arguments[3])
    ):
        return arguments[arguments.index("--repo") + 1]
    return None
