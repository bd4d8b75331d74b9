"""A controlled document as text: its front matter, its body and the digest of its content.

Front matter is flat YAML, read as text and then typed by us, so that `1.10`, `010` and `no` stay what was typed
and every key keeps its line. What cannot be taken as it stands becomes a `Problem`, never an exception.
"""

from qmsdocs.document.keys import (
    CLAIMS,
    DATE_KEYS,
    ID_FORM,
    INTERVAL_KEYS,
    KNOWN_KEYS,
    LIST_KEYS,
    TEXT_KEYS,
    KeyNames,
    same_id,
)
from qmsdocs.document.parts import LFS_POINTER, MAX_DOCUMENT, MAX_FRONT_MATTER, decode, split
from qmsdocs.document.reading import body_of, read_document
from qmsdocs.document.text import DIGEST_VERSION, DocumentText, Value

__all__ = [
    "CLAIMS",
    "DATE_KEYS",
    "DIGEST_VERSION",
    "ID_FORM",
    "INTERVAL_KEYS",
    "KNOWN_KEYS",
    "LFS_POINTER",
    "LIST_KEYS",
    "MAX_DOCUMENT",
    "MAX_FRONT_MATTER",
    "TEXT_KEYS",
    "DocumentText",
    "KeyNames",
    "Value",
    "body_of",
    "decode",
    "read_document",
    "same_id",
    "split",
]
