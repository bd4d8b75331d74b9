"""Detached SSH signatures, read and verified in-process (OpenSSH PROTOCOL.sshsig, PROTOCOL.u2f; RFC 4253, 5656, 8332, 8709).

What `ssh-keygen -Y verify` accepts for a known key, this accepts, for keys of type ed25519, ecdsa, rsa and their FIDO forms.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

NAMESPACE = "qmsdocs"
MAX_SIGNATURE = 65_536  # bytes
_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_USER_PRESENT = 0x01
_UNCOMPRESSED = b"\x04"  # the one form of a point that OpenSSH reads
_RSA_BITS = 1024, 16_384  # what OpenSSH accepts


class BadSignature(Exception):
    """The signature does not hold; the message says why, in words that follow 'the signature'."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as its file has it: the public key that made it and what must be verified."""

    public_key: bytes
    namespace: str
    hash_name: bytes
    algorithm: bytes
    blob: bytes
    trailer: bytes

    @property
    def key_type(self) -> str:
        """The type of the key that signed, such as `ssh-ed25519`."""
        return _Reader(self.public_key).string().decode("ascii", "replace")

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint as `ssh-keygen -l` prints it."""
        return fingerprint(self.public_key)


def fingerprint(public_key: bytes) -> str:
    """`SHA256:…` of a public key's wire form."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public_key).digest()).decode().rstrip("=")


def public_key_blob(line: str) -> bytes:
    """The wire form of an OpenSSH public key line. Raises ValueError."""
    parts = line.split()
    if len(parts) < 2:
        raise ValueError("not an OpenSSH public key")
    try:
        blob = base64.b64decode(parts[1], validate=True)
        named = _Reader(blob).string().decode("ascii", "replace")
    except (ValueError, BadSignature) as error:
        raise ValueError(f"not an OpenSSH public key: {error}") from None
    if named != parts[0]:
        raise ValueError(f"the key says it is '{parts[0]}' but is '{named}'")
    return blob


def key_material(line: str) -> bytes:
    """What only one private key can have, in whatever form its public key is written (plain or FIDO). Raises ValueError."""
    blob = public_key_blob(line)
    try:
        key = _Reader(blob)
        kind = key.string()
        if kind == b"ssh-rsa":
            numbers = key.natural(), key.natural()
            return kind + b"%x %x" % numbers
        if kind.endswith(b"ssh-ed25519") or kind.startswith(b"sk-ssh-ed25519@"):
            return b"ed25519" + key.string()
        return key.string() + key.string() if kind in _CHECKS else blob
    except BadSignature as error:
        raise ValueError(f"not an OpenSSH public key: {error}") from None


def read_signature(armored: bytes) -> Signature:
    """Read an armored signature. Raises BadSignature."""
    body = armored.strip()
    if len(body) > MAX_SIGNATURE or not body.startswith(_BEGIN) or not body.endswith(_END):
        raise BadSignature("is not an SSH signature")
    try:
        reader = _Reader(base64.b64decode(b"".join(body[len(_BEGIN) : -len(_END)].split()), validate=True))
    except binascii.Error:
        raise BadSignature("is damaged (not base64)") from None
    if reader.take(6) != b"SSHSIG" or reader.number() != 1:
        raise BadSignature("is of an unknown version")
    public_key, namespace, _, hash_name = reader.string(), reader.string(), reader.string(), reader.string()
    _Reader(public_key).string()
    inner = _Reader(reader.string())
    reader.end()
    algorithm, blob = inner.string(), inner.string()
    return Signature(public_key, namespace.decode("utf-8", "replace"), hash_name, algorithm, blob, inner.rest())


def verify(signature: Signature, message: bytes, namespace: str = NAMESPACE) -> None:
    """Check that the signature's own key signed `message` for `namespace`. Raises BadSignature.

    Whose key it is, and whether it may sign, is for the caller to say.
    """
    if signature.namespace != namespace:
        raise BadSignature(f"was made for '{signature.namespace}', not for '{namespace}'")
    if signature.hash_name not in _HASHES:
        raise BadSignature("uses an unknown hash")
    digest = _HASHES[signature.hash_name](message).digest()
    signed = b"SSHSIG" + b"".join(_packed(part) for part in (namespace.encode(), b"", signature.hash_name, digest))
    _verify_key(signature, signed)


