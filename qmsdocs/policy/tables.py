"""The tables of qms.toml, and the line of each key: the standard library's reader does not tell lines."""

from __future__ import annotations

import re
from typing import Any

from qmsdocs.model import Problem

MAX_POLICY = 4 * 1024 * 1024  # bytes
_PART = r"""(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_HEADER = re.compile(rf"\s*\[\[?\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]")
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_STRING = re.compile(r"""\"{3}(?:[^\\]|\\.)*?\"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*'|\#[^\n]*""", re.DOTALL)
_TOO_DOTTED = re.compile(r"(?:\.[ \t]*[\w\"'-]+[ \t]*){32}")
_MAX_SHOWN = 80  # characters


class Wrong(Exception):
    def __init__(self, line: int, message: str, remedy: str, rule: str = "invalid-policy") -> None:
        super().__init__(message)
        self.problem = Problem(rule, line, message, remedy)


def parse(data: bytes) -> tuple[str, dict[str, Any]]:
    import tomllib  # late: a policy that the index has is not read again

    if len(data) > MAX_POLICY:
        raise Wrong(1, f"the policy has {len(data)} bytes, more than it may have", "Keep documents out of it")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        if dotted := _TOO_DOTTED.search(text):
            raise Wrong(text.count("\n", 0, dotted.start()) + 1, "a key has more dots than any setting", "Shorten it")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise Wrong(
            data.count(b"\n", 0, error.start) + 1, "the policy is not UTF-8", "Save the file as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise Wrong(line, f"the TOML cannot be read: {error}", "Mend that line") from None
    except ValueError as error:  # a number that Python will not read
        raise Wrong(1, f"the TOML cannot be read: {error}", "Remove the number") from None
    except RecursionError:
        raise Wrong(1, "the TOML is nested too deeply", "Flatten it") from None


class Lines:
    """Lines of tables and keys, found by their headers: tomllib itself does not tell them."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        depth = 0  # of brackets: within an array, a line starts no key
        for number, line in enumerate(_STRING.sub(_on_one_line, text).split("\n"), 1):
            if depth == 0:
                header, key = _HEADER.match(line), _KEY.match(line)
                path = _dotted(header[1]) if header else (*table, *_dotted(key[1])) if key else ()
                table = path if header else table
                for end in range(1, len(path) + 1):
                    self._lines.setdefault(path[:end], number)
            bare = _STRING.sub("", line)
            depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")

    def of(self, *path: str) -> int:
        """The line of a key, or of the nearest table around it."""
        return next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), 1)


def _on_one_line(string: re.Match[str]) -> str:
    """A string as it stands; for one of several lines, and for a comment, only its line ends."""
    return "\n" * string[0].count("\n") if string[0].startswith(('"""', "'''", "#")) else string[0]


def _dotted(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, text))


def shown(value: object) -> str:
    """A value as a message shows it: short, and never too long for Python to print."""
    try:
        text = repr(value)
    except ValueError:
        text = "a number too long to print"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
