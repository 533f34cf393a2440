"""Systems Manager: parameters."""

from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res


def parameter(**props):
    return res("ssm/parameter:Parameter", CULPRIT, props)


CASES = {
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
            "AWS managed key": [parameter(type="SecureString", name="/store/db-password")],
            "alias of an AWS managed key": [
                parameter(type="SecureString", keyId="alias/aws/ssm", name="/store/db-password")
            ],
            "unencrypted": [parameter(type="String", name="/store/db-password", value="hunter2")],
            "by its form": [
                parameter(type="String", name="/store/db", insecureValue="postgres://app:hunter2@db/store")
            ],
        },
    ),
}
