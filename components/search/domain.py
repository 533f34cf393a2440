"""OpenSearch Service domain: nodes in the data layer of the VPC."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, from_source, policy_document
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.metric import Metric, When
from components.network import Network
from components.search.engine import ALIAS, Access
from settings.search import OpenSearchDomain

_LOGS = {
    "audit": "AUDIT_LOGS",
    "application": "ES_APPLICATION_LOGS",
    "slow-index": "INDEX_SLOW_LOGS",
    "slow-search": "SEARCH_SLOW_LOGS",
}
_VERBS = [f"es:ESHttp{verb}" for verb in ("Delete", "Get", "Head", "Post", "Put")]
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/createupdatedomains.html
_NAME_MAX = 28
_MIB = 1024
_FREE_PERCENT = 25
_MASTERS = 3


class SearchDomain(StoreComponent):
    """Domain with fine-grained access for IAM roles: no passwords, and no one without a signature.

    Encrypted at rest and between nodes; reached inside the VPC only, over TLS 1.2 or newer with forward secrecy. AWS
    takes hourly snapshots and keeps them for 14 days
    (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshots.html); the index can
    be filled again from the table.
    """

    TYPE = "webstore:search:SearchDomain"
    OUTPUTS = ("arn", "endpoint")
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    group: SecurityGroup
    signed_for: Literal["es", "aoss"] = "es"

    def __init__(
        self,
        name: str,
        *,
        engine: OpenSearchDomain,
        administrator: aws.iam.Role,
        pipeline_role: aws.iam.Role | None,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            administrator: Master user of the domain.
            pipeline_role: Of the ingestion pipeline, if one fills the index.
        """
        super().__init__(name, opts)
        self._engine = engine
        self._domain_name = in_stack(f"{pulumi.get_project()}-search", limit=_NAME_MAX)
        # Known before the domain, so that policies can be judged in the first preview.
        self._known_arn = self.foundation.arn("es", f"domain/{self._domain_name}")
        self.group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=network.vpc_id, description="Search: admits who searches and who fills the index"),
            opts=self._inside,
        )
        domain = self._domain(administrator, pipeline_role, network)
        self.arn = domain.arn
        self.endpoint = pulumi.Output.concat("https://", domain.endpoint)
        self._watch()
        self._publish()

    def statements(self, access: Access) -> list[Statement]:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html"""
        if access == "read":
            found = ["es:ESHttpGet", "es:ESHttpPost"], [f"{self._known_arn}/{ALIAS}/_search"]
        elif access == "write":
            found = ["es:ESHttpPost"], [f"{self._known_arn}/{ALIAS}-*/_bulk"]
        elif access == "ingest":
            # As documented; the role in the domain allows it less
            # (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/pipeline-domain-access.html).
            return [
                Statement(sid="FindDomain", actions=["es:DescribeDomain"], resources=[self._known_arn]),
                Statement(sid="IngestIntoIndex", actions=_VERBS, resources=[f"{self._known_arn}/*"]),
            ]
        else:
            found = _VERBS, [f"{self._known_arn}/*"]
        return [Statement(sid=f"{access.capitalize()}Index", actions=found[0], resources=found[1])]

    def admit_roles(self, _roles: Mapping[str, Sequence[pulumi.Input[str]]], /) -> list[pulumi.Resource]:
        """The administrator maps them inside the domain."""
        return []

    def _domain(
        self, administrator: aws.iam.Role, pipeline_role: aws.iam.Role | None, network: Network
    ) -> aws.opensearch.Domain:
        engine = self._engine
        logs, policy = self._logs()
        return aws.opensearch.Domain(
            self._name,
            domain_name=self._domain_name,
            engine_version=engine.version,
            cluster_config=_nodes(engine),
            ebs_options=aws.opensearch.DomainEbsOptionsArgs(
                ebs_enabled=True, volume_type="gp3", volume_size=engine.storage_gib
            ),
            vpc_options=aws.opensearch.DomainVpcOptionsArgs(
                subnet_ids=network.data_subnet_ids[: engine.zones], security_group_ids=[self.group.group_id]
            ),
            encrypt_at_rest=aws.opensearch.DomainEncryptAtRestArgs(
                enabled=True, kms_key_id=self.foundation.keys.customer_key_arn
            ),
            node_to_node_encryption=aws.opensearch.DomainNodeToNodeEncryptionArgs(enabled=True),
            domain_endpoint_options=aws.opensearch.DomainDomainEndpointOptionsArgs(
                enforce_https=True, tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10"
            ),
            advanced_security_options=aws.opensearch.DomainAdvancedSecurityOptionsArgs(
                enabled=True,
                anonymous_auth_enabled=False,
                internal_user_database_enabled=False,
                master_user_options=aws.opensearch.DomainAdvancedSecurityOptionsMasterUserOptionsArgs(
                    master_user_arn=administrator.arn
                ),
            ),
            access_policies=self._access(administrator, pipeline_role),
            auto_tune_options=aws.opensearch.DomainAutoTuneOptionsArgs(
                desired_state="DISABLED" if engine.is_burstable else "ENABLED",
                rollback_on_disable="NO_ROLLBACK",
                use_off_peak_window=None if engine.is_burstable else True,
            ),
            software_update_options=aws.opensearch.DomainSoftwareUpdateOptionsArgs(auto_software_update_enabled=True),
            off_peak_window_options=_updates(engine.off_peak_hour),
            log_publishing_options=[
                aws.opensearch.DomainLogPublishingOptionArgs(
                    log_type=kind, cloudwatch_log_group_arn=logs[label].arn, enabled=True
                )
                for label, kind in _LOGS.items()
            ],
            tags={"Name": self._name},
            # Not retained: what leaves the program must not be billed on. AWS refuses log groups that it may not write.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy], protect=self.foundation.environment.protect),
        )

    def _access(self, administrator: aws.iam.Role, pipeline_role: aws.iam.Role | None) -> pulumi.Output[str]:
        """Other roles of the account come by their own policies. A pipeline's must be named here too
        (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/pipeline-domain-access.html)."""
        everything = [f"{self._known_arn}/*"]
        found = [Statement(sid="Administer", principals=[administrator.arn], actions=_VERBS, resources=everything)]
        if pipeline_role:
            for sid, asked, what in (
                ("PipelineFindsDomain", ["es:DescribeDomain"], [self._known_arn]),
                ("PipelineIngests", _VERBS, everything),
            ):
                found.append(Statement(sid=sid, principals=[pipeline_role.arn], actions=asked, resources=what))
        return policy_document(*found)

    def _logs(self) -> tuple[dict[str, aws.cloudwatch.LogGroup], aws.cloudwatch.LogResourcePolicy]:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/createdomain-configure-slow-logs.html"""
        folder = f"/aws/opensearch/{self._domain_name}"
        groups = {
            label: aws.cloudwatch.LogGroup(
                f"{self._name}-{label}",
                name=f"{folder}/{label}",
                kms_key_id=self.foundation.keys.logs_key_arn,
                retention_in_days=self._engine.log_days,
                opts=self._inside,
            )
            for label in _LOGS
        }
        policy = aws.cloudwatch.LogResourcePolicy(
            self._name,
            policy_name=in_stack(f"{pulumi.get_project()}-{self._name}", limit=128),
            policy_document=policy_document(
                Statement(
                    sid="DomainWritesItsLogs",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    services=["es.amazonaws.com"],
                    resources=[self.foundation.arn("logs", f"log-group:{folder}/*")],
                    conditions=from_source(account_id=self.foundation.account_id, arn=self._known_arn),
                )
            ),
            opts=self._inside,
        )
        return groups, policy

    def _watch(self) -> None:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html"""
        free_mib = self._engine.storage_gib * _MIB * _FREE_PERCENT / 100
        at_once, lasting, quarter_hours = Periods(breaching=1, evaluated=1), Periods(breaching=5, evaluated=5), 900
        three = Periods(breaching=3, evaluated=3)
        self._alarm("red", "ClusterStatus.red", "Maximum", "at_least", 1, _RED, _SEE_CLUSTER, at_once)
        self._alarm("yellow", "ClusterStatus.yellow", "Maximum", "at_least", 1, _YELLOW, _SEE_CLUSTER, lasting)
        self._alarm("storage", "FreeStorageSpace", "Minimum", "at_most", free_mib, _FULL, _GROW, at_once)
        self._alarm("blocked", "ClusterIndexWritesBlocked", "Maximum", "at_least", 1, _BLOCKED, _GROW, at_once, 300)
        self._alarm("snapshots", "AutomatedSnapshotFailure", "Maximum", "at_least", 1, _SNAPSHOT, _SEE_CLUSTER, at_once)
        self._alarm("cpu", "CPUUtilization", "Maximum", "at_least", 80, _SLOW, _LARGER, three, quarter_hours)
        self._alarm("memory", "JVMMemoryPressure", "Maximum", "at_least", 95, _SLOW, _LARGER, three)
        self._alarm("key", "KMSKeyInaccessible", "Maximum", "at_least", 1, _KEY, _ALLOW_KEY, at_once)
        self._alarm("key-error", "KMSKeyError", "Maximum", "at_least", 1, _KEY, _ALLOW_KEY, at_once)
        self._alarm("nodes", "Nodes", "Minimum", "below", self._node_count, _NODES, _SEE_CLUSTER, at_once, 86_400)
        if self._engine.master_type is None:
            return
        self._alarm("master", "MasterReachableFromNode", "Maximum", "below", 1, _MASTER, _SEE_CLUSTER, at_once, 300)
        self._alarm(
            "master-cpu", "MasterCPUUtilization", "Maximum", "at_least", 50, _MASTER, _LARGER_MASTER, three, 900
        )
        self._alarm(
            "master-memory", "MasterJVMMemoryPressure", "Maximum", "at_least", 95, _MASTER, _LARGER_MASTER, three
        )

    @property
    def _node_count(self) -> int:
        return self._engine.nodes + (_MASTERS if self._engine.master_type else 0)

    def _alarm(
        self,
        label: str,
        metric: str,
        statistic: str,
        when: When,
        threshold: float,
        meaning: str,
        todo: str,
        periods: Periods,
        period_seconds: int = 60,
    ) -> None:
        alarm(
            f"{self._name}-{label}",
            metric=Metric(
                namespace="AWS/ES",
                name=metric,
                dimensions={"ClientId": self.foundation.account_id, "DomainName": self._domain_name},
                statistic=statistic,
                period_seconds=period_seconds,
            ),
            when=when,
            threshold=threshold,
            periods=periods,
            meaning=meaning,
            todo=todo,
            opts=self._inside,
        )


def _nodes(engine: OpenSearchDomain) -> aws.opensearch.DomainClusterConfigArgs:
    masters = engine.master_type is not None
    return aws.opensearch.DomainClusterConfigArgs(
        instance_type=engine.instance_type,
        instance_count=engine.nodes,
        zone_awareness_enabled=engine.zones > 1,
        zone_awareness_config=aws.opensearch.DomainClusterConfigZoneAwarenessConfigArgs(
            availability_zone_count=engine.zones
        )
        if engine.zones > 1
        else None,
        multi_az_with_standby_enabled=engine.standby,
        dedicated_master_enabled=masters,
        dedicated_master_type=engine.master_type,
        dedicated_master_count=_MASTERS if masters else None,
    )


def _updates(hour: int) -> aws.opensearch.DomainOffPeakWindowOptionsArgs:
    """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/off-peak.html"""
    return aws.opensearch.DomainOffPeakWindowOptionsArgs(
        enabled=True,
        off_peak_window=aws.opensearch.DomainOffPeakWindowOptionsOffPeakWindowArgs(
            window_start_time=aws.opensearch.DomainOffPeakWindowOptionsOffPeakWindowWindowStartTimeArgs(
                hours=hour, minutes=0
            )
        ),
    )


_SEE_CLUSTER = "see the cluster's health and the domain's notifications in the console, then the application log."
_GROW = "raise `search.engine.storage_gib`, and see which indices are there beside the one of the alias."
_LARGER = "use a larger `search.engine.instance_type`, or raise `nodes_per_zone`."
_LARGER_MASTER = "use a larger `search.engine.master_type`."
_ALLOW_KEY = "enable the customer key again, or undo the change of its policy: after seven days AWS deletes the domain."
_RED = "Part of the index is on no node: searches miss products or are answered from the table."
_YELLOW = "Copies of the index are missing: the loss of one more node may lose the search."
_FULL = f"A data node has less than {_FREE_PERCENT}% of its disk free; without space the domain takes no changes."
_BLOCKED = "The domain takes no changes: searches show old products and prices."
_SNAPSHOT = "AWS could not take its hourly snapshot of the domain."
_SLOW = "The data nodes are at their limit: searches become slow, or are answered from the table."
_KEY = "The domain cannot use its key: searches are answered from the table, and the index may be lost."
_NODES = "A node has been missing for a day: the domain has less capacity and fewer copies."
_MASTER = "The cluster may have no master: it then takes no changes, and loses searches with the next failing node."
