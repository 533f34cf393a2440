"""EC2: security groups."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, in_kinds, res

_WORLD = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
_INSIDE = {"protocol": "tcp", "fromPort": 6379, "toPort": 6379, "cidrBlocks": ["10.0.0.0/8"]}


def group(name=CULPRIT, **props):
    return res("ec2/securityGroup:SecurityGroup", name, props)


def ingress_of(of, name=CULPRIT, **props):
    base = {"securityGroupId": UNKNOWN, "ipProtocol": "tcp", "fromPort": 6379, "toPort": 6379}
    token = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    return res(token, name, {**base, **props}, refers={"securityGroupId": [of]})


def egress(of, name=CULPRIT, **props):
    token = "vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    base = {"securityGroupId": UNKNOWN, "ipProtocol": "-1"}
    return res(token, name, {**base, **props}, refers={"securityGroupId": [of]})


def entry_of(of, name=CULPRIT, **props):
    token = "ec2/securityGroupRule:SecurityGroupRule"
    return res(token, name, {"securityGroupId": UNKNOWN, **_INSIDE, **props}, refers={"securityGroupId": [of]})


def cache(of):
    token = "elasticache/replicationGroup:ReplicationGroup"
    return res(token, "cache", {"securityGroupIds": [UNKNOWN]}, refers={"securityGroupIds": [of]})


def kafka(of):
    props = {"brokerNodeGroupInfo": {"securityGroups": [UNKNOWN]}}
    return res("msk/cluster:Cluster", "kafka", props, refers={"brokerNodeGroupInfo": [of]})


_DATA, _WEB = group("data"), group("web")
_HTTPS = {"protocol": "tcp", "fromPort": 443, "toPort": 443}


def inline(kind="securityGroup", **ingress):
    return res(f"ec2/{kind}:{kind[0].upper()}{kind[1:]}", CULPRIT, {"ingress": [ingress]})


def entry(**props):
    base = {"type": "ingress", "securityGroupId": UNKNOWN, **_HTTPS}
    return res("ec2/securityGroupRule:SecurityGroupRule", CULPRIT, {**base, **props})


def ingress(**props):
    base = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    return res("vpc/securityGroupIngressRule:SecurityGroupIngressRule", CULPRIT, {**base, **props})


def prefix_list(*cidrs):
    return res("ec2/managedPrefixList:ManagedPrefixList", CULPRIT, {"entries": [{"cidr": cidr} for cidr in cidrs]})


CASES = {
    "ec2-security-group-admin-ports": Cases(
        good={
            "edge port": [ingress(cidrIpv4="0.0.0.0/0")],
            "cache from a group": [ingress(fromPort=6379, toPort=6379, referencedSecurityGroupId=UNKNOWN)],
        },
        bad={
            "ssh": [inline(protocol="tcp", fromPort=22, toPort=22, cidrBlocks=["0.0.0.0/0"])],
            "cache": [ingress(fromPort=6379, toPort=6379, cidrIpv6="::/0")],
            "a range over it": [entry(fromPort=9000, toPort=9500, cidrBlocks=["0.0.0.0/0"])],
            **in_kinds(
                {"ingress": [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}]},
                "ec2/defaultSecurityGroup",
            ),
        },
        config=[
            ({"ports": [8080]}, [ingress(fromPort=8080, toPort=8080, cidrIpv4="0.0.0.0/0")], True),
        ],
    ),
    "ec2-security-group-data-egress": Cases(
        good={
            "no data store": [group(egress=[_WORLD])],
            "bounded": [_DATA, cache(_DATA), egress(_DATA, cidrIpv4="10.0.0.0/8")],
        },
        bad={
            "inline": [group(egress=[_WORLD]), cache(group())],
            "standalone": [_DATA, cache(_DATA), egress(_DATA, cidrIpv4="0.0.0.0/0")],
            "older rule": [_DATA, cache(_DATA), entry_of(_DATA, **{**_WORLD, "type": "egress"})],
        },
    ),
    "ec2-security-group-data-stores": Cases(
        good={
            "from a group": [_DATA, cache(_DATA), ingress_of(_DATA, referencedSecurityGroupId=UNKNOWN)],
            "no data store": [_WEB, _DATA, cache(_DATA), ingress_of(_WEB, cidrIpv4="10.0.0.0/8")],
            "inline, from a group": [group(ingress=[{"securityGroups": [UNKNOWN]}]), cache(group())],
        },
        bad={
            "from the network": [_DATA, cache(_DATA), ingress_of(_DATA, cidrIpv4="10.0.0.0/16")],
            "inline": [group(ingress=[_INSIDE]), cache(group())],
            "older rule, brokers": [_DATA, kafka(_DATA), entry_of(_DATA, type="ingress")],
        },
    ),
    "ec2-security-group-described": Cases(
        good={
            "described": [group(description="Tasks of the web tier")],
            "not known": [group(description=UNKNOWN)],
        },
        bad={
            "not set": [group()],
            "by default": [group(description="Managed by Pulumi")],
            "rule": [ingress_of(_WEB)],
            **in_kinds({}, "ec2/securityGroupRule", "vpc/securityGroupEgressRule"),
        },
    ),
    "ec2-security-group-one-rule-style": Cases(
        good={
            "standalone": [group(), ingress_of(group(), "in"), egress(group(), "out")],
            "inline": [group(ingress=[_INSIDE])],
            "one direction each": [group(egress=[_WORLD]), ingress_of(group(), "in")],
            "of another group": [group(ingress=[_INSIDE]), _WEB, ingress_of(_WEB, "in")],
        },
        bad={
            "both": [group(ingress=[_INSIDE]), ingress_of(group(), "in")],
            "both, older rule": [group(egress=[_WORLD]), entry_of(group(), "out", type="egress")],
        },
    ),
    "ec2-security-group-world-open": Cases(
        good={
            "edge port": [inline(**_HTTPS, cidrBlocks=["0.0.0.0/0"])],
            "own network": [inline(protocol="tcp", fromPort=8080, toPort=8080, cidrBlocks=["10.0.0.0/8"])],
            "from a group": [ingress(fromPort=8080, toPort=8080, referencedSecurityGroupId=UNKNOWN)],
            "ping": [entry(protocol="icmp", fromPort=-1, toPort=-1, cidrBlocks=["0.0.0.0/0"])],
            "egress": [entry(type="egress", protocol="-1", cidrBlocks=["0.0.0.0/0"])],
            "offices": [prefix_list("192.0.2.0/24", "10.0.0.0/8")],
        },
        bad={
            "inline": [inline(protocol="tcp", fromPort=8080, toPort=8080, cidrBlocks=["0.0.0.0/0"])],
            "rule": [entry(fromPort=8080, toPort=8080, ipv6CidrBlocks=["::/0"])],
            "ingress rule": [ingress(fromPort=8080, toPort=8080, cidrIpv4="0.0.0.0/0")],
            "range around an edge port": [ingress(fromPort=443, toPort=444, cidrIpv4="0.0.0.0/0")],
            "all protocols": [ingress(ipProtocol="-1", fromPort=None, toPort=None, cidrIpv4="0.0.0.0/0")],
            "half of the internet": [ingress(fromPort=8080, toPort=8080, cidrIpv4="128.0.0.0/1")],
            "default group": [
                inline("defaultSecurityGroup", protocol="-1", fromPort=0, toPort=0, cidrBlocks=["0.0.0.0/0"])
            ],
            "ports as text": [inline(protocol="tcp", fromPort="8080", toPort="8080", cidrBlocks="0.0.0.0/0")],
            "a list with the world": [prefix_list("192.0.2.0/24", "0.0.0.0/0")],
            "an entry for everyone": [
                res("ec2/managedPrefixListEntry:ManagedPrefixListEntry", CULPRIT, {"cidr": "::/0"})
            ],
        },
        config=[
            ({"edge_ports": [443]}, [ingress(fromPort=80, toPort=80, cidrIpv4="0.0.0.0/0")], True),
        ],
    ),
}
