"""The heart: from history, signed records and policy to revisions and statuses. No I/O, no clock."""

from qmsdocs.lifecycle.dossier import Act, Content, Dossier, Draft, Incident, Moment, Need, Revision, State, Touch
from qmsdocs.lifecycle.intake import attachment_path
from qmsdocs.lifecycle.policies import first_policy, policy_type
from qmsdocs.lifecycle.replay import replay
from qmsdocs.lifecycle.standing import Standing, in_force, is_broken, period, retain_until, revision_status, stand

__all__ = [
    "Act", "Content", "Dossier", "Draft", "Incident", "Moment", "Need", "Revision", "Standing", "State", "Touch",
    "attachment_path", "first_policy", "in_force", "is_broken", "period", "policy_type", "replay", "retain_until", "revision_status", "stand",
]  # fmt: skip
