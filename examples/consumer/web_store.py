"""Typed reader of a web store's outputs, generated from its contract, version 1.1.0. Copy it into your project."""

import pulumi


class WebStore:
    """Outputs of one environment of the web store; a missing output fails the preview, an optional one is None then.

    Args:
        stack: name of the store's stack, such as `organization/web-store/prod`.

    Raises:
        pulumi.RunError: the store publishes another major version of the contract (told during preview).
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._reference = pulumi.StackReference(stack)
        self.contract_version = self._reference.require_output("contract_version").apply(self._same_major)

    @property
    def environment_name(self) -> pulumi.Output[str]:
        """Environment, as in the tag `environment`."""
        return self._reference.require_output("environment_name")

    @property
    def environment_region(self) -> pulumi.Output[str]:
        """Home Region."""
        return self._reference.require_output("environment_region")

    @property
    def environment_account_id(self) -> pulumi.Output[str]:
        """AWS account that holds the store."""
        return self._reference.require_output("environment_account_id")

    @property
    def store_url(self) -> pulumi.Output[str]:
        """URL of the store for customers."""
        return self._reference.require_output("store_url")

    @property
    def dns_zone_id(self) -> pulumi.Output[str]:
        """Hosted zone of the store's domain."""
        return self._reference.require_output("dns_zone_id")

    @property
    def dns_zone_name(self) -> pulumi.Output[str]:
        """Name of the hosted zone."""
        return self._reference.require_output("dns_zone_name")

    @property
    def dns_name_servers(self) -> pulumi.Output[list[str] | None]:
        """Name servers for the parent zone's delegation; only of a zone that the stack made."""
        return self._reference.get_output("dns_name_servers")

    @property
    def dns_regional_certificate_arn(self) -> pulumi.Output[str]:
        """Certificate of the domain in the home Region."""
        return self._reference.require_output("dns_regional_certificate_arn")

    @property
    def network_vpc_id(self) -> pulumi.Output[str]:
        """VPC of the store."""
        return self._reference.require_output("network_vpc_id")

    @property
    def network_cidr_block(self) -> pulumi.Output[str]:
        """IPv4 range of the VPC."""
        return self._reference.require_output("network_cidr_block")

    @property
    def network_zones(self) -> pulumi.Output[list[str]]:
        """Availability Zones in use; the order of all subnet lists."""
        return self._reference.require_output("network_zones")

    @property
    def network_public_subnet_ids(self) -> pulumi.Output[list[str]]:
        """Subnets with a route to the internet gateway."""
        return self._reference.require_output("network_public_subnet_ids")

    @property
    def network_app_subnet_ids(self) -> pulumi.Output[list[str]]:
        """Private subnets of the services."""
        return self._reference.require_output("network_app_subnet_ids")

    @property
    def network_data_subnet_ids(self) -> pulumi.Output[list[str]]:
        """Isolated subnets of caches and data stores."""
        return self._reference.require_output("network_data_subnet_ids")

    @property
    def network_endpoints_security_group_id(self) -> pulumi.Output[str]:
        """Security group of the interface endpoints."""
        return self._reference.require_output("network_endpoints_security_group_id")

    @property
    def encryption_customer_key_arn(self) -> pulumi.Output[str]:
        """KMS key of customer and order data."""
        return self._reference.require_output("encryption_customer_key_arn")

    @property
    def encryption_payment_key_arn(self) -> pulumi.Output[str]:
        """KMS key of payments."""
        return self._reference.require_output("encryption_payment_key_arn")

    @property
    def encryption_media_key_arn(self) -> pulumi.Output[str]:
        """KMS key of media and static assets."""
        return self._reference.require_output("encryption_media_key_arn")

    @property
    def encryption_logs_key_arn(self) -> pulumi.Output[str]:
        """KMS key of logs and alarms in the home Region."""
        return self._reference.require_output("encryption_logs_key_arn")

    @property
    def encryption_secrets_key_arn(self) -> pulumi.Output[str]:
        """KMS key of secrets."""
        return self._reference.require_output("encryption_secrets_key_arn")

    @property
    def encryption_edge_key_arn(self) -> pulumi.Output[str]:
        """KMS key of the edge's logs and alarms, in us-east-1."""
        return self._reference.require_output("encryption_edge_key_arn")

    @property
    def observability_alarm_topic_arn(self) -> pulumi.Output[str]:
        """Topic of all alarms of the home Region."""
        return self._reference.require_output("observability_alarm_topic_arn")

    @property
    def observability_edge_alarm_topic_arn(self) -> pulumi.Output[str]:
        """Topic of the edge's alarms, in us-east-1."""
        return self._reference.require_output("observability_edge_alarm_topic_arn")

    @property
    def observability_access_logs_bucket(self) -> pulumi.Output[str]:
        """Bucket of load balancer and S3 access logs."""
        return self._reference.require_output("observability_access_logs_bucket")

    @property
    def media_bucket_name(self) -> pulumi.Output[str]:
        """Bucket that CloudFront serves media and static assets from."""
        return self._reference.require_output("media_bucket_name")

    @property
    def media_bucket_arn(self) -> pulumi.Output[str]:
        """ARN of the media bucket."""
        return self._reference.require_output("media_bucket_arn")

    @property
    def web_load_balancer_arn(self) -> pulumi.Output[str]:
        """Application Load Balancer of the web tier."""
        return self._reference.require_output("web_load_balancer_arn")

    @property
    def web_load_balancer_dns_name(self) -> pulumi.Output[str]:
        """DNS name of the web tier's load balancer, reachable only through CloudFront."""
        return self._reference.require_output("web_load_balancer_dns_name")

    @property
    def web_cluster_arn(self) -> pulumi.Output[str]:
        """ECS cluster of the web tier."""
        return self._reference.require_output("web_cluster_arn")

    @property
    def web_service_name(self) -> pulumi.Output[str]:
        """ECS service of the user interface."""
        return self._reference.require_output("web_service_name")

    @property
    def web_sessions_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of sessions."""
        return self._reference.require_output("web_sessions_table_name")

    @property
    def web_sessions_table_arn(self) -> pulumi.Output[str]:
        """ARN of the table of sessions."""
        return self._reference.require_output("web_sessions_table_arn")

    @property
    def web_flags_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of feature flags and front-end settings."""
        return self._reference.require_output("web_flags_table_name")

    @property
    def web_flags_table_arn(self) -> pulumi.Output[str]:
        """ARN of the table of feature flags."""
        return self._reference.require_output("web_flags_table_arn")

    @property
    def web_cache_endpoint(self) -> pulumi.Output[str]:
        """Primary endpoint of the web tier's Valkey cache (TLS)."""
        return self._reference.require_output("web_cache_endpoint")

    @property
    def identity_user_pool_id(self) -> pulumi.Output[str]:
        """Cognito user pool of customers and staff."""
        return self._reference.require_output("identity_user_pool_id")

    @property
    def identity_user_pool_arn(self) -> pulumi.Output[str]:
        """ARN of the user pool, for authorizers."""
        return self._reference.require_output("identity_user_pool_arn")

    @property
    def identity_issuer_url(self) -> pulumi.Output[str]:
        """Issuer of the user pool's tokens."""
        return self._reference.require_output("identity_issuer_url")

    @property
    def identity_sign_in_url(self) -> pulumi.Output[str]:
        """Address of the sign-in pages."""
        return self._reference.require_output("identity_sign_in_url")

    @property
    def identity_web_client_id(self) -> pulumi.Output[str]:
        """App client of the web tier (authorisation code with PKCE)."""
        return self._reference.require_output("identity_web_client_id")

    @property
    def identity_mobile_client_id(self) -> pulumi.Output[str | None]:
        """App client of the mobile app."""
        return self._reference.get_output("identity_mobile_client_id")

    @property
    def data_products_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of products."""
        return self._reference.require_output("data_products_table_name")

    @property
    def data_customers_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of customers."""
        return self._reference.require_output("data_customers_table_name")

    @property
    def data_orders_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of orders."""
        return self._reference.require_output("data_orders_table_name")

    @property
    def data_payments_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of payments."""
        return self._reference.require_output("data_payments_table_name")

    @property
    def data_carts_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of carts."""
        return self._reference.require_output("data_carts_table_name")

    @property
    def data_inventory_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of stock."""
        return self._reference.require_output("data_inventory_table_name")

    @property
    def data_orders_stream_arn(self) -> pulumi.Output[str]:
        """Stream of the orders' table."""
        return self._reference.require_output("data_orders_stream_arn")

    @property
    def data_customers_stream_arn(self) -> pulumi.Output[str]:
        """Stream of the customers' table."""
        return self._reference.require_output("data_customers_stream_arn")

    @property
    def data_dax_endpoint(self) -> pulumi.Output[str | None]:
        """Endpoint of the accelerator (TLS)."""
        return self._reference.get_output("data_dax_endpoint")

    @property
    def data_cache_endpoint(self) -> pulumi.Output[str]:
        """Endpoint of the services' Valkey cache (TLS)."""
        return self._reference.require_output("data_cache_endpoint")

    @property
    def files_file_system_id(self) -> pulumi.Output[str]:
        """EFS file system that web and application tier share."""
        return self._reference.require_output("files_file_system_id")

    @property
    def files_file_system_arn(self) -> pulumi.Output[str]:
        """ARN of the EFS file system."""
        return self._reference.require_output("files_file_system_arn")

    @property
    def events_bus_name(self) -> pulumi.Output[str]:
        """EventBridge bus of the store."""
        return self._reference.require_output("events_bus_name")

    @property
    def events_bus_arn(self) -> pulumi.Output[str]:
        """ARN of the event bus."""
        return self._reference.require_output("events_bus_arn")

    @property
    def events_registry_name(self) -> pulumi.Output[str]:
        """Registry of the events' schemas."""
        return self._reference.require_output("events_registry_name")

    @property
    def orders_queue_url(self) -> pulumi.Output[str]:
        """URL of the FIFO queue of orders for the Order Management System."""
        return self._reference.require_output("orders_queue_url")

    @property
    def orders_queue_arn(self) -> pulumi.Output[str]:
        """ARN of the FIFO queue of orders."""
        return self._reference.require_output("orders_queue_arn")

    @property
    def orders_dead_letter_url(self) -> pulumi.Output[str]:
        """URL of the orders' FIFO dead-letter queue."""
        return self._reference.require_output("orders_dead_letter_url")

    @property
    def orders_dead_letter_arn(self) -> pulumi.Output[str]:
        """ARN of the orders' dead-letter queue."""
        return self._reference.require_output("orders_dead_letter_arn")

    @property
    def orders_oms_role_arn(self) -> pulumi.Output[str | None]:
        """Role that the Order Management System's account assumes."""
        return self._reference.get_output("orders_oms_role_arn")

    @property
    def app_load_balancer_arn(self) -> pulumi.Output[str | None]:
        """Internal load balancer in front of the services."""
        return self._reference.get_output("app_load_balancer_arn")

    @property
    def app_namespace_name(self) -> pulumi.Output[str | None]:
        """Service Connect namespace of the services."""
        return self._reference.get_output("app_namespace_name")

    @property
    def api_url(self) -> pulumi.Output[str | None]:
        """URL of the REST API for customers, through CloudFront."""
        return self._reference.get_output("api_url")

    @property
    def api_machine_url(self) -> pulumi.Output[str | None]:
        """URL of the REST API for signed requests."""
        return self._reference.get_output("api_machine_url")

    @property
    def api_rest_api_id(self) -> pulumi.Output[str | None]:
        """Id of the REST API."""
        return self._reference.get_output("api_rest_api_id")

    @property
    def api_execution_arn(self) -> pulumi.Output[str | None]:
        """Prefix of the ARNs of the REST API's methods, for policies."""
        return self._reference.get_output("api_execution_arn")

    @property
    def api_stage_arn(self) -> pulumi.Output[str | None]:
        """ARN of the REST API's stage."""
        return self._reference.get_output("api_stage_arn")

    @property
    def feeds_cluster_arn(self) -> pulumi.Output[str | None]:
        """ARN of the feeds' Kafka cluster; none with Kinesis."""
        return self._reference.get_output("feeds_cluster_arn")

    @property
    def feeds_bootstrap_brokers(self) -> pulumi.Output[str | None]:
        """Kafka brokers for clients in the VPC (TLS with IAM)."""
        return self._reference.get_output("feeds_bootstrap_brokers")

    @property
    def feeds_catalogue_name(self) -> pulumi.Output[str]:
        """Name of the Kafka topic, or Kinesis stream, of the feed catalogue."""
        return self._reference.require_output("feeds_catalogue_name")

    @property
    def feeds_catalogue_arn(self) -> pulumi.Output[str]:
        """ARN of the topic or stream of the feed catalogue."""
        return self._reference.require_output("feeds_catalogue_arn")

    @property
    def feeds_catalogue_dead_letter_url(self) -> pulumi.Output[str]:
        """URL of the dead-letter queue of the feed catalogue."""
        return self._reference.require_output("feeds_catalogue_dead_letter_url")

    @property
    def feeds_inventory_name(self) -> pulumi.Output[str]:
        """Name of the Kafka topic, or Kinesis stream, of the feed inventory."""
        return self._reference.require_output("feeds_inventory_name")

    @property
    def feeds_inventory_arn(self) -> pulumi.Output[str]:
        """ARN of the topic or stream of the feed inventory."""
        return self._reference.require_output("feeds_inventory_arn")

    @property
    def feeds_inventory_dead_letter_url(self) -> pulumi.Output[str]:
        """URL of the dead-letter queue of the feed inventory."""
        return self._reference.require_output("feeds_inventory_dead_letter_url")

    @property
    def feeds_order_status_name(self) -> pulumi.Output[str]:
        """Name of the Kafka topic, or Kinesis stream, of the feed order status."""
        return self._reference.require_output("feeds_order_status_name")

    @property
    def feeds_order_status_arn(self) -> pulumi.Output[str]:
        """ARN of the topic or stream of the feed order status."""
        return self._reference.require_output("feeds_order_status_arn")

    @property
    def feeds_order_status_dead_letter_url(self) -> pulumi.Output[str]:
        """URL of the dead-letter queue of the feed order status."""
        return self._reference.require_output("feeds_order_status_dead_letter_url")

    @property
    def edge_distribution_id(self) -> pulumi.Output[str]:
        """CloudFront distribution in front of everything."""
        return self._reference.require_output("edge_distribution_id")

    @property
    def edge_distribution_arn(self) -> pulumi.Output[str]:
        """ARN of the CloudFront distribution."""
        return self._reference.require_output("edge_distribution_arn")

    @property
    def edge_distribution_domain_name(self) -> pulumi.Output[str]:
        """Domain name of the CloudFront distribution."""
        return self._reference.require_output("edge_distribution_domain_name")

    @property
    def edge_web_acl_arn(self) -> pulumi.Output[str]:
        """Web ACL of scope CLOUDFRONT."""
        return self._reference.require_output("edge_web_acl_arn")

    @property
    def backup_vault_arn(self) -> pulumi.Output[str | None]:
        """Vault of recovery points in the home Region."""
        return self._reference.get_output("backup_vault_arn")

    @property
    def backup_copy_vault_arn(self) -> pulumi.Output[str | None]:
        """Vault of copies of recovery points in a second Region."""
        return self._reference.get_output("backup_copy_vault_arn")

    @property
    def backup_restore_role_arn(self) -> pulumi.Output[str | None]:
        """Role that AWS Backup restores with."""
        return self._reference.get_output("backup_restore_role_arn")

    def _same_major(self, version: str) -> str:
        if version.partition(".")[0] != "1":
            raise pulumi.RunError(
                f"{self._stack} publishes contract version {version}; this reader knows 1.1.0: copy the current one"
            )
        return version
