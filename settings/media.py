"""Section `media`: the bucket of product media and static assets."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.geography import RegionName
from settings.problems import Refusal, refuse

Origin = Annotated[
    str,
    form(
        r"^https://[a-z0-9.-]+(:\d{1,5})?$",
        "a web origin: https:// with a host name, and no path",
        "https://studio.example.com",
    ),
]


class MediaSettings(Section):
    transitions: dict[Literal["INTELLIGENT_TIERING", "STANDARD_IA", "GLACIER_IR"], Annotated[int, Field(ge=0)]] = Field(
        default={"INTELLIGENT_TIERING": 0}
    )
    """Storage class to the age in days at which objects move there. Only classes that CloudFront can read at once.
    `STANDARD_IA` from 30 days on
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html)."""

    noncurrent_days: int = Field(default=90, ge=1)
    """Days that replaced or deleted versions are kept."""

    events: bool = True
    """Send object events to EventBridge, for thumbnails and catalogue feeds."""

    cors_origins: tuple[Origin, ...] = ()
    """Web origins other than the store's own that scripts may read media from; empty: none."""

    replica_region: RegionName | None = None
    """Region that holds a live copy, which CloudFront reads when the first does not answer; without it there is none.
    Costs the second storage and the transfer between Regions (https://aws.amazon.com/s3/pricing/)."""

    @section_rule
    def _classes_in_time(self) -> Iterator[Refusal]:
        rare, archive = self.transitions.get("STANDARD_IA"), self.transitions.get("GLACIER_IR")
        if rare is not None and rare < 30:
            yield refuse("must be at least 30, the least that S3 takes", at=("transitions", "STANDARD_IA"), write=30)
        if rare is not None and archive is not None and archive < rare + 30:
            yield refuse(
                f"must be at least {rare + 30}, 30 days after STANDARD_IA, which S3 asks for",
                at=("transitions", "GLACIER_IR"),
                write=rare + 30,
            )
