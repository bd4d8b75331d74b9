"""The policy: every wrong setting is a problem on its line."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.dates import Interval
from qmsdocs.document import KeyNames
from qmsdocs.labels import Scheme
from qmsdocs.model import Assurance, Identity, Kind
from qmsdocs.policy import MAX_POLICY, Policy, Requirement, policy_document, read_policy

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f jane"
OTHER = KEY.replace("AAECAwQF", "ABECAwQF")
GOOD = f'''\
[document]
id = "QMS-001"
title = "Policy"
revision = 1
change = "First."
owner = "qm"
approve = ["top"]
review_every = "12 months"

[organisation]
name = "Acme"
timezone = "Europe/London"
standards = ["ISO 9001:2015"]

[repository]
mainline = "main"
documents = ["documents"]
records = ["records"]
signatures = "required"

[front_matter]
id = "doc_no"
own_keys = ["status"]

[roles]
qm = "Quality manager"
top = "Managing director"

[types.procedure]
name = "Procedure"
prefix = "QP"
folder = "documents/procedures"
scheme = "major.minor"
approve = ["owner", "2 of qm"]
approve_minor = ["qm"]
review_every = "24 months"
acknowledged_by = ["qm"]

[types.form]
kind = "record"
prefix = "QP-F"
folder = "documents/procedures/forms"
retain = "10 years"

[people.jane]
name = "Jane Doe"
emails = ["Jane@example.com"]
roles = ["qm", {{role = "top", from = 2024-02-01, until = 2025-06-30}}]
keys = ["{KEY}", {{key = "{OTHER}", from = 2024-02-01, revoked = 2026-02-01}}]
'''


def good(text: str = GOOD) -> Policy:
    read = read_policy(text.encode())
    assert read.problems == ()
    assert read.policy is not None
    return read.policy


def found(text: str | bytes) -> list[tuple[str, int, str]]:
    read = read_policy(text.encode() if isinstance(text, str) else text)
    assert (read.policy is None) == bool(read.problems)
    assert all(problem.remedy for problem in read.problems)
    return [(problem.rule, problem.line, problem.message) for problem in read.problems]


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if part in line)


def test_a_good_policy() -> None:
    policy = good()
    procedure, form = policy.types["procedure"], policy.types["form"]
    assert (policy.id, policy.revision, policy.owner, policy.approve) == ("QMS-001", "1", "qm", (Requirement("top"),))
    assert (policy.timezone.key, policy.assurance, policy.own_work_allowed) == (
        "Europe/London",
        Assurance.SIGNED,
        False,
    )
    assert policy.names == KeyNames((("doc_no", "id"),), frozenset({"status"}))
    assert procedure.approve == (Requirement("owner"), Requirement("qm", 2))
    assert (procedure.scheme, procedure.approve_minor) == (Scheme.MAJOR_MINOR, (Requirement("qm"),))
    assert (procedure.reviewed_by, procedure.revoked_by, procedure.acknowledged_by) == (
        ("owner",),
        ("owner", "qm"),
        ("qm",),
    )
    assert (form.kind, form.retain, form.approve_minor) == (Kind.RECORD, Interval(10, "year"), None)
    assert (procedure.line, policy.people["jane"].line) == (
        line_with(GOOD, "[types.procedure]"),
        line_with(GOOD, "[people.jane]"),
    )


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()])
def test_byte_order_mark_and_line_ends_do_not_matter(data: bytes) -> None:
    assert read_policy(data) == read_policy(GOOD.encode())
    digests = {policy_document(text, read_policy(text)).body_digest for text in (data, GOOD.encode())}
    assert len(digests) == 1


def test_roles_and_keys_count_on_their_days() -> None:
    jane = good().people["jane"]
    assert [jane.holds("top", date(2025, 6, day)) for day in (29, 30)] == [True, True]
    assert [jane.holds("top", day) for day in (date(2024, 1, 31), date(2024, 2, 1), date(2025, 7, 1))] == [
        False,
        True,
        False,
    ]
    assert [jane.keys[1].usable(date(2026, month, 1)) for month in (1, 2, 3)] == [True, False, False]
    assert not jane.keys[1].usable(date(2024, 1, 31))
    assert jane.keys[0].usable(date.min)


def test_who_is_who() -> None:
    policy, day = good(), date(2026, 1, 1)
    jane = policy.people["jane"]
    assert policy.person_of(Identity("Anyone", "jane@EXAMPLE.com")) is jane
    assert policy.person_of(Identity("Jane Doe", "")) is None
    assert (policy.holders("qm", day), policy.holders("top", day), policy.holders("jane", day)) == (
        (jane,),
        (),
        (jane,),
    )
    assert policy.is_owner(jane, "qm", day)
    assert policy.is_owner(jane, "jane", day)
    assert not policy.is_owner(jane, "top", day)
    assert not policy.is_owner(jane, None, day)


@pytest.mark.parametrize(
    ("type_id", "document", "path", "expected"),
    [
        ("form", "QP-001", "documents/x.md", "form"),
        ("nothing", "QP-001", "documents/x.md", None),
        (None, "QP-001", "x.md", "procedure"),
        (None, "QP-F-001", "x.md", "form"),
        (None, "QPX-001", "x.md", None),
        (None, None, "documents/procedures/x.md", "procedure"),
        (None, None, "documents/procedures/forms/x.md", "form"),
        (None, None, "documents/procedures-old/x.md", None),
    ],
)
def test_the_type_is_that_of_the_longest_prefix_or_folder(
    type_id: str | None, document: str | None, path: str, expected: str | None
) -> None:
    kind = good().type_of(type_id, document, path)
    assert (kind and kind.id) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "QMS-001"', 'id = "../x"', "cannot be an id"),
        ('id = "QMS-001"', "id = 4", "'document.id' is 4, a text was expected"),
        ("revision = 1", "revision = true", "a text was expected"),
        ("revision = 1", "revision = 1.0", "a text was expected"),
        ('owner = "qm"', 'owner = "nobody"', "neither a role nor a person"),
        ('approve = ["top"]', 'approve = ["nobody"]', "the role 'nobody' is not defined"),
        ('approve = ["top"]', "approve = 3", "a list of texts was expected"),
        ('approve = ["top"]', 'approve = ["0 of top"]', "'0 of top' is not a requirement"),
        ('review_every = "12 months"', 'review_every = "often"', "is not an interval"),
        ('review_every = "12 months"', "review_every = 12", "is not an interval"),
        ('name = "Acme"', 'name = "  "', "a text was expected"),
        ('timezone = "Europe/London"', 'timezone = "Europe/Londn"', "is not a time zone"),
        ('timezone = "Europe/London"', 'timezone = "Europe"', "is not a time zone"),
        ('timezone = "Europe/London"', 'timezone = ""', "is not a time zone"),
        ('timezone = "Europe/London"', 'timezone = "../../etc/passwd"', "is not a time zone"),
        ('timezone = "Europe/London"', "timezone = 'x\ty'", "is not a time zone"),
        ('documents = ["documents"]', 'documents = ["../documents"]', "is not a folder of the repository"),
        ('documents = ["documents"]', 'documents = [".git"]', "is not a folder of the repository"),
        ('records = ["records"]', "records = [1]", "a list of texts was expected"),
        ('signatures = "required"', 'signatures = "Required"', "'repository.signatures' is 'Required'"),
        ('signatures = "required"', 'signature = "required"', "'signature' is not a setting"),
        ('id = "doc_no"', 'idd = "doc_no"', "'idd' is not a key of ours"),
        ('id = "doc_no"', "id = 7", "'id' is not a key of ours"),
        ('id = "doc_no"', 'id = ""', "'id' is not a key of ours"),
        ('own_keys = ["status"]', "own_keys = {}", "a list of texts was expected"),
        ('top = "Managing director"', "top = 1", "the name of role 'top' is 1"),
        ('top = "Managing director"', 'top = "M"\nowner = "O"', "'owner' is not a role to be defined"),
        ('top = "Managing director"', 'top = "M"\n"a b" = "O"', "'a b' cannot be a role's id"),
        ('name = "Procedure"', 'nam = "Procedure"', "'nam' is not a setting of [types.procedure]"),
        ('scheme = "major.minor"', 'scheme = "roman"', "'types.procedure.scheme' is 'roman'"),
        ('kind = "record"', 'kind = "note"', "'types.form.kind' is 'note'"),
        ('"2 of qm"', '"2 of the qm"', "'2 of the qm' is not a requirement"),
        ('approve_minor = ["qm"]', 'approve_minor = ["x"]', "the role 'x' is not defined"),
        ('acknowledged_by = ["qm"]', 'acknowledged_by = ["x"]', "the role 'x' is not defined"),
        ('retain = "10 years"', 'retain = "ever"', "is not an interval"),
        ('name = "Jane Doe"', 'nam = "Jane Doe"', "'nam' is not a setting"),
        ('roles = ["qm"', 'roles = ["x"', "the role 'x' is not defined"),
        ('roles = ["qm"', 'roles = ["owner"', "'owner' is not a role a person holds"),
        ('roles = ["qm"', "roles = [1", "1 is not one of the roles"),
        ("from = 2024-02-01, until", 'from = "2024-02-01", until', "a day was expected"),
        ("from = 2024-02-01, until", "from = 2024-02-01T10:00:00, until", "a day was expected"),
        ("from = 2024-02-01, until", "fro = 2024-02-01, until", "is not one of the roles"),
        ("revoked = 2026-02-01", "revoked = true", "a day was expected"),
        (f'"{KEY}"', '"ssh-ed25519 AAAA"', "a key is wrong"),
        (f'"{KEY}"', f'"restrict {KEY}"', "a key is wrong"),
        (f'"{KEY}"', '"-----BEGIN OPENSSH PRIVATE KEY-----"', "a key is wrong"),
    ],
)
def test_a_wrong_setting_is_a_problem_on_its_line(old: str, new: str, message: str) -> None:
    text = GOOD.replace(old, new, 1)
    line = line_with(text, new.split("\n")[-1])
    assert any(message in said and at == line for _, at, said in found(text)), found(text)


@pytest.mark.parametrize(
    ("more", "line", "message"),
    [
        ("[surprise]", 1, "[surprise] is not a section"),
        ("[surprise.box]\nx = 1", 1, "[surprise] is not a section"),
        ("[[surprise]]", 1, "[surprise] is not a section"),
        ("[types]\nx = 5", 2, "'types.x' is not a table"),
        ("[types.x]\n[types.x.y]\nz = 1", 2, "'y' is not a setting"),
        ("types . x . \"kind\" = 'z'", 1, "'types.x.kind' is 'z'"),
        ("[types]\nx = {kind = 'z'}", 2, "'types.x.kind' is 'z'"),
        ("[ types . 'x y' ] # here\n\nkind = 'z'", 3, "'types.x y.kind' is 'z'"),
        ("[people.joe]\nname = 'Joe'\nemails = ['JANE@example.com']", 1, "jane and joe have the same e-mail"),
        (f"[people.joe]\nname = 'Joe'\nkeys = ['{KEY} joe']", 1, "jane and joe have the same key"),
        ("[people.qm]\nname = 'Q'", 1, "'qm' cannot be a person's id"),
        ("[people.owner]\nname = 'Q'", 1, "'owner' cannot be a person's id"),
        ("[people.'a/b']\nname = 'Q'", 1, "'a/b' cannot be a person's id"),
        ("[people.joe]\nemails = []", 1, "'people.joe.name' is missing"),
        ("[types.x]\nname = '''\n[types.y]\nkind = 1\n'''\nkind = 'z'", 6, "'types.x.kind' is 'z'"),
        ('[types.x]\nname = """\n\\"""\nkind = 1\n""" # [types.y]\nkind = "z"', 6, "'types.x.kind' is 'z'"),
        ("[types.x]\nreview = [\n  'qm', # [a]\n  ['qm']\n]\nkind = 'z'", 6, "'types.x.kind' is 'z'"),
        ("[types.x]\nname = 'a [b' # it's\nkind = 'z'", 3, "'types.x.kind' is 'z'"),
    ],
)
def test_the_line_is_found_however_toml_writes_it(more: str, line: int, message: str) -> None:
    dotted = more.startswith("types .")
    text = f"{more}\n{GOOD}" if dotted else f"{GOOD}{more}\n"
    offset = 0 if dotted else GOOD.count("\n")
    assert any(message in said and at == line + offset for _, at, said in found(text)), found(text)


