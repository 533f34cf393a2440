"""A service on Fargate: container, scaling, deployments, and its load balancer's connections."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from secret_names import suggests_secret
from settings.base import Section, section_rule
from settings.fargate import FargateSize
from settings.form import form
from settings.geography import TimeZone
from settings.images import OWN_CODE, Image, Processor, as_own, in_ecr
from settings.problems import Refusal, refuse
from settings.types import LogRetentionDays, Percent, SecretOrParameterArn, UrlPath

VariableName = Annotated[
    str, form(r"^[A-Za-z_][A-Za-z0-9_]*$", "a variable's name: letters, digits and underscores", "LEVEL")
]
Moment = Annotated[
    str,
    form(
        r"^(at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)|cron\(\S+ \S+ \S+ \S+ \S+ \S+\))$",
        "a schedule: at(2026-11-27T06:00:00), or cron(0 6 ? * MON-FRI *) with its six fields",
        "cron(0 6 ? * MON-FRI *)",
    ),
]
"""An Application Auto Scaling schedule, `at(2026-11-27T06:00:00)` or `cron(0 6 ? * MON-FRI *)`
(https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html)."""


Release = Annotated[str, form(r"^[\w.:-]{1,64}$", "a word: at most 64 letters, digits and . _ : -", "2026-11-30")]


class BalancerSettings(Section):
    idle_timeout_seconds: int = Field(default=60, ge=60, le=4000)
    """Connections without traffic are closed after this, and CloudFront keeps its own for 50 seconds. The application
    must keep its side open for longer than this."""

    minimum_capacity_units: int | None = Field(default=None, ge=100)
    """Load balancer capacity units kept ready for a peak, at 100 units an hour's price each
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/capacity-unit-reservation.html)."""

    slow_start_seconds: Annotated[int, Field(ge=30, le=900)] | None = None
    """Time in which a new task's share of the requests grows to its full size; without it a task gets it at once."""

    deregistration_delay_seconds: int = Field(default=30, ge=0, le=3600)
    """Time for requests in flight when a task is taken out."""


class RollingDeployment(Section):
    """Replace tasks a few at a time; the circuit breaker and the alarms roll a failing release back.

    Refused after another strategy while the green target group carries traffic, which is so after every second
    deployment: deploy once more with the old strategy first (`redeploy`).
    """

    strategy: Literal["rolling"] = "rolling"

    @property
    def minutes(self) -> int:
        """Time that the strategy itself takes."""
        return 0


class _Shifting(Section):
    """Run the new release beside the old one and move the traffic between two target groups."""

    bake_minutes: int = Field(default=10, ge=0, le=1440)
    """Time after the shift in which an alarm still brings the old release back."""


class BlueGreenDeployment(_Shifting):
    """Move all traffic at once."""

    strategy: Literal["blue_green"]

    @property
    def minutes(self) -> int:
        """Time that the strategy itself takes."""
        return self.bake_minutes


class CanaryDeployment(_Shifting):
    """Move a small share of the traffic first, and the rest after `canary_minutes` without an alarm."""

    strategy: Literal["canary"]
    canary_percent: Percent = 10
    """Share of requests that the new version gets first."""

    canary_minutes: int = Field(default=10, ge=0, le=1440)
    """Time that the small share is watched."""

    @property
    def minutes(self) -> int:
        """Time that the strategy itself takes."""
        return self.bake_minutes + self.canary_minutes


