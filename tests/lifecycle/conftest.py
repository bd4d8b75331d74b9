"""A fresh repository for each test that asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit import ENVIRONMENT, Qms


@pytest.fixture
def qms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Qms:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return Qms(tmp_path)
