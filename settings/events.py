"""Section `events`: the event bus."""

from typing import Literal

from pydantic import Field

from settings.base import Section
from settings.types import LogRetentionDays


class EventsSettings(Section):
    archive_days: int = Field(default=365, ge=1)
    """Days that events are kept for replay, but for those with contact data, which no archive gets
    (https://aws.amazon.com/eventbridge/pricing/)."""

    log_level: Literal["off", "error", "info", "trace"] = "error"
    """Log level of the bus. Contents of events are never logged."""

    log_days: LogRetentionDays = 90
    """Days that logs of the bus are kept."""

    dead_letter_days: int = Field(default=14, ge=1, le=14)
    """Days that undelivered events are kept in the dead-letter queue."""
