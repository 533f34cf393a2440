"""Chat: a bot that answers customers, and hands them over to people."""

import json

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.function import Function, FunctionArgs, function_role
from components.blocks.tracing import Tracing
from components.chat.bot import LexBotAlias
from components.chat.definition import CODE
from components.chat.support import SupportTopic
from components.data import Data
from components.foundation import Foundation
from components.metric import Metric
from functions.common import names
from settings.app_tier.runtime import LambdaRuntime
from settings.chat import ChatSettings, LexBot

_HOUR_SECONDS = 3600
# Lex waits 30 seconds for a function (https://docs.aws.amazon.com/lexv2/latest/dg/lambda.html). The service waits
# longer for Lex (`functions.common.aws.lex`), and the web tier longer for the service.
_TIMEOUT_SECONDS = 8


class Chat(StoreComponent):
    """Point 10 of the guidance: a bot of Lex V2 with a version and an alias, the function that fulfils its intents, the
    log of conversations, and the topic of those who ask for a person.

    One service talks to the bot: `grant_ask` lets it, and closes the alias to everybody else. Billed by request; idle
    it costs nothing.
    """

    TYPE = "webstore:chat:Chat"
    DASHBOARD = "app"
    OUTPUTS = ("bot_alias_arn", "support_topic_arn")
    bot_alias_arn: pulumi.Output[str] | None
    """Alias that answers; None with `off`."""
    support_topic_arn: pulumi.Output[str] | None
    """Topic of customers who ask for a person; None with `off`, and without `support_emails`."""
    variables: dict[str, pulumi.Input[str]] | None
    """What the service that talks to the bot finds in its environment; None with `off`."""

    def __init__(
        self,
        name: str,
        *,
        settings: ChatSettings,
        foundation: Foundation,
        data: Data,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self.bot_alias_arn, self.support_topic_arn, self.variables = None, None, None
        self._alias: LexBotAlias | None = None
        if isinstance(settings.engine, LexBot):
            self._make(settings.engine, data)
        self._publish()

    def grant_ask(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` talk to the bot, and nobody else.

        Raises:
            ValueError: there is no bot, or another role talks to it.
        """
        if self._alias is None:
            raise ValueError(f"{role.pulumi_resource_name} must not use the chat: `chat.engine` is off")
        return self._alias.grant_ask(role)

    def _make(self, engine: LexBot, data: Data) -> None:
        name, foundation = self._name, self.foundation
        namespace = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        support = (
            SupportTopic(f"{name}-support", emails=engine.support_emails, opts=self._inside)
            if engine.support_emails
            else None
        )
        function = Function(
            name,
            FunctionArgs(
                settings=LambdaRuntime(
                    kind="lambda", code=CODE, timeout_seconds=_TIMEOUT_SECONDS, log_days=engine.log_days
                ),
                key_arn=foundation.keys.customer_key_arn,
                environment_variables={
                    names.CHAT_HOURS: json.dumps(engine.opening_hours.model_dump(), separators=(",", ":")),
                    names.table_variable("orders"): data.orders.table_name,
                    "POWERTOOLS_METRICS_NAMESPACE": namespace,
                    **({names.CHAT_SUPPORT_TOPIC: support.topic_arn} if support else {}),
                },
                grants=[data.orders.grant_read, *([support.grant_publish] if support else [])],
                tracing=Tracing(settings=foundation.tracing) if foundation.tracing.enabled else None,
                role=function_role(name, opts=self._inside),
            ),
            opts=self._inside,
        )
        self._alias = LexBotAlias(f"{name}-bot", engine=engine, function=function, opts=self._inside)
        self.bot_alias_arn = self._alias.arn
        self.support_topic_arn = support.topic_arn if support else None
        self.variables = {
            names.CHAT_BOT: pulumi.Output.concat(self._alias.bot_id, "/", self._alias.alias_id),
            names.CHAT_LOCALES: ",".join(engine.locales),
            names.CHAT_LIMIT: str(engine.messages_per_minute),
        }
        alarm(
            f"{name}-not-understood",
            metric=Metric(
                namespace=namespace,
                name="ChatNotUnderstood",
                dimensions={"service": name},
                statistic="Sum",
                period_seconds=_HOUR_SECONDS,
            ),
            threshold=engine.alarm_not_understood,
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"The chat bot did not understand more than {engine.alarm_not_understood} messages in an hour:"
            " customers get no answer.",
            todo="read in the log of conversations what customers wanted.",
            opts=self._inside,
        )
