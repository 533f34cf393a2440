"""An ECS cluster for Fargate tasks."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.policy_document import Statement
from components.blocks.ready import once_ready
from components.metric import Metric
from settings.observability import ContainerInsights


def fargate_key_statements(account_id: str) -> list[Statement]:
    """Statements for the policy of a key with which Fargate encrypts the disks of this account's tasks.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-create-storage-key.html
    """
    own_clusters = {"kms:EncryptionContext:aws:ecs:clusterAccount": account_id}
    return [
        Statement(
            sid="FargateEncryptsDisks",
            actions=["kms:GenerateDataKeyWithoutPlaintext"],
            services=["fargate.amazonaws.com"],
            resources=["*"],
            conditions={"StringEquals": own_clusters},
        ),
        Statement(
            sid="FargateGrantsDecryption",
            actions=["kms:CreateGrant"],
            services=["fargate.amazonaws.com"],
            resources=["*"],
            conditions={
                "StringEquals": own_clusters,
                "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]},
            },
        ),
    ]


def running_tasks(
    insights: ContainerInsights, *, cluster_name: pulumi.Input[str], service_name: pulumi.Input[str]
) -> Metric:
    """Number of running tasks of a service, by Container Insights if the cluster has it.

    ECS itself sends one value of CPU use a minute for each task, so their number is that of the tasks
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html#cw_running_task_count).
    """
    of_service = {"ClusterName": cluster_name, "ServiceName": service_name}
    if insights == "disabled":
        return Metric(namespace="AWS/ECS", name="CPUUtilization", dimensions=of_service, statistic="SampleCount")
    return Metric(
        namespace="ECS/ContainerInsights", name="RunningTaskCount", dimensions=of_service, statistic="Minimum"
    )


@dataclass(frozen=True, kw_only=True)
class FargateClusterArgs:
    storage_key_arn: pulumi.Input[str]
    """Customer key of the tasks' disks; its policy must contain `fargate_key_statements`."""
    log_days: int


class FargateCluster(StoreComponent):
    """Cluster with encrypted disks, encrypted and logged command sessions, and Container Insights as the settings say.

    The name of the cluster is made before the cluster, because Container Insights writes to a log group of this name:
    without one ECS makes the group itself, without a key and for ever
    (https://github.com/aws/containers-roadmap/issues/2315).
    """

    TYPE = "webstore:blocks:FargateCluster"
    OUTPUTS = ("cluster_arn", "cluster_name", "command_log_group_arn")
    cluster_arn: pulumi.Output[str]
    cluster_name: pulumi.Output[str]
    command_log_group_arn: pulumi.Output[str]

    def __init__(self, name: str, args: FargateClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        commands = aws.cloudwatch.LogGroup(
            f"{name}-commands",
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=args.log_days,
            opts=self._inside,
        )
        insights = self.foundation.container_insights
        # The ending that Pulumi gives the first group is new for each cluster: events that arrive after a deletion make
        # the log group of that cluster again, and AWS refuses a second one of its name.
        cluster_name = commands.name.apply(lambda made: made.replace("-commands", "", 1))
        if insights != "disabled":
            performance = aws.cloudwatch.LogGroup(
                f"{name}-performance",
                name=pulumi.Output.concat("/aws/ecs/containerinsights/", cluster_name, "/performance"),
                kms_key_id=self.foundation.keys.logs_key_arn,
                retention_in_days=args.log_days,
                opts=self._inside,
            )
            cluster_name = once_ready(cluster_name, performance)
        cluster = aws.ecs.Cluster(
            name,
            name=cluster_name,
            settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value=insights)],
            configuration=aws.ecs.ClusterConfigurationArgs(
                execute_command_configuration=aws.ecs.ClusterConfigurationExecuteCommandConfigurationArgs(
                    kms_key_id=self.foundation.keys.logs_key_arn,
                    logging="OVERRIDE",
                    log_configuration=aws.ecs.ClusterConfigurationExecuteCommandConfigurationLogConfigurationArgs(
                        cloud_watch_encryption_enabled=True, cloud_watch_log_group_name=commands.name
                    ),
                ),
                managed_storage_configuration=aws.ecs.ClusterConfigurationManagedStorageConfigurationArgs(
                    fargate_ephemeral_storage_kms_key_id=args.storage_key_arn, kms_key_id=args.storage_key_arn
                ),
            ),
            opts=self._inside,
        )
        providers = aws.ecs.ClusterCapacityProviders(
            name,
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            default_capacity_provider_strategies=[
                aws.ecs.ClusterCapacityProvidersDefaultCapacityProviderStrategyArgs(
                    capacity_provider="FARGATE", weight=1
                )
            ],
            opts=self._inside,
        )
        # ECS refuses a service that names a capacity provider before the cluster has it.
        self.cluster_arn = once_ready(cluster.arn, providers)
        self.cluster_name = once_ready(cluster.name, providers)
        self.command_log_group_arn = commands.arn
        self._publish()