def _verify_key(signature: Signature, signed: bytes) -> None:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    key = _Reader(signature.public_key)
    kind = key.string()
    if b"-cert-" in kind:
        raise BadSignature("was made with an OpenSSH certificate, which is not supported; sign with the plain key")
    check = _CHECKS.get(kind)
    if check is None:
        raise BadSignature(f"was made with a key of type {kind.decode('ascii', 'replace')}, which is not supported")
    try:
        check(kind, key, signature, signed)
    except InvalidSignature:
        raise BadSignature("does not fit the record's bytes") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature(f"is damaged ({error})") from None


def _ed25519(kind: bytes, key: _Reader, signature: Signature, signed: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    point = key.string()
    signed = _fido(kind, key, signature, signed)
    _expect(signature.algorithm == kind)
    Ed25519PublicKey.from_public_bytes(point).verify(signature.blob, signed)


def _ecdsa(kind: bytes, key: _Reader, signature: Signature, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curve_name, point = key.string(), key.string()
    curves: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
        b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
        b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
        b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }
    _expect(curve_name in curves and curve_name in kind and point[:1] == _UNCOMPRESSED)
    signed = _fido(kind, key, signature, signed)
    _expect(signature.algorithm == kind)
    numbers = _Reader(signature.blob)
    r, s = numbers.natural(), numbers.natural()
    numbers.end()
    curve, digest = curves[curve_name]
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))


def _rsa(kind: bytes, key: _Reader, signature: Signature, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    exponent, modulus = key.natural(), key.natural()
    key.end()
    digests: dict[bytes, hashes.HashAlgorithm] = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}
    _expect(kind == b"ssh-rsa" and signature.algorithm in digests and not signature.trailer)
    if not _RSA_BITS[0] <= modulus.bit_length() <= _RSA_BITS[1]:
        raise BadSignature(f"was made with an RSA key of {modulus.bit_length()} bits, which is not supported")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    blob = signature.blob.rjust((modulus.bit_length() + 7) // 8, b"\0")
    public.verify(blob, signed, padding.PKCS1v15(), digests[signature.algorithm])


def _fido(kind: bytes, key: _Reader, signature: Signature, signed: bytes) -> bytes:
    """What a FIDO key signs in place of the message: application, flags and counter come with it (PROTOCOL.u2f)."""
    if not kind.startswith(b"sk-"):
        _expect(not signature.trailer)
        key.end()
        return signed
    application = key.string()
    key.end()
    _expect(len(signature.trailer) == 5)
    if not signature.trailer[0] & _USER_PRESENT:
        raise BadSignature("was made without touching the security key")
    return hashlib.sha256(application).digest() + signature.trailer + hashlib.sha256(signed).digest()


def _expect(holds: bool) -> None:
    if not holds:
        raise BadSignature("contradicts its own key")


_CHECKS = {
    b"ssh-ed25519": _ed25519,
    b"sk-ssh-ed25519@openssh.com": _ed25519,
    b"ecdsa-sha2-nistp256": _ecdsa,
    b"ecdsa-sha2-nistp384": _ecdsa,
    b"ecdsa-sha2-nistp521": _ecdsa,
    b"sk-ecdsa-sha2-nistp256@openssh.com": _ecdsa,
    b"ssh-rsa": _rsa,
}


def _packed(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part


class _Reader:
    """Reads the strings of the SSH wire format (RFC 4251, section 5)."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise BadSignature("is damaged (too short)")
        part, self.position = self.data[self.position : end], end
        return part

    def number(self) -> int:
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        return self.take(self.number())

    def natural(self) -> int:
        """An mpint, which OpenSSH refuses where it is negative."""
        part = self.string()
        if part[:1] >= b"\x80":
            raise BadSignature("is damaged (negative number)")
        return int.from_bytes(part)

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.position)

    def end(self) -> None:
        if self.rest():
            raise BadSignature("is damaged (too long)")
