"""Signing with a person's own SSH key, through ssh-keygen, so that agents, passphrases and FIDO keys work as they do for git.

`ssh-keygen -Y sign` (ssh-keygen(1)) makes the signature; what it signed is verified in-process before a file is written.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qmsdocs.git import Repository
from qmsdocs.model import QmsError
from qmsdocs.policy import Person, Policy
from qmsdocs.signature import SignedRecord, record_path, write_record
from qmsdocs.sshsig import NAMESPACE, BadSignature, public_key_blob, read_signature, verify


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key to sign with: its public line, and the file that ssh-keygen is to be given (private key, or public with an agent)."""

    public: str
    file: Path | None

    @property
    def blob(self) -> bytes:
        """The public key's wire form."""
        return public_key_blob(self.public)


def signer(repository: Repository, policy: Policy, chosen: Path | None) -> tuple[Person, SigningKey]:
    """Who signs here and with which key: the one chosen, git's signing key, an agent's, or one in ~/.ssh that the policy knows.

    Raises QmsError where no key of anybody in the policy is at hand.
    """
    candidates = [_from_file(chosen)] if chosen else list(_candidates(repository))
    for key in candidates:
        person = owner_of(key, policy)
        if person is not None:
            return person, key
    if chosen:
        raise QmsError(
            f"The key {chosen} belongs to nobody in the policy; its public line must stand under keys in [people.…] of qms.toml."
        )
    locked = "" if not _agent_is_silent() else " Your SSH agent shows no key: if it is locked, 'ssh-add -X' unlocks it."
    raise QmsError(
        "No SSH key of yours is known to the policy; name one with '--key FILE', or make one with 'ssh-keygen -t ed25519' "
        f"and have its public line added under your name in qms.toml.{locked}"
    )


def owner_of(key: SigningKey, policy: Policy) -> Person | None:
    """The person whose key it is."""
    for person in policy.people.values():
        for known in person.keys:
            try:
                if public_key_blob(known.key) == key.blob:
                    return person
            except ValueError:
                continue
    return None


def sign(data: bytes, key: SigningKey) -> bytes:
    """The armored signature over some bytes. Raises QmsError in words of ssh-keygen where it cannot be made."""
    with _key_file(key) as file:
        command = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(file)]
        try:
            done = subprocess.run(command, input=data, capture_output=True, check=False, env=_environment())
        except FileNotFoundError:
            raise QmsError(
                "ssh-keygen is not installed; install OpenSSH (Debian: 'apt install openssh-client')."
            ) from None
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "replace").split()) or "no reason given"
        raise QmsError(f"ssh-keygen did not sign with {key.file or 'the key in your agent'}: {said}. {_way_out(said)}")
    try:
        verify(read_signature(done.stdout), data)
    except BadSignature as error:
        raise QmsError(f"ssh-keygen made a signature that does not hold: it {error}.") from None
    return done.stdout


def write_signed(root: Path, record: SignedRecord, signature: bytes | None) -> list[str]:
    """Write a record and its signature; both are there, or neither. Returns their paths in the repository."""
    path = record_path(record)
    stem, number = path.removesuffix(".yaml"), 2
    while (root / path).exists():
        path, number = f"{stem}-{number}.yaml", number + 1
    files = {path: write_record(record), **({f"{path}.sig": signature} if signature is not None else {})}
    write_files(root, files)
    return list(files)


def write_files(root: Path, files: dict[str, bytes]) -> None:
    """Write new files so that all of them are there in full, or none. Raises QmsError where the disk does not take them."""
    done: list[Path] = []
    try:
        for path, data in files.items():
            target = root / path
            _make_folder(target.parent, root)
            part = target.with_name(f"{target.name}.part")
            done.append(part)
            part.unlink(missing_ok=True)
            with part.open("xb") as file:  # never through a link that somebody laid there
                file.write(data)
        for path in files:
            target = root / path
            done.append(target)
            target.with_name(f"{target.name}.part").replace(target)
    except BaseException as error:
        remove_files(root, done)
        if isinstance(error, OSError):
            raise QmsError(
                f"{error.filename or root} cannot be written ({error.strerror}); nothing was changed."
            ) from None
        raise


