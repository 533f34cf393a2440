"""ECR: repositories."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read

_REPOSITORY = "ecr/repository"


@rule(
    "ecr-repository-immutable-scanned",
    control="TAG-07",
    pack="guardrails",
    title="Image tags are immutable, and images are scanned on push",
    why="a tag that can be moved may deploy an image without review; an image without a scan may carry known flaws",
    fix="set image_tag_mutability IMMUTABLE and image_scanning_configuration.scan_on_push true (or scan the registry)",
    severity="high",
    dev="advisory",
    kinds=(_REPOSITORY,),
    paths=("imageTagMutability", "imageScanningConfiguration.scanOnPush", "ecr/registryScanningConfiguration · rules"),
    stack_kinds=("*",),
    references=("fsbp:ECR.1", "fsbp:ECR.2", "checkov:CKV_AWS_51", "checkov:CKV_AWS_163", "trivy:AVD-AWS-0030"),
)
def immutable_scanned(subject: Subject) -> Iterator[Problem]:
    mutability = subject.text("imageTagMutability")
    if mutability is not UNKNOWN and (mutability is MISSING or not mutability.startswith("IMMUTABLE")):
        yield subject.problem("imageTagMutability", "must be IMMUTABLE")
    registry = subject.stack.of_kind("ecr/registryScanningConfiguration")
    if any(as_list(read(item.props, "rules")) for item in registry):
        return
    if subject.flag("imageScanningConfiguration.scanOnPush") in (False, MISSING):
        yield subject.problem("imageScanningConfiguration.scanOnPush", "must be true")


@rule(
    "ecr-repository-kms",
    control="ENC-14",
    pack="encryption",
    title="Image repositories are encrypted with KMS",
    why="images hold the application; with the default encryption, decryption is not in CloudTrail",
    fix="set encryption_configurations with encryption_type KMS (the repository is replaced)",
    severity="low",
    dev="disabled",
    kinds=("ecr/repository",),
    paths=("encryptionConfigurations[].encryptionType",),
    references=("checkov:CKV_AWS_136", "trivy:AVD-AWS-0033"),
    url="https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html",
)
def repository(subject: Subject) -> Iterator[Problem]:
    if subject.value("encryptionConfigurations") is UNKNOWN:
        return
    types = [as_text(read(block, "encryptionType")) for _, block in subject.blocks("encryptionConfigurations")]
    if not subject.deferred and not any(kind in ("KMS", "KMS_DSSE", UNKNOWN) for kind in types):
        yield Problem("encryptionConfigurations", "encryption_type must be KMS")


@rule(
    "ecr-repository-lifecycle",
    control="TAG-06",
    pack="guardrails",
    title="Image repositories expire old images",
    why="old images are stored, scanned and paid for, for ever",
    fix="add an ecr.LifecyclePolicy for the repository",
    severity="low",
    dev="advisory",
    kinds=(_REPOSITORY,),
    paths=("ecr/lifecyclePolicy · repository",),
    stack_kinds=("*",),
    references=("fsbp:ECR.3", "aws-config:ECR_PRIVATE_LIFECYCLE_POLICY_CONFIGURED"),
)
def image_lifecycle(subject: Subject) -> Iterator[Problem]:
    if not subject.stack.pointing_at(subject.resource, "ecr/lifecyclePolicy", "repository"):
        yield Problem("lifecyclePolicy", "must have an ecr.LifecyclePolicy; none references it")
