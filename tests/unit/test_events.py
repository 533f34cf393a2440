"""The event bus: who may emit, archive, logs, schemas, third parties without secrets in the state, dead letters."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.blocks.event_key import event_key_statements
from components.events import Events, Target
from events.catalogue import CatalogueError, events
from settings.events import EventsSettings
from settings.third_parties import (
    ApiKey,
    Company,
    Delivery,
    EventCalls,
    OAuthClient,
    SecretValue,
    ThirdPartiesSettings,
    ThirdParty,
)
from tests.foundation import foundation, key_arn
from tests.mocks import Recorder, record

PROJECT = Path(__file__).resolve().parents[2]
CUSTOMER_KEY, SECRETS_KEY, LOGS_KEY = (key_arn(name) for name in ("customer", "secrets", "logs"))
BUS = "arn:aws:events:eu-west-1:111111111111:event-bus/web-store-events-test"
SECRET = SecretValue(arn="arn:aws:secretsmanager:eu-west-1:111111111111:secret:store/cms-Ab12Cd", json_key="key")


COMPANY = Company(name="CMS Ltd", country="IE", role="own", purpose="pages", legal_basis="consent")


def party(*, enabled: bool = True, **changes: Any) -> ThirdParty:
    """A third party that receives events; changes are of how it does."""
    calls = {
        "endpoint": "https://cms.example.com/v1/profiles",
        "auth": ApiKey(kind="api_key", secret=SECRET),
        "sends": {
            "customer.signed-up": Delivery(
                fields={"customerId": "customer_id", "policy": "consent.policy_version"},
                only_if="consent.marketing_email",
            )
        },
        **changes,
    }
    return ThirdParty(
        kind="cms", enabled=enabled, company=COMPANY, data_classes=("identity",), events=EventCalls(**calls)
    )


def box(protect: bool = False, parties: dict[str, ThirdParty] | None = None, **settings: Any) -> Events:
    return Events(
        "events",
        settings=EventsSettings(**settings),
        foundation=foundation(protect=protect),
        parties=ThirdPartiesSettings(parties=parties or {}),
    )


def made(protect: bool = False, parties: dict[str, ThirdParty] | None = None, **settings: Any) -> Recorder:
    return record(lambda: box(protect, parties, **settings))


def told(**changes: Any) -> Recorder:
    return made(parties={"cms": party(**changes)})


def test_bus_and_archive_are_under_the_customer_key_and_held_by_protection() -> None:
    recorder = made(protect=True, archive_days=90)
    bus, archive = recorder.one(":EventBus"), recorder.one(":EventArchive")
    assert bus.inputs["kmsKeyIdentifier"] == archive.inputs["kmsKeyIdentifier"] == CUSTOMER_KEY
    assert archive.inputs["retentionDays"] == 90
    archived = set(json.loads(archive.inputs["eventPattern"])["detail-type"])
    assert events().keys() - archived == {"customer.contact-given"}, "an archive cannot forget a customer's address"
    assert (bus.protect, archive.protect, archive.retain_on_delete) == (True, True, True)


def test_what_the_customer_key_cannot_encrypt_goes_to_a_queue_without_it() -> None:
    recorder = made()
    queue = recorder.inputs("sqs/queue:Queue", "events-undecryptable")
    assert "kmsMasterKeyId" not in queue
    assert queue["sqsManagedSseEnabled"] is True
    sender = recorder.one("sqs/queuePolicy:QueuePolicy", "events-undecryptable").statements()["BusSends"]
    assert sender["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnEquals": {"aws:SourceArn": BUS},
    }


def test_only_principals_of_the_account_emit_and_only_declared_sources() -> None:
    policy = made().one(":EventBusPolicy").statements()
    allowed = [statement for statement in policy.values() if statement["Effect"] == "Allow"]
    assert [statement["Principal"] for statement in allowed] == [{"AWS": "arn:aws:iam::111111111111:root"}]
    assert {statement["Resource"] for statement in policy.values()} == {BUS}
    refused = policy["DenyUndeclaredSources"]["Condition"]["StringNotEquals"]["events:source"]
    assert refused == sorted({event.source for event in events().values()})
    assert policy["DenyOtherAccounts"]["Condition"]["StringNotEquals"] == {"aws:PrincipalAccount": "111111111111"}


@pytest.mark.parametrize(
    ("level", "logs"),
    [
        ("off", []),
        ("error", ["ERROR_LOGS"]),
        ("info", ["ERROR_LOGS", "INFO_LOGS"]),
        ("trace", ["ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS"]),
    ],
)
def test_the_bus_logs_its_work_but_never_what_events_hold(level: str, logs: list[str]) -> None:
    recorder = made(log_level=level, log_days=30)
    assert recorder.inputs(":EventBus")["logConfig"] == {"level": level.upper(), "includeDetail": "NONE"}
    assert sorted(source.inputs["logType"] for source in recorder.of(":LogDeliverySource")) == logs
    deliveries = {found.urn: found for found in recorder.of(":LogDelivery")}
    assert len(deliveries) == len(logs)
    # CloudWatch Logs refuses two at once for one destination.
    waiting = [deliveries.keys() & {*found.dependencies} for found in deliveries.values()]
    assert sorted(map(len, waiting)) == [min(number, 1) for number in range(len(logs))]
    groups = [(group.inputs["kmsKeyId"], group.inputs["retentionInDays"]) for group in recorder.of(":LogGroup")]
    assert groups == ([(LOGS_KEY, 30)] if logs else [])


def test_every_declared_event_is_in_the_registry_with_its_schema() -> None:
    schemas = {
        found.inputs["name"]: json.loads(found.inputs["content"]) for found in made().of("schemas/schema:Schema")
    }
    assert schemas == {f"{event.source}@{name}": event.schema for name, event in events().items()}


def test_nobody_is_told_who_is_not_declared() -> None:
    recorder = made()
    assert not recorder.of(":EventRule")
    assert not recorder.of(":EventApiDestination")


def test_a_consenting_sign_up_reaches_the_third_party_with_the_declared_fields_only() -> None:
    recorder = told(rate_limit_per_second=7)
    rule = recorder.inputs(":EventRule", "events-cms-customer-signed-up")
    assert json.loads(rule["eventPattern"]) == {
        "source": ["store.customers"],
        "detail-type": ["customer.signed-up"],
        "detail": {"consent": {"marketing_email": [True]}},
    }
    request = recorder.inputs(":EventTarget")["inputTransformer"]
    assert request["inputPaths"] == {
        "customerId": "$.detail.customer_id",
        "eventId": "$.detail.event_id",
        "eventTime": "$.time",
        "policy": "$.detail.consent.policy_version",
    }
    filled = request["inputTemplate"]
    for key in request["inputPaths"]:
        filled = filled.replace(f"<{key}>", json.dumps(f"value of {key}"))
    assert json.loads(filled) == {key: f"value of {key}" for key in request["inputPaths"]}
    destination = recorder.inputs(":EventApiDestination")
    assert (destination["invocationEndpoint"], destination["invocationRateLimitPerSecond"]) == (
        "https://cms.example.com/v1/profiles",
        7,
    )


def test_the_rule_calls_the_third_party_by_a_role_that_may_do_nothing_else() -> None:
    recorder = told()
    (call,) = recorder.one("iam/rolePolicy:RolePolicy", "events-cms").statements().values()
    assert call["Action"] == "events:InvokeApiDestination"
    assert call["Resource"] == "arn:aws:events:eu-west-1:111111111111:api-destination/events-cms/events-cms"
    (trust,) = recorder.one("iam/role:Role").statements("assumeRolePolicy").values()
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": "arn:aws:events:eu-west-1:111111111111:rule/web-store-events-test/*"},
    }


def test_credentials_stand_in_the_state_by_reference() -> None:
    recorder = told()
    template = json.loads(recorder.inputs("cloudformation/stack:Stack")["templateBody"])
    connection = template["Resources"]["Connection"]["Properties"]
    assert connection["AuthorizationType"] == "API_KEY"
    assert connection["AuthParameters"] == {
        "ApiKeyAuthParameters": {
            "ApiKeyName": "x-api-key",
            "ApiKeyValue": f"{{{{resolve:secretsmanager:{SECRET.arn}:SecretString:key}}}}",
        }
    }
    assert connection["KmsKeyIdentifier"] == SECRETS_KEY
    assert not recorder.of(":EventConnection"), "the provider's connection takes the value, and keeps it in the state"


def test_a_client_of_oauth_gets_its_token_with_the_scope_and_the_named_version() -> None:
    version = "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"
    auth = OAuthClient(
        kind="oauth_client",
        token_endpoint="https://login.example.com/token",
        client_id="store",
        scope="contacts.write",
        secret=SecretValue(arn=SECRET.arn, version_id=version),
    )
    template = json.loads(told(auth=auth).inputs("cloudformation/stack:Stack")["templateBody"])
    properties = template["Resources"]["Connection"]["Properties"]
    parameters = properties["AuthParameters"]["OAuthParameters"]
    assert parameters["ClientParameters"] == {
        "ClientID": "store",
        "ClientSecret": f"{{{{resolve:secretsmanager:{SECRET.arn}:SecretString:value::{version}}}}}",
    }
    body = {item["Key"]: item["Value"] for item in parameters["OAuthHttpParameters"]["BodyParameters"]}
    assert body == {"grant_type": "client_credentials", "scope": "contacts.write"}


OWN = SecretValue(json_key="key")


def test_without_a_secret_an_empty_one_is_made_and_nothing_reads_it() -> None:
    recorder = made(protect=True, parties={"cms": party(auth=ApiKey(kind="api_key", secret=OWN))})
    secret = recorder.inputs("secretsmanager/secret:Secret", "events-cms")
    assert (secret["name"], secret["kmsKeyId"]) == ("web-store/test/cms/access", SECRETS_KEY)
    assert secret["recoveryWindowInDays"] == 30
    assert not recorder.of(":SecretVersion"), "its value would be in the state"
    policy = recorder.one("secretsmanager/secretPolicy:SecretPolicy")
    assert policy.inputs["blockPublicPolicy"] is True
    denied = policy.statements()["DenyOtherAccounts"]
    assert denied["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}}
    for absent in ("cloudformation/stack:Stack", ":EventApiDestination", ":EventRule", ":EventTarget"):
        assert not recorder.of(absent), "CloudFormation refuses a secret without a value"


def test_a_secret_without_a_value_is_told_with_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi, "warn", lambda text, **_: said.append(text))
    told(auth=ApiKey(kind="api_key", secret=OWN))
    (text,) = said
    assert "aws secretsmanager put-secret-value --secret-id web-store/test/cms/access" in text
    assert "pulumi config set --path 'web-store:third_parties.parties.cms.events.auth.secret.version_id'" in text
    assert '{"key": "..."}' in text


def test_once_its_version_is_named_the_third_party_is_called_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "warn", lambda text, **_: pytest.fail(text))
    version = "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"
    recorder = told(auth=ApiKey(kind="api_key", secret=SecretValue(version_id=version)))
    arn = recorder.one("secretsmanager/secret:Secret").outputs["arn"]
    template = recorder.inputs("cloudformation/stack:Stack")["templateBody"]
    assert f"{{{{resolve:secretsmanager:{arn}:SecretString:value::{version}}}}}" in template
    assert recorder.inputs(":EventRule")["state"] == "ENABLED"
    assert not told().of("secretsmanager/secret:Secret"), "an adopted secret is somebody else's"


@pytest.mark.parametrize(("enabled", "state"), [(True, "ENABLED"), (False, "DISABLED")])
def test_the_switch_stops_requests_and_leaves_everything_in_place(enabled: bool, state: str) -> None:
    recorder = told(enabled=enabled)
    assert recorder.inputs(":EventRule")["state"] == state
    assert recorder.names(":EventApiDestination") == {"events-cms"}
    (call,) = recorder.one("iam/rolePolicy:RolePolicy", "events-cms").statements().values()
    assert call["Action"] == "events:InvokeApiDestination"
    assert call["Effect"] == ("Allow" if enabled else "Deny"), "what was matched before is repeated for hours"


def test_what_fails_is_retried_and_then_kept_in_a_queue_that_only_its_rule_fills() -> None:
    recorder = made(dead_letter_days=7, parties={"cms": party(retry_hours=2, retry_attempts=10)})
    target = recorder.inputs(":EventTarget")
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 7200, "maximumRetryAttempts": 10}
    name = "events-cms-customer-signed-up-dead"
    assert target["deadLetterConfig"] == {"arn": f"arn:aws:sqs:eu-west-1:111111111111:{name}"}
    queue = recorder.inputs("sqs/queue:Queue", name)
    assert (queue["kmsMasterKeyId"], queue["messageRetentionSeconds"]) == (CUSTOMER_KEY, 7 * 86_400)
    policy = recorder.one("sqs/queuePolicy:QueuePolicy", name).statements()
    assert policy["RuleSends"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnEquals": {"aws:SourceArn": recorder.one(":EventRule").outputs["arn"]},
    }
    assert policy["DenyWithoutTls"]["Effect"] == "Deny"


def test_what_does_not_arrive_raises_alarms_that_lead_to_a_page() -> None:
    alarms = {found.name: found.inputs for found in told().of(":MetricAlarm")}
    prefix = "events-cms-customer-signed-up"
    metrics = {name.removeprefix(f"{prefix}-"): inputs["metricName"] for name, inputs in alarms.items()}
    assert metrics == {
        "failures": "FailedInvocations",
        "lost": "InvocationsFailedToBeSentToDlq",
        "throttled": "ThrottledRules",
        "dead-messages": "ApproximateNumberOfMessagesVisible",
        "events-undecryptable-messages": "ApproximateNumberOfMessagesVisible",
    }
    assert alarms[f"{prefix}-failures"]["dimensions"] == {
        "EventBusName": "web-store-events-test",
        "RuleName": prefix,
    }
    assert "docs/runbooks/events-dead-letters.md" in alarms[f"{prefix}-dead-messages"]["alarmDescription"]
    assert (PROJECT / "docs/runbooks/events-dead-letters.md").is_file()


def test_a_grant_lets_a_role_emit_its_own_events_and_no_others() -> None:
    def build() -> None:
        box().grant_emit(aws.iam.Role("orders", assume_role_policy="{}"), "orders", ["order.placed"])

    (emit,) = record(build).one("iam/rolePolicy:RolePolicy").statements().values()
    assert emit["Action"] == "events:PutEvents"
    assert emit["Resource"] == "arn:aws:events:eu-west-1:111111111111:event-bus/web-store-events-test"
    assert emit["Condition"] == {
        "StringEquals": {"events:source": ["store.orders"], "events:detail-type": ["order.placed"]}
    }


def test_an_undeclared_event_can_neither_be_granted_nor_heard() -> None:
    def emit() -> None:
        box().grant_emit(aws.iam.Role("orders", assume_role_policy="{}"), "orders", ["order.place"])

    def hear() -> None:
        box().subscribe("mail", ["order.place"], Target(arn="arn:aws:lambda:eu-west-1:111111111111:function:mail"))

    for program in (emit, hear):
        with pytest.raises(CatalogueError, match=r"did you mean order\.placed\?"):
            record(program)


def test_a_subscription_of_a_service_gets_whole_events() -> None:
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:search"
    recorder = record(lambda: box().subscribe("search", ["catalogue.changed", "inventory.changed"], Target(arn=arn)))
    target = recorder.inputs(":EventTarget", "events-search")
    assert target["arn"] == arn
    assert "inputTransformer" not in target
    pattern = json.loads(recorder.inputs(":EventRule", "events-search")["eventPattern"])
    assert pattern["source"] == ["store.catalogue", "store.inventory"]


def test_the_key_admits_eventbridge_for_the_account_and_for_nothing_else() -> None:
    for statement in event_key_statements("111111111111", "eu-west-1"):
        written = statement.to_dict()
        assert written["Principal"]["Service"] in {"events.amazonaws.com", "delivery.logs.amazonaws.com"}
        assert "111111111111" in json.dumps(written["Condition"])
        assert "kms:*" not in json.dumps(written["Action"])


def test_more_events_than_a_pattern_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.events.subscription._PATTERN_MAX", 100)
    target = Target(arn="arn:aws:lambda:eu-west-1:111111111111:function:search")
    with pytest.raises(pulumi.RunError, match=r"pattern of events-search must have at most 100 char.*"):
        record(lambda: box().subscribe("search", list(events()), target))
