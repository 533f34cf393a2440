"""Base models of payloads: strict types, unknown keys ignored, errors without data."""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # the first and the last hours of the calendar, in other time zones
        raise ValueError("is not a time in UTC") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with an offset, in UTC."""
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Model(BaseModel):
    """Keys that a later version adds are ignored; errors quote no data."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


Detail = TypeVar("Detail", bound=Model)


class BusEvent(Model, Generic[Detail]):
    """An event as EventBridge delivers it."""

    detail: Detail


def timestamp(moment: Moment) -> str:
    """RFC 3339 in UTC with a fixed number of digits, so that the text sorts as the time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now() -> datetime:
    return datetime.now(UTC)
