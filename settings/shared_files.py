"""Section `shared_files`: code and files that both tiers read."""

from collections.abc import Iterator
from typing import Literal

from settings.base import Section, section_rule
from settings.geography import RegionName
from settings.problems import Refusal, refuse

Age = Literal[1, 7, 14, 30, 60, 90, 180, 270, 365]


class SharedFilesSettings(Section):
    throughput: Literal["elastic", "bursting"] = "elastic"
    """`elastic` follows the load and is billed by bytes; `bursting` earns its throughput by stored size, too little for
    a few small files under load (https://docs.aws.amazon.com/efs/latest/ug/performance.html)."""

    rare_after_days: Age | None = 30
    """Days without access after which a file moves to Infrequent Access; it comes back when it is read."""

    archive_after_days: Age | None = 90
    """Days without access after which it moves on to Archive; needs elastic throughput
    (https://docs.aws.amazon.com/efs/latest/ug/lifecycle-management-efs.html)."""

    replica_region: RegionName | None = None
    """Region that holds a read-only copy, minutes behind, under a key of its own; without it there is none. Costs the
    second storage and the transfer (https://aws.amazon.com/efs/pricing/). The copy outlives the setting."""

    @section_rule
    def _classes(self) -> Iterator[Refusal]:
        rare, archive = self.rare_after_days, self.archive_after_days
        if archive is not None and self.throughput != "elastic":
            yield refuse(
                "must be null with `throughput: bursting`: Archive needs elastic throughput",
                fix="or `throughput: elastic`",
                at=("archive_after_days",),
                write=None,
            )
        if archive is not None and (rare is None or archive <= rare):
            yield refuse(
                "must be more than `rare_after_days`, and both must be given: files move to Archive from Infrequent"
                " Access",
                at=("archive_after_days",),
                edits={("rare_after_days",): 30, ("archive_after_days",): 90},
            )
