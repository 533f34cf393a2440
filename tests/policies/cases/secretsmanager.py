"""Secrets Manager: secrets."""

from tests.policies.cases.helpers.customer_keys import key_cases
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def named_secret(name):
    return res("secretsmanager/secret:Secret", CULPRIT, {"name": name})


def rotation(owner, name="rotation", **rules):
    return res(
        "secretsmanager/secretRotation:SecretRotation",
        name,
        {"secretId": UNKNOWN, "rotationRules": rules},
        refers={"secretId": [owner]},
    )


_DATABASE = named_secret("store/database")
_ROTATED = named_secret("database")


def secret_policy(**props):
    return res("secretsmanager/secretPolicy:SecretPolicy", CULPRIT, props)


def secret(**props):
    return res("secretsmanager/secret:Secret", CULPRIT, props)


CASES = {
    "secretsmanager-secret-customer-key": key_cases(
        "kmsKeyId", "secretsmanager/secret:Secret", managed="secretsmanager"
    ),
    "secretsmanager-secret-policy-block-public": Cases(
        good={"on": [secret_policy(blockPublicPolicy=True)]},
        bad={"not set": [secret_policy()], "off": [secret_policy(blockPublicPolicy=False)]},
    ),
    "secretsmanager-secret-recovery-window": Cases(
        good={"not set": [secret()], "a week": [secret(recoveryWindowInDays=7)]},
        bad={"none": [secret(recoveryWindowInDays=0)]},
    ),
    "secretsmanager-secret-rotates": Cases(
        good={
            "rotates": [_DATABASE, rotation(_DATABASE, automaticallyAfterDays=30)],
            "of a third party": [named_secret("feeds/maps-key")],
            "by schedule": [_ROTATED, rotation(_ROTATED, scheduleExpression="rate(10 days)")],
        },
        bad={
            "never": [_DATABASE],
            "too seldom": [rotation(named_secret("x"), CULPRIT, automaticallyAfterDays=365)],
            "too seldom, by schedule": [rotation(named_secret("x"), CULPRIT, scheduleExpression="rate(120 days)")],
        },
        config=[
            ({"secrets": ["feeds/*"]}, [named_secret("feeds/maps-key")], True),
            ({"days": 10}, [rotation(named_secret("x"), automaticallyAfterDays=30)], True),
        ],
    ),
}
