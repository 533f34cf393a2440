"""Metrics of services, written into their logs (embedded metric format)."""

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from functions.common import names
from services.common.settings import optional


def count_one(metric: str, service: str) -> None:
    """Count one of something that happened.

    Args:
        service: Dimension of the metric. By name: as a function a service has another one in its environment.
    """
    metrics = EphemeralMetrics(namespace=optional(names.METRICS_NAMESPACE), service=service)
    metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()
