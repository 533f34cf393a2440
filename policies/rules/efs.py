"""EFS: file systems, mount targets, access points."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN
from policies.rules.helpers.subnets import public_among
from policies.rules.helpers.tls_policies import attached_documents, without_tls

FILE_SYSTEM = "efs/fileSystem"


@rule(
    "efs-access-point-pinned",
    control="IAM-24",
    pack="guardrails",
    title="Access points set a directory and a POSIX user",
    why="without both, a client sees the whole file system as any user that it claims to be",
    fix="set root_directory.path to a directory of its own, and posix_user with uid and gid",
    severity="medium",
    dev="advisory",
    kinds=("efs/accessPoint",),
    paths=("rootDirectory.path", "posixUser"),
    references=("fsbp:EFS.3", "fsbp:EFS.4", "checkov:CKV_AWS_329", "checkov:CKV_AWS_330"),
)
def access_point(subject: Subject) -> Iterator[Problem]:
    if subject.text("rootDirectory.path") in (MISSING, "/"):
        yield subject.problem("rootDirectory.path", "must be a directory: / is the whole file system")
    if not subject.has("posixUser"):
        yield subject.problem("posixUser", "must have uid and gid: clients choose their user")


@rule(
    "efs-file-system-customer-key",
    control="ENC-05",
    pack="encryption",
    title="File systems are encrypted with a customer managed key",
    why="a file system created without encryption can never be encrypted",
    fix="set encrypted to true and kms_key_id to a customer managed key (the file system is replaced)",
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
    settings={"customer_key": Setting(True, {"type": "boolean"}, "Whether the key must be a customer managed key.")},
)
def customer_key(subject: Subject) -> Iterator[Problem]:
    if subject.flag("encrypted") in (False, MISSING):
        yield subject.problem("encrypted", "must be true")
    elif subject.config["customer_key"] and subject.lacks_customer_key("kmsKeyId"):
        yield subject.problem("kmsKeyId", "must be a customer managed key")


@rule(
    "efs-file-system-tls-only",
    control="TLS-13",
    pack="encryption",
    title="File systems reject clients without TLS",
    why="without a policy every client in the VPC can mount the file system as root, unencrypted",
    fix='add an efs.FileSystemPolicy statement: Effect Deny, Principal *, Action *, Condition {"Bool":'
    ' {"aws:SecureTransport": "false"}}',
    severity="medium",
    dev="advisory",
    kinds=("efs/fileSystem",),
    paths=("efs/fileSystemPolicy · policy",),
    stack_kinds=("*",),
    references=("prowler:efs_not_publicly_accessible",),
    url="https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html",
)
def file_system_tls(subject: Subject) -> Iterator[Problem]:
    documents = attached_documents(subject, "efs/fileSystemPolicy", "fileSystemId", inline=False)
    yield from without_tls(subject, documents, "clients", alone=True)


@rule(
    "efs-file-system-zones",
    control="HA-10",
    pack="multi_az",
    title="File systems are regional, with mount targets in several zones",
    why="a One Zone file system, or a single mount target, fails with its zone",
    fix="leave availability_zone_name out, and add an efs.MountTarget in a subnet of each zone",
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
    settings={"zones": Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of zones with a mount target.")},
)
def zones(subject: Subject) -> Iterator[Problem]:
    if subject.text("availabilityZoneName") not in (MISSING, UNKNOWN):
        yield subject.problem("availabilityZoneName", "must be left out: a One Zone file system fails with its zone")
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
        yield Problem("mountTargets", f"mount targets must be in at least {needed} zones; they are in {count}")


@rule(
    "efs-mount-target-private-subnet",
    control="NET-14",
    pack="guardrails",
    title="Mount targets of file systems are in private subnets",
    why="only tasks in private subnets use the file system",
    fix="use a subnet whose route table has no route to an internet gateway",
    severity="medium",
    dev="mandatory",
    kinds=("efs/mountTarget",),
    paths=("subnetId", "ec2/subnet · mapPublicIpOnLaunch", "ec2/route · gatewayId"),
    stack_kinds=("*",),
    references=("fsbp:EFS.6", "prowler:efs_mount_target_not_publicly_accessible"),
)
def private_mount_target(subject: Subject) -> Iterator[Problem]:
    public = public_among(subject, "subnetId")
    if public:
        yield subject.problem("subnetId", f"must be a private subnet; {', '.join(public)} is public")
