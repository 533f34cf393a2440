"""DynamoDB, DAX, ElastiCache, EFS, OpenSearch and MSK."""

import re
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_ENGINE = re.compile(r"(OpenSearch|Elasticsearch)_\d{1,2}\.\d{1,2}")
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_MAX_LSI = 5


@rule("dynamodb/table:Table")
def table_keys(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""
    if any(args.given(name) for name in ("restoreSourceName", "restoreSourceTableArn", "restoreBackupArn")):
        return
    if args.missing("hashKey"):
        yield args.problem("hashKey", "a table needs a hash key")
    if not args.settled("attributes"):
        return
    attributes = {block.text("name"): block for block in args.blocks("attributes")}
    used: set[str] = set()
    complete = args.settled("globalSecondaryIndexes") and args.settled("localSecondaryIndexes")
    for owner, name in _key_inputs(args):
        key = owner.text(name)
        complete = complete and not owner.unknown(name)
        if key is None:
            continue
        used.add(key)
        if key not in attributes:
            yield owner.problem(name, "a key must be one of the attributes")
    for name, block in attributes.items():
        if name and complete and name not in used:
            yield block.problem("name", "every attribute must be a key of the table or of an index")


def _key_inputs(args: Block) -> Iterator[tuple[Block, str]]:
    yield args, "hashKey"
    yield args, "rangeKey"
    for index in args.blocks("globalSecondaryIndexes"):
        yield index, "hashKey"
        yield index, "rangeKey"
        yield from ((schema, "attributeName") for schema in index.blocks("keySchemas"))
    for index in args.blocks("localSecondaryIndexes"):
        yield index, "rangeKey"


@rule("dynamodb/table:Table")
def table_capacity(args: Block, planned: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html

    Of a table that exists the provider takes capacity that is not given for ignored, and sets one unit where there is
    none (validateProvisionedThroughputField and expandProvisionedThroughputField of its table.go).
    """
    if args.unknown("billingMode"):
        return
    mode = args.text("billingMode") or "PROVISIONED"
    restored = any(args.given(name) for name in ("restoreSourceName", "restoreSourceTableArn", "restoreBackupArn"))
    before = Block(planned.before)
    was_provisioned = bool(planned.before) and before.text("billingMode") != "PAY_PER_REQUEST"
    existing = {index.text("name") for index in before.blocks("globalSecondaryIndexes")}
    for owner in (args, *args.blocks("globalSecondaryIndexes")):
        exists = bool(planned.before) if owner is args else owner.text("name") in existing
        for name in ("readCapacity", "writeCapacity"):
            units = owner.number(name)
            if mode == "PAY_PER_REQUEST" and units and not was_provisioned:
                yield owner.problem(name, "must not be set: billing mode PAY_PER_REQUEST has no provisioned capacity")
            elif mode == "PROVISIONED" and not restored and _lacks_units(owner, name, units, exists=exists):
                yield owner.problem(name, "billing mode PROVISIONED needs a capacity of at least 1")


def _lacks_units(owner: Block, name: str, units: float | None, *, exists: bool) -> bool:
    return not exists if owner.missing(name) else units is not None and units < 1


@rule("dynamodb/table:Table")
def table_options(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""
    name = args.text("name")
    if name and not _TABLE_NAME.fullmatch(name):
        yield args.problem("name", "the name must be 3 to 255 letters, digits, underscores, dots or hyphens")
    ttl = args.block("ttl")
    if ttl and ttl.flag("enabled") and ttl.missing("attributeName"):
        yield ttl.problem("attributeName", "ttl.enabled needs the attribute that holds the expiry time")
    if args.flag("streamEnabled") and args.missing("streamViewType"):
        yield args.problem("streamViewType", "a stream needs its view type")
    if args.given("localSecondaryIndexes") and args.missing("rangeKey"):
        yield args.problem("rangeKey", "local secondary indexes need a table with a range key")
    local = args.count("localSecondaryIndexes")
    if local and local > _MAX_LSI:
        yield args.problem_without_value(
            "localSecondaryIndexes", f"a table must have at most {_MAX_LSI} local secondary indexes; received {local}"
        )
    seen: set[str] = set()
    for index in (*args.blocks("globalSecondaryIndexes"), *args.blocks("localSecondaryIndexes")):
        label = index.text("name")
        if label and label in seen:
            yield index.problem("name", "index names must be unique within a table")
        seen.add(label or "")
        projection = index.text("projectionType")
        if projection == "INCLUDE" and index.missing("nonKeyAttributes"):
            yield index.problem("nonKeyAttributes", "projection INCLUDE needs the attributes to include")
        elif projection in ("ALL", "KEYS_ONLY") and index.given("nonKeyAttributes"):
            yield index.problem_without_value(
                "nonKeyAttributes", f"projection {projection} must not have a list of attributes"
            )


@rule("elasticache/replicationGroup:ReplicationGroup")
def replication_group(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html"""
    shards = args.number("numNodeGroups")
    failover = args.flag("automaticFailoverEnabled")
    sharded = args.given("numNodeGroups") or args.given("replicasPerNodeGroup") or args.given("nodeGroupConfigurations")
    if args.given("numCacheClusters") and sharded:
        yield args.problem("numCacheClusters", "only one of numCacheClusters and numNodeGroups may be set")
    elif failover and not sharded and args.missing("globalReplicationGroupId") and _fewer_than_two(args):
        yield args.problem("numCacheClusters", "automatic failover needs at least 2 cache clusters (nodes)")
    if args.flag("multiAzEnabled"):
        if failover is False or args.missing("automaticFailoverEnabled"):
            yield args.problem("automaticFailoverEnabled", "Multi-AZ needs automatic failover")
        if args.number("replicasPerNodeGroup") == 0:
            yield args.problem("replicasPerNodeGroup", "Multi-AZ needs at least one replica in each node group")
    if shards is not None and shards > 1 and failover is False:
        yield args.problem("automaticFailoverEnabled", "several node groups (cluster mode) need automatic failover")
    for name in ("authToken", "userGroupIds"):
        if args.given(name) and args.flag("transitEncryptionEnabled") is False:
            yield args.problem_without_value(
                "transitEncryptionEnabled", f"{name} needs encryption in transit; received false"
            )
    yield from _node_type(args, "nodeType", "cache.")
    identifier = args.text("replicationGroupId")
    if identifier and ("--" in identifier or identifier.endswith("-")):
        yield args.problem("replicationGroupId", "must not end with a hyphen or contain two in a row")


def _fewer_than_two(args: Block) -> bool:
    nodes = args.number("numCacheClusters")
    return args.missing("numCacheClusters") or (nodes is not None and nodes < 2)


@rule("elasticache/cluster:Cluster")
def cache_cluster(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheCluster.html"""
    yield from _node_type(args, "nodeType", "cache.")


@rule("elasticache/serverlessCache:ServerlessCache")
def serverless_cache(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheUsageLimits.html"""
    limits = args.block("cacheUsageLimits")
    for name in ("dataStorage", "ecpuPerSeconds"):
        for bounds in limits.blocks(name) if limits else ():
            low, high = bounds.number("minimum"), bounds.number("maximum")
            if low is not None and high is not None and low > high:
                yield bounds.problem("minimum", f"the minimum must not be above the maximum ({high:g})")


@rule("dax/cluster:Cluster")
def dax(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_dax_CreateCluster.html"""
    yield from _node_type(args, "nodeType", "dax.")
    nodes = args.number("replicationFactor")
    if nodes is not None and not 1 <= nodes <= 11:
        yield args.problem("replicationFactor", "a DAX cluster must have 1 to 11 nodes")


def _node_type(args: Block, name: str, prefix: str) -> Iterator[Problem]:
    kind = args.text(name)
    if kind and not kind.startswith(prefix):
        yield args.problem(name, f"a node type must start with {prefix}")


@rule("efs/fileSystem:FileSystem")
def file_system(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html"""
    mode, rate = args.text("throughputMode"), "provisionedThroughputInMibps"
    if mode == "provisioned" and args.missing(rate):
        yield args.problem(rate, "throughputMode provisioned needs the throughput in MiB/s")
    elif mode in ("bursting", "elastic") and args.given(rate):
        yield args.problem(rate, f"throughputMode {mode} must not have provisioned throughput")
    if args.text("performanceMode") == "maxIO" and mode == "elastic":
        yield args.problem("performanceMode", "performance mode maxIO needs throughputMode bursting or provisioned")
    if args.given("kmsKeyId") and (args.flag("encrypted") is False or args.missing("encrypted")):
        yield args.problem("encrypted", "a KMS key needs encrypted to be true")
    transitions = ("transitionToIa", "transitionToArchive", "transitionToPrimaryStorageClass")
    for policy in args.blocks("lifecyclePolicies"):
        given = [name for name in transitions if policy.given(name)]
        if len(given) > 1:
            yield policy.problem_without_value(
                given[0], f"each lifecycle policy must have one transition; received {', '.join(given)}"
            )


@rule("efs/accessPoint:AccessPoint")
def access_point(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/efs/latest/ug/API_CreationInfo.html"""
    root = args.block("rootDirectory")
    creation = root.block("creationInfo") if root else None
    permissions = creation.text("permissions") if creation else None
    if creation and permissions and not re.fullmatch(r"[0-7]{3,4}", permissions):
        yield creation.problem("permissions", "must be 3 or 4 octal digits, such as 0750")


@rule("opensearch/domain:Domain")
def domain(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_CreateDomain.html"""
    version = args.text("engineVersion")
    if version and not _ENGINE.fullmatch(version):
        yield args.problem("engineVersion", "must be a version such as OpenSearch_2.19 or Elasticsearch_7.10")
    cluster = args.block("clusterConfig")
    if cluster:
        yield from _domain_nodes(args, cluster)
    security = args.block("advancedSecurityOptions")
    if security and security.flag("enabled"):
        endpoint = args.block("domainEndpointOptions")
        for name, option in (("encryptAtRest", "enabled"), ("nodeToNodeEncryption", "enabled")):
            part = args.block(name)
            if args.missing(name) or (part and part.flag(option) is False):
                yield args.problem_without_value(name, f"fine-grained access control needs {name}.{option}")
        if endpoint and endpoint.flag("enforceHttps") is False:
            yield endpoint.problem("enforceHttps", "fine-grained access control needs HTTPS")


def _domain_nodes(args: Block, cluster: Block) -> Iterator[Problem]:
    for name in ("instanceType", "dedicatedMasterType", "warmType"):
        kind = cluster.text(name)
        if kind and not kind.endswith((".search", ".elasticsearch")):
            yield cluster.problem(name, "an instance type of OpenSearch Service must end with .search")
    if cluster.flag("dedicatedMasterEnabled") and cluster.missing("dedicatedMasterType"):
        yield cluster.problem("dedicatedMasterType", "dedicated master nodes need their type")
    spread = cluster.block("zoneAwarenessConfig")
    zones = (spread.number("availabilityZoneCount") if spread else None) or 2
    aware, nodes = cluster.flag("zoneAwarenessEnabled"), cluster.number("instanceCount")
    if aware and nodes is not None and nodes < zones:
        yield cluster.problem("instanceCount", f"{zones:g} zones need at least as many nodes")
    if cluster.flag("multiAzWithStandbyEnabled") and aware is False:
        yield cluster.problem("zoneAwarenessEnabled", "Multi-AZ with standby needs zone awareness")
    vpc = args.block("vpcOptions")
    subnets = vpc.count("subnetIds") if vpc else None
    if vpc and subnets and not cluster.unknown("zoneAwarenessEnabled"):
        wanted = zones if aware else 1
        if subnets != wanted:
            yield vpc.problem_without_value(
                "subnetIds", f"the domain needs exactly {wanted:g} subnets; received {subnets}"
            )


@rule("msk/cluster:Cluster")
def msk_cluster(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html"""
    group = args.block("brokerNodeGroupInfo")
    if group is None:
        return
    kind = group.text("instanceType")
    if kind and not kind.startswith(("kafka.", "express.")):
        yield group.problem("instanceType", "a broker type must start with kafka. or express.")
    brokers, subnets = args.number("numberOfBrokerNodes"), group.count("clientSubnets")
    if subnets is not None and group.given("clientSubnets"):
        if subnets not in (2, 3):
            yield group.problem_without_value(
                "clientSubnets", f"a cluster must have 2 or 3 client subnets; received {subnets}"
            )
        elif brokers is not None and brokers % subnets:
            yield args.problem("numberOfBrokerNodes", f"the brokers must be a multiple of the {subnets} subnets")
    if kind and kind.startswith("express.") and group.given("storageInfo"):
        yield group.problem_without_value("storageInfo", "must not be set: express brokers have no storage settings")


@rule("msk/topic:Topic")
def topic(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-topics.html"""
    name = args.text("name")
    if name and (not _TOPIC.fullmatch(name) or name in (".", "..")):
        yield args.problem("name", "must be 1 to 249 letters, digits, dots, underscores or hyphens")
    for count in ("partitionCount", "replicationFactor"):
        number = args.number(count)
        if number is not None and number < 1:
            yield args.problem(count, "must be at least 1")


@rule("opensearch/serverlessCollectionGroup:ServerlessCollectionGroup")
def collection_group(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/opensearch-service/latest/ServerlessAPIReference/API_CreateCollectionGroup.html"""
    name, replicas = args.text("name"), args.text("standbyReplicas")
    if name and not re.fullmatch(r"[a-z][a-z0-9-]{2,31}", name):
        yield args.problem("name", "must be 3 to 32 lowercase letters, digits or hyphens, beginning with a letter")
    if replicas and replicas not in ("ENABLED", "DISABLED"):
        yield args.problem("standbyReplicas", "must be ENABLED or DISABLED")
    if replicas == "DISABLED" and args.text("generation") == "NEXTGEN":
        yield args.problem("standbyReplicas", "must be ENABLED for generation NEXTGEN")
    for limits in args.blocks("capacityLimits"):
        for kind in ("Indexing", "Search"):
            low, high = limits.number(f"min{kind}CapacityInOcu"), limits.number(f"max{kind}CapacityInOcu")
            if low is not None and high is not None and low > high:
                yield limits.problem(f"min{kind}CapacityInOcu", f"the minimum must not be above the maximum ({high:g})")