@pytest.mark.parametrize("part", ["document", "organisation", "repository", "front_matter", "roles", "types", "people"])
@pytest.mark.parametrize("value", ["5", "[1]", "'x'", "[{a = 1}]"])
def test_a_section_that_is_no_table_is_one_problem(part: str, value: str) -> None:
    problems = found(f"{part} = {value}\n")
    assert [message for _, line, message in problems if line == 1].count(f"'{part}' is not a table") == 1
    assert len(set(problems)) == len(problems)


@pytest.mark.parametrize(
    "missing", ['id = "QMS-001"', "revision = 1", 'name = "Acme"', 'approve = ["top"]', 'name = "Jane Doe"']
)
def test_what_must_be_there(missing: str) -> None:
    assert len(found(GOOD.replace(missing, "", 1))) == 1


def test_an_unknown_role_has_a_rule_of_its_own() -> None:
    assert [rule for rule, _, _ in found(GOOD.replace('["top"]', '["x"]'))] == ["unknown-role", "invalid-policy"]


def test_two_of_our_keys_with_one_name_are_refused() -> None:
    assert "the same name" in found(GOOD.replace('id = "doc_no"', 'id = "a"\ntitle = "a"'))[0][2]


def test_one_key_in_two_spellings_is_one_key() -> None:
    spelled = KEY.replace("ssh-ed25519 ", "ssh-ed25519   ")
    assert "same key" in found(f"{GOOD}[people.joe]\nname = 'Joe'\nkeys = ['{spelled}']\n")[0][2]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"a = 1\nb = \xff\n", 2, "not UTF-8"),
        (b"a = 1\nb = = 2\n", 2, "the TOML cannot be read"),
        (b"a = 1\na = 2\n", 2, "the TOML cannot be read"),
        (b"[a]\n\n[a]\n", 3, "the TOML cannot be read"),
        (b"a = 1\nb = '''\n\n", 4, "the TOML cannot be read"),
        (b"a = 1\rb = 2\n", 1, "the TOML cannot be read"),
        (b"a = 2026-02-30\n", 1, "the TOML cannot be read"),
        (b"a = " + b"1" * 5000, 1, "the TOML cannot be read"),
        (b"a = " + b"[" * 5000, 1, "nested too deeply"),
        (b"a = " + b"{b = " * 5000, 1, "nested too deeply"),
        (b"\na" + b".b" * 50_000 + b" = 1", 2, "more dots"),
        (b"#" * (MAX_POLICY + 1), 1, "bytes"),
    ],
)
def test_what_is_no_toml(data: bytes, line: int, message: str) -> None:
    start = time.process_time()
    ((rule, at, said),) = found(data)
    assert (rule, at) == ("invalid-policy", line)
    assert message in said
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "path",
    ["document.id", "document.revision", "document.approve", "document.review_every", "roles.x", "people.x.roles"],
)
def test_a_number_too_long_to_print_is_still_a_problem(path: str) -> None:
    assert found(f"{path} = 0x{'f' * 5000}\n")


