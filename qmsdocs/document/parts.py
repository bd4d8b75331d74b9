"""A file's bytes as text, and the text in its two parts: front matter and body."""

from __future__ import annotations

from itertools import islice

from qmsdocs.model import Problem

MAX_DOCUMENT = 32 * 1024 * 1024  # bytes
MAX_FRONT_MATTER = 65_536  # characters; libyaml is not to be trusted with more
LFS_POINTER = b"version https://git-lfs.github.com/spec/"


class Unreadable(ValueError):
    """A file, or its front matter, that cannot be read to its end; `problem` says where and why."""

    def __init__(self, line: int, message: str, remedy: str, rule: str = "unreadable-metadata") -> None:
        super().__init__(message)
        self.problem = Problem(rule, line, message, remedy)


def decode(data: bytes) -> str:
    """A file's text with the byte order mark dropped and CRLF as LF."""
    if len(data) > MAX_DOCUMENT:
        raise Unreadable(
            1,
            f"the file has {len(data)} bytes, more than a document may have",
            "Attach large material as a file of its own",
        )
    if data.startswith(LFS_POINTER):
        raise Unreadable(1, "a Git LFS pointer stands here in place of the text", "Keep documents out of Git LFS")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if b"\0" in data[:8000]:
            raise Unreadable(
                line, "this is a binary file, not Markdown", "Rename it or list it as an attachment"
            ) from None
        raise Unreadable(line, f"byte {data[error.start]:#04x} is not UTF-8", "Save the file as UTF-8") from None
    if "\0" in text:
        raise Unreadable(1, "this is a binary file, not Markdown", "Rename it or list it as an attachment")
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def split(text: str) -> tuple[int, str, str, int]:
    """Split a document's text: lines before the front matter, front matter, body, the body's first line."""
    fences = _fences(text)
    if not fences or fences[0] != 0:
        raise Unreadable(
            1, "there is no front matter", "Start the file with a line '---', the keys, and a line '---'", "no-metadata"
        )
    if len(fences) < 2:
        raise Unreadable(1, "the front matter has no end", "Close it with a line '---'", "no-metadata")
    start, stop = _line_end(text, 0), fences[1]
    front = text[start:stop]
    if len(front) > MAX_FRONT_MATTER:
        raise Unreadable(
            1, f"the front matter has {len(front)} characters, more than {MAX_FRONT_MATTER}", "Move text to the body"
        )
    body_start = _line_end(text, stop)
    return 1, front, text[body_start:], text.count("\n", 0, body_start) + 1


def _fences(text: str) -> list[int]:
    """Where the first two fences start, as python-frontmatter finds them; lines of three hyphens alone need no search for others."""
    if not text.startswith("---"):
        return []
    second = text.find("\n---", 3) + 1
    if text.startswith("---\n") and (not second or text[second + 3 : second + 4] in ("\n", "")):
        return [0, second] if second else [0]
    from frontmatter.default_handlers import YAMLHandler  # late: it brings PyYAML, and few files need it

    return [fence.start() for fence in islice(YAMLHandler.FM_BOUNDARY.finditer(text), 2)]


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1
