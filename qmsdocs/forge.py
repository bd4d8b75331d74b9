"""What a CI job can know of the forge it runs on, from its environment alone: which one, links to it, how it clones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlsplit


class Forge(StrEnum):
    """A forge that `init --ci` knows."""

    GITHUB = "github"
    GITLAB = "gitlab"
    FORGEJO = "forgejo"


@dataclass(frozen=True, slots=True)
class Links:
    """Templates of a forge's addresses.

    `file` has the fields `commit` and `path`; `redline` has `before`, `after` and `file_mark`, the mark of a file's place on
    the page that compares two commits, which `digest` makes from its path.
    """

    file: str
    redline: str
    digest: str = "sha1"

    def to_file(self, commit: str, path: str) -> str:
        """The address of a file in a commit."""
        return self.file.format(commit=quote(commit), path=quote(path, errors="surrogateescape"))

    def to_redline(self, before: str, after: str, path: str) -> str:
        """The address of what changed in a file between two commits."""
        name = path.encode("utf-8", "surrogateescape")
        mark = hashlib.new(self.digest, name, usedforsecurity=False).hexdigest()
        return self.redline.format(before=quote(before), after=quote(after), file_mark=mark)


def forge_here(environ: Mapping[str, str]) -> Forge | None:
    """The forge whose CI runs this process, None where it is none of those we know.

    Forgejo and Gitea set GitHub's variables too, so theirs are looked at first.
    """
    if any(environ.get(name) == "true" for name in ("FORGEJO_ACTIONS", "GITEA_ACTIONS")):
        return Forge.FORGEJO
    if environ.get("GITLAB_CI") == "true":
        return Forge.GITLAB
    return Forge.GITHUB if environ.get("GITHUB_ACTIONS") == "true" else None


def forge_links(environ: Mapping[str, str]) -> Links | None:
    """Templates of addresses in this repository on the forge whose CI runs this process, None where they are not known."""
    forge = forge_here(environ)
    if forge is Forge.GITLAB:
        address = environ.get("CI_PROJECT_URL", "")
        file, redline = "/-/blob/{commit}/{path}", "/-/compare/{before}...{after}#{file_mark}"
    elif forge is None or not environ.get("GITHUB_REPOSITORY"):
        return None
    else:
        address = f"{environ.get('GITHUB_SERVER_URL', '')}/{environ['GITHUB_REPOSITORY']}"
        place = "blob" if forge is Forge.GITHUB else "src/commit"
        file, redline = f"/{place}/{{commit}}/{{path}}", "/compare/{before}...{after}#diff-{file_mark}"
    safe = _plain_address(address)
    return Links(safe + file, safe + redline, "sha256" if forge is Forge.GITHUB else "sha1") if safe else None


def _plain_address(address: str) -> str | None:
    """An address that can stand in a link as it is, with braces for a template; None where it is none."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return quote(address, safe=":/[]@-._~%+").replace("{", "{{").replace("}", "}}")


def shallow_remedy(environ: Mapping[str, str]) -> str:
    """How to get the whole history where it was cut off: the line to change for the CI that runs this process, and where."""
    forge = forge_here(environ)
    if forge is Forge.GITLAB:
        file = environ.get("CI_CONFIG_PATH") or ".gitlab-ci.yml"
        return f"write 'GIT_DEPTH: 0' under 'variables:' of this job in {file}"
    if forge is not None:
        return f"write 'with: {{fetch-depth: 0}}' under 'uses: actions/checkout' in {_workflow_file(environ, forge)}"
    if environ.get("CI"):
        return "have this CI clone with the whole history, or run 'git fetch --unshallow' before this step"
    return "run 'git fetch --unshallow'"


def _workflow_file(environ: Mapping[str, str], forge: Forge) -> str:
    """The file of the workflow that runs: GITHUB_WORKFLOW_REF is `owner/name/path@ref`."""
    named = environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]
    path = named.removeprefix(f"{environ.get('GITHUB_REPOSITORY', '')}/")
    return path if path.startswith(".") else f"the workflow under .{forge}/workflows/"
