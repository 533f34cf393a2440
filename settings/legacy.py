"""Engines on services that AWS has superseded, closed to new customers or ended: they need a waiver, or are refused."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from lifecycle import Service, Status, named
from settings.base import Section, section_rule
from settings.form import form
from settings.problems import Refusal, refuse

LONGEST_DAYS = 365
"""Greatest number of days until a waiver expires: somebody looks at the successor at least once a year."""
Day = Annotated[str, form(r"^\d{4}-\d{2}-\d{2}$", "a day, as year, month and day", "2027-06-30")]


class EngineWaiver(Section):
    """Who accepts an engine whose service has a successor, why, and until when."""

    owner: str = Field(min_length=3, max_length=100, examples=["store-platform"])
    """Team or person that renews the waiver, or moves to the successor."""

    reason: str = Field(min_length=20, max_length=500, examples=["The detector is trained; its rules move in spring."])
    """Why the successor does not do yet."""

    expires: Day
    """Last day on which the engine is accepted, 365 days from now at most; from the next on no update is possible."""


class LegacyEngine(Section):
    """An engine whose service is not current. A subclass names it in `SERVICE`, as `lifecycle.py` does, and the engine
    that takes its place in `SUCCESSOR`."""

    SERVICE: ClassVar[str]
    SUCCESSOR: ClassVar[str]

    waiver: EngineWaiver | None = None
    """Must be given: AWS advises the successor. The policies ask for a waiver of their own in `policies/waivers.yaml`
    where they see the service."""

    @section_rule
    def _accepted(self) -> Iterator[Refusal]:
        service, kind = named(self.SERVICE), getattr(self, "kind", "")
        if service.status is Status.ENDED:
            yield refuse(
                f"must not be `{kind}`: {service.words}. An update could only fail, with a waiver too"
                f" ({service.source})",
                at=("kind",),
                write=self.SUCCESSOR,
                fix="or `off`",
            )
        elif self.waiver is None:
            yield refuse(
                f"must be given: {service.words} ({service.source})",
                at=("waiver",),
                fix=f"give `owner`, `reason` and `expires` of a waiver, or use `kind: {self.SUCCESSOR}`",
            )
        else:
            yield from _times(service, self.waiver, self.SUCCESSOR)


def _times(service: Service, waiver: EngineWaiver, successor: str) -> Iterator[Refusal]:
    """What is wrong with the day on which a waiver expires."""
    at, now = ("waiver", "expires"), today()
    try:
        expires = date.fromisoformat(waiver.expires)
    except ValueError:
        yield refuse("must be a day of the calendar", at=at, fix="write one, such as 2027-06-30")
        return
    latest = min(now + timedelta(days=LONGEST_DAYS), service.ends or date.max)
    if expires < now:
        yield refuse(
            f"must not be over: the waiver of {waiver.owner} expired; {service.words}",
            at=at,
            fix=f"renew it by review, or use `kind: {successor}`",
        )
    elif expires > latest:
        yield refuse(f"must be {latest} at the latest: {service.words}", at=at, write=str(latest))


def today() -> date:
    """The day, in UTC."""
    return datetime.now(UTC).date()
