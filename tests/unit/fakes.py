"""Stand-ins for boxes of which a test needs a few attributes only."""

import inspect
import re
from types import SimpleNamespace
from typing import TypeVar, cast

Box = TypeVar("Box")


def fake(box: type[Box], **attributes: object) -> Box:
    """An object with these attributes, all of which the box must have, too."""
    known = {name for base in box.__mro__[:-1] for name in (*vars(base), *inspect.get_annotations(base))}
    known |= set(re.findall(r"self\.(\w+)\b", inspect.getsource(box)))
    unknown = attributes.keys() - known
    assert not unknown, f"{box.__name__} has no {', '.join(sorted(unknown))}"
    return cast("Box", SimpleNamespace(**attributes))
