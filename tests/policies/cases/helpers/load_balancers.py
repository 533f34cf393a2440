"""Load balancers."""

from tests.policies.support import CULPRIT, res


def balancer(name=CULPRIT, token="lb/loadBalancer:LoadBalancer", **options):
    props = {"loadBalancerType": "application", "internal": False} | options.pop("props", {})
    return res(token, name, props, **options)
