"""Each rule has a sample that breaks it and one that keeps it; what it says of the broken one is written down here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from firm import Firm, procedure

from qmsdocs.rules import RULES, Rule

Sample = Callable[[Firm], object]
PATH = "documents/procedures/QP-001.md"


def findings(firm: Firm, code: str) -> list[dict[str, str]]:
    said = firm.say("check", "--format", "json")
    return [finding for finding in json.loads(said.out)["findings"] if finding["code"] == code]


def in_force(firm: Firm, identifier: str = "QP-001", text: str = "Do it well.", more: str = "") -> str:
    path = f"documents/procedures/{identifier}.md"
    firm.write(path, procedure(identifier, text, more=more))
    firm.commit()
    for person in ("cat", "bob"):
        assert firm.sign("approve", identifier, person).code == 0
    return path


def text(firm: Firm, path: str = PATH) -> str:
    return (firm.root / path).read_text()


def put(content: str, path: str = PATH) -> Sample:
    return lambda firm: firm.write(path, content)


def policy(old: str, new: str) -> Sample:
    def change(firm: Firm) -> None:
        before = text(firm, "qms.toml")
        assert old in before
        firm.write("qms.toml", before.replace(old, new, 1))

    return change


def approved_policy(old: str, new: str) -> Sample:
    def change(firm: Firm) -> None:
        policy(old, new)(firm)
        policy("revision = 1", "revision = 2")(firm)
        firm.commit()
        assert firm.sign("approve", "QMS-001", "cat").code == 0

    return change


def revised(revision: str, change: str = "change: Better.\n") -> Sample:
    def revise(firm: Firm) -> None:
        in_force(firm)
        after = procedure("QP-001", "Do it better.", revision)
        firm.write(PATH, after.replace("change: First issue.\n", change))

    return revise


def changed_record(action: Callable[[Firm, str], object]) -> Sample:
    def change(firm: Firm) -> None:
        in_force(firm)
        record = next((firm.root / "signatures").rglob("*-approve-cat.yaml"))
        action(firm, str(record.relative_to(firm.root)))

    return change


def alter(firm: Firm, path: str) -> None:
    firm.write(path, text(firm, path).replace("cat", "dan"))


def remove(firm: Firm, path: str) -> None:
    (firm.root / path).unlink()


def withdrawn(firm: Firm) -> None:
    """QP-002 is obsolete, and QP-003 takes its place."""
    in_force(firm, "QP-003")
    path = in_force(firm, "QP-002")
    firm.write(path, procedure("QP-002", revision="2", more="withdrawn: Merged with QP-003.\nreplaced_by: QP-003\n"))
    firm.commit()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-002", person).code == 0


def linking_to_obsolete(firm: Firm) -> None:
    withdrawn(firm)
    firm.write(PATH, procedure("QP-001", "See [old](QP-002.md)."))


def rewritten_history(firm: Firm) -> None:
    firm.procedure()
    firm.write("notes.txt", "lost")
    firm.commit()
    firm.sign("approve", "QP-001", "cat")
    firm.git("rebase", "-q", "--onto", "HEAD~2", "HEAD~1")


def clock_back(firm: Firm) -> None:
    firm.now = "2020-01-01T09:00:00+00:00"
    firm.procedure()
    firm.now = "2026-03-03T09:00:00+00:00"


def signed_back(firm: Firm) -> None:
    """Signed a month before the commit that the signer had seen."""
    firm.procedure()
    firm.now = "2026-02-01T09:00:00+00:00"
    firm.sign("approve", "QP-001", "cat")
    firm.now = "2026-03-02T09:00:00+00:00"


def merged(*options: str, then: str | None = None) -> Sample:
    """A branch with a record, merged into a mainline that went on."""

    def merge(firm: Firm) -> None:
        firm.procedure()
        firm.git("checkout", "-q", "-b", "topic")
        firm.sign("approve", "QP-001", "cat")
        firm.git("checkout", "-q", "main")
        firm.write("notes.txt", "meanwhile")
        firm.commit()
        firm.git("merge", "-q", "--no-commit", *options, "topic")
        if then:
            firm.write(PATH, then)
        firm.commit("Merge topic")

    return merge


def reverted(firm: Firm) -> None:
    revised("2")(firm)
    firm.commit()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0
    firm.write(PATH, procedure("QP-001"))


def key_stolen(firm: Firm, day: str = "2026-03-01") -> None:
    in_force(firm)
    key = firm.keys["cat"].public
    approved_policy(f'"{key}"', f'{{key = "{key}", revoked = {day}}}')(firm)


def sole_author(firm: Firm) -> None:
    firm.procedure(by="bob")


def rejected(firm: Firm) -> None:
    firm.procedure()
    firm.sign("reject", "QP-001", "bob", "--comment", "No torque")


def revoked(firm: Firm) -> None:
    in_force(firm)
    firm.sign("revoke", "QP-001", "bob", "--comment", "Wrong torque")


def later(day: str, then: Sample | None = None) -> Sample:
    def wait(firm: Firm) -> None:
        in_force(firm)
        if then:
            then(firm)
        firm.now = f"{day}T09:00:00+00:00"

    return wait


def unread(firm: Firm) -> None:
    approved_policy(
        'reviewed_by = ["quality-manager"]', 'reviewed_by = ["quality-manager"]\nacknowledged_by = ["operator"]'
    )(firm)
    in_force(firm)


def read(firm: Firm) -> None:
    unread(firm)
    firm.sign("acknowledge", "QP-001", "dan")


def forged(firm: Firm) -> None:
    """A record that ann signed with her key in cat's name."""
    firm.procedure()
    firm.sign("approve", "QP-001", "cat", "--no-commit")
    record = next((firm.root / "signatures").rglob("*.yaml"))
    other = firm.root / "signatures" / "forged.yaml"
    other.write_bytes(record.read_bytes().replace(b"role: engineer", b"role: top-management"))
    other.with_name("forged.yaml.sig").write_bytes(record.with_name(f"{record.name}.sig").read_bytes())
    record.with_name(f"{record.name}.sig").unlink()
    record.unlink()


