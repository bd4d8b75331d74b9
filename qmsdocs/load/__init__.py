"""From a repository to a Library: one pass over the history, then blobs in bulk."""

from qmsdocs.load.history import (
    load,
    load_worktree,
    mainline_head,
    named_mainline,
    policy_at,
    read_bodies,
    standing_links,
)
from qmsdocs.load.part import Part, Unfit, load_staged_part
from qmsdocs.load.proposed import load_range, load_staged
from qmsdocs.load.worktree import WORKTREE

__all__ = [
    "WORKTREE",
    "Part",
    "Unfit",
    "load",
    "load_range",
    "load_staged",
    "load_staged_part",
    "load_worktree",
    "mainline_head",
    "named_mainline",
    "policy_at",
    "read_bodies",
    "standing_links",
]
