"""The policy (`qms.toml`): organisation, types, roles, people and keys."""

from qmsdocs.policy.reading import policy_document, read_policy
from qmsdocs.policy.system import Certificate, ManagementSystem, NotApplicable, Process
from qmsdocs.policy.tables import MAX_POLICY
from qmsdocs.policy.values import (
    OWNER,
    PURPOSES,
    DocumentType,
    Person,
    PersonKey,
    Policy,
    PolicyText,
    Requirement,
    RoleGrant,
)

POLICY_PATH = "qms.toml"

__all__ = [
    "MAX_POLICY",
    "OWNER",
    "POLICY_PATH",
    "PURPOSES",
    "Certificate",
    "DocumentType",
    "ManagementSystem",
    "NotApplicable",
    "Person",
    "PersonKey",
    "Policy",
    "PolicyText",
    "Process",
    "Requirement",
    "RoleGrant",
    "policy_document",
    "read_policy",
]