def record(identifier: str = "IA-2026-01", more: str = "") -> str:
    return f"---\nid: {identifier}\ntitle: Audit\ntype: internal-audit\ndate: 2026-03-01\n{more}---\n\nAll well.\n"


RECORD_PATH = "records/internal-audits/IA-2026-01.md"


def record_deleted(firm: Firm) -> None:
    firm.write(RECORD_PATH, record())
    firm.commit()
    (firm.root / RECORD_PATH).unlink()


def record_disposed_of(firm: Firm) -> None:
    record_deleted(firm)
    firm.now = "2032-03-02T09:00:00+00:00"


def record_closed(firm: Firm) -> None:
    firm.write(RECORD_PATH, record())
    firm.commit()
    assert firm.sign("close", "IA-2026-01", "bob").code == 0


def moved(firm: Firm) -> None:
    in_force(firm)
    firm.git("mv", PATH, "documents/QP-001.md")


def both(*samples: Sample) -> Sample:
    def all_of_them(firm: Firm) -> None:
        for sample in samples:
            sample(firm)

    return all_of_them


GOOD = put(procedure("QP-001"))
drafts_on_branches = approved_policy('mainline = "main"', 'mainline = "main"\ndrafts = "branches"')

BROKEN: dict[str, tuple[Sample, str]] = {
    "PO001": (policy('review_every = "24 months"', 'review_every = "sometimes"'), "is not an interval"),
    "PO002": (policy('"engineer", "quality-manager"', '"enginer", "quality-manager"'), "the role 'enginer' is not defined"),
    "PO003": (policy("['operator']", "['operator', 'top-management']"), "is not approved and has no effect"),
    "PO004": (lambda firm: remove(firm, "qms.toml"), "the policy's file is gone"),
    "PO005": (approved_policy('approve = ["quality-manager"]', "approve = []"), "needs nobody's approval"),
    "PO006": (approved_policy('approve = ["quality-manager"]', 'approve = ["2 of operator"]'), "must sign by 2"),
    "ID101": (put("# No front matter\n"), "there is no front matter"),
    "ID102": (put("---\ntitle: X\n---\n"), "has no 'id'"),
    "ID103": (put("---\nid: QP 1\n---\n"), "cannot be an id"),
    "ID104": (both(*(put(procedure("QP-001"), f"documents/{n}.md") for n in "ab")), "stands in documents/a.md too"),
    "ID105": (both(*(put(procedure(i), f"documents/{i}.md") for i in ("QP-1", "qp-1"))), "looks like"),
    "ID106": (put(procedure("WI-001")), "has an id like QP-001"),
    "MD201": (put("---\nid: QP-001\ntitle: a: b\n---\n"), "mapping values are not allowed"),
    "MD202": (put("---\nid: QP-001\nid: QP-002\n---\n"), "'id' stands here again (first on line 2)"),
    "MD203": (put(procedure("QP-001", more="effective_date: 2026-02-30\n")), "is not a day in the calendar"),
    "MD204": (put(procedure("QP-001").replace("owner: quality-manager\n", "")), "'owner' is missing"),
    "MD205": (put(procedure("QP-001", more="efective_date: 2026-12-01\n")), "'efective_date' is not a key we know"),
    "MD206": (put(procedure("QP-001").replace("type: procedure", "type: proceedure")), "has no type 'proceedure'"),
    "MD207": (put(procedure("QP-001").replace("owner: quality-manager", "owner: nobody")), "neither a role nor a person"),
    "MD208": (revised("2", ""), "does not say what changed"),
    "MD209": (put(procedure("QP-001", more="status: approved\n")), "claims what only signed records can say"),
    "RE301": (revised("1"), "this is not the text that was approved"),
    "RE302": (revised("3"), "revision 3 follows revision 1; expected 2"),
    "RE303": (revised("0"), "revision 0 is lower than revision 1"),
    "RE304": (put(procedure("QP-001", revision="v1")), "'v1' is not a label of the scheme 'integer'"),
    "AP401": (GOOD, "engineer: Cat Clark; quality-manager: Bob Baker"),
    "AP402": (sole_author, "nobody is left who can give it"),
    "AP403": (rejected, "was rejected by Bob Baker on 2026-03-02: No torque"),
    "AP404": (forged, "the signature does not fit the record's bytes"),
    "AP405": (put("hello\n", "signatures/note.yaml"), "this is not a signed record"),
    "AP406": (changed_record(remove), "the approval of revision 1 by cat is gone or altered"),
    "AP407": (revoked, "was revoked by Bob Baker on 2026-03-02: Wrong torque"),
    "AP408": (unread, "has not been acknowledged by Dan Dale"),
    "AP409": (lambda firm: firm.procedure(by="eve"), "Eve Evans <eve@test.example>"),
    "AP410": (both(drafts_on_branches, put(procedure("QP-001"))), "only what is approved may stand on 'main'"),
    "RD501": (later("2028-03-03"), "was due by 2028-03-02, 1 day ago"),
    "RD502": (later("2028-03-02"), "is due by 2028-03-02, today"),
    "RD503": (both(approved_policy('review_every = "24 months"\n', ""), in_force), "nothing says when"),
    "RF601": (put(procedure("QP-001", "[x](QP-404.md)")), "'QP-404.md' leads to nothing"),
    "RF602": (linking_to_obsolete, "QP-002 is obsolete"),
    "RF603": (put(procedure("QP-001", more="references: [QP-404]\n")), "names QP-404"),
    "RF604": (put(procedure("QP-001", more="attachments: [flow.svg]\n")), "'flow.svg' is not there"),
    "RF605": (
        both(put("<svg/>", "documents/procedures/flow.svg"), put(procedure("QP-001", "![f](flow.svg)"))),
        "'flow.svg' belongs to the text",
    ),
    "IN701": (changed_record(alter), "was changed"),
    "IN702": (changed_record(remove), "was removed"),
    "IN703": (both(in_force, lambda firm: remove(firm, PATH)), "QP-001 is effective (revision 1), and its file is gone"),
    "IN704": (record_deleted, "must be kept until 2032-03-01"),
    "IN705": (rewritten_history, "is not in this history"),
    "IN706": (clock_back, "contradicts the commits around it"),
    "IN707": (both(record_closed, put(record(more="clauses: [9.2]\n"), RECORD_PATH)), "this is not the text that was closed"),
    "IN708": (signed_back, "signed 2026-02-01, and names a commit of 2026-03-02"),
    "IN709": (merged("-s", "ours"), "was on what this merge brought, and did not land"),
    "IN710": (merged(then=procedure("QP-001", "Slipped in.")), "a text that none of its parents has"),
    "IN711": (reverted, "the file has the text of revision 1, and revision 2 is effective"),
    "IN712": (key_stolen, "landed on 2026-03-02, and its key is revoked from 2026-03-01"),
}  # fmt: skip
KEPT: dict[str, Sample] = {
    "PO003": approved_policy("['operator']", "['operator', 'top-management']"),
    "PO006": approved_policy('approve = ["quality-manager"]', 'approve = ["2 of engineer"]'),
    "MD208": revised("2"),
    "RE301": revised("2"),
    "RE302": revised("2"),
    "RE303": revised("2"),
    "RE304": put(procedure("SPEC-001", revision="1.0").replace("type: procedure", "type: specification")),
    "AP401": in_force,
    "AP403": both(rejected, put(procedure("QP-001", "Tighten to 8 Nm."))),
    "AP404": in_force,
    "AP405": in_force,
    "AP406": in_force,
    "AP407": both(in_force, lambda firm: firm.sign("acknowledge", "QP-001", "dan")),
    "AP408": read,
    "AP409": in_force,
    "AP410": both(drafts_on_branches, lambda firm: firm.git("switch", "-q", "-c", "topic"), put(procedure("QP-001"))),
    "RD501": later("2028-03-02"),
    "RD502": later("2027-12-31"),
    "RD503": in_force,
    "RF601": both(lambda firm: in_force(firm, "QP-002"), put(procedure("QP-001", "[x](QP-002.md) [y](https://x.example/a.md) [z](#here)"))),
    "RF602": both(withdrawn, put(procedure("QP-001", "See [new](QP-003.md)."))),
    "RF603": both(lambda firm: in_force(firm, "QP-002"), put(procedure("QP-001", more="references: [QP-002]\n"))),
    "RF604": both(put("<svg/>", "documents/procedures/flow.svg"), put(procedure("QP-001", more="attachments: [flow.svg]\n"))),
    "RF605": both(
        put("<svg/>", "documents/procedures/flow.svg"), put(procedure("QP-001", "![f](flow.svg)", more="attachments: [flow.svg]\n"))
    ),
    "IN701": in_force,
    "IN702": in_force,
    "IN703": moved,
    "IN704": record_disposed_of,
    "IN705": in_force,
    "IN706": in_force,
    "IN707": record_closed,
    "IN708": in_force,
    "IN709": merged(),
    "IN710": merged(),
    "IN711": revised("2"),
    "IN712": lambda firm: key_stolen(firm, "2026-03-03"),
}  # fmt: skip


