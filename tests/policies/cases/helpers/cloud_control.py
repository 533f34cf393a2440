"""Resources of Cloud Control, aws-native and dynamic providers."""

import json

from policies.library.resources import Resource
from tests.policies.support import CULPRIT, res


def controlled(type_name, **state):
    """A resource of Cloud Control with its desired state."""
    return res("cloudcontrol/resource:Resource", CULPRIT, {"typeName": type_name, "desiredState": json.dumps(state)})


def native(token, **props):
    return Resource.of(f"aws-native:{token}", CULPRIT, props)


def dynamic(token, **props):
    return Resource.of(f"pulumi-python:dynamic/{token}", CULPRIT, {"__provider": "pickled", **props})
