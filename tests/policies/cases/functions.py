"""Functions and their queues, backups, capacity, rotation, parameters, shells."""

from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res

_QUEUE = res("sqs/queue:Queue", CULPRIT, {"visibilityTimeoutSeconds": 180})
_SHORT = res("sqs/queue:Queue", CULPRIT)
_TABLE = res("dynamodb/table:Table", CULPRIT, {"name": "orders", "arn": "arn:aws:dynamodb:eu-west-1:1:table/orders"})
_FILES = res("efs/fileSystem:FileSystem", CULPRIT)


def function(called="worker", **props):
    return res("lambda/function:Function", called, props)


def consumer(queue, **props):
    worker = function(**props)
    mapping = res(
        "lambda/eventSourceMapping:EventSourceMapping",
        "mapping",
        {"eventSourceArn": UNKNOWN, "functionName": UNKNOWN},
        refers={"eventSourceArn": [queue], "functionName": [worker]},
    )
    return [queue, worker, mapping]


def selection(*, refers=None, **props):
    return res("backup/selection:Selection", "daily", props, refers=refers)


def table(**props):
    return res("dynamodb/table:Table", CULPRIT, {"name": "orders", **props})


def target(**options):
    return res("appautoscaling/target:Target", "target", {"resourceId": options.pop("id", UNKNOWN)}, **options)


def secret(name):
    return res("secretsmanager/secret:Secret", CULPRIT, {"name": name})


def rotation(owner, name="rotation", **rules):
    return res(
        "secretsmanager/secretRotation:SecretRotation",
        name,
        {"secretId": UNKNOWN, "rotationRules": rules},
        refers={"secretId": [owner]},
    )


def parameter(**props):
    return res("ssm/parameter:Parameter", CULPRIT, props)


def service(cluster, **props):
    return [
        cluster,
        res("ecs/service:Service", CULPRIT, {"cluster": UNKNOWN, **props}, refers={"cluster": [cluster]}),
    ]


def cluster(**block):
    props = {"configuration": {"executeCommandConfiguration": block}} if block else {}
    return res("ecs/cluster:Cluster", "store", props)


_TAGS = {"selectionTags": [{"type": "STRINGEQUALS", "key": "backup", "value": "daily"}]}
_DATABASE = secret("store/database")
_ROTATED = secret("database")

