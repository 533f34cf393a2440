"""Elastic Load Balancing: load balancers, listeners, target groups."""

from tests.policies.cases.helpers.distributions import distribution
from tests.policies.cases.helpers.load_balancers import balancer
from tests.policies.cases.helpers.subnets import A2, A, B
from tests.policies.cases.helpers.web_acls import acl, association
from tests.policies.cases.helpers.zones import placed, zone_cases
from tests.policies.support import CULPRIT, DROP, UNKNOWN, Cases, edit, in_kinds, res


def plain_balancer(**props):
    return res("lb/loadBalancer:LoadBalancer", CULPRIT, props)


def attached_acl(balancer_):
    return [acl("acl"), association(acl("acl"), balancer_)]


def origin_of(*balancers):
    items = [{"originId": "web", "domainName": UNKNOWN, "customOriginConfig": {"originProtocolPolicy": "https-only"}}]
    return distribution("edge", {"origins": items}, refers={"origins": list(balancers)})


def mapped(*subnets):
    mappings = [{"subnetId": UNKNOWN} for _ in subnets]
    return [
        *subnets,
        res(
            "lb/loadBalancer:LoadBalancer", CULPRIT, {"subnetMappings": mappings}, refers={"subnetMappings": [*subnets]}
        ),
    ]


_LB = zone_cases("lb/loadBalancer:LoadBalancer", "subnets")


def target_group(**props):
    return res("lb/targetGroup:TargetGroup", CULPRIT, props)


_BALANCER = {
    "loadBalancerType": "application",
    "dropInvalidHeaderFields": True,
    "desyncMitigationMode": "defensive",
    "enableDeletionProtection": True,
}


def protected_balancer(**changes):
    return res("lb/loadBalancer:LoadBalancer", CULPRIT, edit(_BALANCER, changes))


_HTTPS = {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
_REDIRECT = {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}


def bare_listener(token="lb/listener:Listener", **props):
    return res(token, CULPRIT, props)


def security_group(name="group", ingress=None):
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


_ONLY_EDGE = security_group("only-edge")
_PREFIX = standalone(_ONLY_EDGE, prefixListId="pl-4fa04526")
_OPEN = security_group("open", [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}])
_IN_COMPONENT = "urn:pulumi:test::project::awsx:lb:ApplicationLoadBalancer::front"
_SECRET = {"httpHeader": {"httpHeaderName": "x-origin", "values": [UNKNOWN]}}


def guarded(*, props=None, token="lb/loadBalancer:LoadBalancer", group_=_ONLY_EDGE):
    values = {"securityGroups": [UNKNOWN]} | (props or {})
    return balancer(token=token, props=values, refers={"securityGroups": [group_]})


