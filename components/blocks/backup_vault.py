"""A backup vault whose recovery points cannot be deleted before their retention ends."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.policy_document import Statement, account_root, policy_document
from components.blocks.ready import once_ready
from settings.backup import VaultLock


@dataclass(frozen=True, kw_only=True)
class BackupVaultArgs:
    lock: VaultLock | None
    region: str | None = None
    """Region if not the provider's."""


class BackupVault(StoreComponent):
    """AWS Backup vault with a key of its own, a policy that refuses deletion, and on request a lock.

    The key is not in `Encryption`: it encrypts copies of all data classes, must outlive their keys, and exists in each
    Region with a vault. It costs 1 USD a month (https://aws.amazon.com/kms/pricing/).
    """

    TYPE = "webstore:blocks:BackupVault"
    OUTPUTS = ("vault_name", "vault_arn", "key_arn")
    vault_name: pulumi.Output[str]
    """Known once policy and lock are in force."""
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
            # AWS Backup uses the key with the permissions of the role that backs up or restores.
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
                policy=policy_document(_deny_deletion()),
                region=args.region,
                # The policy refuses to be overwritten, so the old one is deleted first.
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
                    # A vault has one lock: deleted after its replacement, the old one would remove the new.
                    opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
                )
            )
        self.vault_name = once_ready(vault.name, *guards)
        self.vault_arn = vault.arn
        self.key_arn = key.arn
        self._publish()


def _deny_deletion() -> Statement:
    """As AWS Config requires of a vault's policy, including the resource `*`.

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
