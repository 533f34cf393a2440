"""Cases of the rules in `offline/checks/rules/network.py`."""

from typing import Any

from tests.offline.checks.good_inputs import ARN, FUNCTION, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "ec2/vpc:Vpc": (
        {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True},
        [
            ({"cidrBlock": "10.0.0.0/29"}, "cidrBlock"),
            ({"cidrBlock": "10.0.0.1/16"}, "cidrBlock"),
            ({"cidrBlock": None}, "cidrBlock"),
            ({"enableDnsSupport": False}, "enableDnsHostnames"),
            ({"tags": {f"k{i}": "v" for i in range(51)}}, "tags"),
            ({"tags": {"aws:x": "v"}}, "tags.aws:x"),
            ({"tags": {"k": "v" * 257}}, "tags.k"),
            *[({"tags": {"k": value}}, "tags.k") for value in ("R&D", "a\nb", "a\0", "shop \U0001f6d2", "<b>", "a;b")],
        ],
    ),
    "ec2/subnet:Subnet": (
        {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"},
        [({"cidrBlock": "10.0.0.0/15"}, "cidrBlock"), ({"cidrBlock": None}, "cidrBlock")],
    ),
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"},
        [
            ({"cidrIpv4": None}, "cidrIpv4"),
            ({"prefixListId": "pl-1"}, "cidrIpv4"),
            ({"fromPort": 444}, "fromPort"),
            ({"toPort": None}, "toPort"),
            ({"toPort": 70000}, "toPort"),
            ({"description": "caf\u00e9"}, "description"),
        ],
    ),
    "ec2/securityGroup:SecurityGroup": (
        {"name": "web", "ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]},
        [({"name": "sg-web"}, "name"), ({"ingress": [{"protocol": "-1", "fromPort": 80}]}, "ingress[0].fromPort")],
    ),
    "ec2/securityGroupRule:SecurityGroupRule": (
        {"type": "ingress", "protocol": "tcp", "fromPort": 1, "toPort": 2, "self": True, "securityGroupId": "sg-1"},
        [({"self": None}, "cidrBlocks"), ({"fromPort": 3}, "fromPort")],
    ),
    "ec2/route:Route": (
        {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"},
        [({"gatewayId": "igw-1"}, "gatewayId"), ({"destinationCidrBlock": None}, "destinationCidrBlock")],
    ),
    "ec2/routeTableAssociation:RouteTableAssociation": (
        {"routeTableId": "rtb-1", "subnetId": "subnet-1"},
        [({"gatewayId": "igw-1"}, "subnetId"), ({"subnetId": None}, "subnetId")],
    ),
    "ec2/natGateway:NatGateway": (
        {"subnetId": "subnet-1", "allocationId": "eipalloc-1"},
        [
            ({"connectivityType": "private"}, "allocationId"),
            ({"allocationId": None}, "allocationId"),
            ({"subnetId": None}, "subnetId"),
        ],
    ),
    "ec2/vpcEndpoint:VpcEndpoint": (
        {"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": ["rtb-1"]},
        [
            ({"serviceName": "com.amazonaws.eu-west-1.ecr.api"}, "serviceName"),
            ({"subnetIds": ["subnet-1"]}, "subnetIds"),
            ({"vpcEndpointType": "Interface"}, "routeTableIds"),
        ],
    ),
    "ec2/flowLog:FlowLog": (
        {
            "vpcId": "vpc-1",
            "trafficType": "ALL",
            "iamRoleArn": FUNCTION["role"],
            "logDestination": ARN.format("logs", "log-group:f"),
        },
        [
            ({"subnetId": "s"}, "vpcId"),
            ({"iamRoleArn": None}, "iamRoleArn"),
            ({"logDestination": None}, "logDestination"),
        ],
    ),
    "ec2/networkAcl:NetworkAcl": (
        {
            "vpcId": "vpc-1",
            "ingress": [{"ruleNo": 100, "action": "allow", "protocol": "-1", "fromPort": 0, "toPort": 0}],
        },
        [
            ({"ingress": [{"ruleNo": 1}, {"ruleNo": 1}]}, "ingress[1].ruleNo"),
            ({"egress": [{"ruleNo": 40000}]}, "egress[0].ruleNo"),
        ],
    ),
}
