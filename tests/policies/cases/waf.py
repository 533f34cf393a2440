"""Web ACLs and the edge."""

import json

from tests.policies.support import CULPRIT, DROP, UNKNOWN, Cases, edit, policy, res

DISTRIBUTION = {
    "webAclId": "arn:aws:wafv2:us-east-1:111111111111:global/webacl/edge/1",
    "origins": [
        {
            "originId": "media",
            "domainName": "media-1.s3.eu-west-1.amazonaws.com",
            "originAccessControlId": "E2QWRUHAPOMQZL",
        },
        {
            "originId": "web",
            "domainName": "web.shop.example.com",
            "customOriginConfig": {
                "httpPort": 80,
                "httpsPort": 443,
                "originProtocolPolicy": "https-only",
                "originSslProtocols": ["TLSv1.2"],
            },
        },
    ],
    "defaultCacheBehavior": {"viewerProtocolPolicy": "redirect-to-https"},
    "orderedCacheBehaviors": [{"pathPattern": "/media/*", "viewerProtocolPolicy": "https-only"}],
    "viewerCertificate": {
        "acmCertificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/1",
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    },
}
GROUPS = ("CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "AmazonIpReputationList")


def distribution(name=CULPRIT, changes=None, **options):
    return res("cloudfront/distribution:Distribution", name, edit(DISTRIBUTION, changes or {}), **options)


def group_rule(group):
    statement = {"managedRuleGroupStatement": {"name": f"AWSManagedRules{group}", "vendorName": "AWS"}}
    return {"name": group, "statement": statement}


def acl(name=CULPRIT, groups=GROUPS, **props):
    rules = {"rules": [group_rule(group) for group in groups]} if groups else {}
    return res("wafv2/webAcl:WebAcl", name, {"scope": "REGIONAL", **rules, **props})


def association(acl_, target):
    return res(
        "wafv2/webAclAssociation:WebAclAssociation",
        "association",
        {"webAclArn": UNKNOWN, "resourceArn": UNKNOWN},
        refers={"webAclArn": [acl_], "resourceArn": [target]},
    )


def balancer(name=CULPRIT, token="lb/loadBalancer:LoadBalancer", **options):
    props = {"loadBalancerType": "application", "internal": False} | options.pop("props", {})
    return res(token, name, props, **options)


def stage(api, name=CULPRIT):
    return res("apigateway/stage:Stage", name, {"restApi": UNKNOWN, "stageName": "v1"}, refers={"restApi": [api]})


def rest_api(kind="REGIONAL"):
    return res("apigateway/restApi:RestApi", "api", {"endpointConfiguration": {"types": kind}})


def group(name="group", ingress=None):
    return res("ec2/securityGroup:SecurityGroup", name, {"ingress": ingress} if ingress else {})


def standalone(to, name="entry", **props):
    return res(
        "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        name,
        {"securityGroupId": UNKNOWN, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, **props},
        refers={"securityGroupId": [to]},
    )


def listener(balancer_, action="fixed-response", **props):
    return res(
        "lb/listener:Listener",
        "listener",
        {"loadBalancerArn": UNKNOWN, "protocol": "HTTPS", "defaultActions": [{"type": action}], **props},
        refers={"loadBalancerArn": [balancer_]},
    )


def listener_rule(listener_, *conditions):
    return res(
        "lb/listenerRule:ListenerRule",
        "forward",
        {"listenerArn": UNKNOWN, "actions": [{"type": "forward"}], "conditions": list(conditions)},
        refers={"listenerArn": [listener_]},
    )


def logging(acl_, name="logging", **props):
    headers = [{"singleHeader": {"name": header}} for header in ("authorization", "cookie")]
    return res(
        "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        name,
        {
            "resourceArn": UNKNOWN,
            "logDestinationConfigs": ["arn:aws:logs:us-east-1:111111111111:log-group:aws-waf-logs-edge"],
            "redactedFields": headers,
            **props,
        },
        refers={"resourceArn": [acl_]},
    )


def http_api(**props):
    return res("apigatewayv2/api:Api", CULPRIT, {"protocolType": "HTTP", **props})


def bucket_policy(**condition):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media-1/*",
        **({"Condition": condition} if condition else {}),
    }
    return res("s3/bucketPolicy:BucketPolicy", CULPRIT, {"policy": policy(statement)})


def _behind(api):
    origins = [{"originId": "api", "domainName": UNKNOWN, "customOriginConfig": {}}]
    return distribution("edge", {"origins": origins}, refers={"origins": [api]})


_EDGE_ACL = acl("edge-acl", scope="CLOUDFRONT", region="us-east-1")
_ONLY_EDGE = group("only-edge")
_PREFIX = standalone(_ONLY_EDGE, prefixListId="pl-4fa04526")
_OPEN = group("open", [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}])
_IN_COMPONENT = "urn:pulumi:test::project::awsx:lb:ApplicationLoadBalancer::front"
_SECRET = {"httpHeader": {"httpHeaderName": "x-origin", "values": [UNKNOWN]}}
_POOL = res("cognito/userPool:UserPool", CULPRIT, {"name": "shoppers"})


def guarded(*, props=None, token="lb/loadBalancer:LoadBalancer", group_=_ONLY_EDGE):
    values = {"securityGroups": [UNKNOWN]} | (props or {})
    return balancer(token=token, props=values, refers={"securityGroups": [group_]})


CASES = {
    "cloudfront-distribution-web-acl": Cases(
        good={
            "a web ACL": [distribution()],
            "an ACL made in the same run": [distribution(changes={"webAclId": UNKNOWN})],
        },
        bad={
            "no web ACL": [distribution(changes={"webAclId": DROP})],
            "empty text": [distribution(changes={"webAclId": ""})],
            "null": [distribution(changes={"webAclId": None})],
        },
    ),
    "wafv2-web-acl-scope": Cases(
        good={
            "CloudFront": [_EDGE_ACL, distribution(changes={"webAclId": UNKNOWN}, refers={"webAclId": [_EDGE_ACL]})],
            "load balancer": [acl(), balancer("web"), association(acl(), balancer("web"))],
            "Region of its provider": [
                res("wafv2/webAcl:WebAcl", "acl", {"scope": "CLOUDFRONT"}, provider={"region": "us-east-1"})
            ],
        },
        bad={
            "CloudFront ACL in the home Region": [acl(scope="CLOUDFRONT", region="eu-west-1")],
            "CloudFront ACL on a load balancer": [
                acl(scope="CLOUDFRONT", region="us-east-1"),
                balancer("web"),
                association(acl(), balancer("web")),
            ],
            "regional ACL on a distribution": [
                acl(),
                distribution("edge", {"webAclId": UNKNOWN}, refers={"webAclId": [acl()]}),
            ],
            "other Region than the load balancer": [
                acl(region="us-east-1"),
                balancer("web", props={"region": "eu-west-1"}),
                association(acl(), balancer("web")),
            ],
        },
    ),
    "lb-load-balancer-web-acl": Cases(
        good={
            "associated": [balancer(), acl("acl"), association(acl("acl"), balancer())],
            "internal": [balancer(props={"internal": True})],
            "network load balancer": [balancer(props={"loadBalancerType": "network"})],
            "twin token": [
                balancer(token="alb/loadBalancer:LoadBalancer"),
                association(acl("acl"), balancer(token="alb/loadBalancer:LoadBalancer")),
            ],
            "by ARN": [
                balancer(props={"arn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/w/1"}),
                res(
                    "wafv2/webAclAssociation:WebAclAssociation",
                    "association",
                    {"resourceArn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/w/1"},
                ),
            ],
            "inside a component": [
                balancer(parent=_IN_COMPONENT),
                res("x", "front", urn=_IN_COMPONENT),
                res(
                    "wafv2/webAclAssociation:WebAclAssociation",
                    "association",
                    {"resourceArn": UNKNOWN},
                    refers={"resourceArn": [_IN_COMPONENT]},
                ),
            ],
        },
        bad={
            "no association": [balancer(), acl("acl")],
            "internal not set": [balancer(props={"internal": None})],
            "twin token": [balancer(token="alb/loadBalancer:LoadBalancer")],
            "association of another": [
                balancer(),
                balancer("other"),
                acl("acl"),
                association(acl("acl"), balancer("other")),
            ],
        },
    ),
    "apigateway-stage-web-acl": Cases(
        good={
            "associated": [rest_api(), stage(rest_api()), acl("acl"), association(acl("acl"), stage(rest_api()))],
            "private API": [rest_api("PRIVATE"), stage(rest_api("PRIVATE"))],
        },
        bad={"no association": [rest_api(), stage(rest_api())]},
    ),
    "cognito-user-pool-web-acl": Cases(
        good={"associated": [_POOL, acl("acl"), association(acl("acl"), _POOL)]},
        bad={
            "no association": [_POOL],
            "a group that Cognito refuses": [
                _POOL,
                acl("acl", groups=("CommonRuleSet", "ATPRuleSet")),
                association(acl("acl"), _POOL),
            ],
        },
    ),
    "apigatewayv2-api-behind-cloudfront": Cases(
        good={
            "origin of a distribution": [
                http_api(disableExecuteApiEndpoint=True),
                _behind(http_api()),
            ],
            "by its domain": [
                http_api(disableExecuteApiEndpoint=True),
                res("apigatewayv2/domainName:DomainName", "domain", {"domainName": "web.shop.example.com"}),
                distribution("edge"),
            ],
            "WebSocket API": [http_api(protocolType="WEBSOCKET")],
        },
        bad={
            "default endpoint on": [http_api(disableExecuteApiEndpoint=False), _behind(http_api())],
            "default endpoint not set": [http_api(), _behind(http_api())],
            "no distribution": [http_api(disableExecuteApiEndpoint=True)],
        },
    ),
    "wafv2-web-acl-baseline": Cases(
        good={
            "inline rules": [acl()],
            "JSON": [
                acl(
                    groups=(),
                    ruleJson=json.dumps(
                        [
                            {
                                "Name": name,
                                "Statement": {
                                    "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": f"AWSManagedRules{name}"}
                                },
                            }
                            for name in GROUPS
                        ]
                    ),
                )
            ],
            "a rule of its own": [
                acl(groups=GROUPS[1:]),
                res(
                    "wafv2/webAclRule:WebAclRule",
                    "common",
                    {"webAclArn": UNKNOWN, **group_rule(GROUPS[0])},
                    refers={"webAclArn": [acl()]},
                ),
            ],
            "an attached group": [
                acl(groups=GROUPS[1:]),
                res(
                    "wafv2/webAclRuleGroupAssociation:WebAclRuleGroupAssociation",
                    "common",
                    {
                        "webAclArn": UNKNOWN,
                        "managedRuleGroup": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"},
                    },
                    refers={"webAclArn": [acl()]},
                ),
            ],
        },
        bad={
            "no rules": [acl(groups=())],
            "one group missing": [acl(groups=GROUPS[:3])],
            "group of another vendor": [
                acl(
                    rules=[
                        *(group_rule(name) for name in GROUPS[:3]),
                        {
                            "statement": {
                                "managedRuleGroupStatement": {
                                    "name": "AWSManagedRulesAmazonIpReputationList",
                                    "vendorName": "Fortinet",
                                }
                            }
                        },
                    ]
                )
            ],
        },
        config=[
            ({"groups": ["AWSManagedRulesLinuxRuleSet"]}, [acl()], True),
            ({"groups": []}, [acl(groups=())], False),
        ],
    ),
    "wafv2-web-acl-logging": Cases(
        good={
            "logging": [acl(), logging(acl())],
            "to a group of this program": [
                acl(),
                res("cloudwatch/logGroup:LogGroup", "logs", {"name": "aws-waf-logs-edge"}),
                res(
                    "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
                    "logging",
                    logging(acl()).props | {"logDestinationConfigs": [UNKNOWN], "resourceArn": UNKNOWN},
                    refers={
                        "resourceArn": [acl()],
                        "logDestinationConfigs": ["urn:pulumi:test::project::aws:cloudwatch/logGroup:LogGroup::logs"],
                    },
                ),
            ],
        },
        bad={
            "none": [acl()],
            "session header kept": [
                acl("acl"),
                logging(acl("acl"), CULPRIT, redactedFields=[{"singleHeader": {"name": "Authorization"}}]),
            ],
            "nothing redacted": [acl("acl"), logging(acl("acl"), CULPRIT, redactedFields=None)],
            "bad name of the destination": [
                acl("acl"),
                logging(
                    acl("acl"), CULPRIT, logDestinationConfigs=["arn:aws:logs:us-east-1:1:log-group:edge-waf-logs:*"]
                ),
            ],
        },
        config=[({"redacted_headers": ["x-token"]}, [acl(), logging(acl())], True)],
    ),
    "cloudfront-distribution-private-s3-origin": Cases(
        good={
            "access control": [distribution()],
            "policy for one distribution": [
                bucket_policy(StringEquals={"AWS:SourceArn": "arn:aws:cloudfront::111111111111:distribution/E1"})
            ],
            "lower case key, list": [
                bucket_policy(ArnLike={"aws:sourcearn": ["arn:aws:cloudfront::111111111111:distribution/E1"]})
            ],
            "policy from outputs": [res("s3/bucketPolicy:BucketPolicy", CULPRIT, {"policy": UNKNOWN})],
        },
        bad={
            "no access control": [distribution(changes={"origins.0.originAccessControlId": DROP})],
            "access identity": [
                distribution(
                    changes={
                        "origins.0.originAccessControlId": "",
                        "origins.0.s3OriginConfig": {"originAccessIdentity": "origin-access-identity/cloudfront/E1"},
                    }
                )
            ],
            "website endpoint": [
                distribution(changes={"origins.1.domainName": "media-1.s3-website-eu-west-1.amazonaws.com"})
            ],
            "policy for every distribution": [bucket_policy()],
            "policy with a wildcard": [
                bucket_policy(ArnLike={"AWS:SourceArn": "arn:aws:cloudfront::111111111111:distribution/*"})
            ],
        },
    ),
    "lb-load-balancer-only-through-cloudfront": Cases(
        good={
            "internal": [_OPEN, guarded(props={"internal": True}, group_=_OPEN)],
            "prefix list and header": [
                _ONLY_EDGE,
                _PREFIX,
                guarded(),
                listener(guarded()),
                listener_rule(listener(guarded()), _SECRET),
            ],
            "from a group": [
                _ONLY_EDGE,
                standalone(_ONLY_EDGE, referencedSecurityGroupId="sg-1"),
                guarded(),
            ],
        },
        bad={
            "inline world": [_OPEN, guarded(group_=_OPEN)],
            "standalone world": [_ONLY_EDGE, standalone(_ONLY_EDGE, cidrIpv4="0.0.0.0/0"), guarded()],
            "IPv6 world": [_ONLY_EDGE, standalone(_ONLY_EDGE, cidrIpv6="::/0"), guarded()],
            "split world": [_ONLY_EDGE, standalone(_ONLY_EDGE, cidrIpv4="128.0.0.0/1"), guarded()],
            "default action forwards": [_ONLY_EDGE, _PREFIX, guarded(), listener(guarded(), "forward")],
            "forwards without header": [
                _ONLY_EDGE,
                _PREFIX,
                guarded(),
                listener(guarded()),
                listener_rule(listener(guarded()), {"pathPattern": {"values": ["/*"]}}),
            ],
            "twin token": [_OPEN, guarded(token="alb/loadBalancer:LoadBalancer", group_=_OPEN)],
        },
    ),
}
