"""The verbs: one file each, loaded when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from qmsdocs import __version__
from qmsdocs.cli.console import EXIT_CLEAN, EXIT_USAGE, ended
from qmsdocs.model import QmsError

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
    "site": "site",
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


def run() -> int:
    """Run the command line; returns the exit code."""
    try:
        code = qmsdocs.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.Abort:
        code = ended(KeyboardInterrupt())
    except click.ClickException as error:
        error.show()
        code = EXIT_USAGE
    except (QmsError, KeyboardInterrupt, OSError) as error:
        code = ended(error)
    return code if isinstance(code, int) else EXIT_CLEAN
