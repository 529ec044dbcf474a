"""Zip archives, judged by their directory before a byte is unpacked; nothing is written to disk.

References
----------
.. [1] OWASP (2025). Application Security Verification Standard 5.0, chapter V5, File handling.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from etl.errors import SourceError
from etl.readers.raw import SourceFile

MAX_RATIO = 100
MAX_BYTES = 4 << 30
MAX_MEMBERS = 10_000
SMALL = 1 << 20
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz", ".zst")
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1


@contextmanager
def open_archive(source: SourceFile) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose directory promises nothing harmful.

    Raises
    ------
    SourceError
        When the archive is cut off, climbs out of its folder, holds another archive, is encrypted,
        or would unpack to more than a hundred times its size or 4 GiB.
    """
    try:
        with zipfile.ZipFile(source.path) as archive:
            _check(archive.infolist(), source)
            yield archive
    except zipfile.BadZipFile as error:
        raise SourceError(
            f"{source.label}: a damaged zip archive ({error}); expected a whole one. "
            "Copy the file again; perhaps the copy had not finished."
        ) from None


def _check(members: list[zipfile.ZipInfo], source: SourceFile) -> None:
    def refuse(
        found: str, expected: str, mend: str = "Pack the files again, by themselves."
    ) -> None:
        raise SourceError(f"{source.label}: {found}; expected {expected}. {mend}")

    if len(members) > MAX_MEMBERS:
        refuse(f"{len(members):,} members", f"at most {MAX_MEMBERS:,}")
    total = sum(one.file_size for one in members)
    if total > MAX_BYTES:
        refuse(f"{total:,} bytes when unpacked", f"at most {MAX_BYTES:,}")
    for one in members:
        name = one.filename.replace("\\", "/")
        shown = name[:80]
        if name.startswith("/") or ":" in name[:3] or ".." in PurePosixPath(name).parts:
            refuse(f"member {shown!r} points outside the archive", "plain file names")
        if (one.external_attr >> 16) & 0o170000 == 0o120000:
            refuse(f"member {shown!r} is a link", "plain files")
        if name.lower().endswith(_ARCHIVES):
            refuse(f"member {shown!r} is an archive itself", "one archive, not nested")
        if one.flag_bits & _ENCRYPTED_FLAG:
            refuse(f"member {shown!r} is encrypted", "an archive without a password")
        if one.file_size > SMALL and one.file_size > MAX_RATIO * max(one.compress_size, 1):
            ratio = one.file_size // max(one.compress_size, 1)
            refuse(
                f"member {shown!r} unpacks to {ratio:,} times its size",
                f"at most {MAX_RATIO} times",
            )


def member_name(member: zipfile.ZipInfo) -> tuple[str, bool]:
    """Return a member's name, and whether it was read as GBK for want of the UTF-8 flag."""
    if member.flag_bits & _UTF8_FLAG or member.filename.isascii():
        return member.filename, False
    raw = member.filename.encode("cp437")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec), codec == "gb18030"
        except UnicodeDecodeError:
            continue
    return member.filename, False


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: SourceFile) -> bytes:
    """Return the bytes of one member.

    Raises
    ------
    SourceError
        When it cannot be unpacked whole.
    """
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise SourceError(
            f"{source.label}, {member_name(member)[0]}: cannot be unpacked ({error}); expected a "
            "whole archive. Pack the files again."
        ) from None
