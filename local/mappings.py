"""The event source mappings of the state, each by the kind of its source."""

from collections.abc import Mapping
from typing import Final

from local.mapping import EventSourceMapping
from local.queue_mapping import QueueMapping
from local.state import Deployed, Resource
from local.stream_mapping import StreamMapping
from local.table_mapping import TableMapping
from local.topic_mapping import TopicMapping

_MAPPING: Final = "aws:lambda/eventSourceMapping:EventSourceMapping"
KINDS: Final[Mapping[str, type[EventSourceMapping]]] = {
    "sqs": QueueMapping,
    "dynamodb": TableMapping,
    "kinesis": StreamMapping,
    "kafka": TopicMapping,
}
"""By the service of the source's ARN."""


def mappings_of(deployed: Deployed) -> tuple[list[Resource], list[Resource]]:
    """The mappings that run here, and those whose source is not emulated."""
    enabled = [mapping for mapping in deployed.of_type(_MAPPING) if mapping.outputs.get("enabled", True)]
    here = [mapping for mapping in enabled if kind_of(mapping) in KINDS]
    return here, [mapping for mapping in enabled if mapping not in here]


def kind_of(mapping: Resource) -> str:
    """Service of the source; empty if the source has no ARN."""
    parts = (mapping.outputs.get("eventSourceArn") or "").split(":")
    return parts[2] if len(parts) > 2 else ""