def repository(line: str) -> Sample:
    return approved_policy('mainline = "main"', f'mainline = "main"\n{line}')


def front_matter(lines: str) -> Sample:
    return approved_policy("[roles]", f"[front_matter]\n{lines}\n\n[roles]")


def keyless(firm: Firm) -> None:
    person = '[people.kim]\nname = "Kim"\nemails = ["kim@test.example"]\nroles = ["archivist"]\n\n'
    policy("[roles]", f'{person}[types.form]\napprove = ["archivist"]\n\n[roles]\narchivist = "Archivist"')(firm)


def own_approval(firm: Firm) -> None:
    sole_author(firm)
    assert firm.sign("approve", "QP-001", "bob").code == 0


def without_signature(firm: Firm) -> None:
    firm.procedure()
    firm.sign("approve", "QP-001", "cat", "--no-commit")
    for signature in (firm.root / "signatures").rglob("*-approve-cat.yaml.sig"):
        if "QP-001" in str(signature):
            signature.unlink()
    firm.commit(by="cat")


def tagged(firm: Firm) -> None:
    in_force(firm)
    put(procedure("QP-001", more="keywords: [torque]\n"))(firm)


def two_days_on(firm: Firm) -> None:
    firm.now = "2026-03-04T09:00:00+00:00"


