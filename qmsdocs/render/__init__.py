"""Renderers: a register or findings in, text or bytes out. No reading, no writing, no clock."""
