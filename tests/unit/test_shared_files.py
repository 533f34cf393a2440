"""The SharedFiles box: who may mount the files, how, and what survives a zone or a Region."""

import json
from typing import Any

import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.shared_files import SharedFiles
from settings.relations.environment import files_are_copied_to_another_region
from settings.shared_files import SharedFilesSettings
from tests.foundation import foundation, key_arn, network, security_group
from tests.mocks import Recorder, record

FILES = "efs/fileSystem:FileSystem"
KEY = key_arn("media")
FILES_ARN = "arn:aws:elasticfilesystem:eu-west-1:111111111111:file-system/fs-files"
POINT_KEY = "elasticfilesystem:AccessPointArn"
WEB, APP = (
    f"arn:aws:elasticfilesystem:eu-west-1:111111111111:access-point/fsap-files-{tier}" for tier in ("web", "app")
)


def settings(**sections: Any) -> SharedFilesSettings:
    return SharedFilesSettings.model_validate_json(json.dumps(sections))


def files(*, protect: bool = True, **sections: Any) -> SharedFiles:
    return SharedFiles(
        "files",
        settings=settings(**sections),
        foundation=foundation(protect=protect),
        network=network(zones=["eu-west-1a", "eu-west-1c"], data_subnet_ids=["subnet-data-a", "subnet-data-c"]),
    )


def made(**sections: Any) -> Recorder:
    return record(lambda: files(**sections))


def granted(method: str, *more: str) -> dict[str, Any]:
    def build() -> None:
        getattr(files(), method)(aws.iam.Role("task", assume_role_policy="{}"), *more)

    return record(build).one("iam/rolePolicy:RolePolicy").statements()["Mount"]


def test_files_are_encrypted_with_the_customer_key_and_protected() -> None:
    file_system = made().one(FILES)
    assert (file_system.inputs["encrypted"], file_system.inputs["kmsKeyId"]) == (True, KEY)
    assert (file_system.protect, file_system.retain_on_delete) == (True, True)


def test_every_zone_has_a_mount_target_in_an_isolated_subnet() -> None:
    recorder = made()
    targets = {t.name: t.inputs for t in recorder.of("efs/mountTarget:MountTarget")}
    assert {name: inputs["subnetId"] for name, inputs in targets.items()} == {
        "files-a": "subnet-data-a",
        "files-c": "subnet-data-c",
    }
    assert all(inputs["securityGroups"] == ["sg-files"] for inputs in targets.values())
    assert "availabilityZoneName" not in recorder.inputs(FILES), "a One Zone file system goes down with its zone"


def test_nobody_reaches_the_files_until_admitted() -> None:
    assert not made().of("SecurityGroupIngressRule")

    def build() -> None:
        files().admit(security_group("web"), purpose="Shared files")

    rule = record(build).inputs("SecurityGroupIngressRule")
    assert (rule["fromPort"], rule["toPort"], rule["referencedSecurityGroupId"]) == (2049, 2049, "sg-web")
    assert "cidrIpv4" not in rule


def test_access_points_pin_folder_and_user() -> None:
    points = {point.name: point.inputs for point in made().of("efs/accessPoint:AccessPoint")}
    assert points.keys() == {"files-web", "files-app"}
    assert points["files-web"]["rootDirectory"] == points["files-app"]["rootDirectory"], "one shared folder"
    folder = points["files-app"]["rootDirectory"]
    assert folder["path"] == "/shared"
    owner = folder["creationInfo"]
    web, app = points["files-web"]["posixUser"], points["files-app"]["posixUser"]
    assert (app["uid"], app["gid"]) == (owner["ownerUid"], owner["ownerGid"])
    assert web["uid"] not in (0, owner["ownerUid"])
    assert web["gid"] == owner["ownerGid"]
    assert owner["permissions"] == "0750", "the web tier's group may read and not write"


def test_the_policy_denies_what_no_grant_can_give_back() -> None:
    policy = made().one("efs/fileSystemPolicy:FileSystemPolicy")
    statements = policy.statements()
    assert {statement["Effect"] for statement in statements.values()} == {"Deny"}
    assert {json.dumps(statement["Principal"]) for statement in statements.values()} == {'"*"'}
    assert statements["DenyWithoutTls"]["Action"] == "elasticfilesystem:*"
    assert statements["DenyWithoutTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statements["DenyAnonymous"]["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}}
    assert statements["DenyBesideAccessPoints"]["Condition"] == {"StringNotEquals": {POINT_KEY: [WEB, APP]}}
    assert statements["DenyRoot"]["Action"] == "elasticfilesystem:ClientRootAccess"
    assert statements["WebReadsOnly"]["Action"] == "elasticfilesystem:ClientWrite"
    assert statements["WebReadsOnly"]["Condition"] == {"StringEquals": {POINT_KEY: WEB}}
    assert policy.inputs["bypassPolicyLockoutSafetyCheck"] is False


