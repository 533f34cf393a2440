"""Cases of rules about availability zones."""

from tests.policies.cases.helpers.subnets import A2, COMPONENT, A, B, C, subnet_in
from tests.policies.support import CULPRIT, UNKNOWN, edit, res

OUTSIDE = "urn:pulumi:test::project::pulumi:pulumi:StackReference::network"


def placed(token, path, subnets, changes=None, *, values=None, also=()):
    """A resource whose property holds the ids of subnets, unknown as in a preview."""
    head, *tail = path.split(".")
    listed = values if values is not None else [UNKNOWN for _ in subnets]
    value = listed
    for part in reversed(tail):
        value = {part: value}
    props = edit({head: value}, changes or {})
    return [*subnets, *also, res(token, CULPRIT, props, refers={head: [*subnets, *also]})]


def zone_cases(token, path, changes=None, needed=2):
    """Programs with subnets in enough zones, and in too few, in every form."""
    enough, few = [A, B, C][:needed], [A, A2]
    inside = [subnet_in(zone, parent=COMPONENT) for zone in "abc"]
    component = res("awsx", "network", urn=COMPONENT)

    def through(children):
        program = placed(token, path, [component], changes, values=[UNKNOWN] * 3)
        return [*program, *children]

    good = {
        "enough zones": placed(token, path, enough, changes),
        "whole list unknown": placed(token, path, enough, changes, values=UNKNOWN),
        "from another stack": placed(token, path, [], changes, values=UNKNOWN),
        "zones not known yet": placed(
            token, path, [res("ec2/subnet:Subnet", f"s{n}", {"availabilityZone": UNKNOWN}) for n in range(3)], changes
        ),
        "ids of subnets elsewhere": placed(token, path, [], changes, values=["subnet-1", "subnet-2", "subnet-3"]),
        "from a component": through(inside),
        "one of ours, others of another stack": placed(
            token, path, [A], changes, values=[UNKNOWN] * 3, also=[res("x", "reference", urn=OUTSIDE)]
        ),
    }
    bad = {
        "one zone twice": placed(token, path, few, changes),
        "one subnet": placed(token, path, [A], changes),
        "whole list unknown, one zone": placed(token, path, few, changes, values=UNKNOWN),
        "one id of a subnet elsewhere": placed(token, path, [], changes, values=["subnet-1"]),
        "a component in one zone": through([subnet_in("a", f"t{n}", parent=COMPONENT) for n in range(3)]),
    }
    return good, bad
