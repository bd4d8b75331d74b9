"""The policy (`qms.toml`): organisation, types, roles, people and keys."""

from qmsdocs.policy.reading import policy_document, read_policy
from qmsdocs.policy.tables import MAX_POLICY
from qmsdocs.policy.values import OWNER, DocumentType, Person, PersonKey, Policy, PolicyText, Requirement, RoleGrant

POLICY_PATH = "qms.toml"

__all__ = [
    "MAX_POLICY",
    "OWNER",
    "POLICY_PATH",
    "DocumentType",
    "Person",
    "PersonKey",
    "Policy",
    "PolicyText",
    "Requirement",
    "RoleGrant",
    "policy_document",
    "read_policy",
]
