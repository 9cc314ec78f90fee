"""A WHMCS from wherever it is: a live server, a dump, a zip file of one, or a folder of dumps or CSV files."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from clientops.core.errors import UsageError
from clientops.importing.whmcs.dump import read_dump
from clientops.importing.whmcs.dump_folder import is_dump_folder, read_dump_folder
from clientops.importing.whmcs.folder import read_folder
from clientops.importing.whmcs.mysql import read_mysql
from clientops.importing.whmcs.staging import Progress, no_progress
from clientops.importing.whmcs.unpacking import FREE_BYTES, MOST_TIMES, is_dump_name, is_zip, zip_members


def read_whmcs(source: str, staging_path: str | Path, *, progress: Progress = no_progress) -> None:
    """Read a WHMCS into a fresh staging file.

    Args:
        source: ``mysql://user@host/database``; a dump (``.sql``, also packed: gz, bz2, xz, zst, zip); or a folder of CSV
            files or dumps.
        staging_path: File to write; must not exist.
        progress: Told the table, and how much was read of how much.

    Raises:
        UsageError: There is nothing of that name, it is no WHMCS, or it cannot be read whole.
    """
    path = Path(source)
    if "://" in source:
        read_mysql(source, staging_path, progress=progress)
    elif path.is_dir():
        _read_any_folder(path, staging_path, progress)
    elif path.is_file() and is_zip(path):
        _read_zip(path, staging_path, progress)
    elif path.is_file():
        read_dump(path, staging_path, progress=progress)
    else:
        raise UsageError(f"There is no file or folder {source}; a live server is written mysql://user@host/database")


def _read_any_folder(path: Path, staging_path: str | Path, progress: Progress) -> None:
    if is_dump_folder(path):
        read_dump_folder(path, staging_path, progress=progress)
    else:
        read_folder(path, staging_path, progress=progress)


def _read_zip(path: Path, staging_path: str | Path, progress: Progress) -> None:
    """Read the one dump of a zip file, or unpack its files, within limits, and read them as a folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = zip_members(path, archive)
            dumps = [info for info in members if is_dump_name(info.filename)]
            if len(dumps) == 1 and not any(info.filename.lower().endswith(".txt") for info in members):
                read_dump(path, staging_path, progress=progress)
                return
            most = FREE_BYTES + MOST_TIMES * path.stat().st_size
            if sum(info.file_size for info in members) > most:
                raise UsageError(f"{path} unpacks to more than {MOST_TIMES} times its size; unpack it yourself first")
            with tempfile.TemporaryDirectory(prefix="clientops-zip-") as folder:
                for info in members:
                    place = Path(folder) / Path(info.filename).name
                    if place.exists():
                        raise UsageError(f"{path} holds two files {place.name}; unpack it, and import the right folder")
                    with archive.open(info) as packed, place.open("wb") as unpacked:
                        shutil.copyfileobj(packed, unpacked)
                _read_any_folder(Path(folder), staging_path, progress)
    except zipfile.BadZipFile as error:
        raise UsageError(f"{path} is damaged or was cut short: {error}") from None
