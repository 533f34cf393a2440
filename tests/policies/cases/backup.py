"""AWS Backup: plans, selections and vaults."""

from tests.policies.cases.helpers.customer_keys import key_cases
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_TABLE = res("dynamodb/table:Table", CULPRIT, {"name": "orders", "arn": "arn:aws:dynamodb:eu-west-1:1:table/orders"})
_FILES = res("efs/fileSystem:FileSystem", CULPRIT)


def selection(*, refers=None, **props):
    return res("backup/selection:Selection", "daily", props, refers=refers)


def named_table(**props):
    return res("dynamodb/table:Table", CULPRIT, {"name": "orders", **props})


_TAGS = {"selectionTags": [{"type": "STRINGEQUALS", "key": "backup", "value": "daily"}]}
_VAULT = res("backup/vault:Vault", CULPRIT, {"name": "store"})
_RULE = {"schedule": "cron(0 3 * * ? *)", "lifecycle": {"deleteAfter": 35}, "copyActions": [{}]}


def plan(**changes):
    return res("backup/plan:Plan", CULPRIT, {"rules": [{**_RULE, **changes}]})


def guard(kind, of=_VAULT):
    token = f"backup/{kind}:{kind[0].upper()}{kind[1:]}"
    return res(token, "guard", {"backupVaultName": UNKNOWN}, refers={"backupVaultName": [of]})


CASES = {
    "backup-plan-frequency": Cases(
        good={
            "all": [plan()],
            "for ever": [plan(lifecycle={"coldStorageAfter": 30})],
            "not known": [res("backup/plan:Plan", CULPRIT, {"rules": UNKNOWN})],
        },
        bad={
            "too short": [plan(lifecycle={"deleteAfter": 7})],
            "no copy": [plan(copyActions=None)],
            "never": [plan(schedule=None)],
        },
        config=[
            ({"days": 7}, [plan(lifecycle={"deleteAfter": 7})], False),
            ({"copies": False}, [plan(copyActions=None)], False),
        ],
    ),
    "backup-selection-covers-data": Cases(
        good={
            "by value": [_TABLE, selection(resources=[UNKNOWN], refers={"resources": [_TABLE]})],
            "by ARN": [_TABLE, selection(resources=["arn:aws:dynamodb:eu-west-1:1:table/orders"])],
            "every table": [_TABLE, selection(resources=["arn:aws:dynamodb:*:*:table/*"])],
            "everything": [_FILES, selection(resources=["*"])],
            "by tag": [named_table(tags={"backup": "daily"}), selection(**_TAGS)],
            "by tag of the provider": [
                res("dynamodb/table:Table", CULPRIT, provider={"defaultTags": '{"tags": {"backup": "daily"}}'}),
                selection(**_TAGS),
            ],
            "tags known later": [named_table(tagsAll=UNKNOWN), selection(**_TAGS)],
            "everything with the tag": [
                named_table(tags={"backup": "daily"}),
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
            "another tag": [named_table(tags={"backup": "weekly"}), selection(**_TAGS)],
            "not with the tag": [
                named_table(tags={}),
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
    "backup-vault-customer-key": key_cases("kmsKeyArn", "backup/vault:Vault", managed="backup"),
    "backup-vault-locked": Cases(
        good={
            "locked": [_VAULT, guard("vaultLockConfiguration")],
            "by policy": [_VAULT, guard("vaultPolicy")],
        },
        bad={"neither lock nor policy": [_VAULT]},
    ),
}
