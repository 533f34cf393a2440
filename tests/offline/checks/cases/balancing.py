"""Cases of the rules in `offline/checks/rules/balancing.py`."""

from typing import Any

from tests.offline.checks.good_inputs import ARN, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "lb/loadBalancer:LoadBalancer": (
        {"name": "web", "subnets": ["subnet-1", "subnet-2"]},
        [
            ({"name": "web-"}, "name"),
            ({"name": "internal-web"}, "name"),
            ({"subnets": ["subnet-1"]}, "subnets"),
            ({"subnetMappings": [{"subnetId": "a"}, {"subnetId": "b"}]}, "subnets"),
        ],
    ),
    "lb/targetGroup:TargetGroup": (
        {
            "port": 80,
            "protocol": "HTTP",
            "vpcId": "vpc-1",
            "targetType": "ip",
            "healthCheck": {"path": "/", "interval": 10, "timeout": 5},
            "stickiness": {"type": "lb_cookie", "enabled": True},
        },
        [
            ({"port": None}, "port"),
            ({"vpcId": None}, "vpcId"),
            ({"healthCheck": {"interval": 5, "timeout": 5}}, "healthCheck.timeout"),
            ({"healthCheck": {"protocol": "TCP", "path": "/x"}}, "healthCheck.path"),
            ({"protocol": "TCP"}, "stickiness.type"),
            ({"stickiness": {"type": "app_cookie"}}, "stickiness.cookieName"),
        ],
    ),
    "lb/listener:Listener": (
        {
            "loadBalancerArn": ARN.format("elasticloadbalancing", "loadbalancer/app/web/1"),
            "port": 80,
            "protocol": "HTTP",
            "defaultActions": [
                {"type": "redirect", "redirect": {"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"}}
            ],
        },
        [
            ({"protocol": "HTTPS"}, "certificateArn"),
            ({"certificateArn": ARN.format("acm", "certificate/c")}, "certificateArn"),
            ({"sslPolicy": "TLS13"}, "sslPolicy"),
            ({"defaultActions": [{"type": "forward"}]}, "defaultActions[0].targetGroupArn"),
            ({"defaultActions": [{"type": "fixed-response"}]}, "defaultActions[0].fixedResponse"),
            (
                {"defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301", "port": "0"}}]},
                "defaultActions[0].redirect.port",
            ),
        ],
    ),
    "lb/listenerRule:ListenerRule": (
        {
            "listenerArn": ARN.format("elasticloadbalancing", "listener/app/web/1/2"),
            "priority": 50000,
            "actions": [{"type": "forward", "targetGroupArn": ARN.format("elasticloadbalancing", "targetgroup/t/1")}],
            "conditions": [{"pathPattern": {"values": ["/a", "/b"]}}, {"hostHeader": {"values": ["x.example.com"]}}],
        },
        [
            ({"priority": 0}, "priority"),
            ({"conditions": [{}]}, "conditions[0]"),
            ({"conditions": [{"pathPattern": {"values": list("abcdef")}}]}, "conditions"),
        ],
    ),
}
