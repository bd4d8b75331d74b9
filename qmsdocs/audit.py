"""The audit: what a whole replay says of every document and signed record, and whether a stranger may believe it.

A *violation* is something that cannot have come about by honest work under the policy, or that can no longer be proved. A
*warning* is worth an auditor's look and takes nothing away from what holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from qmsdocs.checkpoint import Checkpoint, checkpoint_differences
from qmsdocs.dates import local_day
from qmsdocs.history import Commit, Landing
from qmsdocs.library import RECORD_SUFFIX, SIGNATURE_SUFFIX, Library, is_signed_path
from qmsdocs.lifecycle import Act, State
from qmsdocs.model import Finding, Identity, Severity, Source, Status
from qmsdocs.policy import POLICY_PATH, Policy
from qmsdocs.register import Approver, Register, build_register
from qmsdocs.sshsig import fingerprint, public_key_blob

_WITHOUT_EFFECT = "record-without-effect"
_SKIPPED = "skipped-revision"
_VIOLATION_FAMILIES = ("IN", "AP", "PO")
_VIOLATION_RULES = ("changed-without-revision", "superseded-text", "duplicate-id")
_UNREADABLE_RULES = ("unreadable-metadata", "duplicate-key", "no-metadata")
_KEY_RULES = ("key-revoked-since", "revoked-key")
_WARNING_RULES = (
    _WITHOUT_EFFECT,
    "unapproved-policy",
    "type-without-approval",
    "unknown-author",
    _SKIPPED,
    *_KEY_RULES,
)


@dataclass(frozen=True, slots=True)
class Observation:
    """One violation or warning. `code` is the rule's, None where only the audit can see it; `commit` and `by` say whose deed."""

    code: str | None
    rule: str
    document: str | None
    source: Source
    commit: str | None
    by: Identity | None
    message: str

    @property
    def name(self) -> str:
        """Code and rule, as `check` writes them."""
        return f"{self.code} {self.rule}" if self.code else self.rule


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit says of one document: it holds, unless there is a reason in `why`."""

    id: str
    status: Status
    revision: str | None
    approved_on: date | None
    effective_on: date | None
    approvals: tuple[Approver, ...]
    root: bool
    content: str | None
    why: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.why


@dataclass(frozen=True, slots=True)
class Signatures:
    """How many signed records landed, and what became of them.

    `checked` had a signature that was verified, `hold` of these were made by a valid key of the person named, `attributed`
    had none and are tied by the commit's author. `count` have an effect, `for_nothing` have none.
    """

    records: int
    checked: int
    hold: int
    attributed: int
    count: int
    for_nothing: int


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which one policy was in force; `until` is the first day of the next (None: it still is)."""

    start: date
    until: date | None
    revision: str
    content: str | None
    commit: str


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """The first policy that landed: the digest to pin, the commit that brought it, and who made that commit."""

    digest: str
    commit: str
    by: Identity
    pinned: str | None

    @property
    def matches(self) -> bool:
        """Whether it is the one that was pinned; true where none was."""
        return self.pinned is None or self.pinned == self.digest


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome for one commit on one day."""

    commit: str
    as_of: date
    organisation: str
    root: TrustRoot | None
    root_violation: Observation | None
    policies: tuple[Period, ...]
    signatures: Signatures
    documents: tuple[Verdict, ...]
    violations: tuple[Observation, ...]
    warnings: tuple[Observation, ...]
    checkpoint: Checkpoint | None

    @property
    def holds(self) -> bool:
        """Whether there is no violation."""
        return not self.violations


def build_audit(
    library: Library,
    state: State,
    findings: Iterable[Finding],
    *,
    pinned: str | None = None,
    checkpoint: Checkpoint | None = None,
    today: date | None = None,
) -> Audit:
    """The audit of a state and its findings; `pinned` is the digest that the first policy must have.

    `today` is given where the whole history is judged, so that landings dated later than that can be told.
    """
    history = _History(library, state)
    found = tuple(findings)
    register = build_register(state)
    root = _root(history, register, pinned)
    mismatch = _root_mismatch(root, pinned)
    violations = [
        *([mismatch] if mismatch else []),
        *(_checkpoint(library, checkpoint) if checkpoint else ()),
        *(history.observed(f) for f in found if history.is_violation(f)),
    ]
    warnings = [
        *(history.observed(f) for f in found if history.is_warning(f)),
        *history.since_revoked({f.source for f in found if f.rule in _KEY_RULES}),
        *history.never_judged(),
        *history.later_than(today),
    ]
    return Audit(
        commit=register.commit,
        as_of=register.as_of,
        organisation=register.organisation,
        root=root,
        root_violation=mismatch,
        policies=tuple(_periods(history)),
        signatures=_signatures(history),
        documents=tuple(_verdicts(register, violations)),
        violations=tuple(violations),
        warnings=tuple(warnings),
        checkpoint=checkpoint,
    )


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy, and where its text stands: the commit that brought it and its revision there."""

    policy: Policy
    commit: str
    revision: str
    content: str | None


