"""Parts of paths. What cannot be an id is not found (404), and reaches no table."""

from typing import Annotated

from fastapi import Path

PathId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An id as the tables have it."""
PathName = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name, such as a category's."""
