"""All services: retired services, updates and logs of service resources."""

import json

from lifecycle import Status, by_kind
from policies.library.resources import Resource
from tests.policies.support import CULPRIT, UNKNOWN, Cases, Program, of_kind, res


def cache(**props):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, props)


def search(**props):
    return res("opensearch/domain:Domain", CULPRIT, props)


def bus(**props):
    return res("cloudwatch/eventBus:EventBus", CULPRIT, {"name": "store", **props})


def every_kind(*statuses: Status) -> dict[str, Program]:
    """A program for each type that pulumi_aws has of services with these statuses."""
    return {kind: [of_kind(kind, {"name": "it"})] for kind in by_kind(*statuses) if not kind.startswith("AWS::")}


def allowing(action: str, effect: str = "Allow") -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})


def granting(token: str, action: str, effect: str = "Allow") -> Resource:
    return res(token, CULPRIT, {"policy": allowing(action, effect)})


_POOL = res("cognito/userPool:UserPool", CULPRIT)

CASES = {
    "aws-service-automatic-updates": Cases(
        good={
            "cache": [cache()],
            "search": [search(softwareUpdateOptions={"autoSoftwareUpdateEnabled": True})],
        },
        bad={
            "cache": [cache(autoMinorVersionUpgrade=False)],
            "cache, as text": [cache(autoMinorVersionUpgrade="false")],
            "search": [search()],
        },
    ),
    "aws-service-logs-kept": Cases(
        good={
            "pool": [
                _POOL,
                res(
                    "cognito/logDeliveryConfiguration:LogDeliveryConfiguration",
                    "logs",
                    {"userPoolId": UNKNOWN},
                    refers={"userPoolId": [_POOL]},
                ),
            ],
            "bus": [bus(logConfig={"level": "ERROR"})],
            "partner bus": [bus(eventSourceName="aws.partner/shop")],
        },
        bad={"pool": [_POOL], "bus": [bus()], "off": [bus(logConfig={"level": "OFF"})]},
    ),
    "aws-service-not-retired": Cases(
        good={
            "search": [search()],
            "Lex V2": [res("lex/v2modelsBot:V2modelsBot", CULPRIT, {"name": "help"})],
            "superseded": [res("location/placeIndex:PlaceIndex", CULPRIT)],
            "a role of a current service": [granting("iam/rolePolicy:RolePolicy", "sagemaker:InvokeEndpoint")],
            "a denial": [granting("iam/rolePolicy:RolePolicy", "frauddetector:*", effect="Deny")],
        },
        bad={
            **{
                f"right in {token}": [granting(token, "frauddetector:GetEventPrediction")]
                for token in (
                    *("iam/policy:Policy", "iam/rolePolicy:RolePolicy", "iam/groupPolicy:GroupPolicy"),
                    "iam/userPolicy:UserPolicy",
                )
            },
            "right in a role": [
                res("iam/role:Role", CULPRIT, {"inlinePolicies": [{"policy": allowing("apprunner:DeployService")}]})
            ],
            "Pinpoint": [res("pinpoint/app:App", CULPRIT, {"name": "push"})],
            "Lex V1": [res("lex/bot:Bot", CULPRIT, {"name": "help"})],
            "WAF Classic": [res("waf/webAcl:WebAcl", CULPRIT, {"name": "edge"})],
            **every_kind(Status.CLOSED, Status.ENDED),
            **{
                kind: [Resource.of(f"aws-native:frauddetector:{kind.rpartition(':')[2]}", CULPRIT, {})]
                for kind in by_kind(Status.CLOSED)
                if kind.startswith("AWS::")
            },
        },
    ),
    "aws-service-not-superseded": Cases(
        good={
            "search": [search()],
            "VPC link V2": [res("apigatewayv2/vpcLink:VpcLink", CULPRIT)],
            "closed": [res("apprunner/service:Service", CULPRIT)],
        },
        bad={"Elasticsearch": [res("elasticsearch/domain:Domain", CULPRIT)], **every_kind(Status.SUPERSEDED)},
    ),
}
