"""A DynamoDB table: encrypted, recoverable, with alarms and grants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.policy_document import Statement, policy_document
from components.metric import Metric
from settings.table import OnDemand, Provisioned, TableSettings, WarmThroughput

KeyType = Literal["S", "N", "B"]
Projection = Literal["ALL", "KEYS_ONLY"]

_READ = ("dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query")
_WRITE = (
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html
_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms-authz
_KEY_READ = ("kms:Decrypt", "kms:DescribeKey")
_KEY_WRITE = ("kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


@dataclass(frozen=True, kw_only=True)
class Key:
    """Primary key of a table or an index; attributes by name and type."""

    partition: tuple[str, KeyType]
    sort: tuple[str, KeyType] | None = None

    @property
    def attributes(self) -> dict[str, KeyType]:
        return dict(part for part in (self.partition, self.sort) if part)

    @property
    def sort_name(self) -> str | None:
        return self.sort[0] if self.sort else None


@dataclass(frozen=True, kw_only=True)
class Index:
    """Global secondary index."""

    key: Key
    projection: Projection = "ALL"


@dataclass(frozen=True, kw_only=True)
class TableArgs:
    """
    Raises:
        ValueError: attributes of the same name and different types, or replicas without a stream of both images
            (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_reqs_bestpractices.html).
    """

    key: Key
    key_arn: pulumi.Input[str]
    """Customer key of the data class."""
    settings: TableSettings
    indexes: Mapping[str, Index] = field(default_factory=dict)
    ttl_attribute: str | None = None
    """Attribute with the epoch second after which an item is deleted."""
    stream_view: Literal["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"] | None = None
    watched_operations: tuple[str, ...] = ("GetItem",)
    """Operations with an alarm on system errors; CloudWatch has this metric per operation only."""

    def __post_init__(self) -> None:
        if self.settings.replica_key_arns and self.stream_view != "NEW_AND_OLD_IMAGES":
            raise ValueError(
                f"a table with replicas in {', '.join(self.settings.replica_key_arns)} must have stream_view"
                f" NEW_AND_OLD_IMAGES, and has {self.stream_view}"
            )
        types: dict[str, KeyType] = {}
        for key in (self.key, *(index.key for index in self.indexes.values())):
            for name, kind in key.attributes.items():
                if types.setdefault(name, kind) != kind:
                    raise ValueError(
                        f"attribute {name} must have one type in all keys, and has {types[name]} and {kind}"
                    )

    @property
    def attributes(self) -> dict[str, KeyType]:
        """Attributes of all keys; DynamoDB accepts no others."""
        keys = [self.key, *(index.key for index in self.indexes.values())]
        return {name: kind for key in keys for name, kind in key.attributes.items()}


class Table(StoreComponent):
    """Table with customer key, point-in-time recovery and alarms on throttling and on errors of DynamoDB.

    On-demand capacity is billed by request; provisioned capacity is scaled between its limits.
    """

    TYPE = "webstore:blocks:Table"
    OUTPUTS = ("table_name", "table_arn", "stream_arn")
    table_name: pulumi.Output[str]
    table_arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str | None]

    def __init__(self, name: str, args: TableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        capacity = args.settings.capacity
        units = (
            (capacity.min_read_units, capacity.min_write_units) if isinstance(capacity, Provisioned) else (None, None)
        )
        table = aws.dynamodb.Table(
            name,
            hash_key=args.key.partition[0],
            range_key=args.key.sort_name,
            attributes=[
                aws.dynamodb.TableAttributeArgs(name=attribute, type=kind)
                for attribute, kind in sorted(args.attributes.items())
            ],
            billing_mode="PROVISIONED" if isinstance(capacity, Provisioned) else "PAY_PER_REQUEST",
            read_capacity=units[0],
            write_capacity=units[1],
            on_demand_throughput=_limits(capacity),
            # In the order of their declaration: `ignore_changes` below goes by position. Empty when the last one goes:
            # a property that is left out keeps its value.
            global_secondary_indexes=[
                _index(label, index, capacity, args.settings.warm) for label, index in args.indexes.items()
            ],
            ttl=aws.dynamodb.TableTtlArgs(enabled=True, attribute_name=args.ttl_attribute)
            if args.ttl_attribute
            else None,
            server_side_encryption=aws.dynamodb.TableServerSideEncryptionArgs(enabled=True, kms_key_arn=args.key_arn),
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(
                enabled=True, recovery_period_in_days=args.settings.recovery_days
            ),
            warm_throughput=args.settings.warm
            and aws.dynamodb.TableWarmThroughputArgs(
                read_units_per_second=args.settings.warm.read_units_per_second,
                write_units_per_second=args.settings.warm.write_units_per_second,
            ),
            deletion_protection_enabled=self.foundation.environment.protect,
            stream_enabled=args.stream_view is not None or None,
            stream_view_type=args.stream_view,
            replicas=[
                aws.dynamodb.TableReplicaArgs(
                    region_name=region,
                    kms_key_arn=key_arn,
                    point_in_time_recovery=True,
                    propagate_tags=True,
                    deletion_protection_enabled=self.foundation.environment.protect,
                )
                for region, key_arn in sorted(args.settings.replica_key_arns.items())
            ]
            or None,
            opts=self._kept(
                # DynamoDB fills a new index from the whole table, and the provider waits one hour for it.
                custom_timeouts=pulumi.CustomTimeouts(update="6h"),
                ignore_changes=self._set_at_creation() or None,
            ),
        )
        self.table_name = table.name
        self.table_arn = table.arn
        self.stream_arn = table.stream_arn
        if args.settings.contributor_insights:
            aws.dynamodb.ContributorInsights(name, table_name=table.name, opts=self._inside)
        if isinstance(capacity, Provisioned):
            self._scale(capacity)
        self._watch()
        self._publish()

    def _set_at_creation(self) -> list[str]:
        """Properties of table and indexes that others change later: auto scaling the capacity, DynamoDB the warm
        throughput."""
        settings = self._args.settings
        properties = [
            *(("readCapacity", "writeCapacity") if isinstance(settings.capacity, Provisioned) else ()),
            *(("warmThroughput",) if settings.warm else ()),
        ]
        # Not without indexes: the engine would take the last one for unchanged, and it would stay.
        within = [f"globalSecondaryIndexes[*].{name}" for name in properties] if self._args.indexes else []
        return properties + within

    def grant_read(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` read items by key and by query."""
        return self._grant(role, "read", _READ, _KEY_READ)

    def grant_scan(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` read items by key, query and scan."""
        return self._grant(role, "scan", (*_READ, "dynamodb:Scan"), _KEY_READ)

    def grant_read_write(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` read items by key and by query, and write and delete them."""
        return self._grant(role, "write", (*_READ, *_WRITE), (*_KEY_READ, *_KEY_WRITE))

    def grant_stream(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role`, of a function or a pipe, read the table's stream.

        Raises:
            ValueError: the table has no stream.
        """
        if self._args.stream_view is None:
            raise ValueError(
                f"table {self._name} must have a stream before {role.pulumi_resource_name} may read it; set"
                " `stream_view`"
            )
        stream: list[pulumi.Input[str]] = [self.stream_arn.apply(lambda arn: arn or "")]
        return self._policy(role, "stream", "Stream", _STREAM, stream, _KEY_READ)

    def _grant(
        self, role: aws.iam.Role, kind: str, actions: tuple[str, ...], key_actions: tuple[str, ...]
    ) -> aws.iam.RolePolicy:
        resources: list[pulumi.Input[str]] = [self.table_arn]
        resources += [pulumi.Output.concat(self.table_arn, "/index/", name) for name in sorted(self._args.indexes)]
        return self._policy(role, kind, "Items", actions, resources, key_actions)

    def _policy(
        self,
        role: aws.iam.Role,
        kind: str,
        sid: str,
        actions: tuple[str, ...],
        resources: list[pulumi.Input[str]],
        key_actions: tuple[str, ...],
    ) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"{self._name}-{kind}-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(sid=sid, actions=sorted(actions), resources=resources),
                Statement(
                    sid="KeyThroughDynamoDb",
                    actions=sorted(key_actions),
                    resources=[self._args.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": f"dynamodb.{self.foundation.region}.amazonaws.com"}},
                ),
            ),
            opts=self._inside,
        )

    def _scale(self, capacity: Provisioned) -> None:
        bounds = {
            "Read": (capacity.min_read_units, capacity.max_read_units),
            "Write": (capacity.min_write_units, capacity.max_write_units),
        }
        for index_name in (None, *sorted(self._args.indexes)):
            of_what = "index" if index_name else "table"
            resource_id = pulumi.Output.concat("table/", self.table_name, f"/index/{index_name}" if index_name else "")
            for kind, (low, high) in bounds.items():
                part = "-".join(filter(None, (self._name, index_name, kind.lower())))
                target = aws.appautoscaling.Target(
                    part,
                    service_namespace="dynamodb",
                    resource_id=resource_id,
                    scalable_dimension=f"dynamodb:{of_what}:{kind}CapacityUnits",
                    min_capacity=low,
                    max_capacity=high,
                    opts=self._inside,
                )
                aws.appautoscaling.Policy(
                    part,
                    policy_type="TargetTrackingScaling",
                    service_namespace=target.service_namespace,
                    resource_id=target.resource_id,
                    scalable_dimension=target.scalable_dimension,
                    target_tracking_scaling_policy_configuration=_use(f"DynamoDB{kind}CapacityUtilization", capacity),
                    opts=self._inside,
                )

    def _watch(self) -> None:
        # An index has metrics of its own; throttled writes of an index throttle its table
        # (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html).
        for index in (None, *self._args.indexes):
            part = "-".join(filter(None, (self._name, index)))
            whose = f"index {index} of table {self._name}" if index else f"table {self._name}"
            within = {"GlobalSecondaryIndexName": index} if index else {}
            for kind in ("Read", "Write"):
                alarm(
                    f"{part}-{kind.lower()}-throttles",
                    metric=Metric(
                        namespace="AWS/DynamoDB",
                        name=f"{kind}ThrottleEvents",
                        dimensions={"TableName": self.table_name, **within},
                        statistic="Sum",
                    ),
                    threshold=0,
                    meaning=f"DynamoDB throttles {kind.lower()}s of {whose}: at a limit, or for a hot key.",
                    todo="look for a hot key in Contributor Insights, then raise the table's `capacity` in the stack"
                    " file.",
                    opts=self._inside,
                )
        for operation in self._args.watched_operations:
            alarm(
                f"{self._name}-{operation.lower()}-errors",
                metric=Metric(
                    namespace="AWS/DynamoDB",
                    name="SystemErrors",
                    dimensions={"TableName": self.table_name, "Operation": operation},
                    statistic="Sum",
                ),
                threshold=0,
                meaning=f"DynamoDB answers {operation} of table {self._name} with internal errors.",
                todo="read the AWS Health Dashboard; SDKs retry these requests.",
                opts=self._inside,
            )