def policy_in_force(library: Library, state: State, landing: int) -> PolicyInForce:
    """The policy by which the records of one landing were judged: the one in force before it (at first, the trust root)."""
    index = {landed.commit.id: at for at, landed in enumerate(library.landings)}
    earlier = [policy for _, commit, policy in state.policies if index[commit] < landing]
    return _placed(library, state, earlier[-1] if earlier else state.policies[0][2])


def _placed(library: Library, state: State, policy: Policy) -> PolicyInForce:
    dossier = state.dossiers.get(policy.id) or next(
        d for d in state.dossiers.values() if d.revisions[:1] and d.revisions[0].root
    )
    for revision in dossier.revisions:
        version = library.policies.get(revision.content.blob)
        if version is not None and version.read.policy is policy:
            return PolicyInForce(policy, revision.content.commit, revision.label, revision.content.digest)
    return PolicyInForce(policy, state.policies[0][1], policy.revision, None)


class _History:
    """The landings that were judged, and who did what in them."""

    def __init__(self, library: Library, state: State) -> None:
        self.library, self.state = library, state
        last = state.landing
        count = next((at + 1 for at, landing in enumerate(library.landings) if landing is last), 0)
        self.landings: Sequence[Landing] = library.landings[:count]
        self.later: Sequence[Landing] = library.landings[count:]

    @cached_property
    def acts(self) -> dict[tuple[str, str], Act]:
        return {(act.path, act.commit): act for dossier in self.state.dossiers.values() for act in dossier.acts}

    @cached_property
    def counting(self) -> frozenset[str]:
        return frozenset(
            act.blob
            for dossier in self.state.dossiers.values()
            for act in dossier.acts
            if act.refusal is None and act.blob not in dossier.refusals
        )

    @cached_property
    def landing_of(self) -> dict[str, int]:
        return {commit.id: at for at, landing in enumerate(self.landings) for commit in landing.brought}

    @cached_property
    def last_change(self) -> dict[str, int]:
        return {change.path: at for at, landing in enumerate(self.landings) for change in landing.commit.changes}

    # --- whose deed -------------------------------------------------------------------------------------------

    def deed(self, source: Source) -> Commit | None:
        """The commit that did it: the one named, within a merge the one that made the text, else the last on that path."""
        path = source.path or ""
        at = self.landing_of.get(source.commit or "")
        if at is None:
            at = max((self.last_change.get(p, -1) for p in (path, f"{path}.sig")), default=-1)
        if at < 0:
            return None
        landing = self.landings[at]
        landed = {c.path: c.new for c in landing.commit.changes if c.path in (path, f"{path}.sig")}
        made = [
            commit
            for commit in landing.brought
            if len(commit.parents) < 2 and any(c.path in landed and landed[c.path] == c.new for c in commit.changes)
        ]
        return made[-1] if made else landing.commit

    def observed(self, finding: Finding) -> Observation:
        commit = self.deed(finding.source)
        return Observation(
            code=finding.code,
            rule=finding.rule,
            document=finding.document,
            source=finding.source,
            commit=commit.id if commit else None,
            by=commit.author if commit else None,
            message=finding.message,
        )

    # --- what it weighs ---------------------------------------------------------------------------------------

    def is_violation(self, finding: Finding) -> bool:
        if finding.rule == _WITHOUT_EFFECT:
            act = self._act(finding)
            return act is not None and not act.tied
        if finding.severity is not Severity.ERROR:
            return False
        return (
            finding.code[:2] in _VIOLATION_FAMILIES
            or finding.rule in _VIOLATION_RULES
            or (finding.rule in _UNREADABLE_RULES and self._was_approved(finding))
        )

    def is_warning(self, finding: Finding) -> bool:
        wanted = finding.code[:2] == "IN" or finding.rule in _WARNING_RULES
        return wanted and not self.is_violation(finding) and not self._is_skipped_by_a_draft(finding)

    def _act(self, finding: Finding) -> Act | None:
        return self.acts.get((finding.source.path or "", finding.source.commit or ""))

    def _is_skipped_by_a_draft(self, finding: Finding) -> bool:
        dossier = self.state.dossiers.get(finding.document or "")
        draft = dossier.draft if dossier else None
        return finding.rule == _SKIPPED and draft is not None and finding.source == draft.content.source("revision")

    def _was_approved(self, finding: Finding) -> bool:
        """Whether a file that cannot be read stands where an approved document stood."""
        path = finding.source.path
        for dossier in self.state.dossiers.values():
            if (
                dossier.revisions
                and dossier.current is None
                and (finding.document == dossier.id or path in dossier.paths)
            ):
                return True
        return False

    # --- what no rule sees ------------------------------------------------------------------------------------

    def since_revoked(self, told: Collection[Source]) -> Iterator[Observation]:
        """Acts of any kind that count, by a key that a later policy revokes from a day before they landed: perhaps the thief's."""
        revoked = {
            fingerprint(public_key_blob(key.key)): key.revoked
            for _, _, policy in self.state.policies
            for person in policy.people.values()
            for key in person.keys
            if key.revoked is not None
        }
        for act in self.acts.values():
            day = revoked.get(act.key or "")
            if act.blob in self.counting and act.source not in told and day is not None and day <= act.day:
                message = (
                    f"the record '{act.record.meaning}' of {act.record.person} on {act.record.document} revision {act.record.revision} "
                    f"landed on {act.day} by a key that was later revoked from {day}; ask {act.record.name} whether it is theirs"
                )
                yield self._noted("key-revoked-since", act.record.document, act.source, message)

    def never_judged(self) -> Iterator[Observation]:
        """Records that lie here and that no policy ever judged, because they landed before the first one."""
        judged = {act.blob for act in self.acts.values()}
        for path, blob in self.state.tree.items():
            record = is_signed_path(path) and path.endswith(RECORD_SUFFIX) and not path.endswith(SIGNATURE_SUFFIX)
            if record and blob not in judged and path not in self.state.unread_records:
                message = "this record landed before the trust root, so no policy judged it; it counts for nothing"
                yield self._noted("record-before-root", None, Source(path), message)

    def later_than(self, today: date | None) -> Iterator[Observation]:
        """Landings whose date is still to come: a clock far ahead, or set by hand."""
        for landing in self.landings if today else ():
            day = local_day(landing.time, self.state.policy.timezone)
            if today is not None and day > today:
                yield self._noted(
                    "landed-in-future",
                    None,
                    Source(None, None, landing.commit.id),
                    f"this commit is dated {day}, after today ({today})",
                )
                return

    def _noted(self, rule: str, document: str | None, source: Source, message: str) -> Observation:
        commit = self.deed(source)
        return Observation(
            None, rule, document, source, commit.id if commit else None, commit.author if commit else None, message
        )


