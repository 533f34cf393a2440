"""A store that grows by a zone, and leaves its firewall."""

from typing import Any, ClassVar

from tests.program.life.frame import Change, Changes

Config = dict[str, Any]
REGISTRY = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
FIREWALL = {"engine": "network_firewall", "domains": ["sandbox.payments.example.com"]}


PAYMENT = {
    "kind": "payment",
    "company": {
        "name": "Payments plc",
        "country": "IE",
        "role": "controller",
        "purpose": "payments of orders",
        "legal_basis": "contract",
    },
    "data_classes": ["operational", "order", "payment"],
    "api": {"endpoint": "https://sandbox.payments.example.com/v1"},
}


def like_production(config: Config) -> None:
    """Two zones with all that production has in each."""
    config["web-store:network"] |= {
        "nat": "one_per_az",
        "payment_egress": {**FIREWALL, "delete_protection": True},
        "interface_endpoints": None,
    }
    config["web-store:data"]["dax"] = {"engine": "dax", "tables": ["products", "inventory"], "nodes": 2}
    config["web-store:web_tier"]["cache"] = {"engine": "valkey_serverless"}
    config["web-store:feeds"]["engine"] = {"kind": "msk-provisioned", "zones": 2}
    config["web-store:tracing"] = {"collector_image": f"{REGISTRY}/mirror/aws-otel-collector:v0.43.3"}
    payments = config["web-store:app_tier"]["services"]["payments"]
    payments["runtime"]["image"] = f"{REGISTRY}/store/payments:1.0.0"
    # As it must be once the firewall is gone.
    payments |= {"callers": "trusted", "simulated_provider": "none"}
    payments["third_parties"] = ["payment"]
    config["web-store:third_parties"]["parties"]["payment"] = PAYMENT
    config["web-store:app_tier"]["services"]["orders"]["simulated_parties"] = []
    del config["web-store:app_tier"]["services"]["payment-provider"]


def third_zone(config: Config) -> None:
    config["web-store:network"]["zones"] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def without_protection(config: Config) -> None:
    config["web-store:network"]["payment_egress"]["delete_protection"] = False


def without_firewall(config: Config) -> None:
    config["web-store:network"]["payment_egress"] = {"engine": "addresses", "cidr_blocks": ["203.0.113.0/24"]}


class TestNetwork(Changes):
    START = like_production
    STEPS: ClassVar = [
        [
            Change(
                "a third zone",
                third_zone,
                {
                    "aws:ec2/*::network-*-3": "create",
                    "aws:ec2/*::network-3": "create",
                    "aws:ec2/route:Route::network-*-c": "create",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::network-*-c": "create",
                    "aws:efs/mountTarget:MountTarget::files-c": "create",
                    "aws:dax/subnetGroup:SubnetGroup::data-dax": "update",
                    "aws:elasticache/subnetGroup:SubnetGroup::data-cache": "update",
                    "aws:ec2/vpcEndpoint:VpcEndpoint::network-*": "update",
                    "aws:ecs/service:Service::*": "update",
                    "aws:lambda/function:Function::app-payments-translator": "update",
                    "aws:lambda/function:Function::search-*": "update",
                    "aws:lb/loadBalancer:LoadBalancer::*-balancer": "update",
                    "aws:networkfirewall/firewall:Firewall::*": "update",
                    "aws:wafv2/ipSet:IpSet::identity-uncounted": "update",
                },
            ),
            Change(
                "the firewall loses its protection",
                without_protection,
                {
                    "aws:networkfirewall/firewall:Firewall::*": "update",
                    "aws:route53/resolverFirewallRuleGroupAssociation:*::network-dns-firewall": "update",
                },
            ),
        ],
        [
            Change(
                "the firewall goes",
                without_firewall,
                {
                    "aws:networkfirewall/*": "delete",
                    "aws:route53/resolver*::network-dns-firewall*": "delete",
                    "aws:cloudwatch/*::network-dns-firewall*": "delete",
                    "aws:cloudwatch/*::network-payment-firewall*": "delete",
                    "aws:ec2/*::network-firewall-*": "delete",
                    "aws:ec2/route:Route::network-payment-back-*": "delete",
                    "aws:ec2/route:Route::network-payment-out-*": "update",
                    "aws:ec2/vpcEndpoint:VpcEndpoint::network-*": "update",
                    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule::app-payments*-to-internet-443": "delete",
                    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule::app-payments*-to-payments-*": "create",
                },
            )
        ],
    ]
