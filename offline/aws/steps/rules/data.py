"""Tables, caches, streams and topics."""

import math
from collections.abc import Iterator

from offline.aws.steps.step import Step, step_rule
from offline.checks.block import Block


@step_rule("dynamodb/table", on=("update",))
def expiry_attribute(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html"""
    old, new = step.old.block("ttl"), step.new.block("ttl")
    if old is None or new is None or not old.flag("enabled"):
        return
    before, after = old.text("attributeName"), new.text("attributeName")
    if before and after and before != after:
        yield (
            "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is "
            f"{before} (property ttl.attributeName)"
        )


@step_rule("dynamodb/table", on=("update",))
def replicated_table(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_reqs_bestpractices.html"""
    if step.new.text("billingMode") != "PROVISIONED" or not step.new.count("replicas") or step.old.count("replicas"):
        return
    resource = f"table/{step.old.text('name')}"
    if not any(step.around.mentioning(resource, "appautoscaling/target")):
        yield (
            "ValidationException: Table write capacity should either be Pay-Per-Request or AutoScaled "
            "(property replicas)"
        )


@step_rule("kinesis/stream", on=("update",))
def shards(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html

    hashicorp/terraform-provider-aws#46699.
    """
    if _stream_mode(step.old) != "PROVISIONED" or _stream_mode(step.new) != "PROVISIONED":
        return
    before, after = step.old.number("shardCount"), step.new.number("shardCount")
    if not before or not after:
        return
    counts = f"Current open shard count: {before:g} Target shard count: {after:g} (property shardCount)"
    if after > 2 * before:
        yield (
            "LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. "
            f"{counts}"
        )
    elif after < math.ceil(before / 2):
        yield (
            "LimitExceededException: UpdateShardCount cannot scale down below half your current open shard count. "
            f"{counts}"
        )


def _stream_mode(args: Block) -> str | None:
    details = args.block("streamModeDetails")
    return "PROVISIONED" if details is None else details.text("streamMode")


@step_rule("msk/topic", on=("create",))
def replicas_of_a_topic(step: Step) -> Iterator[str]:
    """https://kafka.apache.org/documentation/#basic_ops_add_topic"""
    cluster = step.around.named(step.new.text("clusterArn"), "msk/cluster")
    brokers = cluster.inputs.number("numberOfBrokerNodes") if cluster else None
    wanted = step.new.number("replicationFactor")
    if brokers and wanted and wanted > brokers:
        yield (
            f"BadRequestException: Replication factor: {wanted:g} larger than available brokers: {brokers:g} "
            "(property replicationFactor)"
        )


_MODES = {("disabled", "compatible"), ("compatible", "disabled"), ("compatible", "enabled")}


@step_rule("elasticache/replicationGroup", on=("update",))
def cluster_mode(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/modify-cluster-mode.html"""
    if step.new.unknown("clusterMode") or step.new.unknown("numNodeGroups"):
        return
    before, after = _mode(step.old), _mode(step.new)
    if before != after and (before, after) not in _MODES:
        yield (
            "InvalidParameterCombination: cluster mode goes from disabled to compatible, from there to enabled or "
            f"back, not from {before} to {after} (property clusterMode)"
        )


def _mode(args: Block) -> str:
    """Several node groups are cluster mode, said or not."""
    return args.text("clusterMode") or ("enabled" if (args.number("numNodeGroups") or 1) > 1 else "disabled")


@step_rule("elasticache/replicationGroup", on=("update",))
def encryption_in_transit(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption-enable.html"""
    before, after = step.old.flag("transitEncryptionEnabled"), step.new.flag("transitEncryptionEnabled")
    mode, later = step.old.text("transitEncryptionMode"), step.new.text("transitEncryptionMode")
    if before is False and after and later != "preferred" and not step.new.unknown("transitEncryptionMode"):
        yield (
            "InvalidParameterCombination: encryption in transit must be enabled with TransitEncryptionMode preferred "
            "before it can be required (property transitEncryptionMode)"
        )
    if before and after is False and mode != "preferred":
        yield (
            "InvalidParameterCombination: TransitEncryptionMode must be preferred before encryption in transit can be "
            "disabled (property transitEncryptionEnabled)"
        )


@step_rule("kinesis/stream", on=("delete",))
def registered_consumers(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html"""
    for consumer in step.around.users("kinesis/streamConsumer"):
        if not step.old.flag("enforceConsumerDeletion"):
            yield f"ResourceInUseException: the stream has a registered consumer, {consumer.id}"
