"""A history of our own making for each attack, and the firm whose command line must tell of it."""

from __future__ import annotations

from cli.conftest import _clean_machine, firm
from lifecycle.conftest import qms

__all__ = ["_clean_machine", "firm", "qms"]
