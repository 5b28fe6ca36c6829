"""Physical lines of a text file, in blocks, with their exact places in bytes.

The csv module cannot say where in the file a row ends. Here every line keeps its own bytes, so a killed
import goes on at the right byte, and a line of a gigabyte costs no memory.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from loumass.contacts.tables.shape import SHOWN_CHARACTERS, Encoding

BLOCK = 256 * 1024
MAX_LINE = 1024 * 1024
_LINE_END = re.compile(rb"\r\n?|\n")


class Overlong(bytes):
    """The beginning of a line over `MAX_LINE`; `width` is how many bytes of the file it spans."""

    width: int = 0


class LineSource:
    """Lines of `file` from byte `offset` on. UTF-16 is held as UTF-8 inside, other encodings as they are."""

    def __init__(self, file: BinaryIO, encoding: Encoding, offset: int) -> None:
        self._file = file
        self._encoding = encoding
        self._wide = encoding.startswith("utf-16")
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass") if self._wide else None
        file.seek(offset)

    def blocks(self) -> Iterator[list[bytes]]:
        """Yields lists of lines with their line ends; an `Overlong` comes alone in its list."""
        tail = b""
        while block := self._read():
            lines = (tail + block).splitlines(keepends=True)
            # A lone CR may be half of a CR LF.
            tail = b"" if lines[-1].endswith(b"\n") else lines.pop()
            if lines:
                yield lines
            if len(tail) > MAX_LINE:
                overlong, tail = self._skip(tail)
                yield [overlong]
        if tail:
            yield [tail]

    def text(self, line: bytes) -> str:
        """Returns the line as text; bytes that are not in the encoding become lone surrogates."""
        if self._wide:
            return line.decode("utf-8", "surrogatepass")
        return line.decode(self._encoding, "surrogateescape")

    def width(self, line: bytes) -> int:
        """Returns how many bytes of the file the line takes."""
        if isinstance(line, Overlong):
            return line.width
        return self._file_width(line)

    def _file_width(self, line: bytes) -> int:
        if not self._wide:
            return len(line)
        return len(line.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass"))

    def _read(self) -> bytes:
        block = self._file.read(BLOCK)
        if self._decoder is None:
            return block
        while block:
            text = self._decoder.decode(block)
            if text:
                return text.encode("utf-8", "surrogatepass")
            block = self._file.read(BLOCK)
        return b""

    def _skip(self, tail: bytes) -> tuple[Overlong, bytes]:
        """Reads on to the end of the line, keeping only its beginning; returns it and what follows it."""
        overlong = Overlong(tail[: SHOWN_CHARACTERS * 4])
        carry = b"\r" if tail.endswith(b"\r") else b""
        width = self._file_width(tail) - self._file_width(carry)
        while block := self._read():
            block = carry + block
            end = _LINE_END.search(block)
            # A CR at the very end may be half of a CR LF.
            carry = b"\r" if end and end[0] == b"\r" and end.end() == len(block) else b""
            if end and not carry:
                overlong.width = width + self._file_width(block[: end.end()])
                return overlong, block[end.end() :]
            width += self._file_width(block) - self._file_width(carry)
        overlong.width = width + self._file_width(carry)
        return overlong, b""