def _index(
    name: str, index: Index, capacity: OnDemand | Provisioned, warm: WarmThroughput | None
) -> aws.dynamodb.TableGlobalSecondaryIndexArgsDict:
    # Not the newer `key_schemas`: providers before 6.29 lack it, and some later ones find a difference in every plan
    # (https://github.com/hashicorp/terraform-provider-aws/issues/46513).
    made: aws.dynamodb.TableGlobalSecondaryIndexArgsDict = {
        "name": name,
        "hash_key": index.key.partition[0],
        "projection_type": index.projection,
    }
    if index.key.sort_name:
        made["range_key"] = index.key.sort_name
    if isinstance(capacity, Provisioned):
        made["read_capacity"], made["write_capacity"] = capacity.min_read_units, capacity.min_write_units
    elif capacity.max_read_units or capacity.max_write_units:
        made["on_demand_throughput"] = {
            "max_read_request_units": capacity.max_read_units,
            "max_write_request_units": capacity.max_write_units,
        }
    if warm:
        made["warm_throughput"] = {
            "read_units_per_second": warm.read_units_per_second,
            "write_units_per_second": warm.write_units_per_second,
        }
    return made


def _limits(capacity: OnDemand | Provisioned) -> aws.dynamodb.TableOnDemandThroughputArgs | None:
    if isinstance(capacity, Provisioned) or not (capacity.max_read_units or capacity.max_write_units):
        return None
    return aws.dynamodb.TableOnDemandThroughputArgs(
        max_read_request_units=capacity.max_read_units, max_write_request_units=capacity.max_write_units
    )


def _use(metric: str, capacity: Provisioned) -> aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs:
    return aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
        target_value=capacity.target_percent,
        predefined_metric_specification=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
            predefined_metric_type=metric
        ),
    )