def remove_files(root: Path, files: Iterable[Path]) -> None:
    """Remove files that were just written, and the folders that this leaves empty."""
    for file in files:
        file.unlink(missing_ok=True)
        folder = file.parent
        while folder != root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def _make_folder(folder: Path, root: Path) -> None:
    inside = folder
    while inside != root:
        if inside.is_symlink():
            raise QmsError(f"{inside} is a symbolic link; signed records are written into real folders only.")
        inside = inside.parent
    folder.mkdir(parents=True, exist_ok=True)


def _candidates(repository: Repository) -> Iterator[SigningKey]:
    configured = repository.setting("user.signingkey")
    if configured and repository.setting("gpg.format") == "ssh":
        yield from _configured(configured)
    yield from _agent()
    for public in sorted((Path.home() / ".ssh").glob("id_*.pub")):
        yield from _quietly(public)


def _configured(value: str) -> Iterator[SigningKey]:
    literal = value.removeprefix("key::")
    if re.match(r"(ssh|ecdsa|sk)-", literal):
        yield SigningKey(literal, None)
    else:
        yield from _quietly(Path(value).expanduser())


def _agent() -> Iterator[SigningKey]:
    if not os.environ.get("SSH_AUTH_SOCK") or not shutil.which("ssh-add"):
        return
    listed = subprocess.run(["ssh-add", "-L"], capture_output=True, check=False, text=True)
    for line in listed.stdout.splitlines() if listed.returncode == 0 else ():
        yield SigningKey(line.strip(), None)


def _agent_is_silent() -> bool:
    return bool(os.environ.get("SSH_AUTH_SOCK")) and next(_agent(), None) is None


def _quietly(file: Path) -> Iterator[SigningKey]:
    try:
        yield _from_file(file)
    except QmsError:
        return


def _from_file(file: Path) -> SigningKey:
    """A key by its private or public file; the public line stands beside the private one, or is asked of ssh-keygen."""
    file = file.expanduser()
    private = file.with_suffix("") if file.suffix == ".pub" else file
    public = file if file.suffix == ".pub" else file.with_name(f"{file.name}.pub")
    try:
        if public.is_file():
            line = public.read_text("utf-8").strip()
        elif private.is_file():
            line = _public_of(private)
        else:
            raise QmsError(f"There is no key at {file}; name one with '--key FILE'.")
        public_key_blob(line)
    except (OSError, UnicodeDecodeError, ValueError):
        raise QmsError(f"{file} is not an SSH key; make one with 'ssh-keygen -t ed25519'.") from None
    return SigningKey(line, private if private.is_file() else public)


def _public_of(private: Path) -> str:
    done = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(private)], capture_output=True, check=False, env=_environment()
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "replace").split()) or "no reason given"
        raise QmsError(f"{private} cannot be used as a key: {said}. {_way_out(said)}")
    return done.stdout.decode("utf-8", "replace").strip()


@contextmanager
def _key_file(key: SigningKey) -> Iterator[Path]:
    """A file for ssh-keygen; for a key that only an agent holds, a short-lived one with the public line."""
    if key.file is not None:
        yield key.file
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "agent.pub"
        file.write_text(key.public + "\n", "utf-8")
        yield file


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C"}


def _way_out(said: str) -> str:
    if "incorrect passphrase" in said:
        return "Try again with the right passphrase."
    if "agent" in said:
        return "Unlock the agent ('ssh-add -X') or add the key to it ('ssh-add FILE')."
    if "bad permissions" in said or "UNPROTECTED" in said:
        return "Make the key yours alone: 'chmod 600 FILE'."
    return "Check the key with 'ssh-keygen -y -f FILE'."


def find_public_keys(repository: Repository | None, chosen: Path | None) -> tuple[str, ...]:
    """The public line of the key that this person would sign with, if one is at hand."""
    if chosen is not None:
        return (_from_file(chosen).public,)
    if repository is not None:
        found = next(_candidates(repository), None)
        return (found.public,) if found else ()
    for public in sorted((Path.home() / ".ssh").glob("id_*.pub")):
        return tuple(key.public for key in _quietly(public))
    return ()
