"""Changes of the way from CloudFront to the storefront, in the order in which they can be made."""

from typing import Any

from tests.program.life.frame import Change

Config = dict[str, Any]


def public_origin(config: Config) -> None:
    config["web-store:edge"]["origin"] = {"kind": "secret_header"}
    config["web-store:origin_secret"] = {"secure": "v1:made:elsewhere"}


def second_secret(config: Config) -> None:
    config["web-store:origin_secret_next"] = {"secure": "v1:made:elsewhere"}


def first_secret_alone(config: Config) -> None:
    del config["web-store:origin_secret_next"]


def private_origin(config: Config) -> None:
    del config["web-store:edge"]["origin"]
    del config["web-store:origin_secret"]


_FOLLOWING = {
    "aws:lb/loadBalancer:LoadBalancer::web-balancer": "replace",
    "aws:lb/listener:Listener::web-balancer-https": "replace",
    "aws:lb/listenerRule:ListenerRule::web-balancer-*": "replace",
    "aws:lb/targetGroup:TargetGroup::web-balancer-*": "replace",
    "aws:wafv2/webAclAssociation:WebAclAssociation::web-balancer-balancer": "replace",
    # The header with the secret is left out of the logs.
    "aws:wafv2/webAcl:WebAcl::web-balancer": "update",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration::web-balancer": "update",
    "aws:ecs/service:Service::web-service": "replace",
    "aws:appautoscaling/*::web-*": "replace",
    "aws:cloudwatch/metricAlarm:MetricAlarm::web-*": "update",
    "aws:cloudfront/distribution:Distribution::edge-distribution": "update",
}


PUBLIC = Change(
    "CloudFront reaches a public load balancer",
    public_origin,
    {**_FOLLOWING, "aws:cloudfront/vpcOrigin:VpcOrigin::edge-distribution-web": "delete"},
)
NEXT_SECRET = Change(
    "the next secret is admitted beside the present one",
    second_secret,
    {"aws:lb/listenerRule:ListenerRule::web-balancer-production": "update"},
)
OTHER_SECRET = Change(
    "the other secret is not admitted any more",
    first_secret_alone,
    {"aws:lb/listenerRule:ListenerRule::web-balancer-production": "update"},
)
PRIVATE = Change(
    "CloudFront reaches a private load balancer",
    private_origin,
    {**_FOLLOWING, "aws:cloudfront/vpcOrigin:VpcOrigin::edge-distribution-web": "create"},
)
