"""SSH signatures: what we accept is what `ssh-keygen -Y verify` accepts."""

import base64
import hashlib
import random
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.sshsig import BadSignature, Signature, fingerprint, public_key_blob, read_signature, verify

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

MESSAGE = b"qmsdocs: 1\ndocument: QP-001\n"
KINDS = {
    "ssh-ed25519": ("ed25519", ""),
    "ecdsa-sha2-nistp256": ("ecdsa", "256"),
    "ecdsa-sha2-nistp384": ("ecdsa", "384"),
    "ecdsa-sha2-nistp521": ("ecdsa", "521"),
    "ssh-rsa": ("rsa", "2048"),
}
APPLICATION = b"ssh:"


def packed(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def armored(raw: bytes) -> bytes:
    body = base64.encodebytes(raw)
    return b"-----BEGIN SSH SIGNATURE-----\n" + body + b"-----END SSH SIGNATURE-----\n"


def wire(public_key: bytes, inner: bytes, namespace: bytes = b"qmsdocs", hash_name: bytes = b"sha512") -> bytes:
    return b"SSHSIG" + struct.pack(">I", 1) + packed(public_key, namespace, b"", hash_name, inner)


def signed_bytes(message: bytes = MESSAGE, namespace: bytes = b"qmsdocs") -> bytes:
    return b"SSHSIG" + packed(namespace, b"", b"sha512", hashlib.sha512(message).digest())


def accepts(signature: bytes, message: bytes = MESSAGE) -> bool:
    try:
        verify(read_signature(signature), message)
    except BadSignature:
        return False
    return True


def keygen(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *map(str, arguments)], input=stdin, capture_output=True, check=False)


def stock_accepts(folder: Path, public: str, signature: bytes, message: bytes = MESSAGE) -> bool:
    (folder / "allowed").write_text(f"jane {public}\n")
    (folder / "record.sig").write_bytes(signature)
    options = ("-Y", "verify", "-f", folder / "allowed", "-I", "jane", "-n", "qmsdocs", "-s", folder / "record.sig")
    return keygen(*options, stdin=message).returncode == 0


def public_line(kind: bytes, blob: bytes) -> str:
    return f"{kind.decode()} {base64.b64encode(blob).decode()}"


@pytest.fixture(scope="module", params=KINDS)
def key(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, bits = KINDS[request.param]
    file = tmp_path_factory.mktemp("key") / "id"
    assert keygen("-q", "-t", name, *(["-b", bits] if bits else []), "-N", "", "-C", "jane", "-f", file).returncode == 0
    return file


def sign(key: Path, message: bytes = MESSAGE, namespace: str = "qmsdocs") -> bytes:
    done = keygen("-Y", "sign", "-q", "-n", namespace, "-f", key, stdin=message)
    assert done.returncode == 0
    return done.stdout


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text().strip()


def test_a_signature_of_ssh_keygen_holds(key: Path) -> None:
    signature = read_signature(sign(key))
    verify(signature, MESSAGE)
    assert signature.public_key == public_key_blob(public(key))
    assert signature.key_type == public(key).split()[0]
    assert signature.fingerprint.encode() in keygen("-l", "-f", key).stdout


def test_another_message_namespace_or_hash_does_not_hold(key: Path) -> None:
    signature = read_signature(sign(key))
    with pytest.raises(BadSignature, match="does not fit"):
        verify(signature, MESSAGE + b"\n")
    with pytest.raises(BadSignature, match="was made for 'git', not for 'qmsdocs'"):
        verify(read_signature(sign(key, namespace="git")), MESSAGE)
    with pytest.raises(BadSignature, match="does not fit"):
        verify(replace(signature, hash_name=b"sha256"), MESSAGE)
    with pytest.raises(BadSignature, match="unknown hash"):
        verify(replace(signature, hash_name=b"md5"), MESSAGE)
    with pytest.raises(BadSignature, match="contradicts"):
        verify(replace(signature, trailer=b"\x01\0\0\0\1"), MESSAGE)
    with pytest.raises(BadSignature, match="contradicts"):
        verify(replace(signature, algorithm=b"ssh-dss"), MESSAGE)


def test_what_we_accept_of_altered_signatures_ssh_keygen_accepts_too(key: Path, tmp_path: Path) -> None:
    raw = base64.b64decode(b"".join(sign(key).splitlines()[1:-1]))
    dice = random.Random(7)
    for _ in range(300):
        place = dice.randrange(len(raw))
        altered = armored(raw[:place] + bytes([raw[place] ^ 1 << dice.randrange(8)]) + raw[place + 1 :])
        assert not accepts(altered) or stock_accepts(tmp_path, public(key), altered)


def test_no_truncated_or_lengthened_signature_holds(key: Path) -> None:
    raw = base64.b64decode(b"".join(sign(key).splitlines()[1:-1]))
    assert accepts(armored(raw))
    assert not any(accepts(armored(raw[:end])) for end in range(len(raw)))
    assert not accepts(armored(raw + b"\0"))


@pytest.fixture(scope="module")
def ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="module")
def nistp256() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(0xC0FFEE, ec.SECP256R1())


