"""Changes of a running store: what is added, altered, moved and taken away, and the way from CloudFront to it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from tests.program.life import origin
from tests.program.life.frame import Change, Changes, Update

Config = dict[str, Any]
FIRST_VERSION, NEXT_VERSION = "b1d8c2f4-6a0e-4c55-9d3b-0f4e8a7c1d20", "c7e1a9d3-2b4f-4f60-8e1a-5d9c0b3f6e72"


def add_table(config: Config) -> None:
    config["web-store:data"]["tables"]["extra"]["reviews"] = {"design": {"partition": {"name": "product_id"}}}


def more_tasks(config: Config) -> None:
    config["web-store:web_tier"]["service"]["scaling"] = {"min_tasks": 2, "max_tasks": 6}


def longer_logs(config: Config) -> None:
    config["web-store:events"]["log_days"] = 30


def larger_cache(config: Config) -> None:
    config["web-store:web_tier"]["cache"] |= {"node_type": "cache.m7g.large", "apply_immediately": True}


def larger_task(config: Config) -> None:
    config["web-store:app_tier"]["services"]["inventory"]["runtime"]["size"] = {"cpu": 512, "memory_mib": 1024}


def add_attribute(config: Config) -> None:
    config["web-store:identity"]["custom_attributes"] = {"loyalty_id": {"type": "String", "max_length": 64}}


def add_service(config: Config) -> None:
    config["web-store:app_tier"]["services"]["moderation"] = {
        "runtime": {"kind": "lambda", "code": "order_relay", "log_days": 14},
        "orders": "send",
        "consumes": ["order.placed"],
    }


def provisioned(config: Config) -> None:
    config["web-store:data"]["tables"]["carts"]["capacity"] = {
        "mode": "provisioned",
        "max_read_units": 100,
        "max_write_units": 50,
    }


def count_rule(config: Config) -> None:
    config["web-store:edge"]["web_acl"]["common"] = {"count_only": ["SizeRestrictions_BODY"]}


def first_value(config: Config) -> None:
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = {"version_id": FIRST_VERSION}


def another_value(config: Config) -> None:
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = {"version_id": NEXT_VERSION}


def add_index(config: Config) -> None:
    config["web-store:data"]["tables"]["extra"]["reviews"]["design"]["indexes"] = {
        "by_customer": {"partition": {"name": "customer_id"}}
    }


def rename_service(config: Config) -> None:
    services = config["web-store:app_tier"]["services"]
    services["relay"] = {
        "runtime": {"kind": "lambda", "code": "order_relay", "log_days": 14},
        "orders": "send",
        "consumes": ["order.placed"],
    }
    del services["order-relay"]


def add_third_party(config: Config) -> None:
    config["web-store:third_parties"]["parties"]["reviews"] = {
        "kind": "cms",
        "company": {
            "name": "Reviews Ltd",
            "country": "IE",
            "role": "controller",
            "purpose": "reviews of products",
            "legal_basis": "consent",
        },
        "data_classes": ["identity"],
        "events": {
            "method": "POST",
            "endpoint": "https://reviews.example.com/v1/customers",
            "auth": {
                "kind": "api_key",
                "secret": {"arn": "arn:aws:secretsmanager:${region}:${account}:secret:store/reviews-Kl90Mn"},
            },
            "sends": {"customer.signed-up": {"fields": {"customerId": "customer_id"}}},
        },
    }


def drop_table(config: Config) -> None:
    del config["web-store:data"]["tables"]["extra"]["reviews"]


def remove_service(config: Config) -> None:
    del config["web-store:app_tier"]["services"]["moderation"]


def remove_third_party(config: Config) -> None:
    del config["web-store:third_parties"]["parties"]["reviews"]


def kafka(config: Config) -> None:
    config["web-store:feeds"]["engine"] = {"kind": "msk-provisioned", "zones": 2}


def another_domain(config: Config) -> None:
    config["web-store:dns"] |= {"domain_name": "shop.dev.store.example.com"}
    config["web-store:identity"]["email"]["from_address"] = "no-reply@shop.dev.store.example.com"


WATCHED = {"aws:lambda/function:Function::app-liveness": "update"}
"""The function that watches mappings knows each by its id."""

LAMBDA_SERVICE = (
    "aws:*::app-{0}",
    "aws:*::app-{0}-*",
    "aws:*::events-{0}*",
    "aws:iam/rolePolicy:RolePolicy::orders-send-by-app-{0}",
)
"""Resources of a function that takes events from its inbox and sends orders."""


def each(patterns: tuple[str, ...], name: str, operation: str) -> dict[str, str]:
    return {pattern.format(name): operation for pattern in patterns}


class TestEveryday(Changes):
    STEPS: ClassVar = [
        [
            origin.PUBLIC,
            Change("a table is added", add_table, {"aws:*::data-reviews*": "create"}),
            Change("logs are kept longer", longer_logs, {"aws:cloudwatch/logGroup:LogGroup::events-*": "update"}),
            Change(
                "a larger cache",
                larger_cache,
                {"aws:elasticache/replicationGroup:ReplicationGroup::web-cache": "update"},
            ),
            Change(
                "a larger task",
                larger_task,
                {
                    "aws:ecs/taskDefinition:TaskDefinition::app-inventory": "replace",
                    "aws:ecs/service:Service::app-inventory": "update",
                },
            ),
            Change("an attribute is added", add_attribute, {"aws:cognito/userPool:UserPool::identity": "update"}),
            Change("a service is added", add_service, {**each(LAMBDA_SERVICE, "moderation", "create"), **WATCHED}),
            Change(
                "capacity on demand becomes provisioned",
                provisioned,
                {
                    "aws:dynamodb/table:Table::data-carts": "update",
                    "aws:appautoscaling/*::data-carts-*": "create",
                },
            ),
            Change("a third party's secret has its value", first_value, {"aws:*::events-cms*": "create"}),
            Change("a rule counts", count_rule, {"aws:wafv2/webAcl:WebAcl::edge-web-acl": "update"}),
        ],
        [
            origin.NEXT_SECRET,
            Change(
                "more tasks",
                more_tasks,
                {
                    "aws:appautoscaling/target:Target::web-*": "update",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::web-service-tasks": "update",
                },
            ),
            Change(
                "a third party's secret is rotated",
                another_value,
                {"aws:cloudformation/stack:Stack::events-cms": "update"},
            ),
            Change(
                "an index is added",
                add_index,
                {
                    "aws:dynamodb/table:Table::data-reviews": "update",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::data-reviews-by_customer-*": "create",
                },
            ),
            Change(
                "a service is renamed",
                rename_service,
                {**each(LAMBDA_SERVICE, "order-relay", "delete"), **each(LAMBDA_SERVICE, "relay", "create"), **WATCHED},
            ),
            Change("a third party is added", add_third_party, {"aws:*::events-reviews*": "create"}),
            Change(
                "Kinesis becomes Kafka",
                kafka,
                {
                    "aws:kinesis/stream:Stream::feeds-*": "delete",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::feeds-*-throttled": "delete",
                    "aws:msk/*": "create",
                    "aws:appautoscaling/*::feeds-storage": "create",
                    "aws:cloudwatch/logGroup:LogGroup::feeds": "create",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::feeds-controller": "create",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::feeds-offline-partitions": "create",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::feeds-*-[12]": "create",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::feeds-*-set-aside": "create",
                    "aws:ec2/securityGroup:SecurityGroup::feeds": "create",
                    "aws:vpc/*::feeds-*": "create",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::feeds-*-lag": "update",
                    "aws:iam/rolePolicy:RolePolicy::feeds-*": "update",
                    "aws:lambda/eventSourceMapping:EventSourceMapping::feeds-*": "replace",
                },
            ),
        ],
        [
            origin.OTHER_SECRET,
            Change("a table is dropped", drop_table, {"aws:*::data-reviews*": "delete"}),
            Change("a service is removed", remove_service, {**each(LAMBDA_SERVICE, "moderation", "delete"), **WATCHED}),
            Change("a third party is removed", remove_third_party, {"aws:*::events-reviews*": "delete"}),
            Change(
                "another domain",
                another_domain,
                {
                    "aws:acm/*": "replace",
                    "aws:apigateway/basePathMapping:BasePathMapping::*": "replace",
                    "aws:apigateway/deployment:Deployment::*": "replace",
                    "aws:apigateway/domainName:DomainName::*": "replace",
                    "aws:apigateway/integration:Integration::*": "update",
                    "aws:apigateway/stage:Stage::*": "update",
                    "aws:cloudfront/distribution:Distribution::*": "update",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::*-expiry": "update",
                    "aws:cognito/userPoolClient:UserPoolClient::*-web": "update",
                    "aws:ecs/service:Service::web-service": "update",
                    "aws:ecs/taskDefinition:TaskDefinition::web-service": "replace",
                    # They call the simulated provider and parties, or are called by them, at the store's own address.
                    "aws:ecs/service:Service::app-payment*": "update",
                    "aws:ecs/taskDefinition:TaskDefinition::app-payment*": "replace",
                    "aws:ecs/service:Service::app-orders": "update",
                    "aws:ecs/taskDefinition:TaskDefinition::app-orders": "replace",
                    "aws:lb/listener:Listener::*-https": "update",
                    "aws:route53/record:Record::*shop.dev.*": "create",
                    "aws:route53/record:Record::*-dev.store.*": "delete",
                    "aws:route53/record:Record::*-api.dev.*": "delete",
                    "aws:route53/record:Record::api-host-a*": "replace",
                    "aws:route53/record:Record::dns-caa": "replace",
                    "aws:route53/record:Record::identity-mail-*": "replace",
                    # The sender of messages about orders is the domain.
                    "aws:sesv2/emailIdentity*::identity-mail": "replace",
                    "aws:ses/domainIdentityVerification:DomainIdentityVerification::identity-mail": "replace",
                    "aws:iam/rolePolicy:RolePolicy::engagement-send-by-app-messages": "update",
                    "aws:lambda/function:Function::app-messages": "update",
                    "aws:cloudformation/stack:Stack::location-maps": "update",  # pages that may show maps
                },
            ),
        ],
        [origin.PRIVATE],
    ]

    def test_what_goes_with_a_change_is_told(self, updates: Sequence[Update]) -> None:
        told = [
            sorted(line.strip() for line in update.said.splitlines() if "deleted:" in line or "replaced:" in line)
            for update in updates
        ]
        inboxes = "deleted: messages that nobody has received yet are deleted"
        removed = (
            "`app-moderation-inbox`",
            "`app-moderation-inbox-dead`",
            "`events-moderation-dead`",
            "`events-reviews-customer-signed-up-dead`",
        )
        records = "deleted: records that nobody has read yet are deleted"
        assert told == [
            [],
            [
                "- log group `app-order-relay`: deleted: its log events are deleted",
                f"- queue `app-order-relay-inbox`, `app-order-relay-inbox-dead`, `events-order-relay-dead`: {inboxes}",
                f"- stream `feeds-catalogue`, `feeds-inventory`, `feeds-order-status`: {records}",
            ],
            [
                "- email identity `identity-mail`: replaced: no mail is sent until its DNS records are verified again",
                "- log group `app-moderation`: deleted: its log events are deleted",
                f"- queue {', '.join(removed)}: {inboxes}",
                "- record `api-host-a`: replaced: its host name of before leads nowhere any more",
                "- record `edge-dev.store.example.com-a`: deleted: its host name leads nowhere any more",
                "- table `data-reviews`: deleted: its items are deleted",
            ],
            [],
        ]
