"""The application tier: all that follows from a service's entry in the settings."""

import json
import re
from collections import Counter

import pytest

from components.blocks.internal_balancer import priorities
from functions.common.aws import table
from functions.common.names import MARKETING_TOPIC
from settings.data import DESIGNS
from tests.foundation import key_arn
from tests.unit.app_tier_box import (
    FUNCTION,
    POLICY,
    ROLE,
    ROUTE,
    SERVICE,
    actions,
    fargate,
    function,
    made,
    rules,
    variables,
)


def test_without_services_there_is_nothing() -> None:
    recorder = made({})
    for absent in (SERVICE, FUNCTION, "ecs/cluster:Cluster", "lb/loadBalancer:LoadBalancer", ":HttpNamespace", ":Pipe"):
        assert recorder.of(absent) == [], absent


def test_a_service_with_routes_is_behind_the_internal_load_balancer_under_its_name() -> None:
    recorder = made({"things": fargate(routes=[ROUTE])})
    assert recorder.inputs("lb/loadBalancer:LoadBalancer")["internal"] is True
    (condition,) = recorder.inputs("lb/listenerRule:ListenerRule", "app-balancer-things")["conditions"]
    assert condition["pathPattern"]["values"] == ["/api/things", "/api/things/*"]
    service = recorder.inputs(SERVICE)
    assert service["loadBalancers"][0]["containerPort"] == 8080
    assert service["alarms"]["alarmNames"] == ["app-things-errors", "app-things-latency"]
    assert rules(recorder, "app-things") == {("sg-app-balancer", 8080)}


def test_nobody_is_let_into_the_load_balancer_or_into_a_service_without_routes() -> None:
    recorder = made({"things": fargate(routes=[ROUTE]), "worker": fargate()})
    assert rules(recorder, "app-balancer") == set()
    assert rules(recorder, "app-worker") == set()
    worker = recorder.inputs(SERVICE, "app-worker")
    assert "loadBalancers" not in worker
    assert "healthCheckGracePeriodSeconds" not in worker
    assert "alarms" not in worker


def test_tables_are_granted_as_declared_and_no_others() -> None:
    recorder = made({"things": fargate(tables={"products": "read", "orders": "write"})})
    made_for = {policy.name for policy in recorder.of(POLICY) if policy.inputs["role"] == "app-things-task"}
    assert made_for == {"data-products-read-by-app-things-task", "data-orders-write-by-app-things-task"}
    named = variables(recorder, "app-things")
    assert (named["STORE_PRODUCTS_TABLE"], named["STORE_ORDERS_TABLE"]) == ("data-products", "data-orders")
    assert "STORE_CUSTOMERS_TABLE" not in named


def test_a_function_finds_a_table_whose_name_has_hyphens(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"order-notes": {"design": DESIGNS["carts"]}}
    recorder = made({"notes": function(tables={"order-notes": "read"})}, tables=extra)
    for name, value in recorder.inputs(FUNCTION, "app-notes")["environment"]["variables"].items():
        monkeypatch.setenv(name, value)
    assert table("order-notes") == "data-order-notes"


def test_a_service_that_declares_nothing_may_do_nothing() -> None:
    recorder = made({"things": fargate()})
    assert actions(recorder, "app-things-task") == set()
    assert variables(recorder, "app-things") == {
        "STORE_SERVICE": "things",
        "STORE_EVENT_SOURCE": "store.things",
        "STORE_PORT": "8080",
    }


def test_functions_that_the_user_pool_invokes_are_apart_and_other_services_know_the_issuer() -> None:
    recorder = made(
        {
            "sign-up": function(
                "sign_up",
                trigger="post_confirmation",
                tables={"customers": "write"},
                emits={"customer.signed-up": "customers"},
            ),
            "things": fargate(routes=[{"auth": "things.read"}], runtime={"port": 9000}),
        }
    )
    assert [made.name for made in recorder.of(FUNCTION)] == [
        "app-sign-up",
        "app-customers-translator",
        "app-liveness",
    ], "made once"
    assert "dynamodb:PutItem" in actions(recorder, "app-sign-up")
    assert recorder.of(":Pipe"), "its events go out from the tier"
    named = variables(recorder, "app-things")
    assert named["STORE_TOKEN_ISSUER"] == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
    assert named["STORE_PORT"] == "9000"


def test_stores_inside_the_network_are_reached_through_groups_of_clients() -> None:
    recorder = made({name: fargate(cache=True, dax=True, files="read") for name in ("one", "two")})
    groups = recorder.inputs(SERVICE, "app-one")["networkConfiguration"]["securityGroups"]
    assert groups == [
        "sg-app-one",
        "sg-app-services",
        "sg-app-cache-clients",
        "sg-app-dax-clients",
        "sg-app-files-clients",
    ]
    assert len(groups) <= 5, "AWS takes five groups an interface"
    assert rules(recorder, "data-cache") == {("sg-app-cache-clients", 6379)}
    assert rules(recorder, "data-dax") == {("sg-app-dax-clients", 9111)}
    assert rules(recorder, "files") == {("sg-app-files-clients", 2049)}
    assert {"elasticache:Connect", "dax:GetItem", "elasticfilesystem:ClientMount"} <= actions(recorder, "app-one-task")
    assert "elasticfilesystem:ClientWrite" not in actions(recorder, "app-one-task")


