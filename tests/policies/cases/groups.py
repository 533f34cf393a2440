"""Security groups and network ACLs."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_WORLD = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
_INSIDE = {"protocol": "tcp", "fromPort": 6379, "toPort": 6379, "cidrBlocks": ["10.0.0.0/8"]}


def group(name=CULPRIT, **props):
    return res("ec2/securityGroup:SecurityGroup", name, props)


def ingress(of, name=CULPRIT, **props):
    base = {"securityGroupId": UNKNOWN, "ipProtocol": "tcp", "fromPort": 6379, "toPort": 6379}
    token = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    return res(token, name, {**base, **props}, refers={"securityGroupId": [of]})


def egress(of, name=CULPRIT, **props):
    token = "vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    base = {"securityGroupId": UNKNOWN, "ipProtocol": "-1"}
    return res(token, name, {**base, **props}, refers={"securityGroupId": [of]})


def entry(of, name=CULPRIT, **props):
    token = "ec2/securityGroupRule:SecurityGroupRule"
    return res(token, name, {"securityGroupId": UNKNOWN, **_INSIDE, **props}, refers={"securityGroupId": [of]})


def cache(of):
    token = "elasticache/replicationGroup:ReplicationGroup"
    return res(token, "cache", {"securityGroupIds": [UNKNOWN]}, refers={"securityGroupIds": [of]})


def kafka(of):
    props = {"brokerNodeGroupInfo": {"securityGroups": [UNKNOWN]}}
    return res("msk/cluster:Cluster", "kafka", props, refers={"brokerNodeGroupInfo": [of]})


def acl(**props):
    return res("ec2/networkAclRule:NetworkAclRule", CULPRIT, {"ruleAction": "allow", **props})


_DATA, _WEB = group("data"), group("web")
_OPEN = {"cidrBlock": "0.0.0.0/0", "protocol": "tcp"}
_ALL = {"action": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0", "fromPort": 0, "toPort": 0}

CASES = {
    "ec2-security-group-data-stores": Cases(
        good={
            "from a group": [_DATA, cache(_DATA), ingress(_DATA, referencedSecurityGroupId=UNKNOWN)],
            "of no store": [_WEB, _DATA, cache(_DATA), ingress(_WEB, cidrIpv4="10.0.0.0/8")],
            "inline, from a group": [group(ingress=[{"securityGroups": [UNKNOWN]}]), cache(group())],
        },
        bad={
            "from the network": [_DATA, cache(_DATA), ingress(_DATA, cidrIpv4="10.0.0.0/16")],
            "inline": [group(ingress=[_INSIDE]), cache(group())],
            "older rule, brokers": [_DATA, kafka(_DATA), entry(_DATA, type="ingress")],
        },
    ),
    "ec2-security-group-one-rule-style": Cases(
        good={
            "standalone": [group(), ingress(group(), "in"), egress(group(), "out")],
            "inline": [group(ingress=[_INSIDE])],
            "one direction each": [group(egress=[_WORLD]), ingress(group(), "in")],
            "of another group": [group(ingress=[_INSIDE]), _WEB, ingress(_WEB, "in")],
        },
        bad={
            "both": [group(ingress=[_INSIDE]), ingress(group(), "in")],
            "both, older rule": [group(egress=[_WORLD]), entry(group(), "out", type="egress")],
        },
    ),
    "ec2-vpc-no-default-network": Cases(
        good={"own": [res("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.0.0.0/16"})]},
        bad={
            "VPC": [res("ec2/defaultVpc:DefaultVpc", CULPRIT, {"tags": {"Name": "default"}})],
            "subnet": [res("ec2/defaultSubnet:DefaultSubnet", CULPRIT, {"availabilityZone": "eu-west-1a"})],
        },
    ),
    "ec2-network-acl-admin-ports": Cases(
        good={
            "HTTPS": [acl(**_OPEN, fromPort=443, toPort=443)],
            "denied": [acl(**_OPEN, fromPort=22, toPort=22, ruleAction="deny")],
            "going out": [acl(**_OPEN, fromPort=0, toPort=65535, egress=True)],
            "from inside": [acl(cidrBlock="10.0.0.0/8", protocol="tcp", fromPort=22, toPort=22)],
            "default one": [res("ec2/defaultNetworkAcl:DefaultNetworkAcl", CULPRIT, {"ingress": [_ALL]})],
        },
        bad={
            "ssh": [acl(**_OPEN, fromPort=22, toPort=22)],
            "all": [acl(cidrBlock="0.0.0.0/0", protocol="-1")],
            "range, inline": [
                res(
                    "ec2/networkAcl:NetworkAcl",
                    CULPRIT,
                    {"ingress": [{**_OPEN, "action": "allow", "fromPort": 1024, "toPort": 5000}]},
                )
            ],
            "all, inline": [res("ec2/networkAcl:NetworkAcl", CULPRIT, {"ingress": [_ALL]})],
        },
    ),
    "ec2-security-group-data-egress": Cases(
        good={
            "of no store": [group(egress=[_WORLD])],
            "bounded": [_DATA, cache(_DATA), egress(_DATA, cidrIpv4="10.0.0.0/8")],
        },
        bad={
            "inline": [group(egress=[_WORLD]), cache(group())],
            "standalone": [_DATA, cache(_DATA), egress(_DATA, cidrIpv4="0.0.0.0/0")],
            "older rule": [_DATA, cache(_DATA), entry(_DATA, **{**_WORLD, "type": "egress"})],
        },
    ),
    "ec2-security-group-described": Cases(
        good={"told": [group(description="Tasks of the web tier")], "not known": [group(description=UNKNOWN)]},
        bad={"not set": [group()], "by default": [group(description="Managed by Pulumi")], "rule": [ingress(_WEB)]},
    ),
}
