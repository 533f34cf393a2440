"""Typed reader of a web store's outputs, generated from its contract, version 1.5.0. Copy it into your project."""

from typing import Any, Generic, TypeVar

import pulumi

_T = TypeVar("_T")


class _Required(Generic[_T]):
    def __init__(self, since: str = "1.0.0") -> None:
        self._since = since

    def __set_name__(self, _: type, key: str) -> None:
        self._key = key

    def __get__(self, store: "WebStore", _: Any = None) -> pulumi.Output[_T]:
        return store._output(self._key, self._since, required=True)


class _Optional(_Required[_T | None]):
    def __get__(self, store: "WebStore", _: Any = None) -> pulumi.Output[_T | None]:
        return store._output(self._key, self._since, required=False)


class WebStore:
    """Outputs of one environment of the web store; an optional one is None where the store has no such thing.

    Args:
        stack: name of the store's stack, such as `organization/web-store/prod`.

    Raises:
        pulumi.RunError: the store publishes another major version of the contract, or one that is older than an output
            that is read (told during preview).
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._reference = pulumi.StackReference(stack)
        self.contract_version = self._reference.get_output("contract_version").apply(self._same_major)

    environment_name = _Required[str]()
    """Environment, as in the tag `environment`."""
    environment_region = _Required[str]()
    """Home Region."""
    environment_account_id = _Required[str]()
    """AWS account that holds the store."""
    store_url = _Required[str]()
    """URL of the store for customers."""
    dns_zone_id = _Required[str]()
    """Hosted zone of the store's domain."""
    dns_zone_name = _Required[str]()
    """Name of the hosted zone."""
    dns_name_servers = _Optional[list[str]]()
    """Name servers for the parent zone's delegation; only of a zone that the stack made."""
    dns_regional_certificate_arn = _Required[str]()
    """Certificate of the domain in the home Region."""
    images_registry = _Required[str]("1.2.0")
    """Registry of the account, for `docker login` and pushes."""
    images_repository_names = _Required[list[str]]("1.2.0")
    """Repositories of the services' images."""
    images_source_uris = _Required[dict[str, str]]("1.3.0")
    """Images of the store's own code, with digests, by source and processor (`services/ARM64`)."""
    network_vpc_id = _Required[str]()
    """VPC of the store."""
    network_cidr_block = _Required[str]()
    """IPv4 range of the VPC."""
    network_zones = _Required[list[str]]()
    """Availability Zones in use; the order of all subnet lists."""
    network_public_subnet_ids = _Required[list[str]]()
    """Subnets with a route to the internet gateway."""
    network_app_subnet_ids = _Required[list[str]]()
    """Private subnets of the services."""
    network_data_subnet_ids = _Required[list[str]]()
    """Isolated subnets of caches and data stores."""
    network_endpoints_security_group_id = _Required[str]()
    """Security group of the interface endpoints."""
    encryption_customer_key_arn = _Required[str]()
    """KMS key of customer and order data."""
    encryption_payment_key_arn = _Required[str]("1.1.0")
    """KMS key of payments."""
    encryption_media_key_arn = _Required[str]()
    """KMS key of media and static assets."""
    encryption_logs_key_arn = _Required[str]()
    """KMS key of logs and alarms in the home Region."""
    encryption_secrets_key_arn = _Required[str]()
    """KMS key of secrets."""
    encryption_edge_key_arn = _Required[str]()
    """KMS key of the edge's logs and alarms, in us-east-1."""
    observability_alarm_topic_arn = _Required[str]()
    """Topic of all alarms of the home Region."""
    observability_edge_alarm_topic_arn = _Required[str]()
    """Topic of the edge's alarms, in us-east-1."""
    observability_access_logs_bucket = _Required[str]()
    """Bucket of load balancer and S3 access logs."""
    media_bucket_name = _Required[str]()
    """Bucket that CloudFront serves media and static assets from."""
    media_bucket_arn = _Required[str]()
    """ARN of the media bucket."""
    web_load_balancer_arn = _Required[str]()
    """Application Load Balancer of the web tier."""
    web_load_balancer_dns_name = _Required[str]()
    """DNS name of the web tier's load balancer, reachable only through CloudFront."""
    web_cluster_arn = _Required[str]()
    """ECS cluster of the web tier."""
    web_service_name = _Required[str]()
    """ECS service of the user interface."""
    web_sessions_table_name = _Required[str]()
    """DynamoDB table of sessions."""
    web_sessions_table_arn = _Required[str]()
    """ARN of the table of sessions."""
    web_flags_table_name = _Required[str]()
    """DynamoDB table of feature flags and front-end settings."""
    web_flags_table_arn = _Required[str]()
    """ARN of the table of feature flags."""
    web_cache_endpoint = _Required[str]()
    """Primary endpoint of the web tier's Valkey cache (TLS)."""
    identity_user_pool_id = _Required[str]()
    """Cognito user pool of customers and staff."""
    identity_user_pool_arn = _Required[str]()
    """ARN of the user pool, for authorizers."""
    identity_issuer_url = _Required[str]()
    """Issuer of the user pool's tokens."""
    identity_sign_in_url = _Required[str]()
    """Address of the sign-in pages."""
    identity_web_client_id = _Required[str]()
    """App client of the web tier (authorisation code with PKCE)."""
    identity_mobile_client_id = _Optional[str]()
    """App client of the mobile app."""
    data_products_table_name = _Required[str]()
    """DynamoDB table of products."""
    data_customers_table_name = _Required[str]()
    """DynamoDB table of customers."""
    data_orders_table_name = _Required[str]()
    """DynamoDB table of orders."""
    data_payments_table_name = _Required[str]("1.1.0")
    """DynamoDB table of payments."""
    data_carts_table_name = _Required[str]()
    """DynamoDB table of carts."""
    data_inventory_table_name = _Required[str]()
    """DynamoDB table of stock."""
    data_orders_stream_arn = _Required[str]()
    """Stream of the orders' table."""
    data_customers_stream_arn = _Required[str]()
    """Stream of the customers' table."""
    data_dax_endpoint = _Optional[str]()
    """Endpoint of the accelerator (TLS)."""
    data_cache_endpoint = _Required[str]()
    """Endpoint of the services' Valkey cache (TLS)."""
    fraud_decisions_table_name = _Optional[str]("1.3.0")
    """DynamoDB table of decisions on payments."""
    fraud_reviewer_role_arn = _Optional[str]("1.3.0")
    """Role that staff assumes to review held payments."""
    location_maps_key_name = _Optional[str]("1.4.0")
    """API key of maps on the store's pages."""
    location_tracker_name = _Optional[str]("1.4.0")
    """Tracker of deliveries."""
    location_geofence_collection_name = _Optional[str]("1.4.0")
    """Areas in which a delivery is near."""
    location_courier_role_arn = _Optional[str]("1.4.0")
    """Role that couriers' systems assume."""
    location_delivery_dead_letter_url = _Optional[str]("1.5.0")
    """URL of the queue of news of deliveries that could not be told to the store; none without `tracking`."""
    personalization_dataset_group_arn = _Optional[str]("1.5.0")
    """Dataset group of Personalize with the store's events; none with `off`."""
    personalization_recommender_arn = _Optional[str]("1.5.0")
    """Recommender of Personalize; none while events are collected only."""
    personalization_forget_bucket_name = _Optional[str]("1.5.0")
    """Bucket of the pseudonyms that Personalize is to forget; none with `off`."""
    chat_bot_alias_arn = _Optional[str]("1.4.0")
    """ARN of the alias of the chat bot; none with `off`."""
    chat_support_topic_arn = _Optional[str]("1.4.0")
    """SNS topic of customers who ask the chat bot for a person."""
    engagement_configuration_set = _Optional[str]("1.4.0")
    """Configuration set of SES of messages to customers; none with `off`."""
    engagement_feedback_dead_letter_url = _Optional[str]("1.4.0")
    """URL of the queue of bounces, complaints and unsubscriptions that could not be followed; none with `off`."""
    files_file_system_id = _Required[str]()
    """EFS file system that web and application tier share."""
    files_file_system_arn = _Required[str]()
    """ARN of the EFS file system."""
    events_bus_name = _Required[str]()
    """EventBridge bus of the store."""
    events_bus_arn = _Required[str]()
    """ARN of the event bus."""
    events_registry_name = _Required[str]()
    """Registry of the events' schemas."""
    orders_queue_url = _Required[str]()
    """URL of the FIFO queue of orders for the Order Management System."""
    orders_queue_arn = _Required[str]()
    """ARN of the FIFO queue of orders."""
    orders_dead_letter_url = _Required[str]()
    """URL of the orders' FIFO dead-letter queue."""
    orders_dead_letter_arn = _Required[str]()
    """ARN of the orders' dead-letter queue."""
    orders_oms_role_arn = _Optional[str]()
    """Role that the Order Management System's account assumes."""
    app_load_balancer_arn = _Optional[str]("1.1.0")
    """Internal load balancer in front of the services."""
    app_namespace_name = _Optional[str]("1.1.0")
    """Service Connect namespace of the services."""
    api_url = _Optional[str]("1.1.0")
    """URL of the REST API for customers, through CloudFront."""
    api_machine_url = _Optional[str]("1.1.0")
    """URL of the REST API for signed requests."""
    api_rest_api_id = _Optional[str]("1.1.0")
    """Id of the REST API."""
    api_execution_arn = _Optional[str]("1.1.0")
    """Prefix of the ARNs of the REST API's methods, for policies."""
    api_stage_arn = _Optional[str]("1.1.0")
    """ARN of the REST API's stage."""
    feeds_cluster_arn = _Optional[str]("1.1.0")
    """ARN of the feeds' Kafka cluster; none with Kinesis."""
    feeds_bootstrap_brokers = _Optional[str]("1.1.0")
    """Kafka brokers for clients in the VPC (TLS with IAM)."""
    feeds_catalogue_name = _Required[str]("1.1.0")
    """Name of the Kafka topic, or Kinesis stream, of the feed catalogue."""
    feeds_catalogue_arn = _Required[str]("1.1.0")
    """ARN of the topic or stream of the feed catalogue."""
    feeds_catalogue_dead_letter_url = _Required[str]("1.1.0")
    """URL of the dead-letter queue of the feed catalogue."""
    feeds_inventory_name = _Required[str]("1.1.0")
    """Name of the Kafka topic, or Kinesis stream, of the feed inventory."""
    feeds_inventory_arn = _Required[str]("1.1.0")
    """ARN of the topic or stream of the feed inventory."""
    feeds_inventory_dead_letter_url = _Required[str]("1.1.0")
    """URL of the dead-letter queue of the feed inventory."""
    feeds_order_status_name = _Required[str]("1.1.0")
    """Name of the Kafka topic, or Kinesis stream, of the feed order status."""
    feeds_order_status_arn = _Required[str]("1.1.0")
    """ARN of the topic or stream of the feed order status."""
    feeds_order_status_dead_letter_url = _Required[str]("1.1.0")
    """URL of the dead-letter queue of the feed order status."""
    search_endpoint = _Optional[str]("1.3.0")
    """URL of the search engine inside the VPC; none with `off`."""
    search_arn = _Optional[str]("1.3.0")
    """ARN of the search domain; none with `off`."""
    edge_distribution_id = _Required[str]()
    """CloudFront distribution in front of everything."""
    edge_distribution_arn = _Required[str]()
    """ARN of the CloudFront distribution."""
    edge_distribution_domain_name = _Required[str]()
    """Domain name of the CloudFront distribution."""
    edge_web_acl_arn = _Required[str]()
    """Web ACL of scope CLOUDFRONT."""
    backup_vault_arn = _Optional[str]("1.1.0")
    """Vault of recovery points in the home Region."""
    backup_copy_vault_arn = _Optional[str]("1.1.0")
    """Vault of copies of recovery points in a second Region."""
    backup_restore_role_arn = _Optional[str]("1.1.0")
    """Role that AWS Backup restores with."""

    def _same_major(self, version: str | None) -> str:
        if version is None:
            raise pulumi.RunError(f"{self._stack} publishes no contract_version: is it a stack of the web store?")
        if version.partition(".")[0] != "1":
            raise pulumi.RunError(
                f"{self._stack} publishes contract version {version}; this reader knows 1.5.0: copy the current one"
            )
        return version

    def _output(self, key: str, since: str, *, required: bool) -> pulumi.Output[Any]:
        def checked(found: list[Any]) -> Any:
            value, version = found
            if [int(part) for part in version.split(".")] < [int(part) for part in since.split(".")]:
                raise pulumi.RunError(
                    f"{self._stack} publishes contract version {version}; `{key}` came with {since}: update it first"
                )
            if value is None and required:
                raise pulumi.RunError(
                    f"{self._stack} lacks the output `{key}` of contract version {version}: update it"
                )
            return value

        return pulumi.Output.all(self._reference.get_output(key), self.contract_version).apply(checked)
