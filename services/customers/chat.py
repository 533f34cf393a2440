"""The customer's conversation with the chat bot.

The bot gets to know who asks by an attribute of the request that is set here, from the verified token, and by nothing
that a browser sends: its function answers for that customer alone.
"""

import hashlib
import re
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.common import names
from functions.common.aws import dynamodb, lex, optional, setting, table
from functions.common.log import cause, logger
from services.common.identity import Customer
from services.common.problems import ProblemError, missing, unavailable

COUNTER = "CHAT"
"""Sort key of the item that counts a customer's messages."""
_MINUTE = 60
_FORGOTTEN_SECONDS = 3600
# Ids of orders, as the page of an order shows them; the bot asks for their first part.
_ORDER_ID = re.compile(r"\b([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Bot:
    bot_id: str
    alias_id: str
    locales: tuple[str, ...]
    """The first is the default."""

    def tell(self, customer: Customer, text: str, locale: str | None) -> dict[str, Any]:
        """What the bot replies, and whether it waits for an answer.

        Raises:
            ProblemError: 429 for too many messages, 503 if the bot does not answer.
        """
        _count(customer.customer_id)
        try:
            answer = lex().recognize_text(
                botId=self.bot_id,
                botAliasId=self.alias_id,
                localeId=locale if locale in self.locales else self.locales[0],
                sessionId=_session(customer),
                text=_ORDER_ID.sub(r"\1", text),
                requestAttributes={names.CHAT_CUSTOMER: customer.customer_id},
            )
        except (BotoCoreError, ClientError) as error:
            logger.error("chat bot does not answer", extra={"cause": cause(error)})
            raise unavailable("the chat") from error
        replies = [message["content"] for message in answer.get("messages", ()) if message.get("content")]
        if not replies:
            logger.error("chat bot has no reply", extra={"cause": "no message"})
            raise unavailable("the chat")
        action = answer.get("sessionState", {}).get("dialogAction", {}).get("type")
        return {"replies": replies, "asks": action in ("ElicitSlot", "ElicitIntent", "ConfirmIntent")}


def bot() -> Bot:
    """
    Raises:
        ProblemError: 404, the environment has no bot.
    """
    ids = optional(names.CHAT_BOT)
    if ids is None:
        raise missing("chat")
    bot_id, _, alias_id = ids.partition("/")
    return Bot(bot_id, alias_id, tuple(setting(names.CHAT_LOCALES).split(",")))


def _session(customer: Customer) -> str:
    """Id of the conversation: one for each customer, and without the customer's own id, since logs are sorted by it."""
    return hashlib.sha256(f"chat\n{customer.customer_id}".encode()).hexdigest()[:32]


def _count(customer_id: str) -> None:
    """Count a message, in the minute by the clock.

    Raises:
        ProblemError: 429, the customer has sent as many as a minute may have.
    """
    now = int(time.time())
    minute, limit = now // _MINUTE, int(setting(names.CHAT_LIMIT))
    key = {"customer_id": customer_id, "item": COUNTER}
    values = {":minute": minute, ":one": 1, ":end": now + _FORGOTTEN_SECONDS}
    failed = dynamodb().exceptions.ConditionalCheckFailedException
    try:
        dynamodb().update_item(
            TableName=table("customers"),
            Key=key,
            UpdateExpression="SET chat_minute = :minute, chat_messages = :one, expires_at = :end",
            ConditionExpression="attribute_not_exists(chat_minute) OR chat_minute < :minute",
            ExpressionAttributeValues=values,
        )
    except failed:
        try:
            dynamodb().update_item(
                TableName=table("customers"),
                Key=key,
                UpdateExpression="ADD chat_messages :one",
                ConditionExpression="chat_messages < :limit",
                ExpressionAttributeValues={":one": 1, ":limit": limit},
            )
        except failed:
            wait = {"Retry-After": str(_MINUTE - now % _MINUTE)}
            detail = f"a customer may send {limit} messages a minute"
            raise ProblemError(429, detail, kind="too-many-messages", headers=wait) from None
