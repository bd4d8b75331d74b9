"""What only one private key can have: two people with one key, however it is written, are found out."""

from __future__ import annotations

import base64
import struct

import pytest
from kit import public_line

from qmsdocs.sshsig import key_material, public_key_blob

MODULUS = b"\x00\xc1" + bytes(range(1, 128))
POINT = b"\x04" + bytes(range(64))


def line(*parts: bytes) -> str:
    blob = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return f"{parts[0].decode()} {base64.b64encode(blob).decode()} someone"


def test_an_rsa_key_is_known_whatever_zeros_stand_before_its_numbers() -> None:
    plain = line(b"ssh-rsa", b"\x01\x00\x01", MODULUS)
    padded = line(b"ssh-rsa", b"\x00\x01\x00\x01", b"\x00" + MODULUS)
    other = line(b"ssh-rsa", b"\x01\x00\x01", MODULUS[:-1] + b"\x01")
    assert key_material(plain) == key_material(padded) != key_material(other)


def test_an_ecdsa_key_is_known_on_a_hardware_token_too() -> None:
    plain = line(b"ecdsa-sha2-nistp256", b"nistp256", POINT)
    token = line(b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", POINT, b"ssh:")
    other = line(b"ecdsa-sha2-nistp256", b"nistp256", POINT[::-1])
    assert key_material(plain) == key_material(token) != key_material(other)


def test_an_ed25519_key_is_known_on_a_hardware_token_too() -> None:
    public = public_key_blob(public_line("jane"))[-32:]
    token = line(b"sk-ssh-ed25519@openssh.com", public, b"ssh:")
    assert key_material(token) == key_material(public_line("jane")) != key_material(public_line("bob"))


@pytest.mark.parametrize(
    "parts", [(b"ssh-rsa", b"\x01\x00\x01"), (b"ssh-rsa", b"\x81", MODULUS), (b"ecdsa-sha2-nistp256", b"nistp256")]
)
def test_a_key_that_is_cut_short_or_negative_is_none(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="not an OpenSSH public key: is damaged"):
        key_material(line(*parts))
