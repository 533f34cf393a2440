"""DAX: clusters."""

from tests.policies.support import CULPRIT, DROP, Cases, edit, res

_ENCRYPTED = {"serverSideEncryption": {"enabled": True}, "clusterEndpointEncryptionType": "TLS"}


def dax(changes=None):
    return res("dax/cluster:Cluster", CULPRIT, edit(_ENCRYPTED, changes or {}))


_SPREAD = {"replicationFactor": 3, "availabilityZones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}

CASES = {
    "dax-cluster-encryption-at-rest": Cases(
        good={"on": [dax()]},
        bad={
            "not set": [dax({"serverSideEncryption": DROP})],
            "off": [dax({"serverSideEncryption.enabled": False})],
            "off as text": [dax({"serverSideEncryption.enabled": "false"})],
        },
    ),
    "dax-cluster-encryption-in-transit": Cases(
        good={"TLS": [dax()]},
        bad={
            "not set": [dax({"clusterEndpointEncryptionType": DROP})],
            "none": [dax({"clusterEndpointEncryptionType": "NONE"})],
        },
    ),
    "dax-cluster-nodes": Cases(
        good={
            "three": [res("dax/cluster:Cluster", CULPRIT, _SPREAD)],
            "zones left to AWS": [res("dax/cluster:Cluster", CULPRIT, {"replicationFactor": 3})],
        },
        bad={
            "two": [res("dax/cluster:Cluster", CULPRIT, edit(_SPREAD, {"replicationFactor": 2}))],
            "one zone": [res("dax/cluster:Cluster", CULPRIT, edit(_SPREAD, {"availabilityZones": ["eu-west-1a"] * 3}))],
            "not set": [res("dax/cluster:Cluster", CULPRIT)],
        },
        config=[({"nodes": 4}, [res("dax/cluster:Cluster", CULPRIT, _SPREAD)], True)],
    ),
}
