"""`init`: start a QMS in a folder."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from qmsdocs import __version__
from qmsdocs.cli.console import tell
from qmsdocs.forge import Forge
from qmsdocs.git import Repository, global_identity, is_repository, open_repository, start_repository
from qmsdocs.history import parse_identity
from qmsdocs.model import Identity, QmsError
from qmsdocs.policy import POLICY_PATH, read_policy
from qmsdocs.shipped import shipped
from qmsdocs.signing import find_public_keys, write_files

_FILES = {
    "gitattributes": ".gitattributes",
    "gitignore": ".gitignore",
    "repository-README.md": "README.md",
}
_CI_FILES = {
    Forge.GITHUB: {"ci/github.yml": ".github/workflows/qmsdocs.yml"},
    Forge.GITLAB: {"ci/gitlab.yml": ".gitlab/qmsdocs.yml", "ci/gitlab-ci.yml": ".gitlab-ci.yml"},
    Forge.FORGEJO: {"ci/forgejo.yml": ".forgejo/workflows/qmsdocs.yml"},
}
_NOBODY = "Your Name <you@example.com>"
_APPROVER_ROLES = ("top-management", "internal-auditor")
_SHARED_ROLES = ("quality-manager",)  # two hold it: nobody approves what they wrote themselves


@dataclass(frozen=True)
class _Given:
    """The options as typed."""

    organisation: str | None
    timezone: str | None
    mainline: str | None
    you: str | None
    approver: str | None
    key: Path | None
    approver_key: Path | None


@dataclass(frozen=True)
class _Answers:
    organisation: str
    timezone: str
    mainline: str
    you: Identity
    approver: Identity | None
    keys: tuple[str, ...]
    approver_keys: tuple[str, ...]


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path), default=Path(), metavar="[DIR]")
@click.option("--organisation", metavar="NAME", help="The organisation's name.")
@click.option("--timezone", metavar="ZONE", help="IANA name, such as Europe/London (default: this machine's).")
@click.option(
    "--mainline",
    metavar="BRANCH",
    help="The branch on which things take effect (default: the one checked out, or main).",
)
@click.option("--you", metavar='"NAME <E-MAIL>"', help="You (default: as git knows you).")
@click.option("--approver", metavar='"NAME <E-MAIL>"', help="A second person, who approves as top management.")
@click.option("--approver-key", type=click.Path(path_type=Path), metavar="FILE", help="Their SSH public key.")
@click.option(
    "--key",
    "key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Your SSH public key (default: found as git finds it).",
)
@click.option(
    "--ci",
    type=click.Choice([forge.value for forge in Forge]),
    help="Write a CI workflow too; to a QMS that is there, only that.",
)
def init(directory: Path, ci: str | None, **given: Any) -> None:
    """Start a QMS in DIR (default: here): policy, attributes, README. Never overwrites a file.

    Asks for what it cannot find out; with the options given, or without a terminal, it asks nothing.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    existing = open_repository(directory) if is_repository(directory) else None
    root = existing.root if existing else directory
    if root is None:
        raise QmsError("This is a bare repository; start the QMS in a clone of it.")
    if (root / POLICY_PATH).exists():
        if ci is None:
            raise QmsError(f"{root / POLICY_PATH} is there already; this is a QMS. 'qmsdocs check' looks it over.")
        _write(root, _ci_files(Forge(ci), given["mainline"] or _mainline(root)))
        return
    answers = _ask(existing, root, _Given(**given))
    files = _files(answers) | (_ci_files(Forge(ci), answers.mainline) if ci else {})
    if existing is None:
        start_repository(root, answers.mainline)
    _write(root, files)
    _say_next(root, answers)


def _ask(existing: Repository | None, root: Path, given: _Given) -> _Answers:
    asks = sys.stdin.isatty() and given.organisation is None
    identity = existing.identity() if existing else global_identity(root)
    name = given.organisation or _prompt(asks, "Organisation", root.name)
    zone = given.timezone or _prompt(asks, "Timezone", _machine_timezone())
    you = given.you or _prompt(asks, "You (Name <e-mail>)", str(identity) if identity else _NOBODY)
    second = given.approver or _prompt(asks, "Who approves as top management (Name <e-mail>, empty for later)", "")
    return _Answers(
        organisation=name,
        timezone=zone,
        mainline=given.mainline or (existing.branch() if existing else None) or "main",
        you=_person(you),
        approver=_person(second) if second else None,
        keys=find_public_keys(existing, given.key),
        approver_keys=find_public_keys(existing, given.approver_key) if given.approver_key else (),
    )


def _prompt(asks: bool, question: str, default: str) -> str:
    return str(click.prompt(question, default=default, show_default=bool(default))) if asks else default


def _person(text: str) -> Identity:
    person = parse_identity(text)
    if not person.name or "@" not in person.email:
        raise QmsError(f"'{text}' is not a person; write it like \"Jane Doe <jane@example.com>\".")
    return person


