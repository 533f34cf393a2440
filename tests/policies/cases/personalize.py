"""Personalize: dataset groups."""

from tests.policies.cases.helpers.cloud_control import controlled, dynamic, native
from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res

CASES = {
    "personalize-dataset-group-customer-key": Cases(
        good={
            "key and role": [
                controlled("AWS::Personalize::DatasetGroup", KmsKeyArn=KEY, RoleArn="arn:aws:iam::1:role/p")
            ],
            "native, known later": [native("personalize:DatasetGroup", kmsKeyArn=UNKNOWN, roleArn=UNKNOWN)],
            "of a dynamic provider": [
                dynamic("personalize:DatasetGroup", name="store", kmsKeyArn=KEY, roleArn="arn:aws:iam::1:role/p")
            ],
            "state known later": [
                res(
                    "cloudcontrol/resource:Resource",
                    CULPRIT,
                    {"typeName": "AWS::Personalize::DatasetGroup", "desiredState": UNKNOWN},
                )
            ],
        },
        bad={
            "no key": [controlled("AWS::Personalize::DatasetGroup", Name="store")],
            "no role": [controlled("AWS::Personalize::DatasetGroup", KmsKeyArn=KEY)],
            "native": [native("personalize:DatasetGroup", name="store")],
            "of a dynamic provider": [dynamic("personalize:DatasetGroup", name="store")],
            "of a dynamic provider, no role": [dynamic("personalize:DatasetGroup", name="store", kmsKeyArn=KEY)],
        },
    ),
}
