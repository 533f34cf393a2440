"""The same thing under another logical name: the new one is made before the old one goes."""

from collections.abc import Callable

from tests.offline.aws.driver import GROUP, ROLE, TABLE, TRUST
from tests.offline.aws.steps.world import Case, Change, World, renamed

_TARGETS = "aws:lb/targetGroup:TargetGroup"
_ORIGIN = "aws:cloudfront/vpcOrigin:VpcOrigin"
_ELSEWHERE = "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/a/b"


def _group(name: str) -> Callable[[World], str]:
    return lambda world: world.make(GROUP, name, vpcId=world.vpc().id, description=name).id


REFUSED: dict[str, Case] = {
    "security group rule renamed": Case(
        renamed(
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            securityGroupId=_group("web"),
            referencedSecurityGroupId=_group("caller"),
            ipProtocol="tcp",
            fromPort=443,
            toPort=443,
        ),
        r"InvalidPermission\.Duplicate",
    ),
    "queue renamed": Case(renamed("aws:sqs/queue:Queue", name="orders"), "QueueAlreadyExists"),
    "role renamed": Case(renamed(ROLE, name="web", assumeRolePolicy=TRUST), "EntityAlreadyExists"),
    "table renamed": Case(
        renamed(
            TABLE, hashKey="id", attributes=[{"name": "id", "type": "S"}], name="carts", billingMode="PAY_PER_REQUEST"
        ),
        "ResourceInUseException: Table already exists",
    ),
    "target group renamed": Case(
        renamed(_TARGETS, name="web", port=80, protocol="HTTP", vpcId=lambda world: world.vpc().id),
        "DuplicateTargetGroupName",
    ),
    "web ACL renamed": Case(
        renamed(
            "aws:wafv2/webAcl:WebAcl",
            name="edge",
            scope="REGIONAL",
            defaultAction={"allow": {}},
            visibilityConfig={"cloudwatchMetricsEnabled": True, "metricName": "edge", "sampledRequestsEnabled": True},
        ),
        "WAFDuplicateItemException",
    ),
    "VPC origin renamed": Case(
        renamed(
            _ORIGIN,
            vpcOriginEndpointConfig={
                "arn": _ELSEWHERE,
                "httpPort": 80,
                "httpsPort": 443,
                "name": "web",
                "originProtocolPolicy": "https-only",
                "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1},
            },
        ),
        "EntityAlreadyExists",
    ),
    "domain of a user pool renamed": Case(
        renamed("aws:cognito/userPoolDomain:UserPoolDomain", domain="store", userPoolId="eu-west-1_a"),
        "InvalidParameterException: Domain already associated",
    ),
}
TAKEN: dict[str, Change] = {}