@pytest.mark.parametrize(
    ("method", "more", "actions", "point"),
    [
        ("grant_read", (), "elasticfilesystem:ClientMount", WEB),
        ("grant_read", ("app",), "elasticfilesystem:ClientMount", APP),
        ("grant_write", (), ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], APP),
    ],
)
def test_a_grant_is_for_one_access_point(method: str, more: tuple[str, ...], actions: Any, point: str) -> None:
    assert granted(method, *more) == {
        "Sid": "Mount",
        "Effect": "Allow",
        "Action": actions,
        "Resource": FILES_ARN,
        "Condition": {"StringEquals": {POINT_KEY: point}},
    }


@pytest.mark.parametrize(("tier", "read_only"), [("web", True), ("app", False)])
def test_a_volume_is_mounted_over_tls_by_iam_through_its_access_point(tier: Any, read_only: bool) -> None:
    mounts: list[dict[str, Any]] = []

    def build() -> None:
        volume = files().volume(tier, container_path="/opt/shared")
        mounts.append(volume.mount_point())
        aws.ecs.TaskDefinition("task", family="task", container_definitions=json.dumps([]), volumes=[volume.volume()])

    (volume,) = record(build).inputs("ecs/taskDefinition:TaskDefinition")["volumes"]
    assert volume == {
        "name": "shared-files",
        "efsVolumeConfiguration": {
            "fileSystemId": "fs-files",
            "transitEncryption": "ENABLED",
            "authorizationConfig": {"accessPointId": f"fsap-files-{tier}", "iam": "ENABLED"},
        },
    }
    assert mounts == [{"sourceVolume": "shared-files", "containerPath": "/opt/shared", "readOnly": read_only}]


def test_files_that_nobody_reads_move_to_cheaper_storage_one_transition_an_entry() -> None:
    assert made(rare_after_days=1, archive_after_days=365).inputs(FILES)["lifecyclePolicies"] == [
        {"transitionToIa": "AFTER_1_DAY"},
        {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
        {"transitionToArchive": "AFTER_365_DAYS"},
    ]
    assert "lifecyclePolicies" not in made(rare_after_days=None, archive_after_days=None).inputs(FILES)


def test_files_are_left_to_the_backup_plan() -> None:
    assert made().inputs("efs/backupPolicy:BackupPolicy")["backupPolicy"] == {"status": "DISABLED"}


def test_the_copy_in_another_region_has_a_key_there() -> None:
    kind = "efs/replicationConfiguration:ReplicationConfiguration"
    assert not made().of(kind)
    assert not made().of("kms/key:Key")
    recorder = made(replica_region="eu-central-1")
    key = recorder.one("kms/key:Key")
    assert (key.inputs["region"], key.inputs["enableKeyRotation"], key.protect) == ("eu-central-1", True, True)
    assert recorder.inputs(kind)["destination"] == {
        "region": "eu-central-1",
        "kmsKeyId": "arn:aws:kms:eu-central-1:111111111111:key/files-replica",
    }


def test_alarms_speak_of_what_limits_the_throughput() -> None:
    elastic = {alarm.inputs["metricName"] for alarm in made().of("MetricAlarm")}
    assert elastic == {"PercentIOLimit"}
    bursting = made(throughput="bursting", archive_after_days=None)
    alarms = {alarm.inputs["metricName"]: alarm.inputs for alarm in bursting.of("MetricAlarm")}
    assert alarms["BurstCreditBalance"]["comparisonOperator"] == "LessThanThreshold"
    assert alarms["BurstCreditBalance"]["dimensions"] == {"FileSystemId": "fs-files"}


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"throughput": "bursting"}, "Archive needs elastic throughput"),
        ({"rare_after_days": 90, "archive_after_days": 30}, "must be more than `rare_after_days`"),
        ({"rare_after_days": None}, "must be more than `rare_after_days`"),
        ({"rare_after_days": 45}, "Input should be 1, 7, 14"),
    ],
)
def test_settings_that_efs_would_refuse_are_refused(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**sections)


def test_a_copy_beside_the_original_is_refused() -> None:
    check = files_are_copied_to_another_region.check
    (problem,) = check("eu-west-1", "eu-west-1")
    assert problem.path == ("shared_files", "replica_region")
    assert not list(check("eu-west-1", "eu-central-1"))
    assert not list(check("eu-west-1", None))
