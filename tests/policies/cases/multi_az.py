"""Several availability zones."""

from tests.policies.support import CULPRIT, DROP, UNKNOWN, Cases, edit, res

VPC = res("ec2/vpc:Vpc", CULPRIT, {"cidrBlock": "10.0.0.0/16"})
_COMPONENT = "urn:pulumi:test::project::awsx:ec2:Vpc::network"


def subnet(zone, tier="app", **options):
    name = f"{tier}-{zone}" if zone else tier
    props = {"vpcId": UNKNOWN, "tags": {"tier": tier}}
    if zone:
        props["availabilityZone"] = zone if zone == UNKNOWN else f"eu-west-1{zone}"
    return res("ec2/subnet:Subnet", name, props, refers={"vpcId": [VPC]}, **options)


A, B, C = subnet("a"), subnet("b"), subnet("c")
A2 = subnet("a", "other")
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


def spread_cases(token, path, changes=None, needed=2):
    """Programs in which subnets are in enough zones, and in too few, written in every way."""
    enough, few = [A, B, C][:needed], [A, A2]
    inside = [subnet(zone, parent=_COMPONENT) for zone in "abc"]
    component = res("awsx", "network", urn=_COMPONENT)

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
        "a component in one zone": through([subnet("a", f"t{n}", parent=_COMPONENT) for n in range(3)]),
    }
    return good, bad


_CACHE = {"multiAzEnabled": True, "automaticFailoverEnabled": True, "numCacheClusters": 2}
_CLUSTER = {
    "clusterConfig": {
        "zoneAwarenessEnabled": True,
        "instanceCount": 3,
        "dedicatedMasterEnabled": True,
        "dedicatedMasterCount": 3,
    }
}


def cache(changes=None):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, edit(_CACHE, changes or {}))


def search(changes=None):
    return res("opensearch/domain:Domain", CULPRIT, edit(_CLUSTER, changes or {}))


def service(**props):
    return res("ecs/service:Service", CULPRIT, props)


def scaling(of, fewest):
    return res(
        "appautoscaling/target:Target",
        "scaling",
        {"resourceId": UNKNOWN, "minCapacity": fewest},
        refers={"resourceId": [of]},
    )


def mount(file_system, subnet_):
    return res(
        "efs/mountTarget:MountTarget",
        f"mount-{subnet_.name}",
        {"fileSystemId": UNKNOWN, "subnetId": UNKNOWN},
        refers={"fileSystemId": [file_system], "subnetId": [subnet_]},
    )


def mapped(*subnets):
    mappings = [{"subnetId": UNKNOWN} for _ in subnets]
    return [
        *subnets,
        res(
            "lb/loadBalancer:LoadBalancer", CULPRIT, {"subnetMappings": mappings}, refers={"subnetMappings": [*subnets]}
        ),
    ]


