"""Cases of the rules in `offline/checks/rules/storage.py`."""

import json
from typing import Any

from tests.offline.checks.good_inputs import BACKUP, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "s3/bucket:Bucket": (
        {"bucket": "my.bucket-1"},
        [
            ({"bucket": "ab"}, "bucket"),
            ({"bucket": "a..b"}, "bucket"),
            ({"bucket": "192.168.5.4"}, "bucket"),
            ({"bucket": "xn--bucket"}, "bucket"),
            ({"bucket": None, "bucketPrefix": "x" * 38}, "bucketPrefix"),
        ],
    ),
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        {
            "bucket": "b",
            "rules": [
                {
                    "id": "a",
                    "status": "Enabled",
                    "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}],
                    "expiration": {"days": 60},
                }
            ],
        },
        [
            ({"rules": [{"id": "a", "status": "Enabled"}]}, "rules[0]"),
            (
                {"rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}] * 2},
                "rules[1].id",
            ),
            (
                {
                    "rules": [
                        {"id": "a", "status": "Enabled", "transitions": [{"days": 5, "storageClass": "STANDARD_IA"}]}
                    ]
                },
                "rules[0].transitions[0].days",
            ),
        ],
    ),
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        {"bucket": "b", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        [
            (
                {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"}}]},
                "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId",
            )
        ],
    ),
    "s3/bucketCorsConfiguration:BucketCorsConfiguration": (
        {"bucket": "b", "corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["https://*.example.com"]}]},
        [({"corsRules": [{"allowedMethods": ["PATCH"]}]}, "corsRules[0].allowedMethods[0]")],
    ),
    "backup/plan:Plan": (
        {"name": "p", "rules": [{**BACKUP, "lifecycle": {"coldStorageAfter": 10, "deleteAfter": 100}}]},
        [
            ({"rules": [{**BACKUP, "ruleName": "a b"}]}, "rules[0].ruleName"),
            ({"rules": [BACKUP, BACKUP]}, "rules[1].ruleName"),
            ({"rules": [{**BACKUP, "schedule": "daily"}]}, "rules[0].schedule"),
            ({"rules": [{**BACKUP, "startWindow": 30}]}, "rules[0].startWindow"),
            ({"rules": [{**BACKUP, "startWindow": 60, "completionWindow": 60}]}, "rules[0].completionWindow"),
            (
                {"rules": [{**BACKUP, "lifecycle": {"coldStorageAfter": 10, "deleteAfter": 99}}]},
                "rules[0].lifecycle.deleteAfter",
            ),
        ],
    ),
    "backup/vault:Vault": ({"name": "vault"}, [({"name": "v"}, "name")]),
    "ecr/repository:Repository": ({"name": "store/web"}, [({"name": "Store"}, "name")]),
    "ecr/lifecyclePolicy:LifecyclePolicy": (
        {"repository": "r", "policy": json.dumps({"rules": [{"rulePriority": 1}]})},
        [
            ({"policy": "{}"}, "policy"),
            ({"policy": json.dumps({"rules": [{"rulePriority": 1}, {"rulePriority": 1}]})}, "policy"),
        ],
    ),
}
