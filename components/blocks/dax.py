"""A DAX cluster: an in-memory cache in front of DynamoDB tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.table import Table
from components.metric import Metric
from settings.data import DaxSettings

_PORT = 9111
"""Port of clusters with TLS."""


@dataclass(frozen=True, kw_only=True)
class DaxArgs:
    settings: DaxSettings
    tables: Sequence[Table]
    """Tables that it reads for its clients."""
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Isolated subnets, one in each zone of its nodes."""


class Dax(StoreComponent):
    """DynamoDB Accelerator with TLS, encryption at rest, and a role that reads its tables and no others.

    DAX does not support customer managed keys for its own disks; it reads the tables with their keys
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAXEncryptionAtRest.html).
    Not protected against deletion: its data is in the tables. Billed by node and hour
    (https://aws.amazon.com/dynamodb/pricing/).
    """

    TYPE = "webstore:blocks:Dax"
    OUTPUTS = ("endpoint",)
    endpoint: pulumi.Output[str]
    """URL for clients, `daxs://<host>`."""
    cluster_arn: pulumi.Output[str]
    cluster_name: pulumi.Output[str]

    def __init__(self, name: str, args: DaxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        settings = args.settings
        self._group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=args.vpc_id, description="DAX: admits the services that read through it"),
            opts=self._inside,
        )
        # Without a source condition: AWS documents none for this role, and roles cannot be passed across accounts
        # (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.access-control.html).
        role = aws.iam.Role(
            name,
            description=f"What {name} may read",
            assume_role_policy=trust_policy("dax.amazonaws.com"),
            opts=self._inside,
        )
        granted = [table.grant_read(role) for table in args.tables]
        subnets = aws.dax.SubnetGroup(
            name, description=f"Isolated subnets of {name}", subnet_ids=args.subnet_ids, opts=self._inside
        )
        parameters = aws.dax.ParameterGroup(
            # Another group for other lifetimes: AWS refuses to change one that a cluster uses
            # (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.cluster-management.html).
            f"{name}-{settings.query_ttl_seconds}-{settings.item_ttl_seconds}",
            description=f"Lifetimes in {name}",
            parameters=[
                aws.dax.ParameterGroupParameterArgs(name=parameter, value=str(1000 * seconds))
                for parameter, seconds in (
                    ("query-ttl-millis", settings.query_ttl_seconds),
                    ("record-ttl-millis", settings.item_ttl_seconds),
                )
            ],
            opts=self._inside,
        )
        cluster = aws.dax.Cluster(
            name,
            # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_dax_CreateCluster.html
            cluster_name=in_stack(name, limit=20),
            description=f"Accelerator {name}",
            node_type=settings.node_type,
            # AWS distributes nodes over the zones of the subnets. With zones named here, a change of the number of
            # nodes would replace the cluster.
            replication_factor=settings.nodes,
            iam_role_arn=once_ready(role.arn, *granted),
            subnet_group_name=subnets.name,
            parameter_group_name=parameters.name,
            security_group_ids=[self._group.group_id],
            cluster_endpoint_encryption_type="TLS",
            server_side_encryption=aws.dax.ClusterServerSideEncryptionArgs(enabled=True),
            maintenance_window=settings.maintenance_window,
            # A replacement has the same name.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.endpoint = pulumi.Output.concat("daxs://", cluster.cluster_address)
        self.cluster_arn = cluster.arn
        self.cluster_name = cluster.cluster_name
        self._watch()
        self._publish()

    def admit(self, clients: SecurityGroup, *, purpose: str) -> None:
        """Let members of `clients` connect."""
        self._group.admit(clients, port=_PORT, purpose=purpose)

    def grant_read(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` read items by key and by query, of every table behind the accelerator."""
        return aws.iam.RolePolicy(
            f"{self._name}-read-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="Read", actions=["dax:BatchGetItem", "dax:GetItem", "dax:Query"], resources=[self.cluster_arn]
                )
            ),
            opts=self._inside,
        )

    def _watch(self) -> None:
        cluster = {"ClusterId": self.cluster_name}
        self._alarm("errors", cluster, "FaultRequestCount", "Sum", 0, _FAULTS, "read the AWS Health Dashboard.")
        self._alarm("throttles", cluster, "ThrottledRequestCount", "Sum", 0, _SLOW, _LARGER)
        # DAX names the nodes of a cluster by letters.
        for letter in ascii_lowercase[: self._args.settings.nodes]:
            node = {**cluster, "NodeId": pulumi.Output.concat(self.cluster_name, f"-{letter}")}
            self._alarm(f"{letter}-cpu", node, "CPUUtilization", "Average", 80, _SLOW, _LARGER)
            self._alarm(
                f"{letter}-evictions", node, "EvictedSize", "Sum", 0, _FULL, "use a `node_type` with more memory."
            )
            alarm(
                f"{self._name}-{letter}-lost",
                metric=Metric(namespace="AWS/DAX", name="CPUUtilization", dimensions=node, statistic="SampleCount"),
                threshold=1,
                when="below",
                periods=Periods(breaching=10, evaluated=10),
                heartbeat=True,
                meaning="A node has reported no metric for ten minutes: the other nodes answer its reads.",
                todo="read the cluster's events in the DynamoDB console; DAX replaces failed nodes itself.",
                opts=self._inside,
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
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/dax-metrics-dimensions-dax.html
        alarm(
            f"{self._name}-{label}",
            metric=Metric(namespace="AWS/DAX", name=metric, dimensions=dimensions, statistic=statistic),
            threshold=threshold,
            meaning=meaning,
            todo=todo,
            opts=self._inside,
        )


_SLOW = "The accelerator has reached its computing capacity: reads become slower or are throttled."
_FULL = "The accelerator's memory is full and evicts items: the tables get more reads."
_FAULTS = "The accelerator answers with internal errors; clients retry these requests."
_LARGER = "raise `data.dax.nodes`, or use a larger `data.dax.node_type`."
