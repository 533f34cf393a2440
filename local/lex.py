"""Bots of Lex V2 on this machine: RecognizeText of a deployed alias.

A message is understood if it is one of the sample utterances of the deployed definition, whatever its case and
punctuation. Lex generalises from utterances; here a message that it might understand goes to the fallback.

https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeText.html
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.errors import AwsError
from local.front.ports import Functions
from local.judge import Judge
from local.lex_definition import Intent, Locale, Slot, locales_of
from local.stacks import stacks_of
from local.state import Deployed

_PRINCIPAL: Final = "lexv2.amazonaws.com"


@dataclass(frozen=True, slots=True)
class _Bot:
    name: str
    session_seconds: int
    locales: Mapping[str, Locale]


@dataclass(frozen=True, slots=True)
class _Alias:
    """
    Attributes:
        functions: ARN of the function by locale; locales that are not enabled are left out.
    """

    arn: str
    name: str
    version: str
    functions: Mapping[str, str]


@dataclass
class _Session:
    at: float
    intent: Intent | None = None
    slots: dict[str, str] = field(default_factory=dict)
    elicits: Slot | None = None
    prompts: int = 0

    def begin(self, intent: Intent, slots: dict[str, str]) -> None:
        self.intent, self.slots, self.elicits, self.prompts = intent, slots, None, 0


class Lex:
    """Bots and aliases of a state, and the conversations with them."""

    def __init__(
        self, deployed: Deployed, functions: Functions, judge: Judge, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            clock: Seconds, by which sessions end.

        Raises:
            LocalError: a bot has what is not emulated here.
        """
        self._functions, self._judge, self._clock = functions, judge, clock
        self._account_id = deployed.account_id
        self._sessions: dict[tuple[str, ...], _Session] = {}
        self._bots: dict[str, _Bot] = {}
        self._aliases: dict[tuple[str, str], _Alias] = {}
        for stack in stacks_of(deployed):
            for made in stack.of_type("AWS::Lex::Bot"):
                state = made.properties
                bot = _Bot(state["Name"], state["IdleSessionTTLInSeconds"], locales_of(stack.name, state))
                self._bots[stack.attribute(made.name, "Id")] = bot
            for made in stack.of_type("AWS::Lex::BotAlias"):
                state, alias_id = made.properties, stack.attribute(made.name, "BotAliasId")
                self._aliases[state["BotId"], alias_id] = _alias(state, stack.attribute(made.name, "Arn"))

    async def recognize_text(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """RecognizeText, allowed by IAM.

        Args:
            asked: Parameters as boto3 has them.

        Raises:
            AwsError: Lex would refuse it, or the function did not fulfil the intent.
        """
        bot_id, alias_id, locale_id = asked["botId"], asked["botAliasId"], asked["localeId"]
        bot, alias = self._bots.get(bot_id), self._aliases.get((bot_id, alias_id))
        if bot is None or alias is None or locale_id not in bot.locales or locale_id not in alias.functions:
            text = f"there is no bot {bot_id} with the alias {alias_id} that speaks {locale_id}"
            raise AwsError("ResourceNotFoundException", text)
        locale = bot.locales[locale_id]
        key = (bot_id, alias_id, locale_id, asked["sessionId"])
        session = self._session(key, bot.session_seconds)
        intent = _understand(locale, session, asked["text"])
        missing = next((slot for slot in intent.slots if slot.is_required and slot.name not in session.slots), None)
        if missing and session.prompts <= missing.retries:
            session.elicits, session.prompts = missing, session.prompts + 1
            action = {"type": "ElicitSlot", "slotToElicit": missing.name}
            message = {"contentType": "PlainText", "content": missing.prompt}
            return _answer(asked, action, _state(intent, session, "InProgress"), [message])
        if missing:
            # https://docs.aws.amazon.com/lexv2/latest/dg/built-in-intent-fallback.html
            intent = locale.fallback
            session.begin(intent, {})
        event = {
            "messageVersion": "1.0",
            "invocationSource": "FulfillmentCodeHook",
            "inputMode": "Text",
            "responseContentType": "text/plain; charset=utf-8",
            "sessionId": asked["sessionId"],
            "inputTranscript": asked["text"],
            "bot": {
                "id": bot_id,
                "name": bot.name,
                "localeId": locale_id,
                "version": alias.version,
                "aliasId": alias_id,
                "aliasName": alias.name,
            },
            "requestAttributes": dict(asked.get("requestAttributes") or {}),
            "sessionState": {
                "sessionAttributes": {},
                "intent": _state(intent, session, "ReadyForFulfillment"),
            },
        }
        # Another message may come before the function answers; this intent is over.
        del self._sessions[key]
        return await self._fulfil(asked, alias, event)

    def _session(self, key: tuple[str, ...], seconds: int) -> _Session:
        now = self._clock()
        found = self._sessions.get(key)
        if found is None or now - found.at > seconds:
            found = self._sessions[key] = _Session(now)
        found.at = now
        return found

    async def _fulfil(self, asked: Mapping[str, Any], alias: _Alias, event: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/lexv2/latest/dg/lambda-response-format.html"""
        function = alias.functions[asked["localeId"]]
        context = {"aws:SourceArn": alias.arn, "aws:SourceAccount": self._account_id}
        if not self._judge(_PRINCIPAL, "lambda:InvokeFunction", function, context).allowed:
            raise _failed(f"Lex has no permission to invoke {function}")
        payload, failure = await self._functions.invoke(function, event)
        if failure is not None:
            raise _failed(f"{function} failed: {failure['errorType']}")
        match payload:
            case {"sessionState": {"dialogAction": {"type": "Close"} as action, "intent": {"name": str()} as intent}}:
                return _answer(asked, action, intent, payload.get("messages") or [])
        raise _failed(f"{function} must answer with an intent and `Close`: a dialog that it leads is not emulated here")


def _failed(text: str) -> AwsError:
    return AwsError("DependencyFailedException", text)


def _alias(state: Mapping[str, Any], arn: str) -> _Alias:
    functions: dict[str, str] = {}
    for one in state["BotAliasLocaleSettings"]:
        setting = one["BotAliasLocaleSetting"]
        if setting["Enabled"]:
            functions[one["LocaleId"]] = setting["CodeHookSpecification"]["LambdaCodeHook"]["LambdaArn"]
    return _Alias(arn, state["BotAliasName"], state["BotVersion"], functions)


def _understand(locale: Locale, session: _Session, text: str) -> Intent:
    """The intent that goes on, or begins; slots that the text fills are set.

    An answer to a prompt may be another intent instead.
    """
    if session.intent and session.elicits:
        found = session.elicits.fill(text)
        if found is not None:
            session.slots |= found
            session.elicits, session.prompts = None, 0
            return session.intent
    for intent in locale.intents:
        found = intent.fill(text)
        if found is not None:
            session.begin(intent, found)
            return intent
    if session.intent and session.elicits:
        return session.intent
    session.begin(locale.fallback, {})
    return locale.fallback


def _state(intent: Intent, session: _Session, state: str) -> dict[str, Any]:
    """A slot without a value is null."""
    slots: dict[str, Any] = {slot.name: None for slot in intent.slots}
    for name, value in session.slots.items():
        slots[name] = {"value": {"originalValue": value, "interpretedValue": value, "resolvedValues": [value]}}
    return {"name": intent.name, "slots": slots, "state": state, "confirmationState": "None"}


def _answer(asked: Mapping[str, Any], action: Any, intent: Any, messages: list[Any]) -> dict[str, Any]:
    return {
        "messages": messages,
        "sessionState": {"dialogAction": action, "intent": intent, "sessionAttributes": {}},
        "sessionId": asked["sessionId"],
    }
