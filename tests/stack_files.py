"""The project's stack files, for tests that change them."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

from settings.shared import SHARED, merged
from settings.stack_files import configuration, stack_names
from settings.store import settings_schema

PROJECT = Path(__file__).resolve().parent.parent
STACKS = stack_names()
"""Every environment that the project has."""
Config = dict[str, Any]
_configuration = cache(configuration)


def stack_file(stack: str) -> Config:
    """A stack's configuration as one file: what all environments share, and on top what its own file says."""
    given = copy.deepcopy(_configuration(stack))
    shared = given.pop(f"web-store:{SHARED}")
    others = {key: value for key, value in given.items() if not key.startswith("web-store:")}
    own = {key.removeprefix("web-store:"): value for key, value in given.items() if key not in others}
    sections, surplus = merged(shared, own, settings_schema())
    assert not surplus
    return {**others, **{f"web-store:{name}": section for name, section in sections.items()}}
