"""A bot of Lex as the program makes it: who may talk to it, what it understands, and what its function does."""

import asyncio
import json
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from functions.common import names
from local.errors import AwsError, LocalError
from local.gate import Gate
from local.lex import Lex
from local.lex_definition import locales_of
from local.principals import Principals
from local.serving import serve
from local.stacks import Stack, stacks_of
from local.state import Deployed, Resource
from tests.iam.asking import allow
from tests.local.account import Account, started
from tests.local.conftest import state_of
from tests.local.front.parts import Judge
from tests.local.gate_state import role

ROLE, TOPIC, SUPPORT = "aws:iam/role:Role", "aws:sns/topic:Topic", "chat-support"
PERMISSION = "aws:lambda/permission:Permission"


def _with_support(config: dict[str, Any]) -> None:
    config["web-store:chat"]["engine"]["support_emails"] = ["service@example.com"]


@pytest.fixture(scope="module")
def state() -> Deployed:
    return state_of(_with_support)


@pytest.fixture(scope="module")
def account(state: Deployed, loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    parts = AsyncExitStack()
    yield loop.run(started(state, tmp_path_factory.mktemp("chat"), parts))
    loop.run(parts.aclose())


def changed(state: Deployed, *more: dict[str, Any], keep: Callable[[Resource], bool] = lambda _: True) -> Deployed:
    """A state with more resources, of those that it had the ones to keep."""
    made = Deployed(more)
    made.resources = (*filter(keep, state.resources), *made.resources)
    return made


def chat(state: Deployed) -> Stack:
    (found,) = (stack for stack in stacks_of(state) if stack.name == "chat-bot")
    return found


def properties(state: Deployed, kind: str) -> dict[str, Any]:
    """Properties of the bot's one resource of a kind."""
    (made,) = chat(state).of_type(f"AWS::Lex::{kind}")
    return dict(made.properties)


def asked(state: Deployed, text: str, **changes: Any) -> dict[str, Any]:
    bot, alias = chat(state).attribute("Bot", "Id"), chat(state).attribute("Alias", "BotAliasId")
    given = {"botId": bot, "botAliasId": alias, "localeId": "en_GB", "sessionId": "ada"}
    return {**given, "text": text, **changes}


@dataclass
class Fulfils:
    """Stands for the function: keeps events, and ends the intent unless it is told to answer otherwise."""

    answer: tuple[Any, Any | None] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    async def invoke(self, _: str, event: Any) -> tuple[Any, Any | None]:
        self.events.append(event)
        intent = {**event["sessionState"]["intent"], "state": "Fulfilled"}
        done = {"sessionState": {"dialogAction": {"type": "Close"}, "intent": intent}, "messages": []}
        return self.answer or (done, None)

    def groups(self, _: str) -> list[str]:
        return []


@dataclass
class Bot:
    state: Deployed
    loop: asyncio.Runner
    functions: Fulfils = field(default_factory=Fulfils)
    judge: Judge = field(default_factory=Judge)

    def __post_init__(self) -> None:
        self.lex = Lex(self.state, self.functions, self.judge)

    def tell(self, text: str, **changes: Any) -> dict[str, Any]:
        return self.loop.run(self.lex.recognize_text(asked(self.state, text, **changes)))

    def intent(self, text: str, **changes: Any) -> str:
        return self.tell(text, **changes)["sessionState"]["intent"]["name"]


@pytest.fixture
def bot(state: Deployed, loop: asyncio.Runner) -> Bot:
    return Bot(state, loop)


@pytest.mark.parametrize(
    ("text", "locale", "intent"),
    [
        ("Opening hours", "en_GB", "OpeningHours"),
        ("  when ARE you\topen?! ", "en_GB", "OpeningHours"),
        ("I need a human", "en_GB", "HandOver"),
        ("Öffnungszeiten", "de_DE", "OpeningHours"),
        (unicodedata.normalize("NFD", "öffnungszeiten"), "de_DE", "OpeningHours"),
        ("Opening hours", "de_DE", "FallbackIntent"),
        ("Opening hours please", "en_GB", "FallbackIntent"),
        ("Where is order 1a2b3c4", "en_GB", "FallbackIntent"),
        ("?", "en_GB", "FallbackIntent"),
    ],
)
def test_a_message_is_understood_word_by_word(bot: Bot, text: str, locale: str, intent: str) -> None:
    assert bot.intent(text, localeId=locale) == intent


def test_the_function_gets_slots_and_attributes_of_the_request(bot: Bot, state: Deployed) -> None:
    answer = bot.tell("Where is order 1A2b3c4d?", requestAttributes={"customer_id": "c-1"})
    (event,) = bot.functions.events
    value = {"originalValue": "1A2b3c4d", "interpretedValue": "1A2b3c4d", "resolvedValues": ["1A2b3c4d"]}
    intent = event["sessionState"]["intent"]
    assert (intent["name"], intent["state"]) == ("OrderStatus", "ReadyForFulfillment")
    assert intent["slots"] == {"OrderNumber": {"value": value}}
    assert event["requestAttributes"] == {"customer_id": "c-1"}
    bot_id, alias = chat(state).attribute("Bot", "Id"), properties(state, "BotAlias")
    known = {"id": bot_id, "aliasId": chat(state).attribute("Alias", "BotAliasId"), "aliasName": "live"}
    assert (known | {"localeId": "en_GB", "version": alias["BotVersion"]}).items() <= event["bot"].items()
    assert answer["sessionState"]["intent"]["state"] == "Fulfilled"
    context = {"aws:SourceArn": chat(state).attribute("Alias", "Arn"), "aws:SourceAccount": state.account_id}
    assert bot.judge.contexts == [context]


def test_a_slot_is_asked_for_until_it_is_there(bot: Bot) -> None:
    first = bot.tell("Where is my order?")
    assert first["sessionState"]["dialogAction"] == {"type": "ElicitSlot", "slotToElicit": "OrderNumber"}
    assert first["sessionState"]["intent"]["slots"] == {"OrderNumber": None}
    assert first["messages"][0]["content"].startswith("Which order is it?")
    assert bot.functions.events == []
    assert bot.tell("I do not know")["messages"] == first["messages"]
    bot.tell("It is 1a2b3c4d")
    (event,) = bot.functions.events
    assert event["sessionState"]["intent"]["slots"]["OrderNumber"]["value"]["interpretedValue"] == "1a2b3c4d"
    assert bot.intent("1a2b3c4d") == "FallbackIntent", "the intent is over"


def test_after_its_retries_the_fallback_answers(bot: Bot) -> None:
    actions = [bot.tell(text)["sessionState"]["dialogAction"]["type"] for text in ("Where is my order", "a", "b", "c")]
    assert actions == ["ElicitSlot"] * 3 + ["Close"]
    (event,) = bot.functions.events
    assert event["sessionState"]["intent"]["name"] == "FallbackIntent"
    assert event["sessionState"]["intent"]["slots"] == {}


def test_another_intent_ends_the_question(bot: Bot) -> None:
    bot.tell("Where is my order")
    assert bot.intent("Opening hours") == "OpeningHours"
    assert bot.intent("1a2b3c4d") == "FallbackIntent"


@pytest.mark.parametrize("other", [{"sessionId": "grace"}, {"localeId": "de_DE"}])
def test_a_conversation_is_one_session_in_one_locale(bot: Bot, other: dict[str, str]) -> None:
    bot.tell("Where is my order")
    assert bot.intent("1a2b3c4d", **other) == "FallbackIntent"
    assert bot.intent("1a2b3c4d") == "OrderStatus"


@pytest.mark.parametrize(("late", "intent"), [(0, "OrderStatus"), (1, "FallbackIntent")])
def test_a_session_ends_after_its_idle_time(bot: Bot, late: int, intent: str) -> None:
    desired = properties(bot.state, "Bot")
    times = iter((100.0, 100.0 + desired["IdleSessionTTLInSeconds"] + late))
    bot.lex = Lex(bot.state, bot.functions, bot.judge, clock=lambda: next(times))
    bot.tell("Where is my order")
    assert bot.intent("1a2b3c4d") == intent


@pytest.mark.parametrize("changes", [{"botId": "NONE"}, {"botAliasId": "NONE"}, {"localeId": "fr_FR"}])
def test_what_is_not_deployed_is_not_found(bot: Bot, changes: dict[str, str]) -> None:
    with pytest.raises(AwsError) as failed:
        bot.tell("Opening hours", **changes)
    assert failed.value.code == "ResourceNotFoundException"


_LEADS = {"sessionState": {"dialogAction": {"type": "ElicitIntent"}, "intent": {"name": "HandOver"}}}


@pytest.mark.parametrize(
    ("answer", "denied", "told"),
    [
        ((None, {"errorType": "ValueError", "errorMessage": "no"}), set[str](), "failed: ValueError"),
        ((_LEADS, None), set[str](), "must answer with an intent and `Close`"),
        (({"statusCode": 200}, None), set[str](), "must answer with an intent and `Close`"),
        (None, {"lambda:InvokeFunction"}, "has no permission to invoke arn:aws:lambda:"),
    ],
)
def test_a_function_that_does_not_fulfil_fails_the_call(bot: Bot, answer: Any, denied: set[str], told: str) -> None:
    bot.functions.answer, bot.judge.denied = answer, denied
    with pytest.raises(AwsError, match=told) as failed:
        bot.tell("Opening hours")
    assert failed.value.code == "DependencyFailedException"
    assert len(bot.functions.events) == (not denied)
    bot.functions.answer, bot.judge.denied = None, set()
    assert bot.intent("Opening hours") == "OpeningHours"


def test_a_type_of_aws_is_refused_when_the_run_starts(state: Deployed) -> None:
    desired = properties(state, "Bot")
    (slot,) = next(one["Slots"] for one in desired["BotLocales"][0]["Intents"] if one["Name"] == "OrderStatus")
    slot["SlotTypeName"] = "AMAZON.City"
    with pytest.raises(LocalError, match=r"bot chat-bot, en_GB: the slot OrderNumber has the type AMAZON\.City"):
        locales_of("chat-bot", desired)


@dataclass
class Called:
    """Callers of a gate over HTTP, in front of the bot and its real function."""

    account: Account
    loop: asyncio.Runner

    def __call__(self, state: Deployed, role_arn: str, text: str) -> list[str]:
        """What the bot replies to a role."""
        return self.loop.run(self._ask(state, role_arn, text))

    async def _ask(self, state: Deployed, role_arn: str, text: str) -> list[str]:
        principals = Principals()
        gate = Gate(state, principals, self.account.journal, self.account.cloud.url)
        gate.served["lexv2-runtime", "RecognizeText"] = Lex(state, self.account.functions, gate.judge).recognize_text
        listener = await serve(gate)
        given = principals.credentials(role_arn)
        client = boto3.client(
            "lexv2-runtime",
            region_name=state.region,
            endpoint_url=listener.url,
            aws_access_key_id=given.access_key_id,
            aws_secret_access_key=given.secret_access_key,
            aws_session_token=given.session_token,
            # Ids of the recorder are shorter than those of Lex.
            config=Config(proxies={}, retries={"total_max_attempts": 1}, parameter_validation=False),
        )
        try:
            asks = asked(state, text, requestAttributes={names.CHAT_CUSTOMER: "c-1"})
            answer = await asyncio.to_thread(client.recognize_text, **asks)
            return [message["content"] for message in answer["messages"]]
        finally:
            await listener.close()
            await gate.close()


@pytest.fixture
def call(account: Account, loop: asyncio.Runner) -> Called:
    return Called(account, loop)


def test_the_service_talks_to_the_bot_and_the_bot_to_its_function(call: Called, state: Deployed) -> None:
    (reply,) = call(state, call.account.one(ROLE, "app-customers-task").arn, "Opening hours")
    assert reply.startswith("People answer at these times")
    alias = chat(state).attribute("Alias", "Arn")
    first, second = call.account.journal.entries("call")[-2:]
    assert (first["action"], first["resource"], first["allowed"]) == ("lex:RecognizeText", alias, True)
    assert first["why"].startswith("allowed by AskBot of ")
    assert (second["principal"], second["action"]) == ("lexv2.amazonaws.com", "lambda:InvokeFunction")
    paths = [one for one in call.account.journal.entries("connection") if "lex" in one["target"]]
    assert [(one["source"], one["allowed"]) for one in paths] == [("app-customers", True)]


OTHER = "arn:aws:iam::{}:role/curious"


def test_another_role_is_refused_by_the_policy_of_the_alias_alone(call: Called, state: Deployed) -> None:
    other = OTHER.format(state.account_id)
    everything = role(other, "curious", allow("lex:*"))
    with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy") as failed:
        call(changed(state, *everything), other, "Opening hours")
    assert failed.value.response["Error"]["Code"] == "AccessDeniedException"

    def is_open(one: Resource) -> bool:
        return one.outputs.get("typeName") != "AWS::Lex::ResourcePolicy"

    assert call(changed(state, *everything, keep=is_open), other, "Opening hours")


def test_a_role_without_the_right_is_refused(call: Called, state: Deployed) -> None:
    def is_another(one: Resource) -> bool:
        return not one.name.startswith("chat-bot-asked-by-")

    service = call.account.one(ROLE, "app-customers-task").arn
    with pytest.raises(ClientError, match="no identity-based policy allows the lex:RecognizeText action"):
        call(changed(state, keep=is_another), service, "Opening hours")


def test_without_its_permission_the_bot_does_not_invoke_the_function(call: Called, state: Deployed) -> None:
    def is_another(one: Resource) -> bool:
        return (one.type, one.name) != (PERMISSION, "chat-bot")

    service = call.account.one(ROLE, "app-customers-task").arn
    with pytest.raises(ClientError, match="has no permission to invoke") as failed:
        call(changed(state, keep=is_another), service, "Opening hours")
    assert failed.value.response["Error"]["Code"] == "DependencyFailedException"


def test_customer_service_is_told_who_asks_for_a_person(call: Called, state: Deployed, loop: asyncio.Runner) -> None:
    account = call.account
    topic, queue = account.one(TOPIC, SUPPORT), account.queue("app-carts-inbox-dead")
    account.cloud.client("sns").subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=queue.arn)
    (reply,) = call(state, account.one(ROLE, "app-customers-task").arn, "I need a human")
    assert reply.startswith("I have asked our customer service to contact you")
    (message,) = loop.run(account.messages(queue.name))
    assert "Customer c-1 asked the chat bot for a person at " in json.dumps(message)


def test_the_function_may_tell_customer_service(account: Account, state: Deployed) -> None:
    gate = Gate(state, Principals(), account.journal, account.cloud.url)
    function = account.one("aws:lambda/function:Function", "chat").outputs["role"]
    verdict = gate.judge(function, "sns:Publish", account.one(TOPIC, SUPPORT).arn)
    assert verdict.allowed, verdict
    assert "KeyOfTopic" in verdict.why
