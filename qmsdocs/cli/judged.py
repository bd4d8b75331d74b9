"""A repository, what was read from it, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from qmsdocs.library import Library
from qmsdocs.lifecycle import State
from qmsdocs.load import standing_links
from qmsdocs.model import Finding
from qmsdocs.plumbing import Plumbing
from qmsdocs.rules import Context, Elsewhere, judge

Opened = TypeVar("Opened", bound=Plumbing)


@dataclass(frozen=True)
class Judged(Generic[Opened]):
    """A repository, what was read from it, and the state that follows; `elsewhere` answers for what was not read."""

    repository: Opened
    library: Library
    state: State
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    touched: frozenset[str] = frozenset()

    @cached_property
    def context(self) -> Context:
        """What the rules look at."""
        links = standing_links(self.repository, self.library, self.state)
        return Context(self.library, self.state, links, self.elsewhere, self.touched)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding."""
        return judge(self.context)