_LB = spread_cases("lb/loadBalancer:LoadBalancer", "subnets")
_GROUPS = spread_cases("elasticache/subnetGroup:SubnetGroup", "subnetIds")
_MSK = spread_cases("msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", {"numberOfBrokerNodes": 3}, needed=3)
_ECS = spread_cases("ecs/service:Service", "networkConfiguration.subnets", {"desiredCount": 2})
_LAMBDA = spread_cases("lambda/function:Function", "vpcConfig.subnetIds")
_EFS = res("efs/fileSystem:FileSystem", CULPRIT, {"encrypted": True})
_DAX = {"replicationFactor": 3, "availabilityZones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}


def untagged(name, zone):
    return res(
        "ec2/subnet:Subnet",
        name,
        {"vpcId": UNKNOWN, "availabilityZone": f"eu-west-1{zone}"},
        refers={"vpcId": [VPC]},
    )


_OWN_TIERS = ("publicSubnet", "privateSubnet", "dataSubnet")
_OWN_NAMES = ("alphaSubnet", "betaSubnet", "gammaSubnet")

CASES = {
    "ec2-vpc-tier-zones": Cases(
        good={
            "three zones": [VPC, A, B, C],
            "zones not known yet": [VPC, *(subnet(UNKNOWN, "app", urn=f"urn:{n}") for n in range(3))],
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
            "three subnets, one zone": [VPC, A, subnet("a"), subnet("a")],
            "one tier of two": [VPC, A, B, C, subnet("a", "data")],
        },
        config=[({"zones": 2}, [VPC, A, B], False)],
    ),
    "lb-load-balancer-zones": Cases(
        good={**_LB[0], "mappings": mapped(A, B)},
        bad={**_LB[1], "mappings": mapped(A, A2)},
        config=[({"zones": 3}, placed("lb/loadBalancer:LoadBalancer", "subnets", [A, B]), True)],
    ),
    "elasticache-replication-group-multi-az": Cases(
        good={
            "two nodes": [cache()],
            "shards": [cache({"numCacheClusters": DROP, "numNodeGroups": 2, "replicasPerNodeGroup": 1})],
        },
        bad={
            "not multi-AZ": [cache({"multiAzEnabled": False})],
            "multi-AZ not set": [cache({"multiAzEnabled": DROP})],
            "no failover": [cache({"automaticFailoverEnabled": DROP})],
            "one node": [cache({"numCacheClusters": 1})],
            "nodes not set": [cache({"numCacheClusters": DROP})],
            "shards without replica": [cache({"numCacheClusters": DROP, "numNodeGroups": 2})],
        },
    ),
    "elasticache-subnet-group-zones": Cases(
        good={
            **_GROUPS[0],
            "own group": [cache({"subnetGroupName": "sessions"})],
            "group made in the same run": [res("dax/cluster:Cluster", CULPRIT, {"subnetGroupName": UNKNOWN})],
        },
        bad={
            **_GROUPS[1],
            "default group": [cache({"subnetGroupName": "default"})],
            "no group": [cache()],
            "DAX without group": [res("dax/cluster:Cluster", CULPRIT)],
            "serverless without subnets": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT)],
        },
        config=[({"zones": 3}, placed("dax/subnetGroup:SubnetGroup", "subnetIds", [A, B]), True)],
    ),
    "dax-cluster-nodes": Cases(
        good={
            "three": [res("dax/cluster:Cluster", CULPRIT, _DAX)],
            "zones left to AWS": [res("dax/cluster:Cluster", CULPRIT, {"replicationFactor": 3})],
        },
        bad={
            "two": [res("dax/cluster:Cluster", CULPRIT, edit(_DAX, {"replicationFactor": 2}))],
            "one zone": [res("dax/cluster:Cluster", CULPRIT, edit(_DAX, {"availabilityZones": ["eu-west-1a"] * 3}))],
            "not set": [res("dax/cluster:Cluster", CULPRIT)],
        },
        config=[({"nodes": 4}, [res("dax/cluster:Cluster", CULPRIT, _DAX)], True)],
    ),
    "opensearch-domain-multi-az": Cases(
        good={
            "zone awareness": [search()],
            "standby": [
                search({"clusterConfig.zoneAwarenessEnabled": DROP, "clusterConfig.multiAzWithStandbyEnabled": True})
            ],
        },
        bad={
            "nothing set": [search({"clusterConfig": DROP})],
            "no awareness": [search({"clusterConfig.zoneAwarenessEnabled": False})],
            "two data nodes": [search({"clusterConfig.instanceCount": 2})],
            "no masters": [search({"clusterConfig.dedicatedMasterEnabled": DROP})],
            "two masters": [search({"clusterConfig.dedicatedMasterCount": 2})],
        },
        config=[({"data_nodes": 6}, [search()], True)],
    ),
    "msk-cluster-zones": Cases(
        good=_MSK[0],
        bad={
            **_MSK[1],
            "two zones": placed("msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", [A, B]),
            "uneven": placed(
                "msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", [A, B, C], {"numberOfBrokerNodes": 4}
            ),
        },
        config=[({"zones": 2}, placed("msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", [A, B]), False)],
    ),
    "efs-file-system-zones": Cases(
        good={
            "two zones": [_EFS, A, B, mount(_EFS, A), mount(_EFS, B)],
            "subnets elsewhere": [
                _EFS,
                *(
                    res(
                        "efs/mountTarget:MountTarget",
                        f"mount-{n}",
                        {"fileSystemId": UNKNOWN, "subnetId": f"subnet-{n}"},
                        refers={"fileSystemId": [_EFS]},
                    )
                    for n in range(2)
                ),
            ],
        },
        bad={
            "One Zone": [res("efs/fileSystem:FileSystem", CULPRIT, {"availabilityZoneName": "eu-west-1a"})],
            "no mount target": [_EFS],
            "one mount target": [_EFS, A, mount(_EFS, A)],
            "both in one zone": [_EFS, A, A2, mount(_EFS, A), mount(_EFS, A2)],
        },
        config=[({"zones": 3}, [_EFS, A, B, mount(_EFS, A), mount(_EFS, B)], True)],
    ),
    "ecs-service-multi-az": Cases(
        good={
            **_ECS[0],
            "scaled": [service(), scaling(service(), 2)],
            "daemon": [service(schedulingStrategy="DAEMON")],
        },
        bad={
            **_ECS[1],
            "one task": [service(desiredCount=1)],
            "not set": [service()],
            "scaled to one": [service(desiredCount=1), scaling(service(), 1)],
            "no rebalancing": [service(desiredCount=2, availabilityZoneRebalancing="DISABLED")],
        },
        config=[({"tasks": 3}, [service(desiredCount=2)], True)],
    ),
    "lambda-function-zones": Cases(
        good={**_LAMBDA[0], "outside a VPC": [res("lambda/function:Function", CULPRIT)]},
        bad=_LAMBDA[1],
        config=[({"zones": 3}, placed("lambda/function:Function", "vpcConfig.subnetIds", [A, B]), True)],
    ),
}
