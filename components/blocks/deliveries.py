"""A configuration set of SES: how messages are delivered, and what becomes of them."""

import pulumi
import pulumi_aws as aws

from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.metric import Metric

# AWS reviews an account from here on, and stops its mail at 10% and 0.5%
# (https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html).
_BOUNCE_RATE, _COMPLAINT_RATE = 0.05, 0.001


def configuration_set_name(name: str) -> str:
    """Name in AWS of the configuration set with this logical name."""
    return in_stack(f"{pulumi.get_project()}-{name}", limit=64)


def configuration_set(
    name: str, *, consequence: str, todo: str, opts: pulumi.ResourceOptions
) -> aws.sesv2.ConfigurationSet:
    """Messages leave over TLS only; addresses that bounce or complain go to the suppression list of the account, and
    their rates are watched.

    Args:
        consequence: What customers notice once SES has stopped the account's messages.
        todo: First step when a rate is high.
        opts: `self._inside` of the component that makes it.
    """
    deliveries = aws.sesv2.ConfigurationSet(
        name,
        configuration_set_name=configuration_set_name(name),
        delivery_options={"tls_policy": "REQUIRE"},
        reputation_options={"reputation_metrics_enabled": True},
        suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
        opts=opts,
    )
    # Counts in CloudWatch; the addresses are in the suppression list.
    aws.sesv2.ConfigurationSetEventDestination(
        name,
        configuration_set_name=deliveries.configuration_set_name,
        event_destination_name="cloudwatch",
        event_destination={
            "enabled": True,
            "matching_event_types": ["BOUNCE", "COMPLAINT", "DELIVERY_DELAY", "REJECT"],
            "cloud_watch_destination": {
                "dimension_configurations": [
                    {
                        "dimension_name": "ses:configuration-set",
                        "dimension_value_source": "MESSAGE_TAG",
                        "default_dimension_value": "none",
                    }
                ]
            },
        },
        opts=opts,
    )
    # https://docs.aws.amazon.com/ses/latest/dg/configuration-sets-export-metrics.html
    for label, rate, threshold, meaning in (
        ("bounces", "BounceRate", _BOUNCE_RATE, "Many addresses do not exist"),
        ("complaints", "ComplaintRate", _COMPLAINT_RATE, "Customers mark the store's messages as spam"),
    ):
        alarm(
            f"{name}-{label}",
            metric=Metric(
                namespace="AWS/SES",
                name=f"Reputation.{rate}",
                dimensions={"ses:configuration-set": deliveries.configuration_set_name},
                statistic="Average",
                period_seconds=3600,
            ),
            threshold=threshold,
            periods=Periods(breaching=1, evaluated=1),
            # Rates are sent while messages are.
            missing_data="ignore",
            meaning=f"{meaning}: SES reviews the account, then stops its messages, and {consequence}.",
            todo=todo,
            runbook=f"mail#reputation{rate.lower()}",
            opts=opts,
        )
    return deliveries
