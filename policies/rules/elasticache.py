"""ElastiCache: replication groups, serverless caches, subnet groups."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, spread
from policies.rules.helpers.zones import too_few_zones

GROUP = "elasticache/replicationGroup"
SERVERLESS = "elasticache/serverlessCache"
SINGLE = "elasticache/cluster"
_CUSTOMER_KEY = Setting(True, {"type": "boolean"}, "Whether the key must be a customer managed key.")
_TEXTS = {"type": "array", "items": {"type": "string"}}
DAX = "dax/cluster"


@rule(
    "elasticache-cache-authentication",
    control="IAM-23",
    pack="guardrails",
    title="Caches require a password or an IAM token",
    why="any client that reaches the port could read every session and empty the cache",
    fix="set user_group_ids (or auth_token), and a password or IAM on every user whose access_string is not off",
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
            yield subject.problem("userGroupIds", "must name a user group: every client can connect")
        return
    access = subject.text("accessString")
    if access is UNKNOWN or (isinstance(access, str) and access.split()[:1] == ["off"]):
        return
    open_mode = subject.text("authenticationMode.type") == "no-password-required"
    if subject.flag("noPasswordRequired") is True or open_mode:
        path = "authenticationMode.type" if open_mode else "noPasswordRequired"
        yield subject.problem(path, "must not allow access without a password")


@rule(
    "elasticache-cache-encryption-at-rest",
    control="ENC-04",
    pack="encryption",
    title="Caches are encrypted at rest",
    why="snapshots and replication write sessions and baskets to disk",
    fix="set at_rest_encryption_enabled to true and kms_key_id to a customer managed key; serverless: the key only",
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
            yield subject.problem("engine", "a single cache cluster cannot be encrypted: must be a ReplicationGroup")
        return
    if subject.resource.kind == GROUP:
        # A secondary of a global datastore has the primary's encryption.
        if subject.has("globalReplicationGroupId"):
            return
        enabled = subject.flag("atRestEncryptionEnabled")
        # Valkey is encrypted by default.
        if enabled is False or (enabled is MISSING and engine not in ("valkey", UNKNOWN)):
            yield subject.problem("atRestEncryptionEnabled", "must be true")
            return
    if subject.config["customer_key"] and subject.lacks_customer_key("kmsKeyId"):
        yield subject.problem("kmsKeyId", "must be a customer managed key")


@rule(
    "elasticache-cache-encryption-in-transit",
    control="TLS-15",
    pack="encryption",
    title="Caches require TLS",
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
    limits="Mode preferred is for a migration: add a waiver for that time. Serverless caches always use TLS.",
)
def in_transit(subject: Subject) -> Iterator[Problem]:
    if subject.has("globalReplicationGroupId"):
        return
    if subject.flag("transitEncryptionEnabled") in (False, MISSING):
        yield subject.problem("transitEncryptionEnabled", "must be true")
    elif subject.text("transitEncryptionMode") == "preferred":
        yield subject.problem("transitEncryptionMode", "must be required: clients without TLS can connect")


@rule(
    "elasticache-cache-logs",
    control="LOG-11",
    pack="guardrails",
    title="Caches deliver slow logs and engine logs",
    why="only the slow log names commands that block the cache",
    fix="add log_delivery_configurations with log_type slow-log and engine-log",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("elasticache/replicationGroup",),
    paths=("logDeliveryConfigurations[].logType",),
    url="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html",
    settings={"logs": Setting(["slow-log", "engine-log"], _TEXTS, "Logs that must be delivered.")},
)
def cache_logs(subject: Subject) -> Iterator[Problem]:
    kept = as_list(spread(subject.resource.props, "logDeliveryConfigurations[].logType"))
    if UNKNOWN in kept:
        subject.defer("logDeliveryConfigurations")
        return
    missing = [kind for kind in subject.config["logs"] if kind not in kept]
    if missing:
        yield Problem("logDeliveryConfigurations", f"log_delivery_configurations must include {', '.join(missing)}")


@rule(
    "elasticache-cache-snapshots",
    control="BCK-14",
    pack="guardrails",
    title="Caches keep daily snapshots",
    why="a faulty release or a lost cluster would delete every session and basket",
    fix="set snapshot_retention_limit to at least the days of the profile",
    severity="high",
    dev="disabled",
    kinds=(GROUP, SERVERLESS),
    paths=("snapshotRetentionLimit",),
    references=("fsbp:ElastiCache.1", "checkov:CKV_AWS_134", "trivy:AVD-AWS-0050"),
    settings={"days": Setting(1, {"type": "integer", "minimum": 1}, "Minimum number of days that snapshots are kept.")},
    limits="Memcached has no snapshots; a secondary of a global datastore cannot make them.",
)
def snapshots(subject: Subject) -> Iterator[Problem]:
    if subject.text("engine") in ("memcached", UNKNOWN) or subject.has("globalReplicationGroupId"):
        return
    days, needed = subject.number("snapshotRetentionLimit"), int(subject.config["days"])
    if days is not UNKNOWN and (days is MISSING or days < needed):
        yield subject.problem("snapshotRetentionLimit", f"must be at least {needed}, in days")


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
            yield subject.problem("replicasPerNodeGroup", "must be at least 1")
        return
    nodes = subject.number("numCacheClusters")
    if nodes is not UNKNOWN and (nodes is MISSING or nodes < 2):
        yield subject.problem("numCacheClusters", "must be at least 2, a primary and a replica")


@rule(
    "elasticache-subnet-group-zones",
    control="HA-05",
    pack="multi_az",
    title="Caches and DAX clusters have their own subnet group in two or more zones",
    why="the default subnet group is in the default VPC; with one zone there is no zone to fail over to",
    fix="set subnet_group_name to a subnet group whose subnet_ids are in at least two availability zones",
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
    settings={"zones": Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of zones.")},
)
def subnet_group(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in (GROUP, DAX):
        name = subject.text("subnetGroupName")
        if name in (MISSING, "default") and not subject.has("globalReplicationGroupId"):
            yield subject.problem("subnetGroupName", "must not be the default group, which is in the default VPC")
        return
    if subject.resource.kind == SERVERLESS and not subject.has("subnetIds"):
        yield subject.problem("subnetIds", "must name subnets: the cache would be in the default VPC")
    yield from too_few_zones(subject, "subnetIds", subject.config["zones"])
