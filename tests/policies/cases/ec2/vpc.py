"""EC2: VPCs, their subnets by tier, endpoints and flow logs."""

from tests.policies.cases.helpers.subnets import APP, APP_B, DATA, NAT, PUBLIC, VPC, A, B, C, subnet_in
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def default_group(name=CULPRIT, **props):
    return res(
        "ec2/defaultSecurityGroup:DefaultSecurityGroup", name, {"vpcId": UNKNOWN, **props}, refers={"vpcId": [VPC]}
    )


def flow(kind):
    return res("ec2/flowLog:FlowLog", "flow", {"vpcId": UNKNOWN, "trafficType": kind}, refers={"vpcId": [VPC]})


def untagged(name, zone):
    return res(
        "ec2/subnet:Subnet",
        name,
        {"vpcId": UNKNOWN, "availabilityZone": f"eu-west-1{zone}"},
        refers={"vpcId": [VPC]},
    )


_OWN_TIERS = ("publicSubnet", "privateSubnet", "dataSubnet")
_OWN_NAMES = ("alphaSubnet", "betaSubnet", "gammaSubnet")


def endpoint(name=CULPRIT, subnets=(), **props):
    given = {"subnetIds": [UNKNOWN] * len(subnets)} if subnets else {}
    return res(
        "ec2/vpcEndpoint:VpcEndpoint",
        name,
        {"vpcId": UNKNOWN, "vpcEndpointType": "Interface", **given, **props},
        refers={"vpcId": [VPC], "subnetIds": subnets},
    )


def gateway(service):
    return endpoint(service, serviceName=f"com.amazonaws.eu-west-1.{service}", vpcEndpointType="Gateway")


CASES = {
    "ec2-vpc-default-group-closed": Cases(
        good={"adopted, empty": [VPC, default_group("default")], "empty lists": [VPC, default_group(ingress=[])]},
        bad={
            "not adopted": [VPC],
            "has a rule": [default_group(egress=[{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}])],
        },
    ),
    "ec2-vpc-endpoint-zones": Cases(
        good={"two": [APP, APP_B, endpoint(subnets=[APP, APP_B])], "gateway": [gateway("s3")]},
        bad={"one": [APP, endpoint(subnets=[APP])], "one twice": [APP, DATA, endpoint(subnets=[APP, DATA])]},
        config=[({"zones": 1}, [APP, endpoint(subnets=[APP])], False)],
    ),
    "ec2-vpc-flow-logs": Cases(
        good={"all traffic": [VPC, flow("ALL")], "not known": [VPC, flow(UNKNOWN)]},
        bad={"none": [VPC], "rejected traffic only": [VPC, flow("REJECT")]},
    ),
    "ec2-vpc-gateway-endpoints": Cases(
        good={
            "both": [VPC, PUBLIC, NAT, gateway("s3"), gateway("dynamodb")],
            "no NAT": [VPC, PUBLIC],
        },
        bad={
            "none": [VPC, PUBLIC, NAT],
            "one of two": [VPC, PUBLIC, NAT, gateway("s3")],
        },
        config=[
            ({"services": []}, [VPC, PUBLIC, NAT], False),
            ({"services": ["ecr.api"]}, [VPC, PUBLIC, NAT, gateway("ecr.api")], False),
            ({"services": ["ecr.api"]}, [VPC, PUBLIC, NAT, gateway("execute-api")], True),
        ],
    ),
    "ec2-vpc-no-default-network": Cases(
        good={"own VPC": [res("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.0.0.0/16"})]},
        bad={
            "VPC": [res("ec2/defaultVpc:DefaultVpc", CULPRIT, {"tags": {"Name": "default"}})],
            "subnet": [res("ec2/defaultSubnet:DefaultSubnet", CULPRIT, {"availabilityZone": "eu-west-1a"})],
        },
    ),
    "ec2-vpc-tier-zones": Cases(
        good={
            "three zones": [VPC, A, B, C],
            "zones not known yet": [VPC, *(subnet_in(UNKNOWN, "app", urn=f"urn:{n}") for n in range(3))],
            "names without tags": [VPC, *(untagged(f"app-{zone}", zone) for zone in "abc")],
            "camel case": [
                VPC,
                *(untagged(f"{tier}{zone.upper()}", zone) for tier in ("public", "app") for zone in "abc"),
            ],
            "names of zones": [VPC, *(untagged(name, zone) for name, zone in zip(_OWN_NAMES, "abc", strict=True))],
        },
        bad={
            "two zones": [VPC, A, B],
            "tiers of one subnet each": [VPC, *(untagged(*place) for place in zip(_OWN_TIERS, "abc", strict=True))],
            "names of zones, all in one": [VPC, *(untagged(name, "a") for name in _OWN_NAMES)],
            "one name beside others": [VPC, *(untagged(f"app-{zone}", zone) for zone in "abc"), untagged("jobs", "a")],
            "three subnets, one zone": [VPC, A, subnet_in("a"), subnet_in("a")],
            "one tier of two": [VPC, A, B, C, subnet_in("a", "data")],
        },
        config=[({"zones": 2}, [VPC, A, B], False)],
    ),
}
