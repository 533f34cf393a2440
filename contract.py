"""Outputs of a store's stack that other teams may read, and the only caller of `pulumi.export`.

The same keys are declared for every environment. A capability that is off leaves its optional keys without a value,
which `StackReference.get_output` reads as None (the SDK exports no nulls). `CONTRACT_VERSION` follows semantic
versioning: a removed or retyped key is a new major version, an added key a new minor one; `make docs` and `make check`
compare the contract with the released one, `docs/outputs.json`. Secrets are never published, only their ARNs.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from functools import reduce
from typing import Any, Literal

import pulumi

from settings.environment import EnvironmentSettings

CONTRACT_VERSION = "1.5.0"


@dataclass(frozen=True)
class Published:
    """One output. The key's first word names the box, the rest the box's attribute; `source` gives another path."""

    key: str
    meaning: str
    _: KW_ONLY
    type: Literal["string", "strings", "strings_by_name"] = "string"
    optional: bool = False
    since: str = "1.0.0"
    source: str = ""

    @property
    def path(self) -> list[str]:
        return self.source.split(".") if self.source else self.key.split("_", maxsplit=1)


CONTRACT: tuple[Published, ...] = (
    Published("contract_version", "Version of this contract (semantic versioning)."),
    Published("environment_name", "Environment, as in the tag `environment`."),
    Published("environment_region", "Home Region."),
    Published("environment_account_id", "AWS account that holds the store."),
    Published("store_url", "URL of the store for customers.", source="dns.url"),
    Published("dns_zone_id", "Hosted zone of the store's domain."),
    Published("dns_zone_name", "Name of the hosted zone."),
    Published(
        "dns_name_servers",
        "Name servers for the parent zone's delegation; only of a zone that the stack made.",
        type="strings",
        optional=True,
    ),
    Published("dns_regional_certificate_arn", "Certificate of the domain in the home Region."),
    Published("images_registry", "Registry of the account, for `docker login` and pushes.", since="1.2.0"),
    Published(
        "images_repository_names",
        "Repositories of the services' images.",
        type="strings",
        since="1.2.0",
    ),
    Published(
        "images_source_uris",
        "Images of the store's own code, with digests, by source and processor (`services/ARM64`).",
        type="strings_by_name",
        since="1.3.0",
    ),
    Published("network_vpc_id", "VPC of the store."),
    Published("network_cidr_block", "IPv4 range of the VPC."),
    Published("network_zones", "Availability Zones in use; the order of all subnet lists.", type="strings"),
    Published("network_public_subnet_ids", "Subnets with a route to the internet gateway.", type="strings"),
    Published("network_app_subnet_ids", "Private subnets of the services.", type="strings"),
    Published("network_data_subnet_ids", "Isolated subnets of caches and data stores.", type="strings"),
    Published(
        "network_endpoints_security_group_id",
        "Security group of the interface endpoints.",
        source="network.endpoints_group.group_id",
    ),
    Published("encryption_customer_key_arn", "KMS key of customer and order data."),
    Published("encryption_payment_key_arn", "KMS key of payments.", since="1.1.0"),
    Published("encryption_media_key_arn", "KMS key of media and static assets."),
    Published("encryption_logs_key_arn", "KMS key of logs and alarms in the home Region."),
    Published("encryption_secrets_key_arn", "KMS key of secrets."),
    Published("encryption_edge_key_arn", "KMS key of the edge's logs and alarms, in us-east-1."),
    Published("observability_alarm_topic_arn", "Topic of all alarms of the home Region."),
    Published("observability_edge_alarm_topic_arn", "Topic of the edge's alarms, in us-east-1."),
    Published("observability_access_logs_bucket", "Bucket of load balancer and S3 access logs."),
    Published("media_bucket_name", "Bucket that CloudFront serves media and static assets from."),
    Published("media_bucket_arn", "ARN of the media bucket."),
    Published("web_load_balancer_arn", "Application Load Balancer of the web tier."),
    Published(
        "web_load_balancer_dns_name", "DNS name of the web tier's load balancer, reachable only through CloudFront."
    ),
    Published("web_cluster_arn", "ECS cluster of the web tier."),
    Published("web_service_name", "ECS service of the user interface."),
    Published("web_sessions_table_name", "DynamoDB table of sessions."),
    Published("web_sessions_table_arn", "ARN of the table of sessions."),
    Published("web_flags_table_name", "DynamoDB table of feature flags and front-end settings."),
    Published("web_flags_table_arn", "ARN of the table of feature flags."),
    Published("web_cache_endpoint", "Primary endpoint of the web tier's Valkey cache (TLS)."),
    Published("identity_user_pool_id", "Cognito user pool of customers and staff."),
    Published("identity_user_pool_arn", "ARN of the user pool, for authorizers."),
    Published("identity_issuer_url", "Issuer of the user pool's tokens."),
    Published("identity_sign_in_url", "Address of the sign-in pages."),
    Published("identity_web_client_id", "App client of the web tier (authorisation code with PKCE)."),
    Published("identity_mobile_client_id", "App client of the mobile app.", optional=True),
    Published("data_products_table_name", "DynamoDB table of products.", source="data.products.table_name"),
    Published("data_customers_table_name", "DynamoDB table of customers.", source="data.customers.table_name"),
    Published("data_orders_table_name", "DynamoDB table of orders.", source="data.orders.table_name"),
    Published(
        "data_payments_table_name", "DynamoDB table of payments.", source="data.payments.table_name", since="1.1.0"
    ),
    Published("data_carts_table_name", "DynamoDB table of carts.", source="data.carts.table_name"),
    Published("data_inventory_table_name", "DynamoDB table of stock.", source="data.inventory.table_name"),
    Published("data_orders_stream_arn", "Stream of the orders' table.", source="data.orders.stream_arn"),
    Published("data_customers_stream_arn", "Stream of the customers' table.", source="data.customers.stream_arn"),
    Published("data_dax_endpoint", "Endpoint of the accelerator (TLS).", optional=True),
    Published("data_cache_endpoint", "Endpoint of the services' Valkey cache (TLS).", source="data.cache.endpoint"),
    Published("fraud_decisions_table_name", "DynamoDB table of decisions on payments.", optional=True, since="1.3.0"),
    Published(
        "fraud_reviewer_role_arn", "Role that staff assumes to review held payments.", optional=True, since="1.3.0"
    ),
    Published("location_maps_key_name", "API key of maps on the store's pages.", optional=True, since="1.4.0"),
    Published("location_tracker_name", "Tracker of deliveries.", optional=True, since="1.4.0"),
    Published("location_geofence_collection_name", "Areas in which a delivery is near.", optional=True, since="1.4.0"),
    Published("location_courier_role_arn", "Role that couriers' systems assume.", optional=True, since="1.4.0"),
    Published(
        "location_delivery_dead_letter_url",
        "URL of the queue of news of deliveries that could not be told to the store; none without `tracking`.",
        optional=True,
        since="1.5.0",
    ),
    Published(
        "personalization_dataset_group_arn",
        "Dataset group of Personalize with the store's events; none with `off`.",
        optional=True,
        since="1.5.0",
    ),
    Published(
        "personalization_recommender_arn",
        "Recommender of Personalize; none while events are collected only.",
        optional=True,
        since="1.5.0",
    ),
    Published(
        "personalization_forget_bucket_name",
        "Bucket of the pseudonyms that Personalize is to forget; none with `off`.",
        optional=True,
        since="1.5.0",
    ),
    Published("chat_bot_alias_arn", "ARN of the alias of the chat bot; none with `off`.", optional=True, since="1.4.0"),
    Published(
        "chat_support_topic_arn",
        "SNS topic of customers who ask the chat bot for a person.",
        optional=True,
        since="1.4.0",
    ),
    Published(
        "engagement_configuration_set",
        "Configuration set of SES of messages to customers; none with `off`.",
        optional=True,
        since="1.4.0",
    ),
    Published(
        "engagement_feedback_dead_letter_url",
        "URL of the queue of bounces, complaints and unsubscriptions that could not be followed; none with `off`.",
        optional=True,
        since="1.4.0",
    ),
    Published("files_file_system_id", "EFS file system that web and application tier share."),
    Published("files_file_system_arn", "ARN of the EFS file system."),
    Published("events_bus_name", "EventBridge bus of the store."),
    Published("events_bus_arn", "ARN of the event bus."),
    Published("events_registry_name", "Registry of the events' schemas."),
    Published("orders_queue_url", "URL of the FIFO queue of orders for the Order Management System."),
    Published("orders_queue_arn", "ARN of the FIFO queue of orders."),
    Published("orders_dead_letter_url", "URL of the orders' FIFO dead-letter queue."),
    Published("orders_dead_letter_arn", "ARN of the orders' dead-letter queue."),
    Published("orders_oms_role_arn", "Role that the Order Management System's account assumes.", optional=True),
    Published(
        "app_load_balancer_arn", "Internal load balancer in front of the services.", optional=True, since="1.1.0"
    ),
    Published("app_namespace_name", "Service Connect namespace of the services.", optional=True, since="1.1.0"),
    Published("api_url", "URL of the REST API for customers, through CloudFront.", optional=True, since="1.1.0"),
    Published("api_machine_url", "URL of the REST API for signed requests.", optional=True, since="1.1.0"),
    Published("api_rest_api_id", "Id of the REST API.", optional=True, since="1.1.0"),
    Published(
        "api_execution_arn", "Prefix of the ARNs of the REST API's methods, for policies.", optional=True, since="1.1.0"
    ),
    Published("api_stage_arn", "ARN of the REST API's stage.", optional=True, since="1.1.0"),
    Published(
        "feeds_cluster_arn",
        "ARN of the feeds' Kafka cluster; none with Kinesis.",
        optional=True,
        since="1.1.0",
    ),
    Published(
        "feeds_bootstrap_brokers", "Kafka brokers for clients in the VPC (TLS with IAM).", optional=True, since="1.1.0"
    ),
    Published(
        "feeds_catalogue_name",
        "Name of the Kafka topic, or Kinesis stream, of the feed catalogue.",
        source="feeds.catalogue.name",
        since="1.1.0",
    ),
    Published(
        "feeds_catalogue_arn",
        "ARN of the topic or stream of the feed catalogue.",
        source="feeds.catalogue.arn",
        since="1.1.0",
    ),
    Published(
        "feeds_catalogue_dead_letter_url",
        "URL of the dead-letter queue of the feed catalogue.",
        source="feeds.catalogue.dead_letter_url",
        since="1.1.0",
    ),
    Published(
        "feeds_inventory_name",
        "Name of the Kafka topic, or Kinesis stream, of the feed inventory.",
        source="feeds.inventory.name",
        since="1.1.0",
    ),
    Published(
        "feeds_inventory_arn",
        "ARN of the topic or stream of the feed inventory.",
        source="feeds.inventory.arn",
        since="1.1.0",
    ),
    Published(
        "feeds_inventory_dead_letter_url",
        "URL of the dead-letter queue of the feed inventory.",
        source="feeds.inventory.dead_letter_url",
        since="1.1.0",
    ),
    Published(
        "feeds_order_status_name",
        "Name of the Kafka topic, or Kinesis stream, of the feed order status.",
        source="feeds.order_status.name",
        since="1.1.0",
    ),
    Published(
        "feeds_order_status_arn",
        "ARN of the topic or stream of the feed order status.",
        source="feeds.order_status.arn",
        since="1.1.0",
    ),
    Published(
        "feeds_order_status_dead_letter_url",
        "URL of the dead-letter queue of the feed order status.",
        source="feeds.order_status.dead_letter_url",
        since="1.1.0",
    ),
    Published(
        "search_endpoint", "URL of the search engine inside the VPC; none with `off`.", optional=True, since="1.3.0"
    ),
    Published("search_arn", "ARN of the search domain; none with `off`.", optional=True, since="1.3.0"),
    Published("edge_distribution_id", "CloudFront distribution in front of everything."),
    Published("edge_distribution_arn", "ARN of the CloudFront distribution."),
    Published("edge_distribution_domain_name", "Domain name of the CloudFront distribution."),
    Published("edge_web_acl_arn", "Web ACL of scope CLOUDFRONT."),
    Published("backup_vault_arn", "Vault of recovery points in the home Region.", optional=True, since="1.1.0"),
    Published(
        "backup_copy_vault_arn", "Vault of copies of recovery points in a second Region.", optional=True, since="1.1.0"
    ),
    Published("backup_restore_role_arn", "Role that AWS Backup restores with.", optional=True, since="1.1.0"),
)


def publish(environment: EnvironmentSettings, boxes: Mapping[str, object]) -> None:
    """Export every output of the contract from the environment and the boxes.

    Raises:
        KeyError: the box of an output does not exist.
        AttributeError: the box lacks the attribute, or a required output has no value.
    """
    sources = {"environment": environment, **boxes}
    pulumi.export("contract_version", CONTRACT_VERSION)
    for entry in CONTRACT[1:]:
        source, *path = entry.path
        value = reduce(getattr, path, sources[source])
        if value is None and not entry.optional:
            raise AttributeError(
                f"output {entry.key} must have a value, and {'.'.join(entry.path)} is None: set it, or declare the"
                " output optional"
            )
        pulumi.export(entry.key, value)


def released_form() -> dict[str, Any]:
    """Form of the contract in `docs/outputs.json`: version, and key to type."""
    return {"contract_version": CONTRACT_VERSION, "outputs": {entry.key: entry.type for entry in CONTRACT}}


def broken_promises(released: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Reasons why `current` needs another version number than its own to replace `released`; empty if there is none."""
    was, now = ([int(part) for part in form["contract_version"].split(".")] for form in (released, current))
    old, new = released["outputs"], current["outputs"]
    if now < was:
        return [f"contract version {current['contract_version']} must not be below {released['contract_version']}"]
    changed = [key for key in old if new.get(key) != old[key]]
    added = sorted(new.keys() - old.keys())
    if changed and now[0] == was[0]:
        return [
            f"{key} was {old[key]}, now {new.get(key, 'gone')}: the contract version must be {was[0] + 1}.0.0"
            for key in changed
        ]
    if added and now[:2] == was[:2]:
        return [f"{key} is new: the contract version must be {was[0]}.{was[1] + 1}.0" for key in added]
    return []
