"""Typed reader of a web store's outputs, generated from its contract, version 1.0.0. Copy it into your project."""

import pulumi


class WebStore:
    """Outputs of one environment of the web store; a missing output fails the preview.

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
        """Address that customers use."""
        return self._reference.require_output("store_url")

    @property
    def dns_zone_id(self) -> pulumi.Output[str]:
        """Hosted zone of the store's domain."""
        return self._reference.require_output("dns_zone_id")

    @property
    def dns_zone_name(self) -> pulumi.Output[str]:
        """Name of that zone."""
        return self._reference.require_output("dns_zone_name")

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
        """ARN of that bucket."""
        return self._reference.require_output("media_bucket_arn")

    @property
    def web_load_balancer_arn(self) -> pulumi.Output[str]:
        """Application Load Balancer of the web tier."""
        return self._reference.require_output("web_load_balancer_arn")

    @property
    def web_load_balancer_dns_name(self) -> pulumi.Output[str]:
        """Its DNS name, reachable only through CloudFront."""
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
        """ARN of that table."""
        return self._reference.require_output("web_sessions_table_arn")

    @property
    def web_flags_table_name(self) -> pulumi.Output[str]:
        """DynamoDB table of feature flags and front-end settings."""
        return self._reference.require_output("web_flags_table_name")

    @property
    def web_flags_table_arn(self) -> pulumi.Output[str]:
        """ARN of that table."""
        return self._reference.require_output("web_flags_table_arn")

    @property
    def web_cache_endpoint(self) -> pulumi.Output[str]:
        """Primary endpoint of the web tier's Valkey cache (TLS)."""
        return self._reference.require_output("web_cache_endpoint")

    @property
    def edge_distribution_id(self) -> pulumi.Output[str]:
        """CloudFront distribution in front of everything."""
        return self._reference.require_output("edge_distribution_id")

    @property
    def edge_distribution_arn(self) -> pulumi.Output[str]:
        """ARN of that distribution."""
        return self._reference.require_output("edge_distribution_arn")

    @property
    def edge_distribution_domain_name(self) -> pulumi.Output[str]:
        """Its own domain name."""
        return self._reference.require_output("edge_distribution_domain_name")

    @property
    def edge_web_acl_arn(self) -> pulumi.Output[str]:
        """Web ACL of scope CLOUDFRONT."""
        return self._reference.require_output("edge_web_acl_arn")

    def _same_major(self, version: str) -> str:
        if version.partition(".")[0] != "1":
            raise pulumi.RunError(
                f"{self._stack} publishes contract version {version}; this reader knows 1.0.0: copy the current one"
            )
        return version
