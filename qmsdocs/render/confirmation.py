"""The evidence for one document as a script of stock commands: git, sha256sum, ssh-keygen and python3, nothing of ours.

A POSIX shell script (XCU 2, Shell Command Language). Names and paths come from the repository: each is quoted, and what could
steer a terminal stands as an octal escape of printf(1).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from qmsdocs.confirmation import ApprovalEvidence, Confirmation, PlacedFile
from qmsdocs.render.printable import counted, printable

_SAFE_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ./:-_,=+@{}[]")

_TOOLS = r"""
fail() { echo "DOES NOT HOLD: $1" >&2; exit 1; }

# The content's text, as docs/formats.md defines it, from the file as git has it.
cat > body.py <<'END'
import json, re, sys
text = open("document", "rb").read().decode().removeprefix("\ufeff").replace("\r\n", "\n")
front = json.loads(open("content.json", "rb").read().decode("utf-8", "surrogatepass"))["front_matter"]
if sys.argv[1] == "policy":
    sys.exit(sys.stdout.buffer.write(text.encode()) and 0)
lines = text.split("\n")
end = next(n for n, line in enumerate(lines) if n and re.fullmatch(r"-{3,}\s*", line))
plain = lambda value: " ".join(value.replace("''", "'").split())
typed = plain("\n".join(lines[1:end]))
for key, value in front.items():
    for part in value if isinstance(value, list) else [value]:
        if plain(part) not in typed:
            message = f"{key} = {part!a} is not typed like that in the front matter"
            if "\\" not in typed:
                sys.exit(message)
            print(message + ": it has escapes; compare by eye", file=sys.stderr)
sys.stdout.buffer.write("\n".join(lines[end + 1:]).encode())
END

# Which of a policy's keys (or e-mails) of a person counted on some days.
cat > people.py <<'END'
import sys, tomllib
from datetime import date
what, person, *days = sys.argv[1:]
policy = tomllib.loads(sys.stdin.buffer.read().decode("utf-8-sig"))
entries = policy["people"][person].get(what, [])
for entry in entries if isinstance(entries, list) else [entries]:
    entry = entry if isinstance(entry, dict) else {"key": entry}
    first, last = entry.get("from", date.min), entry.get("until", date.max)
    stop = entry.get("revoked", date.max)
    if all(first <= date.fromisoformat(day) <= last and date.fromisoformat(day) < stop for day in days):
        print(person, *entry["key"].split()[:2]) if what == "keys" else print(entry["key"])
END
"""


def confirmation_script(found: Confirmation, git_dir: str) -> bytes:
    """The script. It exits with 0 where all of it is confirmed, and else stops at what is not."""
    lines = [*_head(found, git_dir), *_content(found)]
    for number, approval in enumerate(found.approvals, 1):
        lines += _approval(number, approval)
    lines += ["", *_end(found)]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _head(found: Confirmation, git_dir: str) -> Iterator[str]:
    name = printable(f"{found.document} revision {found.revision}")
    yield f"# {name}, {found.status} on {found.as_of}: what confirms it without qmsdocs."
    yield "# Run it with 'sh -eu' in an empty folder. It needs git, sha256sum, ssh-keygen (OpenSSH 8.2) and python3 (3.11), or newer."
    yield f"export GIT_DIR={quoted(git_dir)} GIT_NO_REPLACE_OBJECTS=1 GIT_NO_LAZY_FETCH=1 LC_ALL=C"
    yield _TOOLS


def _content(found: Confirmation) -> Iterator[str]:
    yield "# 1. The content: its digest is the SHA-256 of this JSON, and the JSON is that of the file."
    yield f"{_show(found.text)} > document"
    yield f"printf '%s' {quoted(found.json, 'surrogatepass')} > content.json"
    yield f'test "$(sha256sum < content.json | cut -d " " -f 1)" = {found.digest[-64:]} || fail "another content digest"'
    yield f'python3 body.py {"policy" if found.is_policy else "document"} > body || fail "the front matter is another"'
    yield """grep -qF ",\\"body\\":\\"$(sha256sum < body | cut -d ' ' -f 1)\\",\\"front_matter\\":{" content.json || fail "another body\""""
    for number, attachment in enumerate(found.attachments, 1):
        yield f"{_show(attachment.file)} > attachment-{number}"
        yield f'echo "{attachment.sha256}  attachment-{number}" | sha256sum -c - > checked || fail "another attachment {number}"'
        entry = f'{json.dumps(attachment.name, ensure_ascii=False)}:"{attachment.sha256}"'
        yield f'grep -qF -e {quoted(entry)} content.json || fail "attachment {number} is not part of the content"'


def _approval(number: int, approval: ApprovalEvidence) -> Iterator[str]:
    record, allowed, policy = f"record-{number}.yaml", f"allowed-{number}", f"policy-{number}.toml"
    person = quoted(approval.person)
    yield ""
    yield f"# {number + 1}. {printable(f'{approval.meaning} by {approval.name} as {approval.role}')}"
    yield f"{_show(approval.record)} > {record}"
    for line in approval.lines:
        yield f'grep -qxF -e {quoted(line)} {record} || fail "the record says something else"'
    yield f'grep "^content:" {record} | grep -qF "$(sha256sum < content.json | cut -d " " -f 1)" || fail "the record names another content"'
    yield f'{_show(approval.stands)} | cmp - {record} || fail "the record was altered or removed since it landed"'
    yield f"# The policy then in force was revision {printable(approval.policy_revision)}; it is a document like any other."
    yield f"{_show(approval.policy)} > {policy}"
    days = " ".join(day.isoformat() for day in approval.days)
    if approval.signature:
        yield f"{_show(approval.signature)} > {record}.sig"
        yield f"python3 people.py keys {person} {days} < {policy} > {allowed}"
        yield f'ssh-keygen -Y verify -f {allowed} -I {person} -n qmsdocs -s {record}.sig < {record} || fail "the signature"'
    elif approval.author:
        commit, email = approval.author
        yield "# It has no signature: the author of the commit that brought it stands for the person (attributed, not signed)."
        yield f"git cat-file commit {commit} | sed -n '1,/^$/s/^author .*<\\(.*\\)> .*/\\1/p' > author-{number}"
        yield f'test "$(cat author-{number})" = {quoted(email)} || fail "another author"'
        yield f'python3 people.py emails {person} < {policy} | grep -qixF -f author-{number} || fail "the author is somebody else"'


def _end(found: Confirmation) -> Iterator[str]:
    said = (
        f"{found.document} revision {found.revision}: content and {counted(len(found.approvals), 'approval')} confirmed"
    )
    if found.root:
        said = f"{found.document} revision {found.revision}: this is the trust root {found.digest}; compare it with the one you pinned"
    elif not found.approvals:
        said = f"{found.document} revision {found.revision}: content confirmed; the policy demands nobody's approval"
    yield f"printf '%s\\n' {quoted(printable(said))}"


def _show(file: PlacedFile) -> str:
    return f"git show {quoted(f'{file.commit}:{file.path}')}"


def quoted(text: str, errors: str = "surrogateescape") -> str:
    """A text as one word of a shell command that shows as what it is; `errors` says what lone surrogates in it stand for."""
    if printable(text) == text and text.isprintable():
        return shlex.quote(text)
    escaped = "".join(chr(byte) if byte in _SAFE_BYTES else f"\\0{byte:03o}" for byte in text.encode("utf-8", errors))
    return f"\"$(printf '%b' '{escaped}')\""
