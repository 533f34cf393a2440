"""Section `backup`: recovery points of the store's data, in vaults of their own."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.cache import DayTime
from settings.form import form
from settings.geography import RegionName
from settings.problems import Refusal, refuse

# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html
_COLD_DAYS = 90
_LONGEST_DAYS = 36_500
# https://docs.aws.amazon.com/aws-backup/latest/devguide/point-in-time-recovery.html
_CONTINUOUS_DAYS = 35

KeepDays = Annotated[int, Field(ge=1, le=_LONGEST_DAYS)]


class MonthlyBackups(Section):
    """Recovery points of the first day of each month, for damage that is noticed late."""

    keep_days: KeepDays = 365
    """Days that they are kept, and their copies."""

    cold_after_days: Annotated[int, Field(ge=1)] | None = 30
    """Days after which tables and files move to cold storage, cheaper and for 90 days at least; S3 has no such storage
    and stays. Null: none (https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html)."""

    @section_rule
    def _cold_long_enough(self) -> Iterator[Refusal]:
        if self.cold_after_days is not None and self.keep_days < self.cold_after_days + _COLD_DAYS:
            yield refuse(
                f"must be at least {self.cold_after_days + _COLD_DAYS}, {_COLD_DAYS} days after cold storage begins",
                fix="or `cold_after_days: null`",
                at=("keep_days",),
                write=self.cold_after_days + _COLD_DAYS,
            )


class VaultLock(Section):
    """The vaults refuse every request to delete recovery points or to shorten their lives."""

    min_days: KeepDays = 7
    """Shortest retention that a vault accepts; backups with a shorter one fail."""

    max_days: KeepDays = 400
    """Longest retention that a vault accepts, so that nobody fills it for ever."""

    immutable_after_days: Annotated[int, Field(ge=3, le=_LONGEST_DAYS)] | None = None
    """Null: governance mode, in which roles with `backup:DeleteBackupVaultLockConfiguration` may lift the lock. A
    number: compliance mode. That many days after it was set NOBODY can change or remove the lock any more, neither this
    program nor AWS: the vaults stay, and are paid for, until their last recovery point has expired
    (https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html)."""

    @section_rule
    def _bounds(self) -> Iterator[Refusal]:
        if self.min_days > self.max_days:
            yield refuse(
                f"must be at least `min_days`, {self.min_days}",
                at=("max_days",),
                write=self.min_days,
            )


class BackupPlan(Section):
    """AWS Backup: daily and monthly recovery points, locked, with copies in a second Region."""

    engine: Literal["aws-backup"]

    daily_at: Annotated[str, form(rf"^{DayTime}$", "a time of day, such as 03:00, between quotes", "03:00")] = "03:00"
    """UTC, when a backup may begin; monthly ones six hours later."""

    daily_keep_days: KeepDays = 35
    """Days that daily recovery points are kept, and their copies."""

    monthly: MonthlyBackups | None = MonthlyBackups()
    """Null: daily recovery points only."""

    point_in_time: bool = True
    """Media can be restored to any second of the last `daily_keep_days`, 35 at most; tables can by themselves
    (`recovery_days`), files cannot."""

    copy_region: RegionName | None = None
    """Region that gets a copy of every recovery point, in a vault with a key of its own, kept as long; null: none.
    Costs the second storage and the transfer (https://aws.amazon.com/backup/pricing/)."""

    lock: VaultLock | None = VaultLock()
    """Null: only the vaults' policies refuse to delete recovery points."""

    restore_tests: tuple[Literal["tables", "files", "media"], ...] = ("tables", "files")
    """Data that AWS Backup restores each month as a test, and deletes again. Costs a restore of all of it."""

    @section_rule
    def _lives(self) -> Iterator[Refusal]:
        if self.point_in_time and self.daily_keep_days > _CONTINUOUS_DAYS:
            yield refuse(
                f"must be at most {_CONTINUOUS_DAYS} with `point_in_time`: continuous backups reach no further back",
                fix="monthly backups are for longer",
                at=("daily_keep_days",),
                write=_CONTINUOUS_DAYS,
            )
        lives = {"daily_keep_days": self.daily_keep_days}
        if self.monthly:
            lives["monthly.keep_days"] = self.monthly.keep_days
        for name, days in lives.items():
            if self.lock and not self.lock.min_days <= days <= self.lock.max_days:
                yield refuse(
                    f"must be {self.lock.min_days} to {self.lock.max_days}: `lock` makes the vault refuse others",
                    fix="or other days in `lock`",
                    at=tuple(name.split(".")),
                    write=min(max(days, self.lock.min_days), self.lock.max_days),
                )


class NoBackup(Section):
    """No backups; tables still have point-in-time recovery, and the media bucket its versions."""

    engine: Literal["off"]


class BackupSettings(Section):
    """Recovery points of tables, shared files and media, kept in vaults of their own."""

    plan: Annotated[BackupPlan | NoBackup, Field(discriminator="engine")] = BackupPlan(engine="aws-backup")
    """How often, how long and where; `{engine: "off"}` keeps none."""
