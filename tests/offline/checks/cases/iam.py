"""Cases of the rules in `offline/checks/rules/iam.py`."""

import json
from typing import Any

from tests.offline.checks.good_inputs import IDENTITY, TRUST, Case, document

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "iam/policy:Policy": (
        {"name": "p", "path": "/app/", "policy": json.dumps(IDENTITY)},
        [
            ({"path": "app"}, "path"),
            ({"name": "a b"}, "name"),
            ({"policy": json.dumps({"Version": "2012-10-17"})}, "policy"),
            ({"policy": json.dumps({**IDENTITY, "Version": "2020-01-01"})}, "policy"),
            ({"policy": document(IDENTITY, Effect="allow")}, "policy"),
            ({"policy": document(IDENTITY, Action=None)}, "policy"),
            ({"policy": document(IDENTITY, Action="GetObject")}, "policy"),
            ({"policy": document(IDENTITY, Resource="bucket")}, "policy"),
            ({"policy": document(IDENTITY, Principal="*")}, "policy"),
            ({"policy": document(IDENTITY, Sid="a-b")}, "policy"),
            ({"policy": document(IDENTITY, Actions="s3:*")}, "policy"),
            ({"policy": document(IDENTITY, Resource=["arn:aws:s3:::" + "x" * 6200])}, "policy"),
        ],
    ),
    "iam/role:Role": (
        {"name": "r", "assumeRolePolicy": json.dumps(TRUST)},
        [
            ({"name": "x" * 65}, "name"),
            ({"assumeRolePolicy": document(TRUST, Resource="*")}, "assumeRolePolicy"),
            ({"assumeRolePolicy": document(TRUST, Principal=None)}, "assumeRolePolicy"),
        ],
    ),
    "iam/rolePolicyAttachment:RolePolicyAttachment": (
        {"role": "r", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        [({"role": "arn:aws:iam::111111111111:role/r"}, "role"), ({"policyArn": "ReadOnlyAccess"}, "policyArn")],
    ),
    "kms/key:Key": (
        {"enableKeyRotation": True, "rotationPeriodInDays": 365},
        [
            ({"deletionWindowInDays": 31}, "deletionWindowInDays"),
            ({"customerMasterKeySpec": "RSA_2048"}, "enableKeyRotation"),
            ({"keyUsage": "SIGN_VERIFY"}, "keyUsage"),
        ],
    ),
    "kms/alias:Alias": (
        {"name": "alias/web", "targetKeyId": "k"},
        [({"name": "alias/aws/web"}, "name"), ({"name": "alias/" + "x" * 251}, "name")],
    ),
    "secretsmanager/secretVersion:SecretVersion": (
        {"secretId": "s", "secretString": "x"},
        [({"secretBinary": "eA=="}, "secretBinary")],
    ),
}
