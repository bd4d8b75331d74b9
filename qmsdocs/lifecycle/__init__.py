"""The heart: from history, signed records and policy to revisions and statuses. No I/O, no clock."""

from qmsdocs.lifecycle.dossier import Act, Content, Dossier, Draft, Incident, Moment, Need, Revision, State, Touch
from qmsdocs.lifecycle.intake import attachment_path
from qmsdocs.lifecycle.policies import first_policy, policy_type
from qmsdocs.lifecycle.replay import replay
from qmsdocs.lifecycle.standing import (
    ONLY_LABEL,
    Standing,
    closing,
    closing_label,
    closing_roles,
    in_force,
    is_broken,
    is_cancelled,
    period,
    retain_until,
    revision_status,
    stand,
)

__all__ = [
    "ONLY_LABEL", "Act", "Content", "Dossier", "Draft", "Incident", "Moment", "Need", "Revision", "Standing", "State",
    "Touch", "attachment_path", "closing", "closing_label", "closing_roles", "first_policy", "in_force", "is_broken",
    "is_cancelled", "period", "policy_type", "replay", "retain_until", "revision_status", "stand",
]  # fmt: skip
