"""ElastiCache and DAX: encrypted at rest and in transit, over several zones."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN
from policies.rules.load_balancers import too_few_zones

GROUP = "elasticache/replicationGroup"
SERVERLESS = "elasticache/serverlessCache"
SINGLE = "elasticache/cluster"
DAX = "dax/cluster"
_CUSTOMER_KEY = Setting(True, {"type": "boolean"}, "Whether a customer key is needed too.")


@rule(
    "elasticache-cache-encryption-at-rest",
    control="ENC-04",
    pack="encryption",
    title="Caches are encrypted at rest",
    why="sessions and baskets are written to disk by snapshots and replication",
    fix="set at_rest_encryption_enabled to true and kms_key_id to a customer key; serverless: the key alone",
    severity="high",
    dev="mandatory",
    kinds=(GROUP, SERVERLESS, SINGLE),
    paths=("atRestEncryptionEnabled", "kmsKeyId"),
    references=(
        "fsbp:ElastiCache.4",
        "cdk-nag:AEC3",
        "checkov:CKV_AWS_29",
        "checkov:CKV_AWS_191",
        "trivy:AVD-AWS-0045",
    ),
    settings={"customer_key": _CUSTOMER_KEY},
    limits="Memcached has no encryption at rest and is not judged.",
)
def at_rest(subject: Subject) -> Iterator[Problem]:
    engine = subject.text("engine")
    if subject.resource.kind == SINGLE:
        if engine in ("redis", "valkey") and not subject.has("replicationGroupId"):
            yield subject.problem("engine", "a single cache cluster cannot be encrypted: use a ReplicationGroup")
        return
    if subject.resource.kind == GROUP:
        # A secondary of a global datastore has what the primary has.
        if subject.has("globalReplicationGroupId"):
            return
        enabled = subject.flag("atRestEncryptionEnabled")
        # Valkey is encrypted unless told otherwise.
        if enabled is False or (enabled is MISSING and engine not in ("valkey", UNKNOWN)):
            yield subject.problem("atRestEncryptionEnabled", "must be true")
            return
    if subject.config["customer_key"] and subject.lacks_customer_key("kmsKeyId"):
        yield subject.problem("kmsKeyId", "names no customer key")


@rule(
    "elasticache-cache-encryption-in-transit",
    control="TLS-15",
    pack="encryption",
    title="Caches demand TLS",
    why="sessions and baskets cross the network on every request",
    fix="set transit_encryption_enabled to true and transit_encryption_mode to required",
    severity="high",
    dev="mandatory",
    kinds=(GROUP,),
    paths=("transitEncryptionEnabled", "transitEncryptionMode"),
    references=(
        "fsbp:ElastiCache.5",
        "cdk-nag:AEC3",
        "checkov:CKV_AWS_30",
        "trivy:AVD-AWS-0051",
    ),
    limits="Mode preferred is meant for a migration: waive it for that time. Serverless caches always use TLS.",
)
def in_transit(subject: Subject) -> Iterator[Problem]:
    if subject.has("globalReplicationGroupId"):
        return
    if subject.flag("transitEncryptionEnabled") in (False, MISSING):
        yield subject.problem("transitEncryptionEnabled", "must be true")
    elif subject.text("transitEncryptionMode") == "preferred":
        yield subject.problem("transitEncryptionMode", "clients without TLS are still accepted")


@rule(
    "elasticache-replication-group-multi-az",
    control="HA-04",
    pack="multi_az",
    title="Caches fail over to a replica in another zone",
    why="when the only node or its zone fails, all sessions are lost and the database takes the whole load",
    fix="set multi_az_enabled and automatic_failover_enabled to true and num_cache_clusters to 2 or more (or"
    " replicas_per_node_group to 1 or more)",
    severity="high",
    dev="disabled",
    kinds=(GROUP,),
    paths=("multiAzEnabled", "automaticFailoverEnabled", "numCacheClusters", "replicasPerNodeGroup"),
    references=(
        "fsbp:ElastiCache.3",
        "cdk-nag:AEC4",
        "checkov:CKV2_AWS_50",
        "prowler:elasticache_redis_cluster_multi_az_enabled",
    ),
)
def multi_az(subject: Subject) -> Iterator[Problem]:
    for path in ("multiAzEnabled", "automaticFailoverEnabled"):
        if subject.flag(path) in (False, MISSING):
            yield subject.problem(path, "must be true")
    if subject.has("nodeGroupConfigurations") or subject.has("globalReplicationGroupId"):
        return
    if subject.has("replicasPerNodeGroup") or subject.has("numNodeGroups"):
        replicas = subject.number("replicasPerNodeGroup")
        if replicas is not UNKNOWN and (replicas is MISSING or replicas < 1):
            yield subject.problem("replicasPerNodeGroup", "at least one replica is needed")
        return
    nodes = subject.number("numCacheClusters")
    if nodes is not UNKNOWN and (nodes is MISSING or nodes < 2):
        yield subject.problem("numCacheClusters", "a primary and at least one replica are needed")


@rule(
    "elasticache-subnet-group-zones",
    control="HA-05",
    pack="multi_az",
    title="Caches and DAX have an own subnet group over two or more zones",
    why="the default subnet group is the default VPC; a group in one zone leaves no place to fail over to",
    fix="give subnet_group_name of a subnet group whose subnet_ids are in at least two availability zones",
    severity="high",
    dev="advisory",
    kinds=("elasticache/subnetGroup", "dax/subnetGroup", GROUP, SERVERLESS, DAX),
    paths=(
        "subnetIds",
        "elasticache/replicationGroup · subnetGroupName",
        "dax/cluster · subnetGroupName",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=("fsbp:ElastiCache.7", "checkov:CKV_AWS_323"),
    settings={"zones": Setting(2, {"type": "integer", "minimum": 1}, "Fewest zones.")},
)
def subnet_group(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in (GROUP, DAX):
        name = subject.text("subnetGroupName")
        if name in (MISSING, "default") and not subject.has("globalReplicationGroupId"):
            yield subject.problem("subnetGroupName", "the default subnet group belongs to the default VPC")
        return
    if subject.resource.kind == SERVERLESS and not subject.has("subnetIds"):
        yield subject.problem("subnetIds", "the cache would be placed in the default VPC")
    yield from too_few_zones(subject, "subnetIds", subject.config["zones"])


@rule(
    "dax-cluster-encryption-at-rest",
    control="ENC-03",
    pack="encryption",
    title="DAX clusters are encrypted at rest",
    why="DAX keeps table items on the disks of its nodes, outside the table's encryption",
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
    title="DAX endpoints speak TLS",
    why="table items would cross the network in clear",
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
    title="DAX clusters have three nodes in distinct zones",
    why="with fewer nodes a failure of one leaves no majority and the reads fall on the table",
    fix="set replication_factor to 3 or more and availability_zones to distinct zones",
    severity="medium",
    dev="disabled",
    kinds=(DAX,),
    paths=("replicationFactor", "availabilityZones"),
    references=("prowler:dynamodb_accelerator_cluster_multi_az",),
    url="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.concepts.cluster.html",
    settings={"nodes": Setting(3, {"type": "integer", "minimum": 1}, "Fewest nodes and zones.")},
)
def dax_nodes(subject: Subject) -> Iterator[Problem]:
    needed = int(subject.config["nodes"])
    nodes = subject.number("replicationFactor")
    if nodes is not UNKNOWN and (nodes is MISSING or nodes < needed):
        yield subject.problem("replicationFactor", f"at least {needed} nodes are needed")
    zones = subject.value("availabilityZones")
    if isinstance(zones, list) and zones and UNKNOWN not in zones and len({str(zone) for zone in zones}) < needed:
        yield subject.problem("availabilityZones", f"at least {needed} distinct zones are needed")


@rule(
    "elasticache-cache-authentication",
    control="IAM-23",
    pack="guardrails",
    title="Caches ask their clients for a password or an IAM token",
    why="whatever reaches the port reads every session and may empty the cache",
    fix="give user_group_ids (or an auth_token); no user without a password, save the default user with access off",
    severity="high",
    dev="mandatory",
    kinds=(GROUP, "elasticache/user"),
    paths=("userGroupIds", "authToken", "elasticache/user · noPasswordRequired"),
    references=(
        "fsbp:ElastiCache.6",
        "cdk-nag:AEC6",
        "checkov:CKV_AWS_31",
        "prowler:elasticache_redis_replication_group_auth_enabled",
    ),
)
def authentication(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == GROUP:
        if not any(
            subject.has(path) for path in ("authToken", "authTokenWo", "userGroupIds", "globalReplicationGroupId")
        ):
            yield subject.problem("userGroupIds", "no users and no token: every client is let in")
        return
    access = subject.text("accessString")
    if access is UNKNOWN or (isinstance(access, str) and access.split()[:1] == ["off"]):
        return
    open_mode = subject.text("authenticationMode.type") == "no-password-required"
    if subject.flag("noPasswordRequired") is True or open_mode:
        path = "authenticationMode.type" if open_mode else "noPasswordRequired"
        yield subject.problem(path, "the user needs no password")


@rule(
    "elasticache-cache-snapshots",
    control="BCK-14",
    pack="guardrails",
    title="Caches keep daily snapshots",
    why="after a faulty release or a lost cluster every session and basket would be gone",
    fix="set snapshot_retention_limit to at least the days of the profile",
    severity="high",
    dev="disabled",
    kinds=(GROUP, SERVERLESS),
    paths=("snapshotRetentionLimit",),
    references=("fsbp:ElastiCache.1", "checkov:CKV_AWS_134", "trivy:AVD-AWS-0050"),
    settings={"days": Setting(1, {"type": "integer", "minimum": 1}, "Fewest days that snapshots are kept.")},
    limits="Memcached has no snapshots; a secondary of a global datastore cannot make them.",
)
def snapshots(subject: Subject) -> Iterator[Problem]:
    if subject.text("engine") in ("memcached", UNKNOWN) or subject.has("globalReplicationGroupId"):
        return
    days, needed = subject.number("snapshotRetentionLimit"), int(subject.config["days"])
    if days is not UNKNOWN and (days is MISSING or days < needed):
        yield subject.problem("snapshotRetentionLimit", f"must be at least {needed}")