def broken(code: str) -> Sample:
    return BROKEN[code][0]


_NO_INTERVAL = approved_policy('review_every = "24 months"\n', "")
_LONGER = approved_policy('review_every = "24 months"', 'review_every = "36 months"')
_OWN_REFERENCES = 'references = "refers_to"\nown_keys = ["references"]'
_OWN_DATE = 'effective_date = "valid_from"\nown_keys = ["effective_date"]'
ALLOWED: dict[str, tuple[Sample, ...]] = {
    "PO005": (approved_policy('approve = ["quality-manager"]\nreview', 'kind = "external"\nreview'),),
    "PO006": (both(keyless, repository('signatures = "attributed"')),),
    "ID101": (both(repository('ignore = ["documents/*/QP-001.md"]'), broken("ID101")),),
    "ID102": (
        both(front_matter('id = "doc_no"'), put(procedure("QP-001").replace("id:", "doc_no:", 1))),
        both(repository('ignore = ["documents/*"]'), broken("ID102")),
    ),
    "ID103": (both(repository('ignore = ["documents/*"]'), broken("ID103")),),
    "ID104": (both(repository('ignore = ["documents/b.md"]'), broken("ID104")),),
    "ID105": (both(repository('ignore = ["documents/qp-1.md"]'), broken("ID105")),),
    "ID106": (both(approved_policy('prefix = "QP"\n', ""), broken("ID106")),),
    "MD201": (both(repository('ignore = ["documents/*"]'), broken("MD201")),),
    "MD203": (both(front_matter(_OWN_DATE), broken("MD203")),),
    "MD204": (both(front_matter('owner = "boss"'), put(procedure("QP-001").replace("owner:", "boss:"))),),
    "MD205": (both(front_matter('own_keys = ["efective_date"]'), broken("MD205")),),
    "MD206": (
        both(approved_policy("[roles]", '[types.proceedure]\napprove = ["engineer"]\n\n[roles]'), broken("MD206")),
    ),
    "MD207": (both(approved_policy('name = "Procedure"', 'kind = "record"'), broken("MD207")),),
    "MD209": (both(front_matter('own_keys = ["status"]'), broken("MD209")),),
    "RE301": (both(front_matter('tags = "keywords"'), tagged),),
    "RE304": (
        both(approved_policy('prefix = "QP"', 'scheme = "letter"'), put(procedure("QP-001", revision="A"))),
        both(approved_policy('prefix = "QP"', 'scheme = "major.minor"'), put(procedure("QP-001", revision="1.0"))),
    ),
    "AP401": (
        both(approved_policy('approve = ["engineer", "quality-manager"]', "approve = []"), lambda firm: firm.procedure()),
    ),
    "AP402": (both(repository('own_work = "allowed"'), sole_author),),
    "AP404": (
        both(repository('own_work = "allowed"'), own_approval),
        both(repository('signatures = "attributed"'), without_signature),
    ),
    "AP409": (both(approved_policy('"bob@test.example"', '"bob@test.example", "eve@test.example"'), broken("AP409")),),
    "AP410": (both(repository('drafts = "allowed"'), GOOD),),
    "RD501": (both(_LONGER, broken("RD501")), both(_NO_INTERVAL, broken("RD501"))),
    "RD502": (both(_LONGER, broken("RD502")), both(_NO_INTERVAL, broken("RD502"))),
    "RF603": (both(front_matter(_OWN_REFERENCES), broken("RF603")),),
    "RF604": (both(front_matter('attachments = "files"\nown_keys = ["attachments"]'), broken("RF604")),),
    "IN704": (
        both(approved_policy('retain = "6 years"', 'retain = "1 day"'), record_deleted, two_days_on),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "sample"), [(code, sample) for code, samples in ALLOWED.items() for sample in samples]
)
def test_the_policy_allows_what_the_manual_says(firm: Firm, code: str, sample: Sample) -> None:
    sample(firm)
    assert findings(firm, code) == []
    assert [found for found in findings(firm, "PO001") + findings(firm, "PO003") if found["code"] != code] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_manual_has_all_its_parts_and_says_something_in_each(rule: Rule) -> None:
    summary, *parts = re.split(r"(?m)^(Bad|Good|Remedy|Allow):", rule.manual)
    assert parts[::2] == ["Bad", "Good", "Remedy", "Allow"]
    assert all(part.strip() for part in (summary, *parts[1::2]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_sample_that_breaks_the_rule(firm: Firm, rule: Rule) -> None:
    code = rule.code
    sample, words = BROKEN[code]
    sample(firm)
    found = findings(firm, code)
    assert any(words in finding["message"] for finding in found), found
    assert all(finding["remedy"] and finding["basis"] and finding["severity"] for finding in found)


def test_an_attachment_that_changed_is_named(firm: Firm) -> None:
    firm.write("documents/procedures/flow.svg", "<svg/>")
    in_force(firm, more="attachments: [flow.svg]\n")
    firm.write("documents/procedures/flow.svg", "<svg>2</svg>")
    (found,) = findings(firm, "RE301")
    assert "its attachment flow.svg is not the one that was approved" in found["message"]
    assert found["remedy"].endswith("-- documents/procedures/flow.svg'")


def test_a_link_to_where_a_document_was_before_it_moved_only_warns(firm: Firm) -> None:
    in_force(firm, "QP-002")
    in_force(firm, "QP-001", "See [it](QP-002.md).")
    firm.git("mv", "documents/procedures/QP-002.md", "documents/other-name.md")
    firm.commit("Move")
    (found,) = findings(firm, "RF601")
    assert (found["severity"], found["remedy"]) == ("warning", "Link to ../other-name.md in the next revision")


def test_a_link_to_the_deleted_file_of_an_obsolete_document(firm: Firm) -> None:
    withdrawn(firm)
    firm.write(PATH, procedure("QP-001", "See [old](QP-002.md)."))
    (firm.root / "documents/procedures/QP-002.md").unlink()
    firm.commit("Tidy")
    assert findings(firm, "RF601") == []
    (found,) = findings(firm, "RF602")
    assert found["message"] == "QP-002 is obsolete"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_sample_that_keeps_the_rule(firm: Firm, rule: Rule) -> None:
    code = rule.code
    KEPT.get(code, GOOD)(firm)
    assert findings(firm, code) == []
