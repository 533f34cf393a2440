"""Subnets and what lives in them."""

from offline.wire import UNKNOWN
from tests.offline.aws.driver import SUBNET
from tests.offline.aws.steps.world import Case, Change, World, create, plain

_NAT = "aws:ec2/natGateway:NatGateway"
_EIP = "aws:ec2/eip:Eip"
_CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
_CACHE_SUBNETS = "aws:elasticache/subnetGroup:SubnetGroup"
_TARGET = "aws:efs/mountTarget:MountTarget"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


def _overlapping_subnet(world: World, preview: bool) -> object:
    """A smaller mask: the new subnet lies in the old one's range, which goes last."""
    subnet = world.subnet("a")
    subnet.dependents.append(world.make(_NAT, "a", subnetId=subnet.id, connectivityType="private"))
    return subnet.replace(preview=preview, **{**plain(subnet), "cidrBlock": "10.0.1.0/25"})


def _moved_ranges(world: World, preview: bool) -> object:
    """A fifth zone: what was the range of one zone becomes that of another."""
    a, _ = world.subnet("a", 64), world.subnet("b", 96)
    a.dependents.append(world.make(_NAT, "a", subnetId=a.id, connectivityType="private"))
    return a.replace(preview=preview, **{**plain(a), "cidrBlock": "10.0.96.0/25"})


def _address_in_use(world: World, preview: bool) -> object:
    address, subnet = world.make(_EIP, "nat", domain="vpc"), world.subnet("a")
    gateway = world.make(_NAT, "a", subnetId=subnet.id, allocationId=address.id)
    table = world.make("aws:ec2/routeTable:RouteTable", "a", vpcId=world.vpc().id)
    route = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": gateway.id}
    gateway.dependents.append(world.make("aws:ec2/route:Route", "a", **route))
    return gateway.replace(
        preview=preview, subnetId=UNKNOWN if preview else world.subnet("b").id, allocationId=address.id
    )


def _cache_subnet_left(world: World, preview: bool) -> object:
    """A subnet of the cache is replaced, and its group would leave the old one."""
    a, b = world.subnet("a"), world.subnet("b")
    group = world.make(_CACHE_SUBNETS, "cache", name="cache", subnetIds=[a.id, b.id])
    world.make(_CACHE, "cache", replicationGroupId="cache", description="x", subnetGroupName=group.id, **_TWO_NODES)
    a.replace(preview=preview, **{**plain(a), "cidrBlock": "10.0.9.0/24"})
    new = UNKNOWN if preview else world.made.setdefault("new", world.engine.create(SUBNET, "n", **plain(a) | _NINTH)).id
    return group.update(preview=preview, name="cache", subnetIds=[new, b.id])


_NINTH = {"cidrBlock": "10.0.10.0/24"}


_TWO_NODES = {"numCacheClusters": 2, "automaticFailoverEnabled": True, "engine": "valkey", "engineVersion": "8.0"}


def _second_mount_target(world: World, preview: bool) -> object:
    files, a = world.make("aws:efs/fileSystem:FileSystem", "files"), world.subnet("a")
    world.make(_TARGET, "a", fileSystemId=files.id, subnetId=a.id)
    beside = world.make(SUBNET, "beside", vpcId=world.vpc().id, cidrBlock="10.0.7.0/24", availabilityZone="eu-west-1a")
    return create(world, preview, _TARGET, "again", fileSystemId=files.id, subnetId=beside.id)


def _second_endpoint(world: World, preview: bool) -> object:
    service = {
        "vpcId": world.vpc().id,
        "serviceName": "com.amazonaws.eu-west-1.sqs",
        "vpcEndpointType": "Interface",
        "privateDnsEnabled": True,
    }
    world.make(_ENDPOINT, "sqs", **service)
    return create(world, preview, _ENDPOINT, "queues", **service)


def _unused_subnet_left(world: World, preview: bool) -> object:
    a, b, c = (world.subnet(letter) for letter in "abc")
    group = world.make(_CACHE_SUBNETS, "cache", name="cache", subnetIds=[a.id, b.id, c.id])
    world.make(_CACHE, "cache", replicationGroupId="cache", description="x", subnetGroupName=group.id, **_TWO_NODES)
    return group.update(preview=preview, name="cache", subnetIds=[b.id, a.id])


def _mount_target_moved(world: World, preview: bool) -> object:
    files, a = world.make("aws:efs/fileSystem:FileSystem", "files"), world.subnet("a")
    target = world.make(_TARGET, "a", fileSystemId=files.id, subnetId=a.id)
    beside = world.make(SUBNET, "beside", vpcId=world.vpc().id, cidrBlock="10.0.7.0/24", availabilityZone="eu-west-1a")
    return target.replace(preview=preview, fileSystemId=files.id, subnetId=beside.id)


REFUSED: dict[str, Case] = {
    "subnet replaced within its own range": Case(_overlapping_subnet, r"InvalidSubnet\.Conflict.*10\.0\.1\.0/24"),
    "subnet into the range of another zone": Case(_moved_ranges, r"InvalidSubnet\.Conflict"),
    "address of a NAT gateway": Case(_address_in_use, r"Resource\.AlreadyAssociated"),
    "subnet of a cache": Case(_cache_subnet_left, "SubnetInUse"),
    "second mount target in a zone": Case(_second_mount_target, "MountTargetConflict.*eu-west-1a"),
    "second endpoint of a service": Case(_second_endpoint, "private-dns-enabled cannot be set"),
}
TAKEN: dict[str, Change] = {
    "subnet without nodes": _unused_subnet_left,
    "mount target, deleted first": _mount_target_moved,
}
