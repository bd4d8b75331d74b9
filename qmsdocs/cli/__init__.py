"""The command line: one file a verb, loaded when it is called."""

from __future__ import annotations

import importlib

import click

from qmsdocs import __version__
from qmsdocs.cli.common import run

_VERBS = {
    "init": "start",
    "demo": "demo",
    "new": "new",
    "revise": "revise",
    "check": "check",
    "watch": "watch",
    "hooks": "hooks",
    "explain": "explain",
    "review": "sign",
    "approve": "sign",
    "reject": "sign",
    "revoke": "sign",
    "periodic-review": "sign",
    "acknowledge": "sign",
    "withdraw": "withdraw",
    "close": "sign",
    "baseline": "sign",
    "people": "people",
    "status": "status",
    "register": "register",
    "history": "history",
    "diff": "diff",
    "audit": "audit",
    "readiness": "readiness",
}


class _Verbs(click.Group):
    """Loads only the verb that is called: a hook must not pay for what it does not use."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in _VERBS:
            return None
        module = importlib.import_module(f"qmsdocs.cli.{_VERBS[name]}")
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, no_args_is_help=True
)
@click.version_option(__version__, package_name="qmsdocs")
def qmsdocs() -> None:
    """Document control for ISO 9001 on git.

    Procedures are Markdown files; approvals are signed; the register is derived from the history.
    Exit codes: 0 clean, 1 findings, 2 usage, 3 cannot be determined.
    """


def main() -> None:
    """Entry point."""
    run(qmsdocs)
