"""Section `chat`: the bot that answers customers, its languages, and who takes over from it."""

from collections.abc import Iterator
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from settings.base import Section, section_rule
from settings.form import form
from settings.observability import EmailAddress
from settings.problems import Refusal, refuse
from settings.types import LogRetentionDays, Percent

# Languages of `functions/chat/<locale>.json`, a file for each
# (https://docs.aws.amazon.com/lexv2/latest/dg/how-languages.html).
Locale = Literal["en_GB", "de_DE"]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Hours = Annotated[
    str,
    form(
        r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$", "times of opening and closing: 09:00-17:30", "09:00-17:30"
    ),
]


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise refuse("must be a time zone of the IANA database, such as Europe/Berlin", write="Europe/Berlin")
    return name


class OpeningHours(Section):
    """When people answer customers."""

    timezone: Annotated[str, AfterValidator(_timezone), Field(examples=["Europe/Berlin"])] = "Europe/Berlin"
    """Time zone of the hours, by its name in the IANA database."""

    days: dict[Day, Hours] = Field(
        default={
            "monday": "09:00-17:00",
            "tuesday": "09:00-17:00",
            "wednesday": "09:00-17:00",
            "thursday": "09:00-17:00",
            "friday": "09:00-17:00",
        }
    )
    """Day to its hours; on other days nobody answers."""

    @section_rule
    def _end_after_they_begin(self) -> Iterator[Refusal]:
        for day, hours in self.days.items():
            opens, closes = hours.split("-")
            if closes <= opens:
                yield refuse("must close after it opens", at=("days", day), write="09:00-17:00")


class LexBot(Section):
    """A bot of Amazon Lex V2, which a function of the store fulfils. Billed by request, nothing when idle
    (https://aws.amazon.com/lex/pricing/)."""

    kind: Literal["lex"]

    locales: Annotated[tuple[Locale, ...], Field(min_length=1)] = ("en_GB", "de_DE")
    """Languages; the first answers customers who choose none."""

    # https://docs.aws.amazon.com/lexv2/latest/dg/confidence-scores.html
    confidence_percent: Percent = 40
    """Confidence in an intent below which the bot says that it did not understand."""

    # https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBot.html
    session_minutes: int = Field(default=5, ge=1, le=1440)
    """Minutes without a message after which the bot forgets what the conversation is about."""

    messages_per_minute: int = Field(default=10, ge=1, le=600)
    """Most messages that the bot takes of one customer in a minute."""

    conversation_days: LogRetentionDays | None = 365
    """Days that conversations are kept in CloudWatch, under the key of customer data; null keeps none. The numbers of
    orders that customers give are blotted out in them; their other words are kept."""

    log_days: LogRetentionDays = 365
    """Days that the log of the function is kept."""

    opening_hours: OpeningHours = OpeningHours()
    """What the bot says of when people answer."""

    support_emails: Annotated[tuple[EmailAddress, ...], Field(max_length=10, examples=[["service@example.com"]])] = ()
    """Addresses of customer service that are told of customers who ask for a person; each must confirm the subscription
    once. Without any the bot hands nobody over, and says so."""

    alarm_not_understood: int = Field(default=20, ge=1)
    """Messages in an hour that the bot does not understand, above which an alarm goes off."""

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Interface endpoints that its user needs where it has no other way to AWS
        (https://docs.aws.amazon.com/lexv2/latest/dg/vpc-interface-endpoints.html)."""
        return ("runtime-v2-lex",)

    @section_rule
    def _each_language_once(self) -> Iterator[Refusal]:
        for position, locale in enumerate(self.locales):
            if locale in self.locales[:position]:
                yield refuse(
                    "must name each language once; this is the second time",
                    at=("locales", position),
                    edits={("locales",): list(dict.fromkeys(self.locales))},
                )


class NoChat(Section):
    """No bot: the storefront says how else to reach the store."""

    kind: Literal["off"]

    @property
    def endpoints(self) -> tuple[str, ...]:
        return ()


ChatEngine = Annotated[LexBot | NoChat, Field(discriminator="kind")]


class ChatSettings(Section):
    engine: ChatEngine = LexBot(kind="lex")
    """What answers customers in the chat; `{kind: "off"}` takes the bot away, with its conversations."""