class LinearDeployment(_Shifting):
    """Move equal shares one after the other."""

    strategy: Literal["linear"]
    step_percent: int = Field(default=20, ge=3, le=100)
    """Share of each step; ECS takes 3 or more
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html)."""
    step_minutes: int = Field(default=5, ge=0, le=1440)
    """Minutes between two steps."""

    @property
    def minutes(self) -> int:
        """Time that the strategy itself takes."""
        return self.bake_minutes + self.step_minutes * -(-100 // self.step_percent)


Deployment = Annotated[
    RollingDeployment | BlueGreenDeployment | CanaryDeployment | LinearDeployment, Field(discriminator="strategy")
]


PeakName = Annotated[
    str,
    form(r"^[a-z][a-z0-9-]{0,30}$", "small letters, digits and hyphens, 31 at most, a letter first", "black-friday"),
]


class Peak(Section):
    """A time of the business calendar that more tasks are kept ready for."""

    begins: Moment
    """When `min_tasks` of the peak begin to hold."""

    ends: Moment
    """When those of every day hold again."""

    timezone: TimeZone = "UTC"
    """IANA name such as `Europe/Berlin`."""
    min_tasks: int = Field(ge=1, le=5000)
    """Tasks that scaling in leaves during the peak."""

    @section_rule
    def _same_kind(self) -> Iterator[Refusal]:
        if self.begins.split("(")[0] != self.ends.split("(")[0]:
            yield refuse(
                f"must have `begins` and `ends` in one form, both at(...) or both cron(...), not {self.begins} and"
                f" {self.ends}",
                fix="write `begins` and `ends` in the same form",
            )
        if self.begins.startswith("at(") and self.ends <= self.begins:
            yield refuse(f"must be after `begins`, {self.begins}", fix="give `ends` a later moment", at=("ends",))


class ScalingSettings(Section):
    min_tasks: int = Field(default=3, ge=1, le=5000)
    """Tasks that run at least, spread over the zones."""

    max_tasks: int = Field(default=30, ge=1, le=5000)
    """The quota is 5,000 tasks a service (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html)."""

    cpu_percent: Percent = 55
    """Average CPU use that scaling holds."""

    memory_percent: Percent = 75
    """Average memory use that scaling holds."""

    requests_per_task_per_minute: int = Field(default=1200, ge=1)
    """Average requests a task and minute that scaling holds."""

    scale_in_cooldown_seconds: int = Field(default=300, ge=0)
    """Seconds between two reductions."""

    scale_out_cooldown_seconds: int = Field(default=30, ge=0)
    """Seconds between two increases."""

    peaks: dict[PeakName, Peak] = Field(default={})
    """Business calendar: name to a peak, such as `black-friday-2026`."""

    @section_rule
    def _bounds(self) -> Iterator[Refusal]:
        if self.min_tasks > self.max_tasks:
            yield refuse(
                f"must not have min_tasks {self.min_tasks} above max_tasks {self.max_tasks}",
                fix="raise `max_tasks`, or lower `min_tasks`",
                edits={("max_tasks",): self.min_tasks},
            )
            return
        for name, peak in self.peaks.items():
            if not self.min_tasks <= peak.min_tasks <= self.max_tasks:
                yield refuse(
                    f"must be between min_tasks {self.min_tasks} and max_tasks {self.max_tasks} of the service",
                    fix=f"a number from {self.min_tasks} to {self.max_tasks}, or a larger `max_tasks`",
                    at=("peaks", name, "min_tasks"),
                    write=min(max(peak.min_tasks, self.min_tasks), self.max_tasks),
                )


def secrets_in_clear(environment_variables: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[Refusal]:
    """Variables that look like secrets, or are given twice."""
    for name in sorted(name for name in environment_variables if suggests_secret(name)):
        yield refuse(
            f"must not hold secrets, and {name} looks like one: store the value in Secrets Manager and give its ARN"
            " under `secrets`",
            fix=f"secrets: {{ {name}: <ARN of the secret> }}, and no such key in environment_variables",
            at=("environment_variables", name),
        )
    for name in sorted(environment_variables.keys() & secrets.keys()):
        yield refuse(
            f"must not give {name} in both environment_variables and secrets",
            fix="remove it from environment_variables if it is a secret, else from secrets",
            at=("environment_variables", name),
        )


class ServiceSettings(Section):
    image: Image = Field(default=OWN_CODE, json_schema_extra={"default": {"source": "services"}})
    """`{source: services}`, the store's own code; or a container image with a tag or (better) a digest, which without a
    registry is in a repository of the account (`store/orders:1.4.0`; section `images`)."""

    architecture: Processor = "ARM64"
    """Processor that the image is built for; ARM64 (Graviton) costs less."""

    port: int = Field(default=8080, ge=1, le=65535)
    """TCP port on which the container listens."""

    protocol: Literal["HTTP", "HTTPS"] = "HTTP"
    """Protocol of the container's port; `HTTPS` also encrypts the connection from the load balancer. A change in the
    web tier makes a new load balancer with new tasks, as one of `edge.origin` does. In the application tier requests to
    the service fail until the new tasks run, for minutes."""

    user: Annotated[
        str, form(r"^[1-9]\d*(:[1-9]\d*)?$", "a user id, and a group id after a colon; 0 is root", "1000")
    ] = "1000"
    """User id (and group id) of the process; not root."""

    health_check_path: UrlPath = "/health/live"
    """Path that answers 200 while the task works. A change also holds for the running tasks: first deploy a release
    that answers at both paths, or ECS replaces them before the new ones serve."""

    health_check_grace_seconds: int = Field(default=300, ge=0, le=3600)
    """Time a new task has to start before failed health checks count: a JVM on a quarter of a vCPU takes minutes."""

    size: FargateSize = FargateSize(cpu=1024, memory_mib=2048)
    """CPU and memory of each task."""

    temporary_mib: int = Field(default=256, ge=16, le=4096)
    """Size of `/tmp`, the only writable folder; it is taken from the memory."""

    stop_timeout_seconds: int = Field(default=60, ge=2, le=120)
    """Time between SIGTERM, sent when the load balancer has drained the task, and SIGKILL
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html)."""

    environment_variables: dict[VariableName, str] = Field(default={})
    """Plain values for the container; never secrets."""

    secrets: dict[VariableName, SecretOrParameterArn] = Field(default={})
    """Variable to the ARN of a Secrets Manager secret or an SSM parameter that ECS reads when a task starts."""

    reach_internet: bool = True
    """Let tasks open HTTPS connections through the NAT gateways; needed to pull public images."""

    spot_percent: int = Field(default=0, ge=0, le=100)
    """Share of tasks on Fargate Spot, which AWS may stop with two minutes' notice."""

    execute_command: bool = False
    """Allow `aws ecs execute-command` into running containers, encrypted and logged."""

    deployment: Deployment = RollingDeployment()
    """How a new version takes over from the old one."""

    redeploy: Release | None = None
    """Any text; another one deploys the same release once more: after a deployment that failed because of something
    outside the stack, such as an image that was not there, or for tasks to read changed `secrets`."""

    scaling: ScalingSettings = ScalingSettings()
    """How many tasks run."""

    log_days: LogRetentionDays = 365
    """Days that the service's logs are kept."""

    @section_rule
    def _consistent(self) -> Iterator[Refusal]:
        yield from secrets_in_clear(self.environment_variables, self.secrets)
        if not (in_ecr(self.image) or self.reach_internet):
            yield refuse(
                f"must be true for image {self.image}, whose first pull is over the internet; or push the image to a"
                f" repository of the account, and write `image: {as_own(self.image)}`",
                at=("reach_internet",),
                write=True,
            )