def _machine_timezone() -> str:
    """The machine's zone, from TZ, /etc/timezone or the link /etc/localtime."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named and "/" in named:
        return named
    file, link = Path("/etc/timezone"), Path("/etc/localtime")
    if file.is_file():
        return file.read_text("utf-8").strip() or "UTC"
    target = str(link.resolve()) if link.is_symlink() else ""
    return target.partition("zoneinfo/")[2] or "UTC"


def _files(answers: _Answers) -> dict[str, bytes]:
    values = {"organisation": answers.organisation, "timezone": answers.timezone, "mainline": answers.mainline}
    source = shipped("templates")
    policy = _fill((source / POLICY_PATH).read_text("utf-8"), {key: _toml(value) for key, value in values.items()})
    policy = policy.replace("{{people}}", _people(answers, policy))
    read = read_policy(policy.encode())
    if read.problems:
        raise QmsError(f"This does not make a policy: {read.problems[0].message}; {read.problems[0].remedy}.")
    files = {POLICY_PATH: policy.encode()}
    for name, path in _FILES.items():
        files[path] = _fill((source / name).read_text("utf-8"), values).encode()
    return files


def _fill(text: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(f"{{{{{key}}}}}", value)
    return text


def _toml(value: str) -> str:
    """A text as it stands between double quotes in TOML."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in escaped)


def _people(answers: _Answers, policy: str) -> str:
    roles = re.findall(r"(?m)^([\w-]+) *= ", policy.partition("[roles]")[2].partition("\n# ----")[0])
    second = answers.approver
    yours = [role for role in roles if not second or role not in _APPROVER_ROLES]
    parts = [_person_table(answers.you, yours, answers.keys)]
    if second:
        theirs = [role for role in roles if role in (*_APPROVER_ROLES, *_SHARED_ROLES)]
        parts.append(_person_table(second, theirs, answers.approver_keys))
    return "\n".join(parts)


def _person_table(person: Identity, roles: list[str], keys: tuple[str, ...]) -> str:
    identifier = re.sub(r"[^a-z0-9]+", "-", person.name.lower()).strip("-") or "person"
    shown = ", ".join(f'"{_toml(key)}"' for key in keys)
    hint = "" if keys else '   # paste the line of the .pub file: "ssh-ed25519 AAAA…"'
    return (
        f"[people.{identifier}]\n"
        f'name = "{_toml(person.name)}"\n'
        f'emails = ["{_toml(person.email)}"]\n'
        f"roles = [{', '.join(f'{chr(34)}{role}{chr(34)}' for role in roles)}]\n"
        f"keys = [{shown}]{hint}\n"
    )


def _mainline(root: Path) -> str:
    """The mainline that the policy of a QMS names, as its file stands."""
    policy = read_policy((root / POLICY_PATH).read_bytes()).policy
    if policy is None:
        raise QmsError(f"{root / POLICY_PATH} is not a policy that can be read; 'qmsdocs check' says why.")
    return policy.mainline


def _ci_files(forge: Forge, mainline: str) -> dict[str, bytes]:
    """The files of a forge's CI workflow by their path. A JSON string is YAML too (YAML 1.2.2, 1.3)."""
    values = {"mainline": json.dumps(mainline, ensure_ascii=False), "version": __version__}
    source = shipped("templates")
    return {path: _fill((source / name).read_text("utf-8"), values).encode() for name, path in _CI_FILES[forge].items()}


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    """Write the files that are not there yet, and say what was done."""
    kept = [path for path in files if (root / path).exists()]
    write_files(root, {path: data for path, data in files.items() if path not in kept})
    for path in files:
        tell(f"{'Kept ' if path in kept else 'Wrote'} {path}")
    if ".gitattributes" in kept:
        tell("Your .gitattributes needs the line 'signatures/** -text' so that git keeps signed records byte for byte.")
    if ".gitlab-ci.yml" in kept and b".gitlab/qmsdocs.yml" not in (root / ".gitlab-ci.yml").read_bytes():
        tell("Your .gitlab-ci.yml needs, under 'include:', the line '  - local: .gitlab/qmsdocs.yml'.")


def _say_next(root: Path, answers: _Answers) -> None:
    first = _to_do_first(answers)
    where = "" if root == Path.cwd() else f"cd {os.path.relpath(root)} && "
    tell(
        f"\nBefore you commit, since the first {POLICY_PATH} that lands can only be changed by those it names:"
        if first
        else "\nNext:"
    )
    for line in (*first, f"look {POLICY_PATH} over ('qmsdocs check' does too)"):
        tell(f"  - {line}")
    tell(f"Then: {where}git add . && git commit -m 'Start the QMS'")
    tell('      qmsdocs new procedure "Control of documents"')


def _to_do_first(answers: _Answers) -> list[str]:
    steps = []
    if str(answers.you) == _NOBODY:
        steps.append("write your name and e-mail under [people]")
    if not answers.keys:
        steps.append("make a key ('ssh-keygen -t ed25519') and paste the line of the .pub file under your name")
    if answers.approver is None:
        steps.append("add a second person under [people], with a role that approves: nobody approves their own work")
    elif not answers.approver_keys:
        steps.append(f"paste the line of the .pub file of {answers.approver.name} under their name")
    return steps
