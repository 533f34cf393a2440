"""ECR: repositories."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def images(kind):
    configurations = [{"encryptionType": kind}] if kind else []
    return res("ecr/repository:Repository", CULPRIT, {"encryptionConfigurations": configurations})


_REPOSITORY = res("ecr/repository:Repository", CULPRIT, {"name": "web"})
_SCANNED = {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}


def repository(**props):
    return res("ecr/repository:Repository", CULPRIT, props)


def policy_of(repository):
    token = "ecr/lifecyclePolicy:LifecyclePolicy"
    return res(token, "lifecycle", {"repository": UNKNOWN}, refers={"repository": [repository]})


CASES = {
    "ecr-repository-immutable-scanned": Cases(
        good={
            "both": [repository(**_SCANNED)],
            "with exceptions": [repository(**{**_SCANNED, "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"})],
            "scanned by the registry": [
                repository(imageTagMutability="IMMUTABLE"),
                res(
                    "ecr/registryScanningConfiguration:RegistryScanningConfiguration",
                    "scan",
                    {"scanType": "ENHANCED", "rules": [{"scanFrequency": "SCAN_ON_PUSH"}]},
                ),
            ],
        },
        bad={
            "not set": [repository()],
            "tags ignored": [repository(**{**_SCANNED, "imageTagMutability": "MUTABLE"})],
            "not scanned": [repository(imageTagMutability="IMMUTABLE")],
        },
    ),
    "ecr-repository-kms": Cases(
        good={"KMS": [images("KMS")], "KMS twice": [images("KMS_DSSE")]},
        bad={"not set": [images(None)], "AES": [images("AES256")]},
    ),
    "ecr-repository-lifecycle": Cases(
        good={"has one": [_REPOSITORY, policy_of(_REPOSITORY)]},
        bad={"none": [_REPOSITORY], "of another": [_REPOSITORY, policy_of(res("ecr/repository:Repository", "other"))]},
    ),
}
