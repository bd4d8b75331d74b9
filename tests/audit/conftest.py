"""The firm of the command line, the repository of the lifecycle, and the audit of either."""

from __future__ import annotations

from cli.conftest import _clean_machine, firm
from lifecycle.conftest import qms

__all__ = ["_clean_machine", "firm", "qms"]