def test_where_there_is_no_accelerator_services_read_the_tables() -> None:
    recorder = made({"things": fargate(dax=True, tables={"products": "read"})}, dax=False)
    assert "STORE_DAX_ENDPOINT" not in variables(recorder, "app-things")
    assert recorder.names("ec2/securityGroup:SecurityGroup") & {"app-dax-clients"} == set()


def test_calls_open_the_callee_to_its_caller_alone_over_tls() -> None:
    recorder = made({"one": fargate(calls=["two"]), "two": fargate(), "three": fargate()})
    assert rules(recorder, "app-two") == {("sg-app-one", 15443)}
    assert rules(recorder, "app-one") == rules(recorder, "app-three") == set()
    callee = recorder.inputs(SERVICE, "app-two")["serviceConnectConfiguration"]["services"][0]
    assert callee["clientAlias"][0]["dnsName"] == "two"
    assert callee["tls"]["issuerCertAuthority"]["awsPcaAuthorityArn"].endswith("certificate-authority/app-authority")
    assert "services" not in recorder.inputs(SERVICE, "app-one")["serviceConnectConfiguration"]
    assert "serviceConnectConfiguration" not in recorder.inputs(SERVICE, "app-three")
    authority = recorder.inputs("acmpca/certificateAuthority:CertificateAuthority")
    assert authority["usageMode"] == "SHORT_LIVED_CERTIFICATE"
    assert authority["tags"]["AmazonECSManaged"] == "true"


def test_the_private_authority_is_made_only_where_calls_are_encrypted() -> None:
    for recorder in (made({"one": fargate(calls=["two"]), "two": fargate()}, tls=False), made({"one": fargate()})):
        assert recorder.of(":CertificateAuthority") == []


def test_consumed_events_wait_in_a_queue_of_the_service() -> None:
    recorder = made({"things": fargate(consumes=["order.placed"])})
    target = recorder.inputs(":EventTarget", "events-things")
    assert target["arn"].endswith(":app-things-inbox")
    sender = recorder.one("sqs/queuePolicy:QueuePolicy", "app-things-inbox").statements()["RulesSend"]
    assert sender["Condition"]["ArnEquals"]["aws:SourceArn"].endswith("rule/web-store-events-test/events-things-*")
    assert "STORE_INBOX_QUEUE_URL" in variables(recorder, "app-things")
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage"} <= actions(recorder, "app-things-task")
    assert "app-things-inbox-age" in recorder.names(":MetricAlarm")


def test_a_function_gets_its_events_in_batches_and_reports_single_failures() -> None:
    recorder = made({"relay": function(consumes=["order.placed"], orders="send", runtime={"timeout_seconds": 20})})
    mapping = recorder.inputs(":EventSourceMapping", "app-relay-inbox")
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = recorder.inputs("sqs/queue:Queue", "app-relay-inbox")
    assert queue["visibilityTimeoutSeconds"] == 120, "six times the function's time limit"
    assert "STORE_ORDERS_QUEUE_URL" in recorder.inputs(FUNCTION, "app-relay")["environment"]["variables"]
    assert "sqs:SendMessage" in actions(recorder, "app-relay")


def test_the_contact_list_of_services_is_made_once_with_its_topic() -> None:
    services = {"consent": function("consent", contact_list="news"), "news": function(contact_list="news")}
    made_list = made(services).one("sesv2/contactList:ContactList")
    assert made_list.inputs["contactListName"] == "news"
    (topic,) = made_list.inputs["topics"]
    assert (topic["topicName"], topic["defaultSubscriptionStatus"]) == (MARKETING_TOPIC, "OPT_OUT")
    assert made_list.delete_before_replace, "an account has one list in a Region"
    adopted = made(services, contact_list="given")
    assert not adopted.of("sesv2/contactList:ContactList")
    for recorder in (made(services), adopted):
        contacts = recorder.one(POLICY, "app-consent-contacts").statements()["Contacts"]
        assert contacts["Resource"] == "arn:aws:ses:eu-west-1:111111111111:contact-list/news"
        assert "ses:GetContactList" in contacts["Action"]


def test_a_function_that_asks_ses_takes_no_more_messages_than_ses_answers() -> None:
    consumer = {"consumes": ["customer.signed-up"]}
    recorder = made(
        {
            "consent": function("consent", contact_list="news", **consumer),
            "eager": function(contact_list="news", runtime={"reserved_concurrency": 50, "batch_size": 10}, **consumer),
            "relay": function(runtime={"reserved_concurrency": 50}, **consumer),
        }
    )
    mappings = {found.name: found.inputs for found in recorder.of(":EventSourceMapping")}
    for name in ("consent", "eager"):
        mapping = mappings[f"app-{name}-inbox"]
        assert (mapping["scalingConfig"], mapping["batchSize"]) == ({"maximumConcurrency": 2}, 2)
        redrive = json.loads(recorder.inputs("sqs/queue:Queue", f"app-{name}-inbox")["redrivePolicy"])
        assert redrive["maxReceiveCount"] == 20
    assert mappings["app-relay-inbox"]["scalingConfig"] == {"maximumConcurrency": 50}
    assert mappings["app-relay-inbox"]["batchSize"] == 10