@pytest.mark.parametrize(
    "text", ["[" + " " * 20_000, '"' * 2 + "a" * 20_000, "a" * 20_000 + ".", "'" + "a.b " * 9000, "[a" + ". " * 9000]
)
def test_a_long_line_within_a_text_takes_no_long_time(text: str) -> None:
    start = time.process_time()
    assert len(found(f"[document]\nchange = '''\n{text.replace(chr(39), '')}\n'''\n")) > 1
    assert time.process_time() - start < 2


VALUES = st.recursive(
    st.sampled_from(
        ["1", "-0", "1.5", "nan", "true", "''", "'owner'", "'2 of qm'", "'qm'", "2026-01-01", "10:00:00", f"'{KEY}'"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(st.sampled_from(["role", "key", "name", "from"]), inner).map(
            lambda pair: f"{{{pair[0]} = {pair[1]}}}"
        ),
    ),
    max_leaves=4,
)
LINES = GOOD.split("\n")


@given(st.integers(0, len(LINES) - 1), VALUES)
def test_no_value_makes_reading_fail(place: int, value: str) -> None:
    key, mark, _ = LINES[place].partition(" = ")
    text = "\n".join([*LINES[:place], f"{key} = {value}" if mark else LINES[place], *LINES[place + 1 :]])
    assert all(1 <= line <= len(LINES) for _, line, _ in found(text))


@given(
    st.lists(
        st.sampled_from([*LINES, "[", "]", "'''", '"""', "#", "=", ".", "\r", "{", "}", "\\", "\ufeff"]), max_size=12
    )
)
def test_no_text_makes_reading_fail(lines: list[str]) -> None:
    assert found("\n".join(lines))


@given(st.binary(max_size=60))
def test_no_bytes_make_reading_fail(data: bytes) -> None:
    assert found(data)
    assert not policy_document(data, read_policy(data)).readable


def test_the_policy_is_a_document() -> None:
    text = policy_document(GOOD.encode(), read_policy(GOOD.encode()))
    assert (text.id, text.text("revision"), text.text("owner"), text.text("change")) == ("QMS-001", "1", "qm", "First.")
    changed = GOOD.replace("24 months", "36 months").encode()
    assert policy_document(changed, read_policy(changed)).content({}) != text.content({})
