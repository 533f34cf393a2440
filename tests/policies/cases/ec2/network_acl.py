"""EC2: network ACLs."""

from tests.policies.support import CULPRIT, Cases, in_kinds, res


def acl(**props):
    return res("ec2/networkAclRule:NetworkAclRule", CULPRIT, {"ruleAction": "allow", **props})


_OPEN = {"cidrBlock": "0.0.0.0/0", "protocol": "tcp"}
_ALL = {"action": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0", "fromPort": 0, "toPort": 0}


def entry(**changes):
    return {"ruleNo": 100, "action": "allow", "protocol": "tcp", "cidrBlock": "0.0.0.0/0", **changes}


def network_acl(*entries):
    return res("ec2/networkAcl:NetworkAcl", CULPRIT, {"ingress": list(entries)})


def one_entry(**ports):
    props = {"ruleAction": "allow", "protocol": "6", "cidrBlock": "0.0.0.0/0", **ports}
    return res("ec2/networkAclRule:NetworkAclRule", CULPRIT, props)


CASES = {
    "ec2-network-acl-admin-ports": Cases(
        good={
            "HTTPS": [acl(**_OPEN, fromPort=443, toPort=443)],
            "denied": [acl(**_OPEN, fromPort=22, toPort=22, ruleAction="deny")],
            "egress rule": [acl(**_OPEN, fromPort=0, toPort=65535, egress=True)],
            "from inside": [acl(cidrBlock="10.0.0.0/8", protocol="tcp", fromPort=22, toPort=22)],
            "default one": [res("ec2/defaultNetworkAcl:DefaultNetworkAcl", CULPRIT, {"ingress": [_ALL]})],
            "answers": [one_entry(fromPort=1024, toPort=65535)],
            "denied before": [
                network_acl(
                    entry(ruleNo=90, action="deny", fromPort=3389, toPort=3389),
                    entry(ruleNo=100, fromPort=3000, toPort=4000),
                )
            ],
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
            **in_kinds(
                {
                    "ingress": [
                        {"action": "allow", "cidrBlock": "0.0.0.0/0", "protocol": "tcp", "fromPort": 22, "toPort": 22}
                    ]
                },
                "ec2/defaultNetworkAcl",
            ),
            "denied after": [
                network_acl(
                    entry(ruleNo=110, action="deny", fromPort=3389, toPort=3389),
                    entry(ruleNo=100, fromPort=3000, toPort=4000),
                )
            ],
            "range": [one_entry(fromPort=20, toPort=80)],
        },
    ),
}
