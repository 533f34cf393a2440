"""The bot as Lex takes it, made from the texts in `functions/chat`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lex-bot.html
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.blocks.function import FUNCTIONS
from settings.chat import LexBot

CODE = "chat"
"""Folder with the function and the texts."""
CONVERSATIONS = "chat-conversations"
"""How the name of the log group of conversations begins; the key of customer data admits it by that."""
ROLE = "RoleArn"
"""Parameter of the template."""
_FALLBACK = "FallbackIntent"
_SLOT_TYPE = "OrderNumber"
# The first part of an order's id, a UUID.
_ORDER_NUMBER = "[0-9a-fA-F]{8}"
_ATTEMPTS = 2


def bot(name: str, engine: LexBot) -> dict[str, Any]:
    """Properties of `AWS::Lex::Bot`, whose role is the template's parameter `ROLE`."""
    confidence = engine.confidence_percent / 100
    return {
        "Name": name,
        "RoleArn": {"Ref": ROLE},
        "DataPrivacy": {"ChildDirected": False},
        "IdleSessionTTLInSeconds": 60 * engine.session_minutes,
        "AutoBuildBotLocales": True,
        "BotLocales": [_locale(locale, _texts(locale)["intents"], confidence) for locale in engine.locales],
    }


def fingerprint(definition: Mapping[str, Any]) -> str:
    """Short hash of what a version of the bot is made of: all of the bot, its role by name."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:8]


def _texts(locale: str) -> Mapping[str, Any]:
    return json.loads((FUNCTIONS / CODE / f"{locale}.json").read_text("utf-8"))


def _locale(locale: str, intents: Mapping[str, Any], confidence: float) -> dict[str, Any]:
    return {
        "LocaleId": locale,
        "NluConfidenceThreshold": confidence,
        "SlotTypes": [
            {
                "Name": _SLOT_TYPE,
                "ParentSlotTypeSignature": "AMAZON.AlphaNumeric",
                "ValueSelectionSetting": {
                    "ResolutionStrategy": "ORIGINAL_VALUE",
                    "RegexFilter": {"Pattern": _ORDER_NUMBER},
                },
            }
        ],
        "Intents": [
            *(_intent(name, intent) for name, intent in intents.items()),
            {
                "Name": _FALLBACK,
                "ParentIntentSignature": "AMAZON.FallbackIntent",
                "FulfillmentCodeHook": {"Enabled": True},
            },
        ],
    }


def _intent(name: str, intent: Mapping[str, Any]) -> dict[str, Any]:
    slots: Mapping[str, Any] = intent.get("slots", {})
    made: dict[str, Any] = {
        "Name": name,
        "SampleUtterances": _utterances(intent["utterances"]),
        "FulfillmentCodeHook": {"Enabled": True},
    }
    if slots:
        made["Slots"] = [_slot(slot, of) for slot, of in slots.items()]
        made["SlotPriorities"] = [{"Priority": at, "SlotName": slot} for at, slot in enumerate(slots, 1)]
    return made


def _slot(name: str, slot: Mapping[str, Any]) -> dict[str, Any]:
    message = {"Message": {"PlainTextMessage": {"Value": slot["prompt"]}}}
    return {
        "Name": name,
        "SlotTypeName": _SLOT_TYPE,
        # https://docs.aws.amazon.com/lexv2/latest/dg/monitoring-obfuscate.html
        "ObfuscationSetting": {"ObfuscationSettingType": "DefaultObfuscation"},
        "ValueElicitationSetting": {
            "SlotConstraint": "Required",
            "PromptSpecification": {"MaxRetries": _ATTEMPTS, "MessageGroupsList": [message]},
            "SampleUtterances": _utterances(slot["utterances"]),
        },
    }


def _utterances(texts: Sequence[str]) -> list[dict[str, str]]:
    return [{"Utterance": text} for text in texts]
