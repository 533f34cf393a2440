"""Shared files: code, properties and templates of web and application tier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.file_volume import FileVolume
from components.blocks.policy_document import Statement, account_root, deny_without_tls, policy_document
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.foundation import Foundation
from components.metric import Metric
from components.network import Network
from settings.shared_files import SharedFilesSettings

_PORT = 2049
Conditions = Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]
Tier = Literal["web", "app"]

_GROUP_ID = 1000
_GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class _Tier:
    user_id: int
    writes: bool


# One folder for both. Its owner is the application tier; the web tier is in the folder's group, which may only read.
_FOLDER = "/shared"
_TIERS: dict[Tier, _Tier] = {"web": _Tier(user_id=1001, writes=False), "app": _Tier(user_id=1000, writes=True)}


class SharedFiles(StoreComponent):
    """Point 9 of the guidance: an EFS file system with an access point per tier.

    It contains code and configuration, no customer data and no secrets, so it has the key of product media and static
    assets and does not depend on the customer key.
    Clients need TLS, a role of this account with a grant, an access point, and `admit` of their security group. The
    web tier can only read: by the policy of the file system, by POSIX permissions, and by its mount. Billed by stored
    and transferred bytes.
    """

    TYPE = "webstore:files:SharedFiles"
    DASHBOARD = "data"
    OUTPUTS = ("file_system_id", "file_system_arn")
    file_system_id: pulumi.Output[str]
    """Known once clients can mount it in every zone."""
    file_system_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: SharedFilesSettings,
        foundation: Foundation,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        files = aws.efs.FileSystem(
            name,
            encrypted=True,
            kms_key_id=foundation.keys.media_key_arn,
            performance_mode="generalPurpose",
            throughput_mode=settings.throughput,
            lifecycle_policies=_lifecycle(settings) or None,
            tags={"Name": name},
            opts=self._kept(),
        )
        self._group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=network.vpc_id, description="Shared files: admits who mounts them"),
            opts=self._inside,
        )
        mount_targets = [
            aws.efs.MountTarget(
                f"{name}-{zone[-1]}",
                file_system_id=files.id,
                subnet_id=network.data_subnet_ids[index],
                security_groups=[self._group.group_id],
                opts=self._inside,
            )
            for index, zone in enumerate(network.zones)
        ]
        self._access_points: dict[Tier, aws.efs.AccessPoint] = {
            tier: self._access_point(tier, files.id) for tier in _TIERS
        }
        policy = aws.efs.FileSystemPolicy(
            name,
            file_system_id=files.id,
            policy=self._policy(files.arn),
            bypass_policy_lockout_safety_check=False,
            opts=self._inside,
        )
        aws.efs.BackupPolicy(
            name,
            file_system_id=files.id,
            # The plan of `Backup` includes the files; EFS's automatic backups would be in a vault without a lock.
            backup_policy=aws.efs.BackupPolicyBackupPolicyArgs(status="DISABLED"),
            opts=self._inside,
        )
        if settings.replica_region:
            self._replicate_to(settings.replica_region, files.id)
        self._watch(files.id)
        self.file_system_id = once_ready(files.id, *mount_targets, policy)
        self.file_system_arn = files.arn
        self._publish()

    def admit(self, clients: SecurityGroup, *, purpose: str) -> None:
        """Let members of `clients` connect to the mount targets."""
        self._group.admit(clients, port=_PORT, purpose=purpose)

    def volume(self, tier: Tier, *, container_path: str = "/shared") -> FileVolume:
        """Volume for task definitions of `tier`; their role needs a grant, their security group `admit`."""
        return FileVolume(
            name="shared-files",
            file_system_id=self.file_system_id,
            access_point_id=self._access_points[tier].id,
            container_path=container_path,
            read_only=not _TIERS[tier].writes,
        )

    def grant_read(self, role: aws.iam.Role, tier: Tier = "web") -> aws.iam.RolePolicy:
        """Let `role` mount and read the files through the access point of `tier`."""
        return self._grant(role, "read", tier, "elasticfilesystem:ClientMount")

    def grant_write(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` mount, read and write the files through the application tier's access point."""
        return self._grant(role, "write", "app", "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")

    def _grant(self, role: aws.iam.Role, kind: str, tier: Tier, *actions: str) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"{self._name}-{kind}-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="Mount",
                    actions=actions,
                    resources=[self.file_system_arn],
                    conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": self._access_points[tier].arn}},
                )
            ),
            opts=self._inside,
        )

    def _access_point(self, tier: Tier, file_system_id: pulumi.Output[str]) -> aws.efs.AccessPoint:
        return aws.efs.AccessPoint(
            f"{self._name}-{tier}",
            file_system_id=file_system_id,
            root_directory=aws.efs.AccessPointRootDirectoryArgs(
                path=_FOLDER,
                # Equal for both access points: the first mount creates the folder.
                creation_info=aws.efs.AccessPointRootDirectoryCreationInfoArgs(
                    owner_uid=_TIERS["app"].user_id, owner_gid=_GROUP_ID, permissions="0750"
                ),
            ),
            posix_user=aws.efs.AccessPointPosixUserArgs(uid=_TIERS[tier].user_id, gid=_GROUP_ID),
            tags={"Name": f"{self._name}-{tier}"},
            opts=self._inside,
        )

    def _policy(self, file_system_arn: pulumi.Output[str]) -> pulumi.Output[str]:
        # With a policy EFS denies clients without a grant; roles get theirs from the grants above. These denials apply
        # to every grant (https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html).
        points = {tier: point.arn for tier, point in self._access_points.items()}
        enter = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")

        def deny(sid: str, *actions: str, **conditions: Conditions) -> Statement:
            return Statement(
                sid=sid, effect="Deny", actions=actions, resources=[file_system_arn], anyone=True, conditions=conditions
            )

        return policy_document(
            deny_without_tls("elasticfilesystem:*", file_system_arn),
            deny("DenyAnonymous", *enter, StringNotEquals={"aws:PrincipalAccount": self.foundation.account_id}),
            deny("DenyRoot", "elasticfilesystem:ClientRootAccess"),
            deny(
                "DenyBesideAccessPoints",
                *enter,
                StringNotEquals={"elasticfilesystem:AccessPointArn": list(points.values())},
            ),
            deny(
                "WebReadsOnly",
                "elasticfilesystem:ClientWrite",
                StringEquals={"elasticfilesystem:AccessPointArn": points["web"]},
            ),
        )

    def _replicate_to(self, region: str, file_system_id: pulumi.Output[str]) -> None:
        label = f"{self._name}-replica"
        key = aws.kms.Key(
            label,
            description="Shared files: the copy in a second Region",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            region=region,
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
            label,
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{label}",
            target_key_id=key.key_id,
            region=region,
            opts=self._inside,
        )
        aws.efs.ReplicationConfiguration(
            label,
            source_file_system_id=file_system_id,
            destination=aws.efs.ReplicationConfigurationDestinationArgs(region=region, kms_key_id=key.arn),
            # The provider waits 10 minutes for the file system in the other Region, and 20 for the end.
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(create="60m", delete="60m")),
        )

    def _watch(self, file_system_id: pulumi.Output[str]) -> None:
        # https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html
        here = {"FileSystemId": file_system_id}
        alarm(
            f"{self._name}-io-limit",
            metric=Metric(namespace="AWS/EFS", name="PercentIOLimit", dimensions=here, statistic="Average"),
            threshold=90,
            meaning="The file system has reached 90% of its I/O limit: services wait for files.",
            todo="find the service that reads files for each request, and read them once, at its start.",
            opts=self._inside,
        )
        if self._settings.throughput == "bursting":
            alarm(
                f"{self._name}-burst-credits",
                metric=Metric(namespace="AWS/EFS", name="BurstCreditBalance", dimensions=here, statistic="Minimum"),
                threshold=200 * _GIB,
                when="below",
                meaning="The file system has few burst credits left; without them its throughput is 50 KiB/s per GiB.",
                todo="set `shared_files.throughput: elastic` in the stack file.",
                opts=self._inside,
            )


def _lifecycle(settings: SharedFilesSettings) -> list[aws.efs.FileSystemLifecyclePolicyArgs]:
    # EFS allows one transition per entry.
    policies: list[aws.efs.FileSystemLifecyclePolicyArgs] = []
    if settings.rare_after_days:
        policies.append(aws.efs.FileSystemLifecyclePolicyArgs(transition_to_ia=_age(settings.rare_after_days)))
        policies.append(aws.efs.FileSystemLifecyclePolicyArgs(transition_to_primary_storage_class="AFTER_1_ACCESS"))
    if settings.archive_after_days:
        policies.append(aws.efs.FileSystemLifecyclePolicyArgs(transition_to_archive=_age(settings.archive_after_days)))
    return policies


def _age(days: int) -> str:
    return f"AFTER_{days}_DAY{'S' if days > 1 else ''}"
