"""Section `observability`: receivers of alarms, runbooks and dashboards, and how long access logs are kept."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.base import Section
from settings.form import ONE_ENVIRONMENT
from settings.problems import NOTHING, refuse


def _email(text: str) -> str:
    name, _, domain = text.rpartition("@")
    if not name or "." not in domain or any(character.isspace() for character in text):
        raise refuse("must be an e-mail address")
    return text


def _endpoint(text: str) -> str:
    if not text.startswith("https://") or "@" in text or "?" in text:
        raise refuse("must be an https:// URL without user name, password or query: plans and states would show them")
    return text


EmailAddress = Annotated[
    str,
    AfterValidator(_email),
    Field(
        max_length=254,
        examples=["store-oncall@example.com"],
        json_schema_extra={ONE_ENVIRONMENT: "an e-mail address"},
    ),
]
HttpsEndpoint = Annotated[
    str, AfterValidator(_endpoint), Field(max_length=2048, examples=["https://alarms.example.com/web-store"])
]


def _folder(text: str) -> str:
    if text.endswith("/") or "#" in text or any(character.isspace() for character in text):
        folder = text.partition("#")[0].strip().rstrip("/")
        raise refuse(
            "must have the form of an https:// URL without a slash or an anchor at its end: names of pages follow it",
            fix="URL of the folder docs/runbooks",
            write=folder if folder.startswith("https://") else NOTHING,
        )
    return text


RunbooksUrl = Annotated[
    str,
    AfterValidator(_endpoint),
    AfterValidator(_folder),
    Field(max_length=200, examples=["https://github.com/example/web-store/blob/main/docs/runbooks"]),
]


ContainerInsights = Literal["enhanced", "enabled", "disabled"]


class ObservabilitySettings(Section):
    """Receivers of alarms, runbooks and dashboards, and how long access logs are kept."""

    alarm_emails: tuple[EmailAddress, ...] = ()
    """Addresses that receive every alarm. AWS sends each a link to confirm the subscription first."""

    alarm_endpoints: tuple[HttpsEndpoint, ...] = ()
    """URLs that receive every alarm by POST; they must confirm the subscription by themselves."""

    runbooks_url: RunbooksUrl | None = None
    """URL of `docs/runbooks`, without a slash at the end; alarms and dashboards link to its pages. By default they name
    the path in the repository."""

    dashboards: bool = True
    """A CloudWatch dashboard for each tier, of all that its alarms look at. Each costs 3 USD a month
    (https://aws.amazon.com/cloudwatch/pricing/)."""

    container_insights: ContainerInsights = "enhanced"
    """Container Insights of the ECS clusters: `enhanced` has metrics of each task and container, `enabled` of clusters
    and services, which is all that alarms and scaling need, at a fraction of the price. It is priced by metric and by
    logged byte (https://aws.amazon.com/cloudwatch/pricing/). With `disabled` alarms and scaling count the tasks by the
    free metrics of ECS; rule `ecs-container-logs` then needs a waiver."""

    access_logs_days: Annotated[int, Field(ge=1, le=3653)] = 365
    """Days that access logs of load balancers and buckets are kept."""
