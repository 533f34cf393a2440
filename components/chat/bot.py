"""The bot of Lex V2: definition, version, alias, its log of conversations, and who may talk to it.

By CloudFormation: pulumi_aws has neither aliases nor builds, and its intents and slots name each other, so that they
take two updates (https://github.com/hashicorp/terraform-provider-aws/issues/36863).
"""

from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.cloud_control import CloudControl
from components.blocks.cloudformation import CloudFormation
from components.blocks.function import Function
from components.blocks.policy_document import (
    Statement,
    account_root,
    policy_document,
    trust_policy,
)
from components.blocks.ready import once_ready
from components.chat.definition import CONVERSATIONS, ROLE, bot, fingerprint
from settings.chat import LexBot

_SERVICE = "lexv2.amazonaws.com"
_ALIAS = "live"
_BOT, _FUNCTION, _LOGS = "Bot", "FunctionArn", "LogGroupArn"
_RUNTIME = (
    "lex:RecognizeText",
    "lex:RecognizeUtterance",
    "lex:StartConversation",
    "lex:PutSession",
    "lex:GetSession",
    "lex:DeleteSession",
)
"""What can be done with an alias
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlexv2.html)."""


class LexBotAlias(StoreComponent):
    """A bot whose draft is what the settings and texts say, a version of it that nobody can change, and the alias that
    leads to the version.

    Other texts make another version beside the former one, the alias is led to it, and then the former is deleted: in
    between, customers are answered by the one or the other.
    """

    TYPE = "webstore:chat:LexBotAlias"
    bot_id: pulumi.Output[str]
    alias_id: pulumi.Output[str]
    arn: pulumi.Output[str]
    """The alias, known once it may invoke the function."""

    def __init__(self, name: str, *, engine: LexBot, function: Function, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._user: str | None = None
        logs = self._conversations(engine)
        role = aws.iam.Role(
            name,
            description="What the chat bot may do: write its log of conversations",
            assume_role_policy=trust_policy(_SERVICE, account_id=self.foundation.account_id),
            opts=self._inside,
        )
        definition = bot(f"{pulumi.get_project()}-{name}-{pulumi.get_stack()}", engine)
        version = f"Version{fingerprint(definition)}"
        alias = {
            "BotAliasName": _ALIAS,
            "BotId": {"Ref": _BOT},
            "BotVersion": {"Fn::GetAtt": [version, "BotVersion"]},
            "BotAliasLocaleSettings": [_fulfilled(locale) for locale in engine.locales],
            "SentimentAnalysisSettings": {"DetectSentiment": False},
            **({"ConversationLogSettings": _log()} if logs else {}),
        }
        stack = CloudFormation(
            name,
            {
                _BOT: {"Type": "AWS::Lex::Bot", "Properties": definition},
                version: {
                    "Type": "AWS::Lex::BotVersion",
                    "Properties": {
                        "BotId": {"Ref": _BOT},
                        "BotVersionLocaleSpecification": [
                            {"LocaleId": locale, "BotVersionLocaleDetails": {"SourceBotVersion": "DRAFT"}}
                            for locale in engine.locales
                        ],
                    },
                },
                "Alias": {"Type": "AWS::Lex::BotAlias", "Properties": alias},
            },
            about="The bot that answers customers",
            parameters={
                ROLE: once_ready(role.arn, self._writes(role, logs)) if logs else role.arn,
                _FUNCTION: function.function_arn,
                **({_LOGS: logs.arn} if logs else {}),
            },
            outputs={
                "BotId": (_BOT, "Id"),
                "BotVersion": (version, "BotVersion"),
                "BotAliasId": ("Alias", "BotAliasId"),
                "BotAliasArn": ("Alias", "Arn"),
            },
            opts=self._inside,
        )
        self.bot_id, self.alias_id, alias_arn = (stack.output(key) for key in ("BotId", "BotAliasId", "BotAliasArn"))
        permission = aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=function.function_name,
            principal=_SERVICE,
            source_arn=alias_arn,
            source_account=self.foundation.account_id,
            opts=self._inside,
        )
        self.arn = once_ready(alias_arn, permission)
        self._publish()

    def grant_ask(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` talk to the bot, and nobody else of the account, whatever their own policies say: the function
        takes from who talks to the bot which customer asks.

        Raises:
            ValueError: another role talks to it.
        """
        name = role.pulumi_resource_name
        if self._user is not None:
            raise ValueError(f"{name} must not talk to the chat bot: {self._user} does, and it is closed to all others")
        self._user = name
        # By Cloud Control: nothing of it is write-only, and the role is known only after the bot.
        CloudControl(
            f"{self._name}-closed",
            "AWS::Lex::ResourcePolicy",
            {
                "ResourceArn": self.arn,
                "Policy": policy_document(
                    Statement(
                        sid="NobodyElse",
                        effect="Deny",
                        actions=_RUNTIME,
                        principals=[account_root(self.foundation.account_id)],
                        resources=[self.arn],
                        conditions={"ArnNotEquals": {"aws:PrincipalArn": role.arn}},
                    )
                ),
            },
            foundation=self.foundation,
            tags=None,
            opts=self._inside,
        )
        return aws.iam.RolePolicy(
            f"{self._name}-asked-by-{name}",
            role=role.name,
            policy=policy_document(Statement(sid="AskBot", actions=["lex:RecognizeText"], resources=[self.arn])),
            opts=self._inside,
        )

    def _conversations(self, engine: LexBot) -> aws.cloudwatch.LogGroup | None:
        if engine.conversation_days is None:
            return None
        return aws.cloudwatch.LogGroup(
            CONVERSATIONS,
            kms_key_id=self.foundation.keys.customer_key_arn,
            retention_in_days=engine.conversation_days,
            tags={"Name": CONVERSATIONS, "data-class": "customer"},
            opts=self._inside,
        )

    def _writes(self, role: aws.iam.Role, logs: aws.cloudwatch.LogGroup) -> aws.iam.RolePolicy:
        """https://docs.aws.amazon.com/lexv2/latest/dg/conversation-logs-policies.html"""
        return aws.iam.RolePolicy(
            self._name,
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="LogConversations",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[pulumi.Output.concat(logs.arn, ":*")],
                )
            ),
            opts=self._inside,
        )


def _fulfilled(locale: str) -> dict[str, Any]:
    hook = {"LambdaCodeHook": {"CodeHookInterfaceVersion": "1.0", "LambdaArn": {"Ref": _FUNCTION}}}
    return {"LocaleId": locale, "BotAliasLocaleSetting": {"Enabled": True, "CodeHookSpecification": hook}}


def _log() -> dict[str, Any]:
    destination = {"CloudWatch": {"CloudWatchLogGroupArn": {"Ref": _LOGS}, "LogPrefix": ""}}
    return {"TextLogSettings": [{"Enabled": True, "Destination": destination}]}
