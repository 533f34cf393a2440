"""Facts about resource types, recorded from the real AWS provider. README.md has their origin and limits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("provider.json")


@dataclass(frozen=True)
class TypeFacts:
    """Facts of one resource type; names are pulumi_aws's camelCase.

    `replace_on_change`: top-level inputs whose change replaces the resource.
    `computed`: outputs that stay unknown in the preview of a minimal resource.
    `defaults`: outputs that the provider fills in during a preview.
    `rules`: input path (`a.b[].c`) to its recorded limits: `enum`, `range`, `length`, `min`, `max`, `says`.
    `conditions`: rules between inputs, in the provider's words.
    """

    replace_on_change: frozenset[str]
    computed: frozenset[str]
    defaults: Mapping[str, Any]
    rules: Mapping[str, Mapping[str, Any]]
    conditions: tuple[str, ...]


@cache
def _recorded() -> Mapping[str, Mapping[str, Any]]:
    return json.loads(_FILE.read_text(encoding="utf-8"))


@cache
def facts_of(token: str) -> TypeFacts | None:
    """Facts of a Pulumi type token such as `aws:sqs/queue:Queue`; None for types that were not recorded."""
    record = _recorded().get(token)
    if record is None:
        return None
    return TypeFacts(
        replace_on_change=frozenset(record["replaceOnChange"]),
        computed=frozenset(record["computed"]),
        defaults=record["defaults"],
        rules=record["rules"],
        conditions=tuple(record.get("conditions", ())),
    )
