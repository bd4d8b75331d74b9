"""The firm in which an auditor finds nothing, and the one of the command line."""

from __future__ import annotations

import pytest
from cli.conftest import _clean_machine, firm
from readiness.world import Works, ready

__all__ = ["_clean_machine", "firm", "works"]


@pytest.fixture
def works() -> Works:
    return ready()
