"""The function that administers the index: makes it, fills it, and switches the alias."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.function import Function, FunctionArgs, FunctionNetwork
from components.blocks.policy_document import policy_document
from components.blocks.schedule import run_every
from components.blocks.table import Table
from components.blocks.tracing import Tracing
from components.metric import Metric
from components.network import Network
from components.search.engine import INDEX_CODE, PORT, Engine
from functions.common import names
from settings.app_tier.runtime import LambdaRuntime
from settings.types import LogRetentionDays

_HOUR = 60


class Indexer(StoreComponent):
    """Function inside the VPC that every few minutes makes the index and its roles what they are to be.

    On a schedule, not once: a fill that fails or is interrupted goes on with the next run, and what somebody deletes by
    hand comes back. It is also run by each update that changes the index, so that roles are mapped before a pipeline
    starts.
    """

    TYPE = "webstore:search:Indexer"
    prepared: pulumi.Resource
    """Exists once the index and its roles do."""

    def __init__(
        self,
        name: str,
        *,
        role: aws.iam.Role,
        index: str,
        copies: int,
        fills: bool,
        minutes: int,
        roles: Mapping[str, Sequence[pulumi.Input[str]]],
        after: Sequence[pulumi.Resource],
        log_days: LogRetentionDays,
        engine: Engine,
        table: Table,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            role: The function's, which administers the engine.
            copies: Of the index, beside the first.
            fills: The function fills the index; else a pipeline does.
            minutes: Between two runs.
            roles: ARNs of the roles that are `reader` and `writer` of the index.
            after: What must be there before the engine lets the function in.
        """
        super().__init__(name, opts)
        namespace = f"{pulumi.get_project()}/{pulumi.get_stack()}"

        def administer(role: aws.iam.Role) -> aws.iam.RolePolicy:
            return aws.iam.RolePolicy(
                f"{name}-administers",
                role=role.name,
                policy=policy_document(*engine.statements("administer")),
                opts=self._inside,
            )

        function = Function(
            name,
            FunctionArgs(
                settings=LambdaRuntime(
                    kind="lambda", code=INDEX_CODE, memory_mib=512, timeout_seconds=270, log_days=log_days
                ),
                key_arn=self.foundation.keys.customer_key_arn,
                environment_variables={
                    names.SEARCH_ENDPOINT: engine.endpoint,
                    names.SEARCH_SIGNED_FOR: engine.signed_for,
                    names.SEARCH_INDEX: index,
                    names.SEARCH_COPIES: str(copies),
                    names.SEARCH_FILLS: str(fills).lower(),
                    names.SEARCH_ROLES: pulumi.Output.json_dumps(
                        {kind: roles[kind] for kind in sorted(roles)}, separators=(",", ":")
                    ),
                    names.table_variable("products"): table.table_name,
                    "POWERTOOLS_METRICS_NAMESPACE": namespace,
                },
                grants=[administer, table.grant_read],
                network=FunctionNetwork(vpc_id=network.vpc_id, subnet_ids=network.app_subnet_ids),
                tracing=Tracing(settings=self.foundation.tracing) if self.foundation.tracing.enabled else None,
                role=role,
            ),
            opts=self._inside,
        )
        assert function.group is not None
        engine.group.admit(function.group, port=PORT, purpose="Administration of the index")
        function.group.reach_prefix_list(
            network.dynamodb_prefix_list_id, label="dynamodb", port=PORT, purpose="Products that fill an index"
        )
        self.prepared = aws.lambda_.Invocation(
            name,
            function_name=function.function_name,
            input="{}",
            triggers={"index": index, "roles": pulumi.Output.json_dumps(roles)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        watched_minutes = max(minutes, _HOUR)
        run_every(
            minutes,
            function,
            name=name,
            description="Makes the index of products what it is to be",
            runbook="indexer",
            foundation=self.foundation,
            opts=self._inside,
        )
        alarm(
            f"{name}-unfinished",
            metric=Metric(
                namespace=namespace,
                name="UnfinishedIndex",
                dimensions={"service": name},
                statistic="Minimum",
                period_seconds=60 * watched_minutes,
            ),
            threshold=0,
            periods=Periods(breaching=1, evaluated=1),
            heartbeat=True,
            meaning=f"The index of products is not filled after {'an hour' if watched_minutes == _HOUR else 'a day'}:"
            " searches are answered from the former index, or from the table.",
            todo="read in the function's log how many products the index lacks, then look at what feeds it.",
            opts=self._inside,
        )
        self._publish()
