"""A backup vault that nobody empties before its time."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.policy_document import Statement, account_root, policy_document
from components.blocks.ready import once_ready
from settings.backup import VaultLock


@dataclass(frozen=True, kw_only=True)
class BackupVaultArgs:
    """What a vault is made of."""

    lock: VaultLock | None
    region: str | None = None
    """Region if not the provider's."""


class BackupVault(StoreComponent):
    """AWS Backup vault with a key of its own, a policy that refuses deletion, and on request a lock.

    The key is no data class of `Encryption`: it holds copies of all of them, must outlive their keys, and is there
    exactly where a vault is, in each Region with one. It costs 1 USD a month (https://aws.amazon.com/kms/pricing/).
    """

    TYPE = "webstore:blocks:BackupVault"
    OUTPUTS = ("vault_name", "vault_arn", "key_arn")
    vault_name: pulumi.Output[str]
    """Known as soon as policy and lock are in force."""
    vault_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, args: BackupVaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        key = aws.kms.Key(
            name,
            description=f"Recovery points in the vault {name}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            region=args.region,
            # AWS Backup uses it by the rights of the role that backs up or restores.
            policy=policy_document(
                Statement(
                    sid="Account",
                    principals=[account_root(self.foundation.account_id)],
                    actions=["kms:*"],
                    resources=["*"],
                )
            ),
            opts=self._kept(),
        )
        aws.kms.Alias(
            name,
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
            target_key_id=key.key_id,
            region=args.region,
            opts=self._inside,
        )
        vault = aws.backup.Vault(
            name,
            kms_key_arn=key.arn,
            force_destroy=not self.foundation.environment.protect,
            region=args.region,
            opts=self._kept(),
        )
        guards: list[pulumi.CustomResource] = [
            aws.backup.VaultPolicy(
                name,
                backup_vault_name=vault.name,
                policy=policy_document(_nobody_deletes()),
                region=args.region,
                # The policy refuses its own overwriting, so a new one comes after the removal of the old.
                opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["policy"], delete_before_replace=True),
            )
        ]
        if args.lock:
            guards.append(
                aws.backup.VaultLockConfiguration(
                    name,
                    backup_vault_name=vault.name,
                    min_retention_days=args.lock.min_days,
                    max_retention_days=args.lock.max_days,
                    changeable_for_days=args.lock.immutable_after_days,
                    region=args.region,
                    # A vault has one lock: to delete the old one last would leave it with none.
                    opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
                )
            )
        self.vault_name = once_ready(vault.name, *guards)
        self.vault_arn = vault.arn
        self.key_arn = key.arn
        self._publish()


def _nobody_deletes() -> Statement:
    """What AWS Config asks of a vault's policy, with `*` as resource too.

    https://docs.aws.amazon.com/config/latest/developerguide/backup-recovery-point-manual-deletion-disabled.html
    """
    return Statement(
        sid="NobodyDeletes",
        effect="Deny",
        actions=[
            "backup:DeleteRecoveryPoint",
            "backup:PutBackupVaultAccessPolicy",
            "backup:UpdateRecoveryPointLifecycle",
        ],
        resources=["*"],
        anyone=True,
    )