CASES = {
    "sqs-queue-visibility-timeout": Cases(
        good={
            "six times": consumer(_QUEUE, timeout=30),
            "default timeout": consumer(res("sqs/queue:Queue", CULPRIT, {"visibilityTimeoutSeconds": 18})),
            "defaults": consumer(_SHORT),
            "no function": [_SHORT],
            "known later": consumer(_QUEUE, timeout=UNKNOWN),
        },
        bad={
            "too short": consumer(_QUEUE, timeout=60),
            "default": consumer(_SHORT, timeout=15),
        },
    ),
    "lambda-function-reserved-concurrency": Cases(
        good={
            "reserved": [function(CULPRIT, name="orders", reservedConcurrentExecutions=10)],
            "another purpose": [function(CULPRIT, name="images")],
        },
        bad={
            "shared": [function(CULPRIT, name="Orders-intake")],
            "given back": [function(CULPRIT, name="payments", reservedConcurrentExecutions=-1)],
        },
        config=[({"functions": ["images"]}, [function(CULPRIT, name="images")], True)],
    ),
    "backup-selection-covers-data": Cases(
        good={
            "by value": [_TABLE, selection(resources=[UNKNOWN], refers={"resources": [_TABLE]})],
            "by ARN": [_TABLE, selection(resources=["arn:aws:dynamodb:eu-west-1:1:table/orders"])],
            "every table": [_TABLE, selection(resources=["arn:aws:dynamodb:*:*:table/*"])],
            "everything": [_FILES, selection(resources=["*"])],
            "by tag": [table(tags={"backup": "daily"}), selection(**_TAGS)],
            "by tag of the provider": [
                res("dynamodb/table:Table", CULPRIT, provider={"defaultTags": '{"tags": {"backup": "daily"}}'}),
                selection(**_TAGS),
            ],
            "tags known later": [table(tagsAll=UNKNOWN), selection(**_TAGS)],
            "everything with the tag": [
                table(tags={"backup": "daily"}),
                selection(
                    resources=["*"], conditions={"stringEquals": [{"key": "aws:ResourceTag/backup", "value": "daily"}]}
                ),
            ],
            "own policy": [
                _FILES,
                res(
                    "efs/backupPolicy:BackupPolicy",
                    "policy",
                    {"fileSystemId": UNKNOWN, "backupPolicy": {"status": "ENABLED"}},
                    refers={"fileSystemId": [_FILES]},
                ),
            ],
        },
        bad={
            "none": [_TABLE],
            "of another service": [_TABLE, selection(resources=["arn:aws:elasticfilesystem:*:*:file-system/*"])],
            "another tag": [table(tags={"backup": "weekly"}), selection(**_TAGS)],
            "not with the tag": [
                table(tags={}),
                selection(
                    resources=["*"], conditions={"stringEquals": [{"key": "aws:ResourceTag/backup", "value": "daily"}]}
                ),
            ],
            "policy off": [
                _FILES,
                res(
                    "efs/backupPolicy:BackupPolicy",
                    "policy",
                    {"fileSystemId": UNKNOWN, "backupPolicy": {"status": "DISABLED"}},
                    refers={"fileSystemId": [_FILES]},
                ),
            ],
        },
        config=[({"without": ["culp*"]}, [_TABLE], False)],
    ),
    "dynamodb-table-scales": Cases(
        good={
            "on demand": [table(billingMode="PAY_PER_REQUEST")],
            "by name": [table(billingMode="PROVISIONED"), target(id="table/orders")],
            "by value": [table(), target(refers={"resourceId": [table()]})],
        },
        bad={
            "fixed": [table(billingMode="PROVISIONED")],
            "default": [table()],
            "another": [table(), target(id="table/carts")],
        },
    ),
    "secretsmanager-secret-rotates": Cases(
        good={
            "rotates": [_DATABASE, rotation(_DATABASE, automaticallyAfterDays=30)],
            "of a third party": [secret("feeds/maps-key")],
            "by schedule": [_ROTATED, rotation(_ROTATED, scheduleExpression="rate(10 days)")],
        },
        bad={
            "never": [_DATABASE],
            "too seldom": [rotation(secret("x"), CULPRIT, automaticallyAfterDays=365)],
            "too seldom, by schedule": [rotation(secret("x"), CULPRIT, scheduleExpression="rate(120 days)")],
        },
        config=[
            ({"secrets": ["feeds/*"]}, [secret("feeds/maps-key")], True),
            ({"days": 10}, [rotation(secret("x"), automaticallyAfterDays=30)], True),
        ],
    ),
    "ssm-parameter-secure": Cases(
        good={
            "secure": [parameter(type="SecureString", keyId=KEY, name="/store/db-password")],
            "no secret": [parameter(type="String", name="/store/region", value="eu-west-1")],
            "ARN of a secret": [
                parameter(
                    type="String", name="/store/secret", value="arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf"
                )
            ],
            "known later": [parameter(type="String", name="/store/db-password", value=UNKNOWN)],
        },
        bad={
            "key of AWS": [parameter(type="SecureString", name="/store/db-password")],
            "alias of AWS": [parameter(type="SecureString", keyId="alias/aws/ssm", name="/store/db-password")],
            "in clear": [parameter(type="String", name="/store/db-password", value="hunter2")],
            "by its form": [
                parameter(type="String", name="/store/db", insecureValue="postgres://app:hunter2@db/store")
            ],
        },
    ),
    "ecs-service-exec-guarded": Cases(
        good={
            "off": service(cluster()),
            "guarded": service(cluster(kmsKeyId=KEY, logging="OVERRIDE"), enableExecuteCommand=True),
            "cluster elsewhere": [
                res("ecs/service:Service", CULPRIT, {"cluster": "store", "enableExecuteCommand": True})
            ],
        },
        bad={
            "open": service(cluster(), enableExecuteCommand=True),
            "no log": service(cluster(kmsKeyId=KEY, logging="NONE"), enableExecuteCommand=True),
            "no key": service(cluster(logging="OVERRIDE"), enableExecuteCommand=True),
        },
    ),
}
