"""Default tags of providers."""

import json
from typing import Any

from policies.library.resources import Resource
from policies.library.values import MISSING, UNKNOWN, UNKNOWN_TEXTS, read


def default_tags(resource: Resource) -> Any:
    """Default tags of the resource's provider, which the engine sends as JSON text; `UNKNOWN` if not known."""
    value = read(resource.provider, "defaultTags")
    if isinstance(value, str):
        if any(marker in value for marker in UNKNOWN_TEXTS):
            return UNKNOWN
        try:
            value = json.loads(value)
        except ValueError:
            return UNKNOWN
    tags = {} if value is MISSING else read(value, "tags")
    return {} if tags is MISSING else tags
