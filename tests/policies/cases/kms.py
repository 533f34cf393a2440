"""KMS: keys."""

from tests.policies.cases.helpers.resource_policies import EVERYBODY, PUBLIC, guarded, under
from tests.policies.support import CULPRIT, Cases, edit, in_kinds, res


def key(**props):
    return res("kms/key:Key", CULPRIT, props)


CASES = {
    "kms-key-deletion-guarded": Cases(
        good={
            "not set": [key()],
            "thirty days": [key(deletionWindowInDays=30, isEnabled=True)],
        },
        bad={
            "a week": [key(deletionWindowInDays=7)],
            "off": [key(isEnabled=False)],
            "check left out": [key(bypassPolicyLockoutSafetyCheck=True)],
            "replica": [res("kms/replicaKey:ReplicaKey", CULPRIT, {"enabled": False})],
            **in_kinds({"deletionWindowInDays": 7}, "kms/externalKey"),
        },
        config=[
            ({"days": 7}, [key(deletionWindowInDays=7)], False),
        ],
    ),
    "kms-key-policy-not-public": Cases(
        good={
            "the account": [
                guarded(edit(EVERYBODY, {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}), "kms/key:Key")
            ],
            "everyone, by a service of one account": [
                guarded(under("StringEquals", "kms:CallerAccount", "111111111111"), "kms/key:Key")
            ],
        },
        bad={
            "everyone": [guarded(edit(EVERYBODY, {"Action": "kms:*"}), "kms/key:Key")],
            **in_kinds(PUBLIC, "kms/externalKey", "kms/keyPolicy", "kms/replicaKey"),
        },
    ),
    "kms-key-rotation": Cases(
        good={
            "on": [key(enableKeyRotation=True)],
            "asymmetric": [key(customerMasterKeySpec="RSA_2048", keyUsage="SIGN_VERIFY")],
            "HMAC": [key(customerMasterKeySpec="HMAC_256", keyUsage="GENERATE_VERIFY_MAC")],
            "custom store": [key(customKeyStoreId="cks-1")],
            "replica": [res("kms/replicaKey:ReplicaKey", CULPRIT)],
        },
        bad={"not set": [key()], "off": [key(enableKeyRotation=False, customerMasterKeySpec="SYMMETRIC_DEFAULT")]},
    ),
}
