"""Texts of the pages, from `texts/*.json` of the package and, above them, of the shared files.

A file is a mapping of dotted names to texts; `{name}` in a text is filled in. Files are read once, at the start of the
process: the file system's throughput is for starts, not for requests.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_OWN = Path(__file__).parent / "texts"


class Texts:
    """
    Raises:
        ValueError: a file is not a mapping of names to texts.
    """

    def __init__(self, shared: Path) -> None:
        self._texts: dict[str, str] = {}
        for folder in (_OWN, shared / "texts"):
            for path in sorted(folder.glob("*.json")):
                self._texts.update(_read(path))

    def __call__(self, name: str, /, **values: Any) -> str:
        """
        Raises:
            KeyError: there is no such text.
        """
        return self._texts[name].format_map(values) if values else self._texts[name]

    def counted(self, name: str, count: int, /, **values: Any) -> str:
        """The text `<name>.one` or `<name>.other`, with `{count}`."""
        return self(f"{name}.{'one' if count == 1 else 'other'}", count=count, **values)

    def get(self, name: str, default: str = "") -> str:
        return self._texts.get(name, default)

    def below(self, prefix: str) -> Mapping[str, str]:
        """Texts whose names begin with `<prefix>.`, all without a prefix, by the rest of the name, as the file has them
        in order."""
        start = f"{prefix}." if prefix else ""
        return {name.removeprefix(start): text for name, text in self._texts.items() if name.startswith(start)}


def _read(path: Path) -> dict[str, str]:
    try:
        texts = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} must be JSON: {error}") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError(f'{path} must be a mapping of names to texts, such as {{"cart.title": "Your cart"}}')
    return texts
