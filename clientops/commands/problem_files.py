"""Files of requests with problems: with their own columns and what is wrong, to be mended and sent again."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NoReturn

import pyarrow as pa

from clientops.commands.output import HIDDEN, fail
from clientops.core.plan import Problem
from clientops.core.private_files import open_private
from clientops.importing.tabular import PROBLEM_COLUMN
from clientops.schema.cells import safe_text


def check_problems_file(path: Path | None, *others: Path | None) -> None:
    """Refuse a place where problems cannot be written, before anything is done.

    Args:
        path: Where they are to be written, if anywhere.
        others: Files that must stay as they are: the requests, the book.
    """
    if path is None or (path.exists() and not (path.is_file() or path.is_dir())):
        return  # A pipe is opened once, when there is something to write.
    if path.is_file():
        for other in others:
            if other is not None and other.exists() and path.samefile(other):
                fail(f"--problems {path} would be written over {other}; name another file")
        if not _is_problems_file(path):
            fail(f"--problems {path}: there is a file already, and not one of problems; name another")
    is_new = not path.exists()
    try:
        with open_private(path, "a"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        _fail_to_write(path, error)


def _is_problems_file(path: Path) -> bool:
    """Whether a file has problems of an earlier run, or nothing."""
    try:
        with path.open("rb") as file:
            heading = file.readline(1 << 16)
    except OSError:
        return True  # told when it is opened for writing
    return not heading.strip() or heading.strip().endswith(f",{PROBLEM_COLUMN}".encode())


def _fail_to_write(path: Path, error: OSError) -> NoReturn:
    if not path.parent.is_dir():
        fail(f"--problems {path} cannot be written: there is no folder {path.parent}")
    why = "it is a folder; name a file in it" if path.is_dir() else error.strerror
    fail(f"--problems {path} cannot be written: {why}")


def is_secret_heading(heading: str, secret: Collection[str]) -> bool:
    """Whether a column of a file has values of a secret field, as far as its heading says."""
    plain = "".join(letter for letter in heading.casefold() if letter.isalnum())
    return any("".join(part for part in name.casefold() if part.isalnum()) in plain for name in secret) or any(
        word in plain for word in SECRET_WORDS
    )


SECRET_WORDS = ("password", "passwort", "kennwort", "passwd", "token", "secret", "motdepasse", "contrasena")


def write_problems(
    path: Path,
    given: pa.Table | list[dict[str, str]],
    problems: Sequence[Problem],
    secret: Collection[str] = (),
) -> None:
    """Write the requests with problems, their own columns and what is wrong, ready to be mended and sent again.

    What stands in columns of secret fields is left out: it is to be typed again. Only the owner can read the file.
    A problem of the whole file, such as a column that there is none for, stands behind every request.
    """
    messages: defaultdict[int, list[str]] = defaultdict(list)
    for problem in problems:
        messages[problem.row].append(problem.message)
    rows = given.to_pylist() if isinstance(given, pa.Table) else given
    with open_private(path, newline="", encoding="utf-8-sig") as file:
        names = list(given.column_names if isinstance(given, pa.Table) else rows[0])
        hidden = {name for name in names if is_secret_heading(name, secret)}
        writer = csv.writer(file)
        writer.writerow([*names, PROBLEM_COLUMN])
        for number, row in enumerate(rows, 1):
            found = [*messages.get(0, ()), *messages.get(number, ())]
            if found:
                writer.writerow(
                    [
                        safe_text(text)
                        for text in (
                            *(HIDDEN if n in hidden and row.get(n) else row.get(n) or "" for n in names),
                            "; ".join(found),
                        )
                    ]
                )
