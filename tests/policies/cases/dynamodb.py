"""DynamoDB: tables."""

from tests.policies.cases.helpers.customer_keys import AWS_KEY
from tests.policies.support import CULPRIT, DROP, KEY, UNKNOWN, Cases, edit, res


def table(props=None):
    return res("dynamodb/table:Table", CULPRIT, props or {})


_SSE = {"enabled": True, "kmsKeyArn": KEY}


def named_table(**props):
    return res("dynamodb/table:Table", CULPRIT, {"name": "orders", **props})


def target(**options):
    return res("appautoscaling/target:Target", "target", {"resourceId": options.pop("id", UNKNOWN)}, **options)


_TABLE = {
    "pointInTimeRecovery": {"enabled": True},
    "deletionProtectionEnabled": True,
    "replicas": [{"regionName": "eu-central-1", "pointInTimeRecovery": True}],
}


def protected_table(changes=None):
    return res("dynamodb/table:Table", CULPRIT, edit(_TABLE, changes or {}))


def replica(**props):
    return res("dynamodb/tableReplica:TableReplica", CULPRIT, props)


CASES = {
    "dynamodb-table-customer-key": Cases(
        good={
            "customer managed key": [table({"serverSideEncryption": _SSE})],
            "replica too": [table({"serverSideEncryption": _SSE, "replicas": [{"kmsKeyArn": UNKNOWN}]})],
            "replica resource": [res("dynamodb/tableReplica:TableReplica", CULPRIT, {"kmsKeyArn": KEY})],
        },
        bad={
            "nothing set": [table()],
            "off": [table({"serverSideEncryption": {"enabled": False, "kmsKeyArn": KEY}})],
            "no key": [table({"serverSideEncryption": {"enabled": True}})],
            "replica without key": [
                table({"serverSideEncryption": _SSE, "replicas": [{"regionName": "eu-central-1"}]})
            ],
            "replica resource without key": [res("dynamodb/tableReplica:TableReplica", CULPRIT)],
            "AWS managed key": [
                table({"serverSideEncryption": {"enabled": True, "kmsKeyArn": f"{AWS_KEY}dynamodb"}}),
            ],
        },
    ),
    "dynamodb-table-deletion-protection": Cases(
        good={"protected": [protected_table()]},
        bad={
            "not set": [protected_table({"deletionProtectionEnabled": DROP})],
            "off": [protected_table({"deletionProtectionEnabled": False})],
        },
    ),
    "dynamodb-table-point-in-time-recovery": Cases(
        good={"on": [protected_table()], "replica": [replica(pointInTimeRecovery=True)]},
        bad={
            "not set": [protected_table({"pointInTimeRecovery": DROP})],
            "off": [protected_table({"pointInTimeRecovery.enabled": False})],
            "off on a replica": [protected_table({"replicas.0.pointInTimeRecovery": DROP})],
            "replica": [replica()],
        },
    ),
    "dynamodb-table-scales": Cases(
        good={
            "on demand": [named_table(billingMode="PAY_PER_REQUEST")],
            "by name": [named_table(billingMode="PROVISIONED"), target(id="table/orders")],
            "by value": [named_table(), target(refers={"resourceId": [named_table()]})],
        },
        bad={
            "fixed": [named_table(billingMode="PROVISIONED")],
            "default": [named_table()],
            "another": [named_table(), target(id="table/carts")],
        },
    ),
}
