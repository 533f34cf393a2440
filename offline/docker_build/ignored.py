"""What `.dockerignore` leaves out of a context.

The last pattern that matches decides, `!` takes back, and a pattern that matches a folder matches all in it
(https://docs.docker.com/build/concepts/context/#dockerignore-files).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path


class Ignored:
    """The patterns of one file; without the file nothing is left out."""

    def __init__(self, file: Path) -> None:
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        written = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        self._patterns = [(line.startswith("!"), _pattern(line.lstrip("!"))) for line in written]
        self._taken_back = [line[1:].strip("/") for line in written if line.startswith("!")]

    def files(self, root: Path) -> Iterator[Path]:
        """Files that stay, in a fixed order."""
        for folder, inner, names in os.walk(root):
            here = Path(folder).relative_to(root)
            inner[:] = sorted(name for name in inner if not self._is_out_of_reach(here / name))
            yield from (Path(folder) / name for name in sorted(names) if not self._is_ignored(here / name))

    def _is_ignored(self, path: Path) -> bool:
        ignored = False
        for takes_back, pattern in self._patterns:
            if any(pattern.fullmatch(str(part)) for part in (path, *path.parents)):
                ignored = not takes_back
        return ignored

    def _is_out_of_reach(self, folder: Path) -> bool:
        """Left out, with nothing in it that a later pattern could take back."""
        inside = f"{folder}/"
        return self._is_ignored(folder) and not any(
            f"{back}/".startswith(inside) or "*" in back for back in self._taken_back
        )


def _pattern(text: str) -> re.Pattern[str]:
    found = ""
    for part in re.split(r"(\*\*/?|\*|\?)", text.strip().strip("/")):
        found += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    return re.compile(found)
