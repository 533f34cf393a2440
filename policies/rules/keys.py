"""KMS: rotation."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING


@rule(
    "kms-key-rotation",
    control="ENC-17",
    pack="encryption",
    title="Symmetric KMS keys rotate",
    why="rotation limits what one leaked key version opens",
    fix="set enable_key_rotation to true",
    severity="medium",
    dev="mandatory",
    kinds=("kms/key",),
    paths=("enableKeyRotation", "customerMasterKeySpec", "keyUsage"),
    references=(
        "fsbp:KMS.4",
        "cdk-nag:KMS5",
        "checkov:CKV_AWS_7",
        "trivy:AVD-AWS-0065",
        "aws-config:CMK_BACKING_KEY_ROTATION_ENABLED",
    ),
    limits="Asymmetric, HMAC and imported keys and keys of custom stores cannot rotate by themselves.",
)
def rotation(subject: Subject) -> Iterator[Problem]:
    if subject.text("customerMasterKeySpec") not in (MISSING, "SYMMETRIC_DEFAULT"):
        return
    if subject.text("keyUsage") not in (MISSING, "ENCRYPT_DECRYPT") or subject.has("customKeyStoreId"):
        return
    if subject.text("origin") not in (MISSING, "AWS_KMS"):
        return
    if subject.flag("enableKeyRotation") in (False, MISSING):
        yield subject.problem("enableKeyRotation", "must be true")
