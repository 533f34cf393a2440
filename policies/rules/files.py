"""EFS: encrypted with a customer key, mounted in several zones."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN

FILE_SYSTEM = "efs/fileSystem"


@rule(
    "efs-file-system-customer-key",
    control="ENC-05",
    pack="encryption",
    title="File systems are encrypted with a customer key",
    why="a file system made without encryption stays so for ever",
    fix="set encrypted to true and kms_key_id to a customer key (the file system is replaced)",
    severity="high",
    dev="mandatory",
    kinds=(FILE_SYSTEM,),
    paths=("encrypted", "kmsKeyId"),
    references=(
        "fsbp:EFS.1",
        "fsbp:EFS.8",
        "cdk-nag:EFS1",
        "checkov:CKV_AWS_42",
        "checkov:CKV_AWS_184",
        "trivy:AVD-AWS-0037",
    ),
    settings={"customer_key": Setting(True, {"type": "boolean"}, "Whether a customer key is needed too.")},
)
def customer_key(subject: Subject) -> Iterator[Problem]:
    if subject.flag("encrypted") in (False, MISSING):
        yield subject.problem("encrypted", "must be true")
    elif subject.config["customer_key"] and subject.lacks_customer_key("kmsKeyId"):
        yield subject.problem("kmsKeyId", "names no customer key")


@rule(
    "efs-file-system-zones",
    control="HA-10",
    pack="multi_az",
    title="File systems are regional, with mount targets in several zones",
    why="a One Zone file system, or a single mount target, is gone with its zone",
    fix="leave availability_zone_name out and add an efs.MountTarget in a subnet of each zone",
    severity="high",
    dev="advisory",
    kinds=(FILE_SYSTEM,),
    paths=(
        "availabilityZoneName",
        "efs/mountTarget · subnetId",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=("prowler:efs_multi_az_enabled",),
    url="https://docs.aws.amazon.com/efs/latest/ug/how-it-works.html",
    settings={"zones": Setting(2, {"type": "integer", "minimum": 1}, "Fewest zones with a mount target.")},
)
def zones(subject: Subject) -> Iterator[Problem]:
    if subject.text("availabilityZoneName") not in (MISSING, UNKNOWN):
        yield subject.problem("availabilityZoneName", "a One Zone file system")
        return
    stack = subject.stack
    known: set[str] = set()
    unplaced = 0
    for target in stack.pointing_at(subject.resource, "efs/mountTarget", "fileSystemId"):
        counted = stack.zones(target, "subnetId")
        if counted and len(counted[1]) == 1 and counted[0] == 1:
            known |= counted[1]
        else:
            unplaced += 1
    count, needed = len(known) + unplaced, int(subject.config["zones"])
    if count < needed:
        yield Problem("mountTargets", f"mount targets are in {count} zone(s), at least {needed} are needed")


@rule(
    "efs-access-point-pinned",
    control="IAM-24",
    pack="guardrails",
    title="Access points pin a directory and a POSIX user",
    why="without them each client sees the whole file system as whoever it says it is",
    fix="set root_directory.path to a directory of its own, and posix_user with uid and gid",
    severity="medium",
    dev="advisory",
    kinds=("efs/accessPoint",),
    paths=("rootDirectory.path", "posixUser"),
    references=("fsbp:EFS.3", "fsbp:EFS.4", "checkov:CKV_AWS_329", "checkov:CKV_AWS_330"),
)
def access_point(subject: Subject) -> Iterator[Problem]:
    if subject.text("rootDirectory.path") in (MISSING, "/"):
        yield subject.problem("rootDirectory.path", "the whole file system is open")
    if not subject.has("posixUser"):
        yield subject.problem("posixUser", "clients choose their user")