CASES = {
    "lb-listener-https": Cases(
        good={
            "https": [bare_listener(**_HTTPS, defaultActions=[{"type": "forward"}])],
            "redirect": [bare_listener(protocol="HTTP", defaultActions=[_REDIRECT])],
            "TCP": [bare_listener(protocol="TCP", defaultActions=[{"type": "forward"}])],
            "classic": [res("elb/loadBalancer:LoadBalancer", CULPRIT, {"listeners": [{"lbProtocol": "https"}]})],
            "network load balancer": [
                balancer("tcp", props={"loadBalancerType": "network"}),
                listener(balancer("tcp"), protocol=None),
            ],
        },
        bad={
            "http forward": [bare_listener(protocol="HTTP", defaultActions=[{"type": "forward"}])],
            "redirect to http": [
                bare_listener(
                    protocol="HTTP",
                    defaultActions=[{"type": "redirect", "redirect": {"protocol": "HTTP", "port": "8080"}}],
                )
            ],
            "single action, twin token": [
                bare_listener("alb/listener:Listener", protocol="HTTP", defaultActions={"type": "fixed-response"})
            ],
            "rule forwards": [
                bare_listener(protocol="HTTP", defaultActions=[_REDIRECT]),
                listener_rule(bare_listener(protocol="HTTP")),
            ],
            **in_kinds({"listeners": [{"lbProtocol": "HTTP", "lbPort": 80}]}, "elb/loadBalancer"),
            "no protocol": [
                balancer("web"),
                res(
                    "alb/listener:Listener",
                    CULPRIT,
                    {"loadBalancerArn": UNKNOWN, "port": 80, "defaultActions": [{"type": "forward"}]},
                    refers={"loadBalancerArn": [balancer("web")]},
                ),
            ],
        },
    ),
    "lb-listener-modern-tls": Cases(
        good={
            "modern": [bare_listener(**_HTTPS)],
            "restricted": [bare_listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06")],
            "post-quantum": [bare_listener(protocol="TLS", sslPolicy="ELBSecurityPolicy-TLS13-1-3-PQ-2025-09")],
            "http": [bare_listener(protocol="HTTP")],
        },
        bad={
            "default": [bare_listener(protocol="HTTPS")],
            "old": [bare_listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-2016-08")],
            "extended": [bare_listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06")],
            "twin token": [
                bare_listener("alb/listener:Listener", protocol="HTTPS", sslPolicy="ELBSecurityPolicy-FS-2018-06")
            ],
        },
        config=[({"accepted": ["ELBSecurityPolicy-TLS13-1-3-*"]}, [bare_listener(**_HTTPS)], True)],
    ),
    "lb-load-balancer-access-logs": Cases(
        good={
            "on": [plain_balancer(accessLogs={"bucket": UNKNOWN, "enabled": True})],
            "network": [plain_balancer(loadBalancerType="network")],
        },
        bad={
            "not set": [plain_balancer()],
            "bucket alone": [plain_balancer(accessLogs={"bucket": "logs"})],
            "off": [plain_balancer(accessLogs={"bucket": "logs", "enabled": False})],
            "older token": [res("alb/loadBalancer:LoadBalancer", CULPRIT)],
        },
    ),
    "lb-load-balancer-deletion-protection": Cases(
        good={
            "protected": [protected_balancer()],
            "gateway": [res("lb/loadBalancer:LoadBalancer", "x", {"loadBalancerType": "gateway"})],
        },
        bad={
            "not set": [protected_balancer(enableDeletionProtection=DROP)],
            "off": [protected_balancer(enableDeletionProtection=False)],
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
            "its own web ACL, no distribution": [_OPEN, guarded(group_=_OPEN), *attached_acl(guarded(group_=_OPEN))],
            "its own web ACL, a distribution of others": [
                _OPEN,
                guarded(group_=_OPEN),
                *attached_acl(guarded(group_=_OPEN)),
                origin_of(balancer("other")),
                balancer("other", props={"internal": True}),
            ],
        },
        bad={
            "inline rule for the world": [_OPEN, guarded(group_=_OPEN)],
            "standalone rule for the world": [_ONLY_EDGE, standalone(_ONLY_EDGE, cidrIpv4="0.0.0.0/0"), guarded()],
            "IPv6 world": [_ONLY_EDGE, standalone(_ONLY_EDGE, cidrIpv6="::/0"), guarded()],
            "internet in two halves": [_ONLY_EDGE, standalone(_ONLY_EDGE, cidrIpv4="128.0.0.0/1"), guarded()],
            "default action forwards": [_ONLY_EDGE, _PREFIX, guarded(), listener(guarded(), "forward")],
            "forwards without header": [
                _ONLY_EDGE,
                _PREFIX,
                guarded(),
                listener(guarded()),
                listener_rule(listener(guarded()), {"pathPattern": {"values": ["/*"]}}),
            ],
            "twin token": [_OPEN, guarded(token="alb/loadBalancer:LoadBalancer", group_=_OPEN)],
            "behind a distribution": [
                _OPEN,
                guarded(group_=_OPEN),
                *attached_acl(guarded(group_=_OPEN)),
                origin_of(guarded(group_=_OPEN)),
            ],
            "behind a distribution by its own name": [
                _OPEN,
                guarded(group_=_OPEN),
                *attached_acl(guarded(group_=_OPEN)),
                distribution("edge"),
            ],
        },
    ),
    "lb-load-balancer-strict-requests": Cases(
        good={
            "strict": [protected_balancer()],
            "network": [protected_balancer(loadBalancerType="network", dropInvalidHeaderFields=DROP)],
        },
        bad={
            "not set": [protected_balancer(dropInvalidHeaderFields=DROP)],
            "off": [protected_balancer(dropInvalidHeaderFields=False)],
            "monitor": [protected_balancer(desyncMitigationMode="monitor")],
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
    "lb-load-balancer-zones": Cases(
        good={**_LB[0], "mappings": mapped(A, B)},
        bad={**_LB[1], "mappings": mapped(A, A2)},
        config=[({"zones": 3}, placed("lb/loadBalancer:LoadBalancer", "subnets", [A, B]), True)],
    ),
    "lb-target-group-tls": Cases(
        good={
            "TLS": [target_group(protocol="HTTPS", healthCheck={"protocol": "HTTPS"})],
            "function": [target_group(targetType="lambda")],
            "TCP": [target_group(protocol="TCP")],
        },
        bad={
            "plain": [target_group(protocol="HTTP")],
            "plain check": [target_group(protocol="HTTPS", healthCheck={"path": "/"})],
        },
    ),
}
