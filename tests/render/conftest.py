"""Fixtures of the renderers' tests."""

from __future__ import annotations

import pytest

from qmsdocs.register import Register

from .sample import sample_register


@pytest.fixture(scope="session")
def register() -> Register:
    """The register written by hand."""
    return sample_register()
