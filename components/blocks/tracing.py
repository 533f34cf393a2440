"""Traces by OpenTelemetry: collector container, environment variables and permissions."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement, policy_document
from settings.tracing import TracingSettings

_COLLECTOR = "otel-collector"
_WRITE = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
_SAMPLE = ("xray:GetSamplingRules", "xray:GetSamplingTargets")


@dataclass(frozen=True, kw_only=True)
class Tracing:
    """Tracing of one service."""

    settings: TracingSettings

    def grant(self, role: aws.iam.Role, name: str, opts: pulumi.ResourceOptions) -> aws.iam.RolePolicy:
        """Let `role` write traces; these actions have no resource-level permissions.

        https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html
        """
        return aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=policy_document(Statement(sid="Trace", actions=[*_SAMPLE, *_WRITE], resources=["*"])),
            opts=opts,
        )

    def container_variables(self, service: str) -> dict[str, str]:
        """Variables of OpenTelemetry's SDKs (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)."""
        return {
            **self._common(service),
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }

    def function_variables(self, service: str, *, image: bool) -> dict[str, str]:
        """Variables of a function that the layer instruments, or that has the SDK in its image."""
        if image:
            return self._common(service)
        if self.settings.function_layer_arn is None:
            return {}
        return {**self._common(service), "AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}

    def collector(self, image: str) -> dict[str, Any]:
        """Container definition of the collector. It is not essential: the task keeps running without it.

        https://aws-otel.github.io/docs/setup/ecs/
        """
        return {
            "name": _COLLECTOR,
            "image": image,
            "essential": False,
            "command": ["--config=/etc/ecs/ecs-default-config.yaml"],
            "cpu": 64,
            "memory": 128,
            "readonlyRootFilesystem": True,
            "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        }

    def _common(self, service: str) -> dict[str, str]:
        return {
            # The sample images, among others, leave the SDK off until told otherwise.
            "OTEL_SDK_DISABLED": "false",
            "OTEL_SERVICE_NAME": service,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": f"{self.settings.sampled_percent / 100:g}",
            "OTEL_PROPAGATORS": "tracecontext,baggage,xray",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
        }
