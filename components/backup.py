"""Backup: recovery points of what customers and staff put into the store."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.backup_vault import BackupVault, BackupVaultArgs
from components.blocks.naming import in_stack
from components.blocks.policy_document import trust_policy
from components.blocks.ready import once_ready
from components.foundation import Foundation
from components.metric import Metric
from settings.backup import BackupPlan, BackupSettings

# AWS's managed policies: the permissions that a backup needs change several times a year, and a backup skips objects
# without an error when a permission is missing
# (https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html).
_BACKUP_POLICIES = {
    "backup": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    "s3-backup": "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
}
_RESTORE_POLICIES = {
    "restore": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
    "s3-restore": "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Restore",
}
_HOUR, _DAY = 3600, 86_400
_START_MINUTES = 120
# The first backup of a bucket reads all of it; the provider's default of three hours would cancel it every day.
_COMPLETION_MINUTES = 7 * 24 * 60


class Backup(StoreComponent):
    """AWS Backup plan, its vault, on request a second vault in another Region, and monthly restore tests.

    Selected by ARN, so the account's opt-in to services does not matter. Tables need the advanced features of
    DynamoDB backups, which are on in accounts without a vault from before November 2021
    (https://docs.aws.amazon.com/aws-backup/latest/devguide/advanced-ddb-backup.html). AWS Backup does not support
    Cognito user pools. Priced by stored and copied bytes and by restores (https://aws.amazon.com/backup/pricing/).
    """

    TYPE = "webstore:backup:Backup"
    DASHBOARD = "platform"
    OUTPUTS = ("vault_arn", "copy_vault_arn", "restore_role_arn")
    vault_arn: pulumi.Output[str] | None
    copy_vault_arn: pulumi.Output[str] | None
    restore_role_arn: pulumi.Output[str] | None
    """Role that AWS Backup restores with."""

    def __init__(
        self,
        name: str,
        *,
        settings: BackupSettings,
        foundation: Foundation,
        table_arns: Sequence[pulumi.Input[str]],
        file_system_arns: Sequence[pulumi.Input[str]],
        bucket_arns: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            bucket_arns: Versioned buckets.
        """
        super().__init__(name, opts, foundation=foundation)
        self._arns = {"tables": table_arns, "files": file_system_arns, "media": bucket_arns}
        self.vault_arn = self.copy_vault_arn = self.restore_role_arn = None
        if isinstance(settings.plan, BackupPlan):
            self._set_up(settings.plan)
        self._publish()

    def _set_up(self, plan: BackupPlan) -> None:
        home = self._vault(f"{self._name}-vault", plan, region=None)
        copies = self._vault(f"{self._name}-copies", plan, region=plan.copy_region) if plan.copy_region else None
        made = aws.backup.Plan(self._name, rules=_rules(plan, home, copies), opts=self._inside)
        aws.backup.Selection(
            self._name,
            plan_id=made.id,
            iam_role_arn=self._role("run", "Backs up tables, files and media", _BACKUP_POLICIES),
            resources=[arn for arns in self._arns.values() for arn in arns],
            opts=self._inside,
        )
        self.vault_arn = home.vault_arn
        self.copy_vault_arn = copies.vault_arn if copies else None
        self.restore_role_arn = self._role("restore", "Restores tables, files and media", _RESTORE_POLICIES)
        if plan.restore_tests:
            self._test_restores(plan, home, self.restore_role_arn)
        self._watch(plan, home.vault_name)

    def _vault(self, name: str, plan: BackupPlan, *, region: str | None) -> BackupVault:
        return BackupVault(name, BackupVaultArgs(lock=plan.lock, region=region), opts=self._inside)

    def _role(self, label: str, description: str, policies: dict[str, str]) -> pulumi.Output[str]:
        role = aws.iam.Role(
            f"{self._name}-{label}",
            description=description,
            assume_role_policy=trust_policy("backup.amazonaws.com", account_id=self.foundation.account_id),
            opts=self._inside,
        )
        attached = [
            aws.iam.RolePolicyAttachment(f"{self._name}-{part}", role=role.name, policy_arn=arn, opts=self._inside)
            for part, arn in policies.items()
        ]
        return once_ready(role.arn, *attached)

    def _test_restores(self, plan: BackupPlan, vault: BackupVault, role_arn: pulumi.Output[str]) -> None:
        kinds = {"tables": "DynamoDB", "files": "EFS", "media": "S3"}
        tests = aws.backup.RestoreTestingPlan(
            self._name,
            # Letters, digits and underscores only, one of a name in account and Region.
            name=in_stack(f"{pulumi.get_project()}-{self._name}", limit=50).replace("-", "_"),
            schedule_expression="cron(0 12 2 * ? *)",  # the day after the monthly backups
            recovery_point_selection={
                "algorithm": "LATEST_WITHIN_WINDOW",
                "include_vaults": [vault.vault_arn],
                "recovery_point_types": ["SNAPSHOT", "CONTINUOUS"] if plan.point_in_time else ["SNAPSHOT"],
                "selection_window_days": 31,
            },
            opts=self._inside,
        )
        for label in plan.restore_tests:
            aws.backup.RestoreTestingSelection(
                f"{self._name}-{label}",
                name=label,
                restore_testing_plan_name=tests.name,
                protected_resource_type=kinds[label],
                protected_resource_arns=self._arns[label],
                iam_role_arn=role_arn,
                # Otherwise DynamoDB encrypts the restored table with an AWS owned key
                # (https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html).
                restore_metadata_overrides={"encryptionType": "KMS", "kmsMasterKeyArn": vault.key_arn}
                if label == "tables"
                else None,
                opts=self._inside,
            )

    def _watch(self, plan: BackupPlan, vault_name: pulumi.Output[str]) -> None:
        # Metrics count backup jobs. Copies, restores and skipped objects are reported by these events only
        # (https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html).
        aws.backup.VaultNotifications(
            self._name,
            backup_vault_name=vault_name,
            sns_topic_arn=self.foundation.alarm_topic_arn,
            backup_vault_events=[
                *(["COPY_JOB_FAILED"] if plan.copy_region else []),
                *(["RESTORE_JOB_COMPLETED"] if plan.restore_tests else []),
                "S3_BACKUP_OBJECT_FAILED",
            ],
            # A vault has one notification setting: deleted after its replacement, the old one would remove the new.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        for label, metric, meaning, todo in (
            (
                "failed",
                "NumberOfBackupJobsFailed",
                "A backup failed: its table, file system or bucket has no new recovery point.",
                "read the job's message in AWS Backup, then start the backup by hand.",
            ),
            (
                "expired",
                "NumberOfBackupJobsExpired",
                "A backup did not start in its start window: another one of the same table or bucket was running.",
                "find the long job in AWS Backup, then change `backup.plan.daily_at`.",
            ),
        ):
            alarm(
                f"{self._name}-{label}",
                metric=_jobs(metric, vault_name, _HOUR),
                threshold=0,
                periods=Periods(breaching=1, evaluated=1),
                meaning=meaning,
                todo=todo,
                opts=self._inside,
            )
        alarm(
            f"{self._name}-missing",
            metric=_jobs("NumberOfBackupJobsCompleted", vault_name, _DAY),
            threshold=1,
            when="below",
            periods=Periods(breaching=2, evaluated=2),
            heartbeat=True,
            meaning="No backup has completed for two days: the backup plan does not run, or every backup fails.",
            todo="see whether the plan, its selection and its role exist, then read the last jobs in AWS Backup.",
            opts=self._inside,
        )


def _rules(plan: BackupPlan, home: BackupVault, copies: BackupVault | None) -> list[aws.backup.PlanRuleArgs]:
    hour, minute = plan.daily_at.split(":")

    def rule(
        name: str, schedule: str, keep_days: int, *, cold_after_days: int | None = None, continuous: bool = False
    ) -> aws.backup.PlanRuleArgs:
        return aws.backup.PlanRuleArgs(
            rule_name=name,
            target_vault_name=home.vault_name,
            schedule=schedule,
            start_window=_START_MINUTES,
            completion_window=_COMPLETION_MINUTES,
            enable_continuous_backup=continuous,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=keep_days, cold_storage_after=cold_after_days),
            # A copy of a continuous backup is a snapshot.
            copy_actions=[
                aws.backup.PlanRuleCopyActionArgs(
                    destination_vault_arn=copies.vault_arn,
                    lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(
                        delete_after=keep_days, cold_storage_after=cold_after_days
                    ),
                )
            ]
            if copies
            else None,
        )

    rules = [
        rule("daily", f"cron({int(minute)} {int(hour)} * * ? *)", plan.daily_keep_days, continuous=plan.point_in_time)
    ]
    if plan.monthly:
        # Six hours apart: AWS runs only one of two rules whose start windows overlap.
        rules.append(
            rule(
                "monthly",
                f"cron({int(minute)} {(int(hour) + 6) % 24} 1 * ? *)",
                plan.monthly.keep_days,
                cold_after_days=plan.monthly.cold_after_days,
            )
        )
    return rules


def _jobs(metric: str, vault_name: pulumi.Input[str], period_seconds: int) -> Metric:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html"""
    return Metric(
        namespace="AWS/Backup",
        name=metric,
        dimensions={"BackupVaultName": vault_name},
        statistic="Sum",
        period_seconds=period_seconds,
    )
