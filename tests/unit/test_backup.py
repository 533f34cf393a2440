"""Backups: what is kept, how long, where, and who cannot delete it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from components.backup import Backup
from settings.backup import BackupSettings
from tests.foundation import TOPIC, foundation
from tests.mocks import Recorder, record

TABLES = [f"arn:aws:dynamodb:eu-west-1:111111111111:table/{name}" for name in ("orders", "customers")]
FILES = "arn:aws:elasticfilesystem:eu-west-1:111111111111:file-system/fs-1"
MEDIA = "arn:aws:s3:::media"
VAULTS = "backup/vault:Vault"


def settings(**plan: Any) -> BackupSettings:
    return BackupSettings.model_validate_json(json.dumps({"plan": {"engine": "aws-backup", **plan}}))


def made(protect: bool = True, settings: BackupSettings = settings()) -> Recorder:  # noqa: B008
    return record(
        lambda: Backup(
            "backup",
            settings=settings,
            foundation=foundation(protect=protect),
            table_arns=TABLES,
            file_system_arns=[FILES],
            bucket_arns=[MEDIA],
        )
    )


def rules(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {rule["ruleName"]: rule for rule in recorder.inputs("backup/plan:Plan")["rules"]}


def test_tables_files_and_media_are_selected_by_name_and_nothing_else() -> None:
    selection = made().inputs("backup/selection:Selection")
    assert selection["resources"] == [*TABLES, FILES, MEDIA]
    assert not {"selectionTags", "conditions"} & selection.keys()


def test_days_and_months_have_rules_whose_times_do_not_meet() -> None:
    found = rules(made(settings=settings(daily_at="21:30")))
    assert found["daily"]["schedule"] == "cron(30 21 * * ? *)"
    assert found["monthly"]["schedule"] == "cron(30 3 1 * ? *)"
    assert found["daily"]["lifecycle"] == {"deleteAfter": 35}
    assert found["monthly"]["lifecycle"] == {"deleteAfter": 365, "coldStorageAfter": 30}
    assert {rule["completionWindow"] for rule in found.values()} == {7 * 24 * 60}


def test_only_daily_backups_are_continuous_because_those_live_35_days_and_never_get_cold() -> None:
    found = rules(made())
    assert (found["daily"]["enableContinuousBackup"], found["monthly"]["enableContinuousBackup"]) == (True, False)
    assert "coldStorageAfter" not in found["daily"]["lifecycle"]
    assert rules(made(settings=settings(point_in_time=False)))["daily"]["enableContinuousBackup"] is False


def test_months_can_be_left_out() -> None:
    assert rules(made(settings=settings(monthly=None))).keys() == {"daily"}


def test_every_rule_copies_to_a_vault_of_the_other_region_with_a_key_there() -> None:
    recorder = made(settings=settings(copy_region="eu-central-1"))
    assert recorder.names(VAULTS) == {"backup-vault", "backup-copies"}
    for rule in rules(recorder).values():
        (copy,) = rule["copyActions"]
        assert copy["destinationVaultArn"] == "arn:aws:backup:eu-central-1:111111111111:backup-vault:backup-copies"
        assert copy["lifecycle"] == rule["lifecycle"]
    for kind in (VAULTS, "kms/key:Key", "kms/alias:Alias", ":VaultPolicy", ":VaultLockConfiguration"):
        regions = {found.name: found.inputs.get("region") for found in recorder.of(kind)}
        assert regions == {"backup-vault": None, "backup-copies": "eu-central-1"}, kind


def test_without_another_region_there_are_no_copies() -> None:
    recorder = made()
    assert recorder.names(VAULTS) == {"backup-vault"}
    assert all("copyActions" not in rule for rule in rules(recorder).values())
    assert "COPY_JOB_FAILED" not in recorder.inputs(":VaultNotifications")["backupVaultEvents"]


def test_a_vault_has_a_rotating_key_of_its_own() -> None:
    recorder = made()
    assert recorder.inputs(VAULTS)["kmsKeyArn"] == "arn:aws:kms:eu-west-1:111111111111:key/backup-vault"
    assert recorder.inputs("kms/key:Key")["enableKeyRotation"] is True


def test_nobody_deletes_recovery_points_shortens_their_lives_or_overwrites_the_refusal() -> None:
    (statement,) = made().one(":VaultPolicy").statements().values()
    assert (statement["Effect"], statement["Principal"], statement["Resource"]) == ("Deny", "*", "*")
    assert statement["Action"] == [
        "backup:DeleteRecoveryPoint",
        "backup:PutBackupVaultAccessPolicy",
        "backup:UpdateRecoveryPointLifecycle",
    ]


def test_a_lock_is_one_that_can_be_lifted_unless_days_are_named() -> None:
    lock = made().inputs(":VaultLockConfiguration")
    assert (lock["minRetentionDays"], lock["maxRetentionDays"]) == (7, 400)
    assert "changeableForDays" not in lock, "for ever by accident"
    forever = settings(lock={"immutable_after_days": 14})
    assert made(settings=forever).inputs(":VaultLockConfiguration")["changeableForDays"] == 14
    assert not made(settings=settings(lock=None)).of(":VaultLockConfiguration")


def test_what_a_vault_has_once_is_removed_before_it_comes_anew() -> None:
    recorder = made()
    once = [recorder.one(f":{kind}") for kind in ("VaultPolicy", "VaultLockConfiguration", "VaultNotifications")]
    assert all(resource.delete_before_replace for resource in once)
    assert once[0].replace_on_changes == ("policy",), "its own refusal lets nobody overwrite it"


@pytest.mark.parametrize("protect", [True, False])
def test_a_vault_is_emptied_with_the_stack_only_where_nothing_is_protected(protect: bool) -> None:
    recorder = made(protect=protect)
    vault, key = recorder.one(VAULTS), recorder.one("kms/key:Key")
    assert vault.inputs["forceDestroy"] is not protect
    assert {vault.protect, vault.retain_on_delete, key.protect, key.retain_on_delete} == {protect}


def test_roles_are_for_aws_backup_of_this_account_and_restore_apart_from_backup() -> None:
    recorder = made()
    for role in recorder.of("iam/role:Role"):
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "backup.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
    attached = {
        (found.inputs["role"], found.inputs["policyArn"].rpartition("/")[2])
        for found in recorder.of(":RolePolicyAttachment")
    }
    assert attached == {
        ("backup-run", "AWSBackupServiceRolePolicyForBackup"),
        ("backup-run", "AWSBackupServiceRolePolicyForS3Backup"),
        ("backup-restore", "AWSBackupServiceRolePolicyForRestores"),
        ("backup-restore", "AWSBackupServiceRolePolicyForS3Restore"),
    }
    assert recorder.inputs("backup/selection:Selection")["iamRoleArn"].endswith(":role/backup-run")


def test_restores_are_tested_from_the_vault_with_what_the_settings_name() -> None:
    recorder = made()
    plan = recorder.inputs(":RestoreTestingPlan")
    assert plan["name"] == "web_store_backup_test"
    assert plan["recoveryPointSelection"]["includeVaults"] == [
        "arn:aws:backup:eu-west-1:111111111111:backup-vault:backup-vault"
    ]
    tests = {found.inputs["protectedResourceType"]: found.inputs for found in recorder.of(":RestoreTestingSelection")}
    assert tests.keys() == {"DynamoDB", "EFS"}
    assert tests["DynamoDB"]["protectedResourceArns"] == TABLES
    assert tests["DynamoDB"]["restoreMetadataOverrides"]["encryptionType"] == "KMS"
    assert tests["EFS"]["iamRoleArn"].endswith(":role/backup-restore")


def test_without_restore_tests_there_is_no_plan_for_them() -> None:
    recorder = made(settings=settings(restore_tests=[]))
    assert not recorder.of(":RestoreTestingPlan")
    assert recorder.inputs(":VaultNotifications")["backupVaultEvents"] == ["S3_BACKUP_OBJECT_FAILED"]


def test_failed_late_and_missing_backups_raise_alarms() -> None:
    recorder = made()
    found = {alarm.inputs["metricName"]: alarm.inputs for alarm in recorder.of(":MetricAlarm")}
    assert found.keys() == {
        "NumberOfBackupJobsFailed",
        "NumberOfBackupJobsExpired",
        "NumberOfBackupJobsCompleted",
    }
    assert all(alarm["dimensions"] == {"BackupVaultName": "backup-vault"} for alarm in found.values())
    missing = found["NumberOfBackupJobsCompleted"]
    assert missing["comparisonOperator"] == "LessThanThreshold"
    assert (missing["treatMissingData"], missing["insufficientDataActions"]) == ("missing", [TOPIC])
    assert missing["period"] * missing["evaluationPeriods"] == 2 * 86_400, "a day may pass between two daily backups"


def test_off_makes_nothing() -> None:
    off = BackupSettings.model_validate_json('{"plan": {"engine": "off"}}')
    assert [resource.type for resource in made(settings=off).resources] == ["webstore:backup:Backup"]


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ({"monthly": {"keep_days": 119, "cold_after_days": 30}}, "must be at least 120, 90 days after cold storage"),
        ({"daily_keep_days": 36}, "must be at most 35 with `point_in_time`"),
        ({"daily_keep_days": 6}, "must be 7 to 400: `lock`"),
        ({"monthly": {"keep_days": 401}}, "must be 7 to 400: `lock`"),
        ({"lock": {"min_days": 9, "max_days": 8}}, "must be at least `min_days`, 9"),
        ({"lock": {"immutable_after_days": 2}}, "greater than or equal to 3"),
        ({"restore_tests": ["caches"]}, "'tables', 'files' or 'media'"),
    ],
)
def test_what_aws_would_refuse_is_refused_before(plan: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings(**plan)
