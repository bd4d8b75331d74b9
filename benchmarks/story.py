"""Eight years of a QMS, told as jobs that run side by side: drafts on branches, signatures, merges, reviews.

Each step of a job makes at most one commit. Branches overlap as they do in life, and the mainline's clock never goes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from zoneinfo import ZoneInfo

from benchmarks.diary import DAY, SPAN, Diary, Job
from benchmarks.firm import (
    AREAS,
    CONTROLLER,
    KINDS,
    QUALITY,
    RECORD_FOLDERS,
    SPECIALIST,
    TIMEZONE,
    TOP,
    Firm,
    Kind,
    Someone,
)
from benchmarks.paper import Document, place, record_text
from benchmarks.prose import Prose
from qmsdocs import labels
from qmsdocs.document import KeyNames, read_document
from qmsdocs.fastimport import FastImport, NewCommit
from qmsdocs.lifecycle import ONLY_LABEL
from qmsdocs.model import Meaning, ReviewVerdict
from qmsdocs.policy import OWNER, POLICY_PATH, policy_document, read_policy
from qmsdocs.shipped import shipped
from qmsdocs.signature import SignedRecord, record_path, write_record

MAIN = "main"
_BIRTHS_END = 0.72  # of the time: by then every document has been started
_COMMITS_A_JOB = 4.3  # on average, to plan by
_MONTH = 30.44  # days
_LEFT_LYING = 0.02  # of the drafts on branches, and on the mainline
_TAGS = ("core", "customer", "safety", "export", "iso-9001", "pilot", "training", "bench-a")

Files = dict[str, bytes | None]


@dataclass(frozen=True)
class Size:
    """How large a history is; the number of commits is exact."""

    documents: int
    commits: int


@dataclass
class _Branch:
    """A topic branch: its newest commit and all it has changed since it parted from the mainline."""

    name: str
    head: str
    files: Files = field(default_factory=dict)


class Story:
    """Tells the history of a QMS into a stream of `git fast-import`."""

    def __init__(self, size: Size, seed: str, stream: FastImport) -> None:
        self.size, self.stream = size, stream
        self.random = Random(seed)
        self.prose = Prose(self.random)
        self.firm = Firm(seed)
        self.zone = ZoneInfo(TIMEZONE)
        self.diary = Diary(self.random)
        self.main = ""
        self.commits = self.records = self.revisions = self.running = 0
        self.born: list[Document] = []
        self.numbers: dict[str, int] = {}
        self.landed: list[Document] = []
        self.cited: list[Document] = []

    def tell(self) -> str:
        """Tell all of it; returns the mainline's newest commit."""
        self._first_commit()
        for job in (self._plan(), self._policies(), self._quality_records()):
            self.diary.note(job, 1)
        while self.commits < self.size.commits:
            self.diary.step()
        return self.main

    def _days(self, least: float, most: float) -> float:
        return self.random.uniform(least, most)

    # --- commits and signatures -----------------------------------------------------------------------------------

    def _commit(
        self, who: Someone, message: str, files: Mapping[str, bytes | None], branch: _Branch | None = None
    ) -> None:
        parents = [branch.head if branch else self.main]
        self._write(who, message, files, parents if parents != [""] else [], branch)

    def _write(
        self, who: Someone, message: str, files: Mapping[str, bytes | None], parents: list[str], branch: _Branch | None
    ) -> None:
        name = branch.name if branch else MAIN
        when = self.diary.now.astimezone(self.zone)
        made = self.stream.commit(NewCommit(name, parents, who.identity, when, f"{message}\n", files))
        self.commits += 1
        if branch is None:
            self.main = made
        else:
            branch.head = made
            branch.files.update(files)

    def _branch(self, document: Document) -> _Branch:
        return _Branch(f"{document.id.lower()}-{document.revision}", self.main)

    def _merge(self, branch: _Branch, who: Someone, document: Document) -> None:
        message = f"Merge branch '{branch.name}'\n\n{document.title}, revision {document.revision}: {document.change}"
        self._write(who, message, branch.files, [self.main, branch.head], None)
        self.stream.forget(branch.name)

    def _record(
        self,
        who: Someone,
        role: str,
        meaning: Meaning,
        named: tuple[str, str, str],
        comment: str | None = None,
        verdict: ReviewVerdict | None = None,
    ) -> Files:
        """A signed record on `named` (id, label, digest), and its signature."""
        id_, label, digest = named
        record = SignedRecord(
            id_, label, digest, meaning, role, who.id, who.name, self.diary.now, self.main, comment, verdict
        )
        data, path = write_record(record), record_path(record)
        self.records += 1
        return {path: data, f"{path}.sig": who.sign(data)}

    # --- the plan -------------------------------------------------------------------------------------------------

    def _first_commit(self) -> None:
        template = shipped("templates")
        files: Files = {
            POLICY_PATH: self.firm.policy(),
            ".gitattributes": (template / "gitattributes").read_bytes(),
            ".gitignore": (template / "gitignore").read_bytes(),
            "README.md": b"# The QMS of Tarn Group\n\nMade up, from a seed. Its keys are worthless.\n",
        }
        self._commit(self.firm.holders(TOP)[0], "Start the QMS", files)

    def _plan(self) -> Job:
        """Start documents and work on those there are, so that commits come evenly and end where they should."""
        tick = min(1.0, 3000 / self.size.commits)
        while True:
            while (
                len(self.born) < self.size.documents * self.diary.elapsed / _BIRTHS_END
                and len(self.born) < self.size.documents
            ):
                self._start(self._first_issue(self._new_document()))
            while self.commits + self.running * _COMMITS_A_JOB / 2 < self.size.commits * self.diary.elapsed:
                document = self._idle()
                if document is None:
                    break
                self._start(self._work_on(document))
            yield tick

    def _start(self, job: Job) -> None:
        self.running += 1
        self.diary.note(self._counted(job), self._days(0, 1))

    def _counted(self, job: Job) -> Job:
        yield from job
        self.running -= 1

    def _idle(self) -> Document | None:
        """A document that landed and that nobody works on; it is taken."""
        for _ in range(20 if self.landed else 0):
            document = self.random.choice(self.landed)
            if not document.open:
                document.open = True
                return document
        return None

    def _work_on(self, document: Document) -> Job:
        draw = self.random.random()
        if draw < 0.06:
            yield from self._retag(document)
        elif draw < 0.12 and not document.cited:
            yield from self._move(document)
        elif draw < 0.13 and not document.cited and not document.kind.owner:
            yield from self._withdraw(document)
        else:
            yield from self._revise(document)

    # --- a revision -----------------------------------------------------------------------------------------------

    def _new_document(self) -> Document:
        kind = self.random.choices(KINDS, [kind.share for kind in KINDS])[0]
        number = self.numbers[kind.prefix] = self.numbers.get(kind.prefix, 0) + 1
        id_, title = f"{kind.prefix}-{number:04d}", self.prose.title()
        area = self.random.choice(AREAS)
        cited = bool(kind.owner) or self.random.random() < 0.3
        blocks = self.prose.blocks(self.random.randint(*kind.length))
        document = Document(id_, kind, title, area, place(kind, area, id_, title), blocks, cited)
        document.drawing = self.prose.drawing(title) if kind.drawn else None
        self.born.append(document)
        return document

    def _first_issue(self, document: Document) -> Job:
        document.revision = labels.first_labels(document.kind.scheme)[0]
        document.change = "First issue."
        if self.cited:
            self._link(document, self.random.randrange(4))
        yield from self._issue(document)
        self.landed.append(document)
        if document.cited:
            self.cited.append(document)

    def _revise(self, document: Document) -> Job:
        following = labels.next_labels(document.kind.scheme, document.revision)
        document.revision = following[-1] if self.random.random() < 0.4 else following[0]
        document.change = self.prose.change()
        document.effective = None
        if self.random.random() < 0.1:
            document.effective = (self.diary.now + self._days(10, 60) * DAY).date().isoformat()
        if self.cited and self.random.random() < 0.2:
            self._link(document, 1)
        if document.drawing and self.random.random() < 0.5:
            document.drawing = self.prose.drawing(document.title)
        yield from self._issue(document)

    def _link(self, document: Document, count: int) -> None:
        for other in self.random.sample(self.cited, min(count, len(self.cited))):
            if other is not document and other.id not in [id_ for id_, _, _ in document.links]:
                document.links.append((other.id, other.path.removeprefix("documents/"), other.title))

    def _issue(self, document: Document) -> Job:
        """From a draft to a revision in force, in one of the ways in which people work."""
        way = self.random.choices((self._by_branch, self._by_squash, self._on_mainline), (50, 32, 18))[0]
        yield from way(document)
        self._in_force(document)

    def _in_force(self, document: Document) -> None:
        document.authors.clear()
        document.open = False
        self.revisions += 1
        if not document.withdrawn:
            self.diary.note(self._reviews(document, document.revision), self._until_review(document.kind))

    def _by_branch(self, document: Document) -> Job:
        """Drafted and signed on a branch, then merged."""
        branch = self._branch(document)
        yield from self._draft(document, branch)
        yield from self._perhaps_for_ever()
        for who, role, meaning in self._signers(document):
            files = self._sign(document, who, role, meaning)
            self._commit(who, f"{meaning.capitalize()} {document.id} revision {document.revision}", files, branch)
            yield self._days(0.1, 3)
        self._merge(branch, self._one(CONTROLLER), document)

    def _by_squash(self, document: Document) -> Job:
        """Drafted and signed on a branch that nobody keeps: one commit on the mainline, with a trailer for a co-author."""
        author, *others = self._authors_of(document)
        yield self._days(2, 10)
        self._improve(document)
        files = document.files()
        for who, role, meaning in self._signers(document):
            files |= self._sign(document, who, role, meaning)
            yield self._days(0.1, 3)
        trailers = "".join(f"\nCo-authored-by: {other.identity}" for other in others)
        message = f"{document.id} revision {document.revision}: {document.change}"
        self._commit(author, f"{message}\n{trailers}" if trailers else message, files)

    def _on_mainline(self, document: Document) -> Job:
        """Drafted on a branch and merged, then signed on the mainline; now and then rejected first, and reworked."""
        branch = self._branch(document)
        yield from self._draft(document, branch)
        self._merge(branch, self._one(CONTROLLER), document)
        yield self._days(0.5, 4)
        yield from self._perhaps_for_ever()
        if self.random.random() < 0.2:
            yield from self._reject(document)
        for who, role, meaning in self._signers(document):
            files = self._sign(document, who, role, meaning)
            self._commit(who, f"{meaning.capitalize()} {document.id} revision {document.revision}", files)
            yield self._days(0.1, 4)

    def _perhaps_for_ever(self) -> Job:
        """Some drafts nobody ever signs."""
        if self.random.random() < _LEFT_LYING:
            self.running -= 1
            yield 10 * SPAN

    def _draft(self, document: Document, branch: _Branch) -> Job:
        """One to four commits on a branch, by one or two authors."""
        authors = self._authors_of(document)
        for number in range(self.random.choices((1, 2, 3, 4), (50, 30, 15, 5))[0]):
            if number or document.change != "First issue.":
                self._improve(document)
            author = authors[0] if number == 0 else self.random.choice(authors)
            verb = "Draft" if number == 0 else "Rework"
            self._commit(author, f"{verb} {document.id} revision {document.revision}", document.files(), branch)
            yield self._days(0.3, 4)

    def _improve(self, document: Document) -> None:
        for _ in range(self.random.randint(1, 4)):
            self.prose.edit(document.blocks)

    def _reject(self, document: Document) -> Job:
        who, role, _ = self._signers(document)[-1]
        comment = f"{self.prose.sentence()} This is not what we do."
        files = self._record(who, role, Meaning.REJECT, self._named(document), comment)
        self._commit(who, f"Reject {document.id} revision {document.revision}", files)
        yield self._days(1, 5)
        branch = _Branch(f"{document.id.lower()}-{document.revision}-again", self.main)
        self._improve(document)
        author = next(person for person in self.firm.people if person.id == document.authors[0])
        self._commit(author, f"Rework {document.id} after the rejection", document.files(), branch)
        yield self._days(0.5, 3)
        self._merge(branch, self._one(CONTROLLER), document)
        yield self._days(0.2, 3)

    # --- who does it ----------------------------------------------------------------------------------------------

    def _one(self, role: str) -> Someone:
        return self.random.choice(self.firm.holders(role))

    def _authors_of(self, document: Document) -> list[Someone]:
        """One or two people who write, at most one of those who might have to approve."""
        if document.kind.owner:
            found = [self._one(document.owner)]
        else:
            pool = [person for person in self.firm.people if person.area == document.area]
            writers = [person for person in pool if SPECIALIST in person.roles]
            found = [self.random.choice(pool if self.random.random() < 0.2 else writers)]
            if self.random.random() < 0.3:
                found += [person for person in [self.random.choice(writers)] if person not in found]
        document.authors += [person.id for person in found if person.id not in document.authors]
        return found

    def _signers(self, document: Document) -> list[tuple[Someone, str, Meaning]]:
        """Who signs, in which role: different people, none of them an author."""
        kind = document.kind
        approve = kind.approve
        if labels.is_minor(kind.scheme, document.revision):
            approve = (QUALITY,)
        found: list[tuple[Someone, str, Meaning]] = []
        wanted = [(role, Meaning.REVIEW) for role in kind.review] + [(role, Meaning.APPROVE) for role in approve]
        for role, meaning in wanted:
            taken = [*document.authors, *(who.id for who, _, _ in found)]
            able = [p for p in self.firm.holders(document.owner if role == OWNER else role) if p.id not in taken]
            found.append((self.random.choice(able), role, meaning))
        return found

    def _named(self, document: Document) -> tuple[str, str, str]:
        return document.id, document.revision, document.content()

    def _sign(self, document: Document, who: Someone, role: str, meaning: Meaning) -> Files:
        return self._record(who, role, meaning, self._named(document))

    # --- other work -----------------------------------------------------------------------------------------------

    def _until_review(self, kind: Kind) -> float:
        """Days until somebody looks at a document again; some are late."""
        due = kind.months * _MONTH
        return due + (self._days(1, 70) if self.random.random() < 0.08 else -self._days(3, 60))

    def _reviews(self, document: Document, revision: str) -> Job:
        """Periodic reviews of one revision, until another one is begun."""
        while document.revision == revision and not document.open:
            who = self._one(document.owner)
            keep = self.random.random() < 0.85
            verdict = ReviewVerdict.KEEP if keep else ReviewVerdict.REVISE
            files = self._record(who, OWNER, Meaning.PERIODIC_REVIEW, self._named(document), None, verdict)
            self._commit(who, f"Periodic review of {document.id}: {verdict}", files)
            if not keep:
                document.open = True
                self._start(self._revise(document))
                return
            yield self._until_review(document.kind)

    def _retag(self, document: Document) -> Job:
        """An administrative edit: tags are no part of what is approved."""
        document.tags = self.random.sample(_TAGS, 2)
        document.authors.append((who := self._one(CONTROLLER)).id)
        self._commit(who, f"Tag {document.id}", document.files())
        document.open = False
        yield from ()

    def _move(self, document: Document) -> Job:
        """The file goes to the folder of another area, or gets another name."""
        area = self.random.choice(AREAS)
        title = document.title if self.random.random() < 0.6 else self.prose.title()
        old = document.files()
        document.path = place(document.kind, area, document.id, title)
        new = document.files()
        files: Files = {path: None for path in old if path not in new}
        self._commit(self._one(CONTROLLER), f"Move {document.id}", files | new)
        document.open = False
        yield from ()

    def _withdraw(self, document: Document) -> Job:
        """A last revision that ends the document; then its file may go."""
        self.landed.remove(document)
        document.revision = labels.next_labels(document.kind.scheme, document.revision)[0]
        document.change = "Withdraws the document."
        document.withdrawn = self.prose.sentence()
        document.effective = None
        document.replaced_by = self.random.choice(self.cited).id if self.cited and self.random.random() < 0.6 else None
        yield from self._issue(document)
        if self.random.random() < 0.5:
            yield self._days(20, 90)
            self._commit(
                self._one(CONTROLLER), f"Remove {document.id}, which is obsolete", dict.fromkeys(document.files())
            )

    def _policies(self) -> Job:
        """Once a year somebody gets a new key: a new policy, approved by top management in the commit that brings it."""
        while True:
            yield self._days(330, 400)
            person = self.random.choice(self.firm.people)
            self.firm.new_key(person)
            self.firm.revision += 1
            self.firm.change = f"A new key for {person.name}."
            data = self.firm.policy()
            digest = policy_document(data, read_policy(data)).content({})
            record = self._record(self._one(TOP), TOP, Meaning.APPROVE, ("QMS-001", str(self.firm.revision), digest))
            self._commit(self._one(QUALITY), f"Policy revision {self.firm.revision}", {POLICY_PATH: data, **record})
            yield self._days(5, 10)
            person.in_use += 1

    def _quality_records(self) -> Job:
        """Internal audits and corrective actions, one for every ten documents; most are closed by a signature."""
        number = 0
        while True:
            yield self._days(0.5, 1.5) * SPAN / (self.size.documents / 10)
            number += 1
            prefix = "IA" if number % 3 == 0 else "CA"
            kind, folder = RECORD_FOLDERS[prefix]
            id_ = f"{prefix}-{self.diary.now.year}-{number:03d}"
            blocks = self.prose.blocks(self.random.randint(1_000, 5_000))
            day = self.diary.now.date().isoformat()
            data = record_text(id_, kind, self.prose.title(), day, blocks)
            self._commit(
                self._one(SPECIALIST), f"Record {id_}", {f"records/{folder}/{self.diary.now.year}/{id_}.md": data}
            )
            if self.random.random() < 0.8:
                self.diary.note(self._close(id_, read_document(data, KeyNames()).content({})), self._days(5, 60))

    def _close(self, id_: str, digest: str) -> Job:
        who = self._one(QUALITY)
        self._commit(who, f"Close {id_}", self._record(who, QUALITY, Meaning.CLOSE, (id_, ONLY_LABEL, digest)))
        yield from ()
