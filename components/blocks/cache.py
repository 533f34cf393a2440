"""A Valkey cache with TLS and IAM authentication."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.policy_document import Statement, policy_document
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.metric import Metric
from functions.common import names
from settings.cache import CacheSettings

_NODE_MINUTES = 20
"""Time for a node to be replaced and to fill."""
_PORT = 6379
# All commands except those that administer or block the engine; INFO, because clients call it when they connect.
_ACCESS = "on ~* &* +@all -@admin -@dangerous +info"


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    settings: CacheSettings
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Isolated subnets in two zones or more."""
    key_arn: pulumi.Input[str]
    """Customer key of the cached data."""
    user_name: str
    """Name and id of the one user, unique in account and Region; ElastiCache requires both to be equal
    (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html#auth-iam-limits)."""


class Cache(StoreComponent):
    """Valkey on nodes (a cluster with one shard or more) or serverless.

    The user group holds one user, who authenticates with an IAM token. Valkey groups need no user `default`
    (unlike Redis OSS groups), so every connection needs credentials, and no password exists
    (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html).
    Not protected against deletion: cached data can be computed again.
    """

    TYPE = "webstore:blocks:Cache"
    OUTPUTS = ("endpoint",)
    endpoint: pulumi.Output[str]
    user_name: pulumi.Output[str]
    cache_name: pulumi.Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        self._group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=args.vpc_id, description="Valkey: admits the services that cache here"),
            opts=self._inside,
        )
        user = aws.elasticache.User(
            name,
            user_id=args.user_name,
            user_name=args.user_name,
            engine="valkey",
            access_string=_ACCESS,
            authentication_mode=aws.elasticache.UserAuthenticationModeArgs(type="iam"),
            opts=self._inside,
        )
        users = aws.elasticache.UserGroup(
            name, user_group_id=args.user_name, engine="valkey", user_ids=[user.user_id], opts=self._inside
        )
        self._user_arn = user.arn
        if args.settings.engine == "valkey_serverless":
            self._make_serverless(users)
        else:
            self._make_nodes(users)
        self.user_name = user.user_name
        self._publish()

    @property
    def variables(self) -> dict[str, pulumi.Input[str]]:
        """Variables of clients, which connect over TLS in cluster mode with an IAM token for name and user."""
        return {
            names.CACHE_ENDPOINT: self.endpoint,
            names.CACHE_PORT: str(_PORT),
            names.CACHE_NAME: self.cache_name,
            names.CACHE_USER: self.user_name,
        }

    def admit(self, clients: SecurityGroup, *, purpose: str) -> None:
        """Let members of `clients` connect."""
        self._group.admit(clients, port=_PORT, purpose=purpose)

    def grant_connect(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` authenticate as the cache's user."""
        return aws.iam.RolePolicy(
            f"{self._name}-connect-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(sid="SignIn", actions=["elasticache:Connect"], resources=[self._cache_arn, self._user_arn])
            ),
            opts=self._inside,
        )

    def _make_nodes(self, users: aws.elasticache.UserGroup) -> None:
        settings, args = self._args.settings, self._args
        parameters = aws.elasticache.ParameterGroup(
            self._name,
            family=f"valkey{settings.version.split('.')[0]}",
            description=f"Engine parameters of {self._name}",
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(name=parameter, value=value)
                for parameter, value in sorted({**settings.parameters, "cluster-enabled": "yes"}.items())
            ],
            opts=self._inside,
        )
        subnets = aws.elasticache.SubnetGroup(
            self._name, description=f"Isolated subnets of {self._name}", subnet_ids=args.subnet_ids, opts=self._inside
        )
        group = aws.elasticache.ReplicationGroup(
            self._name,
            description=f"Valkey cluster {self._name}",
            engine="valkey",
            engine_version=settings.version,
            node_type=settings.node_type,
            port=_PORT,
            cluster_mode="enabled",
            num_node_groups=settings.shards,
            replicas_per_node_group=settings.replicas_per_shard,
            # Cluster mode requires automatic failover even without a replica; Multi-AZ requires a replica
            # (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html).
            automatic_failover_enabled=True,
            multi_az_enabled=settings.replicas_per_shard > 0,
            parameter_group_name=parameters.name,
            subnet_group_name=subnets.name,
            security_group_ids=[self._group.group_id],
            user_group_ids=[users.user_group_id],
            at_rest_encryption_enabled=True,
            kms_key_id=args.key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auto_minor_version_upgrade=True,
            maintenance_window=settings.maintenance_window,
            snapshot_retention_limit=settings.snapshot_days,
            snapshot_window=settings.snapshot_window if settings.snapshot_days else None,
            log_delivery_configurations=[self._log(kind) for kind in ("slow-log", "engine-log")],
            apply_immediately=settings.apply_immediately,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Nodes are changed one after the other; the provider waits 40 minutes for all.
                custom_timeouts=pulumi.CustomTimeouts(
                    update=f"{40 + _NODE_MINUTES * settings.shards * (1 + settings.replicas_per_shard)}m"
                ),
            ),
        )
        self.cache_name = group.id
        self.endpoint = group.configuration_endpoint_address
        self._cache_arn = group.arn
        self._watch_nodes()

    def _make_serverless(self, users: aws.elasticache.UserGroup) -> None:
        settings, args = self._args.settings, self._args
        cache = aws.elasticache.ServerlessCache(
            self._name,
            description=f"Valkey cache {self._name}",
            engine="valkey",
            major_engine_version=settings.version.split(".")[0],
            kms_key_id=args.key_arn,
            subnet_ids=args.subnet_ids,
            security_group_ids=[self._group.group_id],
            user_group_id=users.user_group_id,
            snapshot_retention_limit=settings.snapshot_days,
            daily_snapshot_time=settings.snapshot_window.split("-")[0] if settings.snapshot_days else None,
            cache_usage_limits=aws.elasticache.ServerlessCacheCacheUsageLimitsArgs(
                data_storage=aws.elasticache.ServerlessCacheCacheUsageLimitsDataStorageArgs(
                    maximum=settings.max_data_gb, unit="GB"
                ),
                ecpu_per_seconds=[
                    aws.elasticache.ServerlessCacheCacheUsageLimitsEcpuPerSecondArgs(
                        maximum=settings.max_ecpu_per_second
                    )
                ],
            ),
            # AWS cannot add a zone to it.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subnetIds"]),
        )
        self.cache_name = cache.name
        self.endpoint = cache.endpoints[0].address
        self._cache_arn = cache.arn
        full = 0.8 * settings.max_data_gb * 1024**3
        self._alarm(
            "throttles", {"clusterId": cache.name}, "ThrottledCmds", "Sum", 0, _SLOW, "raise `max_ecpu_per_second`."
        )
        self._alarm(
            "data", {"clusterId": cache.name}, "BytesUsedForCache", "Maximum", full, _FULL, "raise `max_data_gb`."
        )

    def _log(self, kind: str) -> aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs:
        log_group = aws.cloudwatch.LogGroup(
            f"{self._name}-{kind}",
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=self._args.settings.log_days,
            opts=self._inside,
        )
        return aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
            destination=log_group.name, destination_type="cloudwatch-logs", log_format="json", log_type=kind
        )

    def _watch_nodes(self) -> None:
        settings = self._args.settings
        # Node ids as ElastiCache numbers them; CloudWatch has these metrics by node only
        # (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html).
        nodes = [
            f"{shard:04d}-{node:03d}"
            for shard in range(1, settings.shards + 1)
            for node in range(1, settings.replicas_per_shard + 2)
        ]
        for node in nodes:
            where = {"CacheClusterId": pulumi.Output.concat(self.cache_name, f"-{node}")}
            self._alarm(
                f"{node}-cpu",
                where,
                "EngineCPUUtilization",
                "Average",
                80,
                _SLOW,
                "add `shards`, or use a larger `node_type`.",
            )
            self._alarm(
                f"{node}-memory",
                where,
                "DatabaseMemoryUsagePercentage",
                "Average",
                85,
                _FULL,
                "use a larger `node_type`.",
            )
            self._alarm(
                f"{node}-evictions",
                where,
                "Evictions",
                "Sum",
                1000,
                _FULL,
                "use a larger `node_type`, or shorter TTLs.",
            )
            if settings.replicas_per_shard:
                self._alarm(
                    f"{node}-lag",
                    where,
                    "ReplicationLag",
                    "Maximum",
                    10,
                    "A replica is more than 10 seconds behind its primary: a failover would lose these writes.",
                    "compare the node's network bytes with the limit of its node type, then use a larger `node_type`.",
                )

    def _alarm(
        self,
        label: str,
        dimensions: Mapping[str, pulumi.Input[str]],
        metric: str,
        statistic: str,
        threshold: float,
        meaning: str,
        todo: str,
    ) -> None:
        alarm(
            f"{self._name}-{label}",
            metric=Metric(
                namespace="AWS/ElastiCache", name=metric, dimensions=dimensions, statistic=statistic, period_seconds=60
            ),
            threshold=threshold,
            meaning=meaning,
            todo=todo,
            opts=self._inside,
        )


_SLOW = "The cache has reached its computing capacity: pages become slower."
_FULL = "The cache is nearly full and evicts entries: the services behind it get more requests."
