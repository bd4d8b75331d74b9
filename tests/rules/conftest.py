"""The same firm as for the command line."""

from cli.conftest import _clean_machine, firm

__all__ = ["_clean_machine", "firm"]
