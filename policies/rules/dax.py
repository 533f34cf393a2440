"""DAX: clusters."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN

DAX = "dax/cluster"


@rule(
    "dax-cluster-encryption-at-rest",
    control="ENC-03",
    pack="encryption",
    title="DAX clusters are encrypted at rest",
    why="DAX stores table items on its nodes' disks, outside the table's encryption",
    fix="set server_side_encryption with enabled true (the cluster is replaced)",
    severity="high",
    dev="mandatory",
    kinds=(DAX,),
    paths=("serverSideEncryption.enabled",),
    references=(
        "fsbp:DynamoDB.3",
        "cdk-nag:DDB4",
        "checkov:CKV_AWS_47",
        "trivy:AVD-AWS-0023",
        "aws-config:DAX_ENCRYPTION_ENABLED",
    ),
)
def dax_at_rest(subject: Subject) -> Iterator[Problem]:
    if subject.flag("serverSideEncryption.enabled") in (False, MISSING):
        yield subject.problem("serverSideEncryption.enabled", "must be true")


@rule(
    "dax-cluster-encryption-in-transit",
    control="TLS-16",
    pack="encryption",
    title="DAX endpoints use TLS",
    why="table items would cross the network unencrypted",
    fix="set cluster_endpoint_encryption_type to TLS (the cluster is replaced)",
    severity="high",
    dev="mandatory",
    kinds=(DAX,),
    paths=("clusterEndpointEncryptionType",),
    references=(
        "fsbp:DynamoDB.7",
        "checkov:CKV_AWS_239",
        "aws-config:DAX_TLS_ENDPOINT_ENCRYPTION",
    ),
)
def dax_in_transit(subject: Subject) -> Iterator[Problem]:
    if subject.text("clusterEndpointEncryptionType") not in ("TLS", UNKNOWN):
        yield subject.problem("clusterEndpointEncryptionType", "must be TLS")


@rule(
    "dax-cluster-nodes",
    control="HA-06",
    pack="multi_az",
    title="DAX clusters have three nodes in different zones",
    why="with fewer nodes, the failure of one leaves no majority, and the table takes all reads",
    fix="set replication_factor to 3 or more and availability_zones to different zones",
    severity="medium",
    dev="disabled",
    kinds=(DAX,),
    paths=("replicationFactor", "availabilityZones"),
    references=("prowler:dynamodb_accelerator_cluster_multi_az",),
    url="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.concepts.cluster.html",
    settings={"nodes": Setting(3, {"type": "integer", "minimum": 1}, "Minimum number of nodes and of zones.")},
)
def dax_nodes(subject: Subject) -> Iterator[Problem]:
    needed = int(subject.config["nodes"])
    nodes = subject.number("replicationFactor")
    if nodes is not UNKNOWN and (nodes is MISSING or nodes < needed):
        yield subject.problem("replicationFactor", f"must be at least {needed}")
    zones = subject.value("availabilityZones")
    if isinstance(zones, list) and zones and UNKNOWN not in zones and len({str(zone) for zone in zones}) < needed:
        yield subject.problem("availabilityZones", f"must name at least {needed} different zones")
