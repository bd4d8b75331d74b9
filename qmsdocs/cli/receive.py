"""`check --pre-receive`: what a push would bring, judged by the server before it is taken (githooks(5), "pre-receive").

Git runs the hook in the server's repository with what was pushed in quarantine; each line on standard input has the old commit,
the new commit and the ref. Where the hook fails, nothing of the push is taken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qmsdocs.cli.console import EXIT_CANNOT_DETERMINE, EXIT_CLEAN, EXIT_FINDINGS, tell, today
from qmsdocs.cli.proposed import NOTHING, proposed_push
from qmsdocs.dates import local_day
from qmsdocs.library import is_signed_path
from qmsdocs.lifecycle import first_policy, replay
from qmsdocs.load import load, policy_at
from qmsdocs.model import CannotDetermine, Finding, QmsError, Severity
from qmsdocs.plumbing import GitFailed, Plumbing, here
from qmsdocs.policy import POLICY_PATH, Policy
from qmsdocs.render.text import findings_text
from qmsdocs.rules import policy_findings

_HEADS = "refs/heads/"
_NO_PUSH = (
    "Standard input is not that of a pre-receive hook, so what was pushed cannot be told; git gives it a line 'OLD NEW REF' for "
    "each ref ('qmsdocs hooks install --server' has git call it)."
)


@dataclass(frozen=True, slots=True)
class Update:
    """One ref of a push; `old` is None where it is new, `new` None where it is deleted.

    `ref` is as pushed; `target` is what git moves, another one where the server's ref stands for it (git-symbolic-ref(1)).
    """

    old: str | None
    new: str | None
    ref: str
    target: str

    @property
    def branch(self) -> str | None:
        """The branch's name, None for a tag and its like."""
        return self.target.removeprefix(_HEADS) if self.target.startswith(_HEADS) else None


@dataclass(frozen=True)
class Server(Plumbing):
    """The repository that is pushed to, as it was before the push."""

    @cached_property
    def refs(self) -> tuple[dict[str, str], dict[str, str]]:
        """The commit of each branch by its name; and the refs that stand for another, each with that one."""
        try:
            told = self._ask("for-each-ref", "--format=%(refname) %(objectname) %(symref)")
        except GitFailed as error:
            raise CannotDetermine(f"Git does not tell what is here: {error}; run 'git fsck' on the server.") from None
        parts = [line.split(" ") for line in told.splitlines()]
        branches = {ref.removeprefix(_HEADS): commit for ref, commit, _ in parts if ref.startswith(_HEADS)}
        return branches, {ref: target for ref, _, target in parts if target}


@dataclass(frozen=True, slots=True)
class Mainline:
    """The branch on which things take effect, and the newest commit of what has; None where nothing has landed here."""

    branch: str
    landed: str | None


def receive(repo: Path) -> int:
    """Judge the push on standard input; returns the exit code."""
    found = here(repo)
    server = Server(found.folder, found.root)
    updates = tuple(_updates(_standard_input(), server.refs[1]))
    judge = _Judge(server, updates, _mainline(server, updates))
    refused = [update.ref for update in updates if not judge.passes(update)]
    if not refused:
        return EXIT_CLEAN
    _say(
        f"qmsdocs: Nothing of the push was taken, because of {', '.join(refused)}; mend it in your clone, commit, and push again."
    )
    return EXIT_CANNOT_DETERMINE if judge.undetermined else EXIT_FINDINGS


def _say(text: str) -> None:
    """Tell the person who pushes; that they may have gone changes no verdict."""
    with suppress(OSError):
        tell(text)


def _standard_input() -> list[str]:
    if sys.stdin is None or sys.stdin.isatty():
        raise CannotDetermine(_NO_PUSH)
    lines = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\n")
    return [line for line in lines if line]


def _updates(lines: Sequence[str], stands_for: dict[str, str]) -> Iterator[Update]:
    if not lines:
        raise CannotDetermine(_NO_PUSH)
    for line in lines:
        old, _, rest = line.partition(" ")
        new, _, ref = rest.partition(" ")
        if not (_is_id(old) and _is_id(new) and ref.startswith("refs/")):
            raise CannotDetermine(_NO_PUSH)
        target = stands_for.get(ref, ref)
        yield Update(None if old in NOTHING else old, None if new in NOTHING else new, ref, target)


def _is_id(text: str) -> bool:
    return len(text) in {len(nothing) for nothing in NOTHING} and set(text) <= set("0123456789abcdef")


# --- the mainline -------------------------------------------------------------------------------------------------


