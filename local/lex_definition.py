"""Definition of a bot, as `AWS::Lex::Bot` has it, made ready to be compared with messages.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lex-bot.html
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.errors import LocalError

_FALLBACK: Final = "AMAZON.FallbackIntent"
_SLOT: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class _Samples:
    forms: tuple[re.Pattern[str], ...]

    def fill(self, text: str) -> dict[str, str] | None:
        """Values of slots, if the text is one of the samples."""
        spoken = _words(text).strip()
        found = (form.fullmatch(spoken) for form in self.forms)
        return next((one.groupdict() for one in found if one), None)


@dataclass(frozen=True, slots=True)
class Slot:
    """
    Attributes:
        retries: How often the prompt is repeated.
    """

    name: str
    is_required: bool
    prompt: str
    retries: int
    answers: _Samples

    def fill(self, text: str) -> dict[str, str] | None:
        """Values of slots, if the text answers the prompt."""
        return self.answers.fill(text)


@dataclass(frozen=True, slots=True)
class Intent:
    """
    Attributes:
        slots: In the order in which they are asked for.
    """

    name: str
    slots: tuple[Slot, ...]
    samples: _Samples

    def fill(self, text: str) -> dict[str, str] | None:
        """Values of slots, if the text means the intent."""
        return self.samples.fill(text)


@dataclass(frozen=True, slots=True)
class Locale:
    intents: tuple[Intent, ...]
    fallback: Intent


def locales_of(bot: str, state: Mapping[str, Any]) -> Mapping[str, Locale]:
    """Locales of a bot's desired state, by id.

    Args:
        bot: Logical name, for messages.

    Raises:
        LocalError: a slot's type is no regular expression: AWS's own types cannot be read here.
    """
    return {one["LocaleId"]: _locale(f"bot {bot}, {one['LocaleId']}", one) for one in state["BotLocales"]}


def _locale(place: str, locale: Mapping[str, Any]) -> Locale:
    types = {one["Name"]: _pattern(one) for one in locale.get("SlotTypes", ())}
    intents = [_intent(place, one, types) for one in locale["Intents"]]
    fallbacks = [one["Name"] for one in locale["Intents"] if one.get("ParentIntentSignature") == _FALLBACK]
    (fallback,) = (intent for intent in intents if intent.name in fallbacks)
    return Locale(tuple(intent for intent in intents if intent is not fallback), fallback)


def _pattern(slot_type: Mapping[str, Any]) -> str | None:
    return (slot_type["ValueSelectionSetting"].get("RegexFilter") or {}).get("Pattern")


def _intent(place: str, intent: Mapping[str, Any], types: Mapping[str, str | None]) -> Intent:
    patterns: dict[str, str] = {}
    for slot in intent.get("Slots", ()):
        pattern = types.get(slot["SlotTypeName"])
        if pattern is None:
            raise LocalError(
                f"{place}: the slot {slot['Name']} has the type {slot['SlotTypeName']}; here a type must have a "
                "`RegexFilter`. Give it one, or teach local/lex_definition.py the type"
            )
        patterns[slot["Name"]] = pattern
    order = {one["SlotName"]: one["Priority"] for one in intent.get("SlotPriorities", ())}
    slots = sorted(intent.get("Slots", ()), key=lambda slot: order[slot["Name"]])
    samples = _samples((one["Utterance"] for one in intent.get("SampleUtterances", ())), patterns)
    return Intent(intent["Name"], tuple(_slot(slot, patterns) for slot in slots), samples)


def _slot(slot: Mapping[str, Any], patterns: Mapping[str, str]) -> Slot:
    setting = slot["ValueElicitationSetting"]
    prompt = setting["PromptSpecification"]
    utterances = [one["Utterance"] for one in setting.get("SampleUtterances", ())]
    return Slot(
        name=slot["Name"],
        is_required=setting["SlotConstraint"] == "Required",
        prompt=prompt["MessageGroupsList"][0]["Message"]["PlainTextMessage"]["Value"],
        retries=prompt["MaxRetries"],
        answers=_samples([f"{{{slot['Name']}}}", *utterances], patterns),
    )


def _samples(utterances: Iterable[str], patterns: Mapping[str, str]) -> _Samples:
    return _Samples(tuple(_form(utterance, patterns) for utterance in utterances))


def _form(utterance: str, patterns: Mapping[str, str]) -> re.Pattern[str]:
    """Text and names of slots alternate; plain words have nothing that a regular expression reads otherwise."""
    parts = _SLOT.split(utterance)
    form = "".join(f"(?P<{part}>{patterns[part]})" if at % 2 else _words(part) for at, part in enumerate(parts))
    return re.compile(form.strip(), re.IGNORECASE)


def _words(text: str) -> str:
    """Letters and digits, with one space for all that is between them."""
    composed = unicodedata.normalize("NFC", text)
    return re.sub(" +", " ", "".join(letter if letter.isalnum() else " " for letter in composed))
