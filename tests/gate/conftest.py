"""The same firm as for the command line, with the hooks installed: people use git itself."""

from __future__ import annotations

import pytest
from cli.conftest import _clean_machine, firm
from firm import Firm

__all__ = ["_clean_machine", "firm", "gated"]


@pytest.fixture
def gated(firm: Firm) -> Firm:
    """The firm with hooks."""
    assert firm.say("hooks", "install").code == 0
    return firm
