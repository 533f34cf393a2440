"""Functions, logs, mail and buckets."""

from typing import Any

from tests.offline.aws.driver import ROLE, TRUST, Made
from tests.offline.aws.steps.world import Case, Change, World, create, plain, updated

_STREAM = "aws:kinesis/stream:Stream"
_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_FUNCTION = "aws:lambda/function:Function"
_LOGS = "aws:cloudwatch/logGroup:LogGroup"


_SHARDS = {"name": "stock", "shardCount": 4, "streamModeDetails": {"streamMode": "PROVISIONED"}}


def _function(world: World, name: str = "stock", **more: Any) -> Made:
    role = world.made.get("role") or world.make(ROLE, "role", assumeRolePolicy=TRUST)
    inputs = {"role": role.outputs["arn"], "runtime": "python3.13", "handler": "handler.handle", "name": name}
    return world.make(_FUNCTION, name, **inputs, s3Bucket="code", s3Key="x.zip", **more)


def _reserved(world: World, preview: bool) -> object:
    _function(world, "one", reservedConcurrentExecutions=800)
    two = _function(world, "two")
    return two.update(preview=preview, **{**plain(two), "reservedConcurrentExecutions": 101})


def _group_of_a_function(world: World, preview: bool) -> object:
    _function(world)
    return create(world, preview, _LOGS, "stock", name="/aws/lambda/stock")


def _group_of_a_cluster(world: World, preview: bool) -> object:
    world.make(
        "aws:ecs/cluster:Cluster", "store", name="store", settings=[{"name": "containerInsights", "value": "enhanced"}]
    )
    return create(world, preview, _LOGS, "insights", name="/aws/ecs/containerinsights/store/performance")


def _mapping_replaced(world: World, preview: bool) -> object:
    """Another starting position makes a new mapping, before the old one goes."""
    stream = world.make(_STREAM, "stock", **_SHARDS).outputs["arn"]
    reading = {"eventSourceArn": stream, "functionName": _function(world).outputs["arn"]}
    world.make(_MAPPING, "old", **reading, startingPosition="LATEST")
    return create(world, preview, _MAPPING, "new", **reading, startingPosition="TRIM_HORIZON")


def _second_contact_list(world: World, preview: bool) -> object:
    token = "aws:sesv2/contactList:ContactList"
    world.make(token, "old", contactListName="web-store")
    return create(world, preview, token, "new", contactListName="shop")


def _unversioned(world: World, preview: bool) -> object:
    assert not preview
    bucket = world.make("aws:s3/bucket:Bucket", "media", bucket="media-of-the-store")
    rules = [{"id": "all", "status": "Enabled", "destination": {"bucket": "arn:aws:s3:::copy"}}]
    token, role = "aws:s3/bucketReplicationConfig:BucketReplicationConfig", "arn:aws:iam::999999999999:role/copy"
    return create(world, preview, token, "media", bucket=bucket.id, role=role, rules=rules)


REFUSED: dict[str, Case] = {
    "more reserved than the account has": Case(_reserved, "UnreservedConcurrentExecution below its minimum"),
    "log group that Lambda has made": Case(_group_of_a_function, "ResourceAlreadyExistsException.*AWS made"),
    "log group that ECS has made": Case(_group_of_a_cluster, "ResourceAlreadyExistsException.*AWS made"),
    "mapping of the same source": Case(_mapping_replaced, "ResourceConflictException.*already exists"),
    "second contact list": Case(_second_contact_list, "one contact list"),
    "replication without versions": Case(_unversioned, "InvalidRequest: Versioning must be", in_preview=False),
    "versions suspended": Case(
        updated(
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "media", "versioningConfiguration": {"status": "Enabled"}},
            {"versioningConfiguration": {"status": "Disabled"}},
        ),
        "cannot be updated from 'Enabled' to 'Disabled'",
    ),
}
TAKEN: dict[str, Change] = {}