def _mainline(server: Server, updates: Iterable[Update]) -> Mainline:
    """The mainline that the policy in force on the server names; where the server has none, the one that is pushed first.

    What is pushed has no say in it, nor has a policy that nobody approved: else a push could choose its own judge.
    """
    branches, _ = server.refs
    head = server.head()
    policy = _policy_in_force(server, head) if head else None
    if head and policy:
        return Mainline(policy.mainline, branches.get(policy.mainline, head))
    found = [
        Mainline(name, tip)
        for name, tip in branches.items()
        if server.tree_entry(tip, POLICY_PATH)
        and (in_force := _policy_in_force(server, tip))
        and in_force.mainline == name
    ]
    if len(found) > 1:
        names = " and ".join(f"'{one.branch}'" for one in found)
        raise CannotDetermine(
            f"Each of {names} is the mainline by its own policy, and HEAD does not tell which one counts; on the server, name it "
            f"by 'git symbolic-ref HEAD refs/heads/{found[0].branch}'."
        )
    if found:
        return found[0]
    pushed = [(update, policy_at(server, update.new)) for update in updates if update.new and update.branch]
    named = [(update.branch, policy.mainline) for update, policy in pushed if policy]
    name = next((name for branch, name in named if branch == name), named[0][1] if named else "main")
    return Mainline(name, branches.get(name))


def _policy_in_force(server: Server, commit: str) -> Policy | None:
    """The policy in force at the end of a line, None where none ever was usable there."""
    library = load(server, commit)
    try:
        zone = first_policy(library).timezone
    except QmsError:
        return None
    last = local_day(library.landings[-1].time, zone)
    return replay(library, max(today(zone), last)).policy


# --- what is pushed -----------------------------------------------------------------------------------------------


class _Judge:
    """Judges each ref of a push; `undetermined` tells whether one could not be judged."""

    def __init__(self, server: Server, updates: Iterable[Update], mainline: Mainline) -> None:
        self.server, self.mainline = server, mainline
        pushed = (update.new for update in updates if update.branch == mainline.branch)
        self.start = next(pushed, None) or mainline.landed
        self.undetermined = False

    def passes(self, update: Update) -> bool:
        """Whether a ref may be moved so; says why not."""
        try:
            return update.branch is None or self._branch_passes(update, update.branch)
        except QmsError as error:
            _say(f"qmsdocs: {update.ref}: {error}")
            self.undetermined = True
            return False

    def _branch_passes(self, update: Update, branch: str) -> bool:
        if update.new and self.server.resolve(update.new) is None:
            raise CannotDetermine(f"The commit {update.new[:12]} is not here; push it again.")
        landed, is_mainline = self.mainline.landed, branch == self.mainline.branch
        why = _why_not(self.server, landed, update) if is_mainline and landed else None
        if why:
            _say(f"qmsdocs: {update.ref} {why}")
            return False
        start = landed if is_mainline else self.start
        if update.new is None or update.new == start:
            return True
        if start is not None and not is_mainline:
            common = self.server.merge_base(start, update.new)
            if common == update.new:
                return True
            if common is None:
                _say(f"qmsdocs: {update.ref} has nothing in common with '{self.mainline.branch}', so it is not judged.")
                return True
        return self._content_passes(update, start, update.new, branch)

    def _content_passes(self, update: Update, start: str | None, new: str, branch: str) -> bool:
        try:
            proposal = proposed_push(self.server, start, new, branch)
        except CannotDetermine:
            raise
        except QmsError:  # no policy has ever been usable
            policy = self.server.file_at(new, POLICY_PATH)
            return policy is None or _tell(update, policy_findings(policy), first=True)
        return _tell(update, proposal.findings, first=proposal.before is None)


def _why_not(server: Server, landed: str, update: Update) -> str | None:
    """Why the mainline may not be moved like this, whatever it holds; `landed` is its newest commit."""
    if update.new is None:
        return "is the mainline and cannot be deleted: what is in force is read from its history."
    if server.merge_base(landed, update.new) != landed:
        return (
            f"is the mainline and only grows: this push would drop commits that landed there (now {landed[:12]}). "
            "Run 'git pull --rebase' (or 'git fetch' and merge), and push without --force."
        )
    added = {commit.id: commit for commit in server.log(update.new, f"^{landed}")}
    commit = update.new
    while commit in added and added[commit].parents:
        commit = added[commit].parents[0]
    if commit == landed:
        return None
    return (
        "is the mainline, and this push would make a side line of it: in a merge, the first parent must be what has landed (now "
        f"{landed[:12]}), or past days would look different. Run 'git fetch' and 'git rebase origin/{update.branch}', and push again."
    )


def _tell(update: Update, findings: Iterable[Finding], first: bool) -> bool:
    """Tell what a push brings; returns whether it passes. In the first push of a QMS, nobody can mend what was signed long ago."""
    shown = [finding for finding in findings if finding.severity is not Severity.NOTE]
    if shown:
        _say(f"{update.ref}:\n{findings_text(shown, colour=False).rstrip()}")
    errors = [finding for finding in shown if finding.severity is Severity.ERROR]
    return all(first and is_signed_path(finding.source.path or "") for finding in errors)