def test_a_function_is_outside_the_network_unless_it_reaches_into_it() -> None:
    recorder = made({"relay": function(), "cached": function(cache=True)})
    assert "vpcConfig" not in recorder.inputs(FUNCTION, "app-relay")
    inside = recorder.inputs(FUNCTION, "app-cached")["vpcConfig"]
    assert inside["securityGroupIds"] == ["sg-app-cached", "sg-app-services", "sg-app-cache-clients"]
    role = recorder.one(POLICY, "app-cached").statements()
    assert role["DenyInterfacesToTheCode"]["Effect"] == "Deny"


def test_a_function_is_encrypted_logged_and_has_its_own_role() -> None:
    recorder = made({"relay": function()}, traced=True)
    inputs = recorder.inputs(FUNCTION, "app-relay")
    assert inputs["kmsKeyArn"] == key_arn("customer")
    assert inputs["loggingConfig"]["logGroup"] == "app-relay"
    assert inputs["tracingConfig"]["mode"] == "Active"
    assert inputs["handler"] == "functions.order_relay.handler.handler"
    assert recorder.inputs(":LogGroup", "app-relay")["kmsKeyId"] == key_arn("logs")


def test_direct_events_are_put_by_the_service_itself() -> None:
    recorder = made({"payments": fargate(emits={"payment.settled": "direct"})})
    assert recorder.of(":Pipe") == []
    assert "events:PutEvents" in actions(recorder, "app-payments-task")
    assert "STORE_BUS_NAME" in variables(recorder, "app-payments")


def test_payments_run_in_a_boundary_of_their_own() -> None:
    recorder = made({"payments": fargate(boundary="payment"), "orders": fargate()})
    payments, orders = (recorder.inputs(SERVICE, f"app-{name}") for name in ("payments", "orders"))
    assert payments["networkConfiguration"]["subnets"] == ["subnet-payment-a", "subnet-payment-b"]
    assert payments["cluster"] != orders["cluster"]
    assert not set(payments["networkConfiguration"]["securityGroups"]) & set(
        orders["networkConfiguration"]["securityGroups"]
    )
    disks = recorder.inputs("ecs/cluster:Cluster", "app-payment-cluster")["configuration"]
    assert disks["managedStorageConfiguration"]["fargateEphemeralStorageKmsKeyId"] == key_arn("payment")
    for role in ("app-payments-task", "app-payments-start"):
        assert recorder.inputs(ROLE, role)["permissionsBoundary"]
    for role in ("app-orders-task", "app-orders-start"):
        assert "permissionsBoundary" not in recorder.inputs(ROLE, role)


def test_a_second_tier_has_names_of_its_own() -> None:
    services = {
        "things": fargate(
            routes=[ROUTE], calls=["other"], tables={"orders": "write"}, emits={"order.placed": "orders"}
        ),
        "other": fargate(cache=True, dax=True, files="write", orders="send", contact_list="news"),
        "relay": function(orders="take", emits={"payment.settled": "direct"}),
        "payments": fargate(boundary="payment", tables={"payments": "write"}),
    }
    recorder = made(services, "first", "second")
    found = Counter((resource.type, resource.name) for resource in recorder.resources)
    assert [twice for twice, count in found.items() if count > 1] == []
    first, second = ({key for key in found if re.search(rf"\b{name}\b", key[1])} for name in ("first", "second"))
    assert {(type_, name.replace("first", "second")) for type_, name in first} == second


def test_the_bounds_of_payment_roles_name_the_queues_of_their_own_tier() -> None:
    recorder = made({"payments": fargate(boundary="payment", consumes=["order.placed"])}, "second")
    queues = recorder.one("iam/policy:Policy", "second-payment").statements()["Queues"]
    assert queues["Resource"] == "arn:aws:sqs:eu-west-1:111111111111:second-*-inbox-*"
    assert recorder.names("sqs/queue:Queue") >= {"second-payments-inbox"}


@pytest.mark.parametrize("count", [1, 60])
def test_priorities_are_unique_and_do_not_move_when_services_come(count: int) -> None:
    names = [f"service-{number}" for number in range(count)]
    before, after = priorities(names), priorities([*names, "another"])
    assert len(set(after.values())) == count + 1
    assert {name: after[name] for name in names} == before


def test_a_use_whose_owner_the_program_does_not_name_is_told() -> None:
    with pytest.raises(LookupError, match="services use `feeds`: `owners` must name its box `feeds`"):
        made({"writer": function(feeds=["catalogue"])})
