"""Section `tracing`: how requests are followed from service to service."""

from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.form import form
from settings.images import ReleasedImage

LayerArn = Annotated[
    str,
    form(
        r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[\w-]+:\d+$",
        "a layer's ARN with its version",
        "arn:aws:lambda:eu-west-1:615299751070:layer:AWSOpenTelemetryDistroPython:18",
        another_account="published",
    ),
]


class TracingSettings(Section):
    """Traces by OpenTelemetry, to AWS X-Ray."""

    enabled: bool = True
    """Run the AWS Distro for OpenTelemetry collector beside the containers of every service, and trace functions and
    API. Priced by traces (https://aws.amazon.com/xray/pricing/)."""

    sampled_percent: int = Field(default=5, ge=0, le=100)
    """Percentage of requests that begin a trace; called services follow the caller's decision."""

    collector_image: ReleasedImage = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
    """Collector beside Fargate tasks; its image is found as those of services are. It takes 64 CPU units and 128 MiB of
    each task at most."""

    function_layer_arn: LayerArn | None = None
    """Layer with the distribution for Python functions, of the home Region
    (https://aws-otel.github.io/docs/getting-started/lambda); without it only Lambda's own segments are traced."""
