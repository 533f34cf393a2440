"""The Chat box: bot, version and alias, who may talk to the bot, the function, the log of conversations."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.chat import Chat
from components.data import Data
from components.edge.distribution import _READ_TIMEOUT_SECONDS
from functions.common import names
from functions.common.aws import lex
from services.web.pages.chat import _PATIENCE_SECONDS
from settings.chat import ChatSettings
from tests.foundation import foundation, key_arn
from tests.mocks import ACCOUNT_ID, Recorder, record
from tests.unit.fakes import fake

STACK = "cloudformation/stack:Stack"
CONTROLLED, FUNCTION = "cloudcontrol/resource:Resource", "lambda/function:Function"
LOGS, TOPIC, POLICY = "cloudwatch/logGroup:LogGroup", "sns/topic:Topic", "iam/rolePolicy:RolePolicy"
TABLE = "arn:aws:dynamodb:eu-west-1:111111111111:table/data-orders"


def engine(**changes: Any) -> dict[str, Any]:
    return {"kind": "lex", **changes}


def box(engine: dict[str, Any]) -> Chat:
    orders = SimpleNamespace(table_name=pulumi.Output.from_input("data-orders"), grant_read=_grant)
    return Chat(
        "chat",
        settings=ChatSettings.model_validate_json(json.dumps({"engine": engine})),
        foundation=foundation(),
        data=fake(Data, orders=orders),
    )


def _grant(role: aws.iam.Role) -> aws.iam.RolePolicy:
    return aws.iam.RolePolicy(f"orders-by-{role.pulumi_resource_name}", role=role.name, policy="{}")


def made(use: Callable[[Chat], object] = lambda _: None, **changes: Any) -> Recorder:
    return record(lambda: use(box(engine(**changes))))


def ask(chat: Chat) -> None:
    chat.grant_ask(aws.iam.Role("customers", assume_role_policy="{}"))


def states(recorder: Recorder) -> dict[str, dict[str, Any]]:
    """Properties by type without the service."""
    resources = json.loads(recorder.inputs(STACK, "chat-bot")["templateBody"])["Resources"].values()
    made = {one["Type"].rpartition("::")[2]: one["Properties"] for one in resources}
    closed = [json.loads(one.inputs["desiredState"]) for one in recorder.of(CONTROLLED)]
    return made | ({"ResourcePolicy": closed[0]} if closed else {})


def test_the_bot_speaks_its_languages_and_falls_back_below_its_confidence() -> None:
    bot = states(made(confidence_percent=55, session_minutes=10))["Bot"]
    assert (bot["IdleSessionTTLInSeconds"], bot["DataPrivacy"]) == (600, {"ChildDirected": False})
    assert bot["AutoBuildBotLocales"] is True
    assert [locale["LocaleId"] for locale in bot["BotLocales"]] == ["en_GB", "de_DE"]
    for locale in bot["BotLocales"]:
        assert locale["NluConfidenceThreshold"] == 0.55
        intents = {intent["Name"]: intent for intent in locale["Intents"]}
        assert intents.keys() == {"OrderStatus", "OpeningHours", "HandOver", "FallbackIntent"}
        assert all(intent["FulfillmentCodeHook"] == {"Enabled": True} for intent in intents.values())
        assert intents["FallbackIntent"]["ParentIntentSignature"] == "AMAZON.FallbackIntent"


def test_the_number_of_an_order_is_asked_for_and_blotted_out() -> None:
    for locale in states(made())["Bot"]["BotLocales"]:
        [order] = [intent for intent in locale["Intents"] if intent["Name"] == "OrderStatus"]
        [slot], [kind] = order["Slots"], locale["SlotTypes"]
        assert slot["ValueElicitationSetting"]["SlotConstraint"] == "Required"
        assert slot["ObfuscationSetting"] == {"ObfuscationSettingType": "DefaultObfuscation"}
        assert order["SlotPriorities"] == [{"Priority": 1, "SlotName": slot["Name"]}]
        assert (slot["SlotTypeName"], kind["ParentSlotTypeSignature"]) == (kind["Name"], "AMAZON.AlphaNumeric")
        texts = [one["Utterance"] for one in order["SampleUtterances"]]
        assert any("{OrderNumber}" in text for text in texts)
        assert len(set(texts)) == len(texts)


def test_what_a_version_holds_makes_another_one_and_the_alias_is_led_to_it() -> None:
    def version(**changes: Any) -> str:
        resources = json.loads(made(**changes).inputs(STACK, "chat-bot")["templateBody"])["Resources"]
        [name] = [name for name, one in resources.items() if one["Type"] == "AWS::Lex::BotVersion"]
        assert resources["Alias"]["Properties"]["BotVersion"] == {"Fn::GetAtt": [name, "BotVersion"]}
        return name

    others = [{"locales": ["de_DE"]}, {"confidence_percent": 60}, {"session_minutes": 20}]
    assert len({version(), *(version(**changes) for changes in others)}) == 1 + len(others)
    assert version() == version(conversation_days=90), "logs belong to the alias"


def test_the_alias_leads_every_language_to_the_function() -> None:
    recorder = made()
    alias = states(recorder)["BotAlias"]
    assert [one["LocaleId"] for one in alias["BotAliasLocaleSettings"]] == ["en_GB", "de_DE"]
    for one in alias["BotAliasLocaleSettings"]:
        hook = one["BotAliasLocaleSetting"]["CodeHookSpecification"]["LambdaCodeHook"]
        assert one["BotAliasLocaleSetting"]["Enabled"] is True
        assert hook["LambdaArn"] == {"Ref": "FunctionArn"}
    assert ":function:chat" in recorder.inputs(STACK, "chat-bot")["parameters"]["FunctionArn"]
    permission = recorder.inputs("lambda/permission:Permission", "chat-bot")
    assert (permission["principal"], permission["sourceAccount"]) == ("lexv2.amazonaws.com", ACCOUNT_ID)
    assert ":bot-alias/" in permission["sourceArn"]


def test_conversations_are_kept_under_the_key_of_customers_for_their_days() -> None:
    recorder = made(conversation_days=90)
    logs = recorder.inputs(LOGS, "chat-conversations")
    assert (logs["kmsKeyId"], logs["retentionInDays"]) == (key_arn("customer"), 90)
    [setting] = states(recorder)["BotAlias"]["ConversationLogSettings"]["TextLogSettings"]
    assert setting["Enabled"] is True
    assert setting["Destination"]["CloudWatch"]["CloudWatchLogGroupArn"] == {"Ref": "LogGroupArn"}
    assert "chat-conversations" in recorder.inputs(STACK, "chat-bot")["parameters"]["LogGroupArn"]
    [statement] = json.loads(recorder.inputs(POLICY, "chat-bot")["policy"])["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_without_days_no_conversation_is_kept() -> None:
    recorder = made(conversation_days=None)
    assert [one.name for one in recorder.of(LOGS)] == ["chat"]
    assert "ConversationLogSettings" not in states(recorder)["BotAlias"]
    assert "chat-bot" not in [one.name for one in recorder.of(POLICY)]


def test_one_role_talks_to_the_bot_and_everybody_else_is_refused() -> None:
    recorder = made(ask)
    [allow] = json.loads(recorder.inputs(POLICY, "chat-bot-asked-by-customers")["policy"])["Statement"]
    assert allow["Action"] == "lex:RecognizeText"
    assert ":bot-alias/" in allow["Resource"]
    closed = states(recorder)["ResourcePolicy"]
    [deny] = json.loads(closed["Policy"])["Statement"]
    assert (deny["Effect"], deny["Resource"]) == ("Deny", closed["ResourceArn"])
    assert deny["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    assert {"lex:RecognizeText", "lex:PutSession", "lex:StartConversation"} <= set(deny["Action"])
    assert deny["Condition"]["ArnNotEquals"]["aws:PrincipalArn"].endswith("role/customers")


def test_a_second_role_is_refused() -> None:
    def twice(chat: Chat) -> None:
        ask(chat)
        with pytest.raises(ValueError, match="second must not talk to the chat bot: customers does"):
            chat.grant_ask(aws.iam.Role("second", assume_role_policy="{}"))

    assert made(twice).of(CONTROLLED)


def test_the_function_reads_orders_and_knows_the_hours() -> None:
    recorder = made(opening_hours={"timezone": "Europe/Dublin", "days": {"monday": "08:00-20:00"}})
    function = recorder.inputs(FUNCTION, "chat")
    variables = function["environment"]["variables"]
    assert json.loads(variables[names.CHAT_HOURS]) == {"timezone": "Europe/Dublin", "days": {"monday": "08:00-20:00"}}
    assert variables["STORE_ORDERS_TABLE"] == "data-orders"
    assert names.CHAT_SUPPORT_TOPIC not in variables
    assert (function["handler"], function["kmsKeyArn"]) == ("functions.chat.handler.handler", key_arn("customer"))
    assert {f"functions/chat/{locale}.json" for locale in ("en_GB", "de_DE")} <= function["code"].assets.keys()
    assert recorder.of(TOPIC) == []


def test_customer_service_is_told_by_an_encrypted_topic() -> None:
    recorder = made(support_emails=["service@example.com"])
    assert recorder.inputs(TOPIC, "chat-support")["kmsMasterKeyId"] == key_arn("customer")
    (subscription,) = (one.inputs for one in recorder.of("sns/topicSubscription:TopicSubscription"))
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "service@example.com")
    publish, key = json.loads(recorder.inputs(POLICY, "chat-support-by-chat")["policy"])["Statement"]
    assert publish["Action"] == "sns:Publish"
    assert key["Condition"] == {"StringEquals": {"kms:ViaService": "sns.eu-west-1.amazonaws.com"}}
    assert names.CHAT_SUPPORT_TOPIC in recorder.inputs(FUNCTION, "chat")["environment"]["variables"]


def test_off_makes_nothing_and_gives_nothing() -> None:
    kept: list[Chat] = []
    recorder = record(lambda: kept.append(box({"kind": "off"})))
    assert [one.type for one in recorder.resources if not one.type.startswith("webstore:")] == []
    assert (kept[0].variables, kept[0].bot_alias_arn, kept[0].support_topic_arn) == (None, None, None)


def test_the_user_finds_bot_languages_and_limit() -> None:
    found: dict[str, str] = {}

    def read(chat: Chat) -> None:
        assert chat.variables is not None
        pulumi.Output.all(**chat.variables).apply(found.update)

    made(read, locales=["de_DE", "en_GB"], messages_per_minute=7)
    assert (found[names.CHAT_LOCALES], found[names.CHAT_LIMIT]) == ("de_DE,en_GB", "7")
    bot_id, alias_id = found[names.CHAT_BOT].split("/")
    assert bot_id
    assert alias_id


def test_addresses_that_differ_by_a_sign_are_told_apart() -> None:
    recorder = made(support_emails=["a.b@example.com", "a-b@example.com"])
    assert len({one.name for one in recorder.of("sns/topicSubscription:TopicSubscription")}) == 2


def test_each_waits_longer_than_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    function = made().inputs(FUNCTION, "chat")["timeout"]
    waits = [function, lex.__wrapped__().meta.config.read_timeout, _PATIENCE_SECONDS, _READ_TIMEOUT_SECONDS]
    assert waits == sorted(set(waits))
