"""Packed files as streams: gzip, bzip2, xz, zstandard and zip, recognised by their first bytes, unpacked within limits."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa

from clientops.core.errors import UsageError

FREE_BYTES = 256 << 20
MOST_TIMES = 200
LZMA_MEMORY = 256 << 20
UNPACKING_ERRORS = (
    EOFError,
    OSError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    pa.ArrowInvalid,
    zipfile.BadZipFile,
)

_OTHERS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)
_ZIP = b"PK\x03\x04"


class Readable(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""


def _gzip(file: IO[bytes]) -> Readable:
    return gzip.open(file)


def _bz2(file: IO[bytes]) -> Readable:
    return bz2.open(file)


def _xz(file: IO[bytes]) -> Readable:
    return _Xz(file)


def _zst(file: IO[bytes]) -> Readable:
    stream: Readable = pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
    return stream


_PACKED: tuple[tuple[bytes, Callable[[IO[bytes]], Readable]], ...] = (
    (b"\x1f\x8b", _gzip),
    (b"BZh", _bz2),
    (b"\xfd7zXZ\x00", _xz),
    (b"\x28\xb5\x2f\xfd", _zst),
)
PACKED_ENDINGS = (".gz", ".bz2", ".xz", ".zst")


class _Xz:
    """An xz stream read with a limit on the memory that it may ask for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacker = lzma.LZMADecompressor(memlimit=LZMA_MEMORY)

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        while True:
            if self._unpacker.eof:
                rest = (self._unpacker.unused_data or self._file.read(1 << 16)).lstrip(b"\0")
                if not rest:
                    return b""
                self._unpacker = lzma.LZMADecompressor(memlimit=LZMA_MEMORY)
                unpacked = self._unpacker.decompress(rest, size)
            else:
                packed = self._file.read(1 << 16) if self._unpacker.needs_input else b""
                if self._unpacker.needs_input and not packed:
                    raise EOFError("the xz stream ends too early")
                unpacked = self._unpacker.decompress(packed, size)
            if unpacked:
                return unpacked


class _Limited:
    """A stream that stops a file which unpacks to far more than its size, as files made to fill a disk do."""

    def __init__(self, stream: Readable, path: Path, packed: int) -> None:
        self._stream, self._path = stream, path
        self._left = FREE_BYTES + MOST_TIMES * packed

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        found = self._stream.read(size)
        self._left -= len(found)
        if self._left < 0:
            raise UsageError(
                f"{self._path} unpacks to more than {MOST_TIMES} times its size, which no dump does; "
                "unpack it yourself and import the .sql file if it is right"
            )
        return found


@contextmanager
def open_unpacked(path: Path) -> Iterator[tuple[Readable, IO[bytes]]]:
    """A file's content, unpacked if it is packed, whatever its name; and the file itself, whose place shows progress.

    Raises:
        UsageError: It is an archive that is not read here, or a zip file without one single dump in it.
    """
    with path.open("rb") as file:
        head = file.read(512)
        file.seek(0)
        refuse_archives(path, head)
        size = path.stat().st_size
        if head.startswith(_ZIP):
            with zipfile.ZipFile(file) as archive, archive.open(_dump_in(path, archive)) as member:
                yield _Limited(_inner(member), path, size), file
            return
        opener = opener_of(head)
        yield (_Limited(opener(file), path, size) if opener else file), file


def refuse_archives(path: Path, head: bytes) -> None:
    """Refuse a file of a kind that holds no dump, by its first bytes."""
    kind = next((kind for sign, kind in _OTHERS if head.startswith(sign)), "")
    if head[257:262] == b"ustar":
        kind = "a tar archive"
    if kind:
        raise UsageError(f"{path} is {kind}, which is not read here: unpack it, and import the .sql file in it")


def opener_of(head: bytes) -> Callable[[IO[bytes]], Readable] | None:
    """What unpacks a file that begins so; nothing if it is not packed."""
    return next((opener for sign, opener in _PACKED if head.startswith(sign)), None)


def _inner(member: IO[bytes]) -> Readable:
    """A member of a zip file, itself unpacked once if its name says that it is packed."""
    assert isinstance(member, BufferedIOBase)
    opener = opener_of(member.peek(8)) if hasattr(member, "peek") else None
    return opener(member) if opener else member


def is_zip(path: Path) -> bool:
    """Whether a file is a zip file, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) == _ZIP


def zip_members(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Files of an archive that are no folders and no leftovers of an operating system.

    Raises:
        UsageError: One of them needs a password.
    """
    found = [
        info
        for info in archive.infolist()
        if not info.is_dir()
        and not info.filename.startswith("__MACOSX/")
        and not Path(info.filename).name.startswith(".")
    ]
    if any(info.flag_bits & 1 for info in found):
        raise UsageError(f"{path} needs a password: unpack it first, and import what is in it")
    return found


def is_dump_name(name: str) -> bool:
    """Whether a file is named like a dump: ``….sql``, also packed."""
    name = name.lower()
    return any(name.endswith(".sql" + ending) for ending in ("", *PACKED_ENDINGS))


def _dump_in(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = zip_members(path, archive)
    dumps = [info for info in members if is_dump_name(info.filename)]
    if len(dumps) == 1:
        return dumps[0]
    listed = ", ".join(sorted(info.filename for info in members)[:5]) or "nothing"
    raise UsageError(
        f"{path} is a zip file with {len(dumps) or 'no'} .sql files in it (it holds {listed}): "
        "unpack it, and import the dump or the folder"
    )