def ed25519_blob(key: Ed25519PrivateKey, kind: bytes = b"ssh-ed25519", *more: bytes) -> bytes:
    return packed(kind, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), *more)


def nistp256_blob(key: ec.EllipticCurvePrivateKey, kind: bytes, *more: bytes, compressed: bool = False) -> bytes:
    form = PublicFormat.CompressedPoint if compressed else PublicFormat.UncompressedPoint
    return packed(kind, b"nistp256", key.public_key().public_bytes(Encoding.X962, form), *more)


def mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1)


def ecdsa_blob(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return packed(*map(mpint, decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))))


def fido_bytes(flags: int, counter: int = 5) -> tuple[bytes, bytes]:
    trailer = struct.pack(">BI", flags, counter)
    return trailer, hashlib.sha256(APPLICATION).digest() + trailer + hashlib.sha256(signed_bytes()).digest()


def fido(kind: bytes, ed25519: Ed25519PrivateKey, nistp256: ec.EllipticCurvePrivateKey, flags: int = 1) -> bytes:
    trailer, data = fido_bytes(flags)
    if b"ed25519" in kind:
        public_key, blob = ed25519_blob(ed25519, kind, APPLICATION), ed25519.sign(data)
    else:
        public_key, blob = nistp256_blob(nistp256, kind, APPLICATION), ecdsa_blob(nistp256, data)
    return wire(public_key, packed(kind, blob) + trailer)


