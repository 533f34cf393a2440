"""Settings of one DynamoDB table."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.geography import RegionName
from settings.problems import Refusal, refuse
from settings.types import Percent


class OnDemand(Section):
    """Pay for each request; the limits stop a runaway client.

    AWS takes four changes of the mode to on demand in 24 hours
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/switching.capacitymode.html).
    """

    mode: Literal["on_demand"] = "on_demand"
    max_read_units: Annotated[int, Field(ge=1)] | None = None
    """Most read request units a second; by default the account's quota."""
    max_write_units: Annotated[int, Field(ge=1)] | None = None
    """Most write units a second; without it the account's quota."""


class Provisioned(Section):
    """Pay for capacity that scaling holds at a target use.

    A table that was on demand starts with one unit until scaling reaches the minimum: switch at a quiet time.
    """

    mode: Literal["provisioned"]
    min_read_units: int = Field(default=5, ge=1)
    """Read units a second that are always there."""

    max_read_units: int = Field(ge=1)
    """Read units a second up to which the table grows with its load."""

    min_write_units: int = Field(default=5, ge=1)
    """Write units a second that are always there."""

    max_write_units: int = Field(ge=1)
    """Write units a second up to which the table grows with its load."""

    target_percent: Percent = 70
    """Share of the units in use that scaling aims at."""

    @section_rule
    def _bounds(self) -> Iterator[Refusal]:
        for kind in ("read", "write"):
            low, high = getattr(self, f"min_{kind}_units"), getattr(self, f"max_{kind}_units")
            if low > high:
                yield refuse(
                    f"must not have min_{kind}_units {low} above max_{kind}_units {high}",
                    fix=f"raise `max_{kind}_units`, or lower `min_{kind}_units`",
                    edits={(f"max_{kind}_units",): low},
                )


class WarmThroughput(Section):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"""

    read_units_per_second: int = Field(default=12_000, ge=12_000)
    """Read units; AWS has no fewer."""

    write_units_per_second: int = Field(default=4_000, ge=4_000)
    """Write units; AWS has no fewer."""


class TableSettings(Section):
    capacity: Annotated[OnDemand | Provisioned, Field(discriminator="mode")] = OnDemand()
    """Pay for each request (`on_demand`) or for units that are kept ready (`provisioned`)."""

    recovery_days: int = Field(default=35, ge=1, le=35)
    """Days that point-in-time recovery reaches back
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html)."""

    warm: WarmThroughput | None = None
    """Load that a new table and each of its indexes takes at once; without it they begin with 12,000 reads and 4,000
    writes a second on demand, and learn. Priced once, for the table and for each index, by the units above these
    (https://aws.amazon.com/dynamodb/pricing/). It counts when the table is made: DynamoDB raises it by itself and never
    lowers it, so the program leaves it alone afterwards. Before a sale raise it by `aws dynamodb update-table
    --warm-throughput`, for the indexes with `--global-secondary-index-updates`: an index that is short of writes
    throttles its table."""

    contributor_insights: bool = False
    """Publish the most read, written and throttled keys; priced by events (https://aws.amazon.com/cloudwatch/pricing/)."""

    replica_key_arns: dict[
        RegionName,
        Annotated[
            str,
            form(
                r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/.+$",
                "a key's ARN",
                "arn:aws:kms:eu-central-1:111111111111:key/0123abcd-4567-89ef-0123-456789abcdef",
            ),
        ],
    ] = Field(default={})
    """Regions with a live copy (global table) and the customer key there."""