def _root(history: _History, register: Register, pinned: str | None) -> TrustRoot | None:
    if register.root is None or not history.state.policies:
        return None
    commit = history.state.policies[0][1]
    author = history.landings[history.landing_of[commit]].commit.author
    return TrustRoot(register.root, commit, author, pinned)


def _root_mismatch(root: TrustRoot | None, pinned: str | None) -> Observation | None:
    if pinned is None or (root is not None and root.matches):
        return None
    found = f"begins with the policy {root.digest}" if root else "has no policy that landed by that day"
    message = f"this history {found}, not with the pinned {pinned}"
    commit, by = (root.commit, root.by) if root else (None, None)
    return Observation(None, "root-mismatch", None, Source(POLICY_PATH, None, commit), commit, by, message)


def _checkpoint(library: Library, checkpoint: Checkpoint) -> Iterator[Observation]:
    for difference in checkpoint_differences(library, checkpoint):
        source = Source(None, None, checkpoint.commit)
        yield Observation(None, difference.rule, difference.document, source, None, None, difference.message)


def _periods(history: _History) -> Iterator[Period]:
    policies = history.state.policies
    for at, (start, commit, policy) in enumerate(policies):
        until = policies[at + 1][0] if at + 1 < len(policies) else None
        placed = _placed(history.library, history.state, policy)
        yield Period(start, until, placed.revision, placed.content, commit)


def _signatures(history: _History) -> Signatures:
    acts = history.acts.values()
    return Signatures(
        records=len(acts),
        checked=sum(act.signature is not None for act in acts),
        hold=sum(act.key is not None for act in acts),
        attributed=sum(act.signature is None and act.blob in history.counting for act in acts),
        count=len(history.counting),
        for_nothing=len(acts) - len(history.counting),
    )


def _verdicts(register: Register, violations: Sequence[Observation]) -> Iterator[Verdict]:
    for row in (*register.documents, *register.external):
        why = dict.fromkeys(v.name for v in violations if v.document == row.id)
        yield Verdict(
            id=row.id,
            status=row.status,
            revision=row.revision,
            approved_on=row.approved_on,
            effective_on=row.effective_on,
            approvals=row.approved_by,
            root=row.content is not None and row.content == register.root,
            content=row.content,
            why=tuple(why),
        )
