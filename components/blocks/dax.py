"""A DAX cluster: answers from memory what tables would answer."""

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
"""Port of clusters that speak TLS."""


@dataclass(frozen=True, kw_only=True)
class DaxArgs:
    """What an accelerator is made of."""

    settings: DaxSettings
    tables: Sequence[Table]
    """Tables that it reads on behalf of its clients."""
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    """Isolated subnets, one in each zone that nodes shall run in."""


class Dax(StoreComponent):
    """DynamoDB Accelerator with TLS, encryption at rest, and a role that reads its tables and no others.

    DAX has no customer keys: it encrypts its disks with a key of its own, and reads the tables with theirs
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAXEncryptionAtRest.html).
    What is in it can be read again: nothing here is protected against deletion. Costs by node and hour
    (https://aws.amazon.com/dynamodb/pricing/).
    """

    TYPE = "webstore:blocks:Dax"
    OUTPUTS = ("endpoint",)
    endpoint: pulumi.Output[str]
    """Address for clients, of the form daxs://host."""
    cluster_arn: pulumi.Output[str]
    cluster_name: pulumi.Output[str]

    def __init__(self, name: str, args: DaxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        settings = args.settings
        self._group = SecurityGroup(
            name,
            SecurityGroupArgs(
                vpc_id=args.vpc_id,
                description="DAX: admits the services that read through it",
            ),
            opts=self._inside,
        )
        # Without the usual condition on the account: AWS documents none for this role, and roles cannot be passed
        # across accounts (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.access-control.html).
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
            name,
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
            # Over the zones of the subnets, as AWS sees best; zones named here would make every change of the number
            # of nodes a new cluster.
            replication_factor=settings.nodes,
            iam_role_arn=once_ready(role.arn, *granted),
            subnet_group_name=subnets.name,
            parameter_group_name=parameters.name,
            security_group_ids=[self._group.group_id],
            cluster_endpoint_encryption_type="TLS",
            server_side_encryption=aws.dax.ClusterServerSideEncryptionArgs(enabled=True),
            maintenance_window=settings.maintenance_window,
            # The next cluster has the same name.
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
        self._alarm("errors", cluster, "FaultRequestCount", "Sum", 0, _FAULTS, "see the AWS Health Dashboard.")
        self._alarm("throttles", cluster, "ThrottledRequestCount", "Sum", 0, _SLOW, "add nodes, or take larger ones.")
        # DAX letters the nodes of a cluster in their order.
        for letter in ascii_lowercase[: self._args.settings.nodes]:
            node = {**cluster, "NodeId": pulumi.Output.concat(self.cluster_name, f"-{letter}")}
            self._alarm(f"{letter}-cpu", node, "CPUUtilization", "Average", 80, _SLOW, "add nodes, or larger ones.")
            self._alarm(f"{letter}-evictions", node, "EvictedSize", "Sum", 0, _FULL, "take nodes with more memory.")
            alarm(
                f"{self._name}-{letter}-lost",
                metric=Metric(namespace="AWS/DAX", name="CPUUtilization", dimensions=node, statistic="SampleCount"),
                threshold=1,
                when="below",
                periods=Periods(breaching=10, evaluated=10),
                missing_data="breaching",
                meaning="A node has said nothing for ten minutes: the others carry its reads.",
                todo="see the cluster's events in the DynamoDB console; DAX replaces failed nodes by itself.",
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


_SLOW = "The accelerator is near the end of its computing power: reads get slower or are refused."
_FULL = "The accelerator's memory is full and drops what it would answer from: the tables get more reads."
_FAULTS = "The accelerator answers with internal errors; its clients repeat such requests."
