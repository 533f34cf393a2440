"""Reading our tables: words of a text, and lines of the `.txt` files below this folder."""

import re
from collections.abc import Iterator
from pathlib import Path


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def rows(file: str, columns: int) -> Iterator[list[str]]:
    """The lines of a table with ` | ` between columns, in order.

    A line that begins with a blank goes on with the last column of the line before. `#` begins a comment line.
    """
    row: list[str] = []
    for line in (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == " ":
            row[-1] = f"{row[-1]} {line.strip()}"
            continue
        if row:
            yield row
        parts = [part.strip() for part in re.split(r"(?<=\s)\|(?=\s|$)", line, maxsplit=columns - 1)]
        row = parts + [""] * (columns - len(parts))
    yield row
