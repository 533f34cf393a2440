"""Whether the sources of events still run: AWS stops pipes and event source mappings that fail for long."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.app_tier.functions import Functions
from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.policy_document import Statement, policy_document
from components.blocks.schedule import run_every
from components.metric import Metric
from functions.common.names import WATCHED
from settings.app_tier.microservice import LIVENESS
from settings.app_tier.runtime import LambdaRuntime
from settings.app_tier.uses import Access
from settings.types import LogRetentionDays

_MINUTES = 5


class Liveness(StoreComponent):
    """A function that looks at the state of every pipe and event source mapping each five minutes, and an alarm.

    When AWS stops one, its own metrics have no data, which looks like a quiet hour
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html).
    """

    TYPE = "webstore:app:Liveness"

    def __init__(
        self,
        name: str,
        *,
        pipes: Mapping[str, pulumi.Output[str]],
        mappings: Mapping[str, pulumi.Output[str]],
        log_days: LogRetentionDays,
        make: Functions,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            pipes: Logical name to name.
            mappings: Logical name to UUID.
        """
        super().__init__(name, opts)
        namespace = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        # Values alone: a function's variables have 4 KB
        # (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
        watched = {
            "pipes": [pipes[label] for label in sorted(pipes)],
            "mappings": [mappings[m] for m in sorted(mappings)],
        }
        function = make.of_the_tier(
            name,
            LambdaRuntime(kind="lambda", code="liveness", memory_mib=256, timeout_seconds=60, log_days=log_days),
            Access(
                variables={
                    WATCHED: pulumi.Output.json_dumps(watched, separators=(",", ":")),
                    "POWERTOOLS_METRICS_NAMESPACE": namespace,
                },
                grants=[self._grant],
            ),
        )
        run_every(
            _MINUTES,
            function,
            name=name,
            description="Looks whether the sources of events run",
            runbook="liveness",
            foundation=self.foundation,
            opts=self._inside,
        )
        alarm(
            f"{name}-stopped",
            metric=Metric(
                namespace=namespace,
                name="StoppedSources",
                dimensions={"service": name},
                statistic="Maximum",
                period_seconds=60 * _MINUTES,
            ),
            threshold=0,
            periods=Periods(breaching=3, evaluated=3),
            heartbeat=True,
            meaning="A pipe or an event source mapping does not run: events wait behind it, and those of an outbox are"
            " lost to the bus after 24 hours.",
            todo="find the source and its state in the log of the function, correct the cause, then start it again.",
            opts=self._inside,
        )
        self._publish()

    def _grant(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        arn = self.foundation.arn
        tier = self._name.removesuffix(LIVENESS)
        return aws.iam.RolePolicy(
            f"{self._name}-sees",
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="Pipes",
                    actions=["pipes:DescribePipe"],
                    resources=[arn("pipes", f"pipe/{pulumi.get_project()}-{tier}*")],
                ),
                # A mapping's ARN has no name; the condition is that of its function
                # (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html).
                Statement(
                    sid="Mappings",
                    actions=["lambda:GetEventSourceMapping"],
                    resources=[arn("lambda", "event-source-mapping:*")],
                    conditions={"ArnLike": {"lambda:FunctionArn": arn("lambda", f"function:{tier}*")}},
                ),
            ),
            opts=self._inside,
        )


def watch_sources(
    name: str,
    *,
    pipes: Mapping[str, pulumi.Output[str]],
    mappings: Mapping[str, pulumi.Output[str]],
    log_days: LogRetentionDays,
    make: Functions,
    opts: pulumi.ResourceOptions,
) -> None:
    """Make `Liveness`, if there is anything to look at."""
    if pipes or mappings:
        Liveness(name, pipes=pipes, mappings=mappings, log_days=log_days, make=make, opts=opts)
