"""Document control for ISO 9001 on git: approvals that are signed, a register that is derived."""

__version__ = "0.1.0"
