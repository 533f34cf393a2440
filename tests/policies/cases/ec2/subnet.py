"""EC2: subnets."""

from tests.policies.support import CULPRIT, Cases, res


def subnet(**props):
    return res("ec2/subnet:Subnet", CULPRIT, props)


CASES = {
    "ec2-subnet-no-public-addresses": Cases(
        good={"off": [subnet(mapPublicIpOnLaunch=False)], "not set": [subnet()]},
        bad={"on": [subnet(mapPublicIpOnLaunch=True)], "on as text": [subnet(mapPublicIpOnLaunch="true")]},
    ),
}
