"""Section `app_tier`: the microservices, as data."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import ReservedConcurrency
from settings.base import Section
from settings.service import BalancerSettings
from settings.tracing import LayerArn
from settings.types import LogRetentionDays, Name

# Target groups are named after their service, and AWS takes 32 characters for both and what Pulumi adds
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html).
ServiceName = Annotated[Name, StringConstraints(max_length=18), Field(examples=["catalogue"])]


PROVIDER_SERVICE = "payment-provider"
"""Name of the service that simulates a payment provider, and of its folder in `services`."""


class DiscoverySettings(Section):
    """How services find each other: ECS Service Connect, under their own names."""

    tls: bool = True
    """Encrypt calls between services with certificates of a private authority, which renews them by itself. The
    authority issues short-lived certificates at 50 USD a month (https://aws.amazon.com/private-ca/pricing/)."""

    authority_years: int = Field(default=10, ge=1, le=30)
    """Life of the authority's own certificate."""


class AppTierSettings(Section):
    services: dict[ServiceName, Microservice] = Field(default={})
    """Microservices by name. An entry describes everything that the service has and may use."""

    load_balancer: BalancerSettings = BalancerSettings()
    """The internal load balancer between API and Fargate services."""

    discovery: DiscoverySettings = DiscoverySettings()

    powertools_layer_arn: LayerArn | None = Field(
        default=None,
        examples=["arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:18"],
    )
    """Layer with Powertools for AWS Lambda, of the home Region
    (https://docs.powertools.aws.dev/lambda/python/latest/#lambda-layer); services on Lambda need it."""

    contact_list: Literal["own", "given"] = "own"
    """The SES contact list that services use: `own` is made with its topic; with `given` another stack of the account
    makes it, because SES keeps one list for an account and Region
    (https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html)."""

    outbox_concurrency: ReservedConcurrency | None = None
    """Reserved concurrency of the function of each outbox, taken from the account's. The outbox invokes one for each
    shard of the table's stream, and a shard is a partition of the table."""

    log_days: LogRetentionDays = 365
    """Days that command sessions of the clusters are kept."""

    @property
    def layer_arns(self) -> list[str]:
        """Layers of every function."""
        return [self.powertools_layer_arn] if self.powertools_layer_arn else []

    @property
    def scopes(self) -> dict[str, str]:
        """Scopes of the API by name, `<service>.<scope>`, with their meanings."""
        return {
            f"{name}.{scope}": meaning
            for name, service in self.services.items()
            for scope, meaning in service.scopes.items()
        }