SK_KINDS = pytest.mark.parametrize("kind", [b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com"])


@SK_KINDS
def test_a_fido_signature_holds_here_and_for_ssh_keygen(
    kind: bytes, ed25519: Ed25519PrivateKey, nistp256: ec.EllipticCurvePrivateKey, tmp_path: Path
) -> None:
    raw = fido(kind, ed25519, nistp256)
    signature = read_signature(armored(raw))
    verify(signature, MESSAGE)
    assert stock_accepts(tmp_path, public_line(kind, signature.public_key), armored(raw))
    with pytest.raises(BadSignature, match="does not fit"):
        verify(signature, MESSAGE + b"x")
    with pytest.raises(BadSignature, match="does not fit"):
        verify(replace(signature, trailer=b"\x01\0\0\0\x06"), MESSAGE)
    with pytest.raises(BadSignature, match="contradicts"):
        verify(replace(signature, trailer=b"\x01"), MESSAGE)
    with pytest.raises(BadSignature, match="too long"):
        verify(replace(signature, public_key=signature.public_key + b"\0"), MESSAGE)


@SK_KINDS
def test_a_fido_signature_without_a_touch_does_not_hold(
    kind: bytes, ed25519: Ed25519PrivateKey, nistp256: ec.EllipticCurvePrivateKey
) -> None:
    with pytest.raises(BadSignature, match="without touching"):
        verify(read_signature(armored(fido(kind, ed25519, nistp256, flags=0x04))), MESSAGE)


def test_a_compressed_point_is_refused_as_by_ssh_keygen(nistp256: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    kind = b"ecdsa-sha2-nistp256"
    inner = packed(kind, ecdsa_blob(nistp256, signed_bytes()))
    assert accepts(armored(wire(nistp256_blob(nistp256, kind), inner)))
    blob = nistp256_blob(nistp256, kind, compressed=True)
    assert not accepts(armored(wire(blob, inner)))
    assert not stock_accepts(tmp_path, public_line(kind, blob), armored(wire(blob, inner)))


def test_a_negative_number_is_refused_as_by_ssh_keygen(nistp256: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    kind, blob = b"ecdsa-sha2-nistp256", nistp256_blob(nistp256, b"ecdsa-sha2-nistp256")
    r = s = 0
    while r.bit_length() < 256:
        r, s = decode_dss_signature(nistp256.sign(signed_bytes(), ec.ECDSA(hashes.SHA256())))
    honest = armored(wire(blob, packed(kind, packed(mpint(r), mpint(s)))))
    negative = armored(wire(blob, packed(kind, packed(r.to_bytes(32), mpint(s)))))
    line = public_line(kind, blob)
    assert (accepts(honest), stock_accepts(tmp_path, line, honest)) == (True, True)
    assert (accepts(negative), stock_accepts(tmp_path, line, negative)) == (False, False)


def test_a_curve_other_than_the_keys_is_refused(nistp256: ec.EllipticCurvePrivateKey) -> None:
    kind = b"ecdsa-sha2-nistp384"
    inner = packed(kind, ecdsa_blob(nistp256, signed_bytes()))
    with pytest.raises(BadSignature, match="contradicts"):
        verify(read_signature(armored(wire(nistp256_blob(nistp256, kind), inner))), MESSAGE)


@pytest.mark.parametrize("bits", [512, 17_000, 300_000])
def test_an_rsa_key_too_short_or_too_long_is_refused(bits: int) -> None:
    blob = packed(b"ssh-rsa", b"\x01\0\x01", mpint((1 << bits) - 1))
    with pytest.raises(BadSignature, match="RSA key of"):
        verify(Signature(blob, "qmsdocs", b"sha512", b"rsa-sha2-512", b"\x01" * 64, b""), MESSAGE)


def test_rsa_with_sha1_is_refused() -> None:
    blob = packed(b"ssh-rsa", b"\x01\0\x01", mpint((1 << 2048) - 1))
    with pytest.raises(BadSignature, match="contradicts"):
        verify(Signature(blob, "qmsdocs", b"sha512", b"ssh-rsa", b"\x01" * 256, b""), MESSAGE)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(b"ssh-ed25519-cert-v01@openssh.com", "certificate"), (b"ssh-dss", "type ssh-dss"), (b"", "not supported")],
)
def test_certificates_and_unknown_keys_are_refused(kind: bytes, reason: str) -> None:
    with pytest.raises(BadSignature, match=reason):
        verify(read_signature(armored(wire(packed(kind, b"x"), packed(kind, b"y")))), MESSAGE)


def test_a_certificate_made_by_ssh_keygen_is_refused_in_words(tmp_path: Path) -> None:
    for name in ("authority", "id"):
        keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name)
    keygen("-q", "-s", tmp_path / "authority", "-I", "jane", "-n", "jane", tmp_path / "id.pub")
    signature = read_signature(sign(tmp_path / "id-cert.pub"))
    assert signature.key_type == "ssh-ed25519-cert-v01@openssh.com"
    with pytest.raises(BadSignature, match="certificate"):
        verify(signature, MESSAGE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"-----BEGIN SSH SIGNATURE-----",
        b"-----BEGIN SSH SIGNATURE----------END SSH SIGNATURE-----",
        b"-----BEGIN SSH SIGNATURE-----\n!!!!\n-----END SSH SIGNATURE-----",
        b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
        armored(b"SSHSIG" + struct.pack(">I", 2)),
        armored(wire(b"", b"")),
        armored(wire(packed(b"ssh-ed25519"), packed(b"ssh-ed25519", b""))),
        armored(b"A" * 70_000),
    ],
)
def test_garbage_is_refused(data: bytes) -> None:
    assert not accepts(data)


@given(st.binary(max_size=200), st.binary(max_size=80), st.binary(max_size=80))
def test_random_bytes_never_hold_and_never_fail_otherwise(raw: bytes, key: bytes, inner: bytes) -> None:
    for kind in (b"ssh-ed25519", b"ecdsa-sha2-nistp256", b"ssh-rsa", b"sk-ssh-ed25519@openssh.com"):
        assert not accepts(armored(raw))
        assert not accepts(armored(wire(packed(kind) + key, packed(kind) + inner)))
        assert not accepts(armored(wire(packed(kind, key, inner), packed(kind, inner))))


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 !!", "ssh-ed25519 é", "ssh-rsa {}"]
)
def test_what_is_no_public_key_is_refused(line: str, ed25519: Ed25519PrivateKey) -> None:
    with pytest.raises(ValueError, match="key"):
        public_key_blob(line.format(base64.b64encode(ed25519_blob(ed25519)).decode()))


def test_fingerprint_of_no_bytes_is_that_of_sha256() -> None:
    assert fingerprint(b"") == "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
