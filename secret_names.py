"""Which names suggest a secret, whose value no message shows. Imports nothing of the project: plugins start with it."""

import re

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|credential|webhook|(private|access|auth)_?key|api_?key(?!source|required)", re.I
)


def suggests_secret(name: str) -> bool:
    return _SECRET.search(name) is not None
