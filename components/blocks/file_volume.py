"""An EFS volume of a task definition."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class FileVolume:
    """Folder of an EFS file system, mounted over TLS as the task's role.

    The access point sets folder and user, so the volume has no root directory
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-best-practices.html).
    """

    name: str
    file_system_id: pulumi.Input[str]
    access_point_id: pulumi.Input[str]
    container_path: str
    read_only: bool

    def volume(self) -> aws.ecs.TaskDefinitionVolumeArgs:
        """The volume for the task definition."""
        return aws.ecs.TaskDefinitionVolumeArgs(
            name=self.name,
            efs_volume_configuration=aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationArgs(
                file_system_id=self.file_system_id,
                transit_encryption="ENABLED",
                authorization_config=aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfigArgs(
                    access_point_id=self.access_point_id, iam="ENABLED"
                ),
            ),
        )

    def mount_point(self) -> dict[str, str | bool]:
        """The mount point for the container definition."""
        return {"sourceVolume": self.name, "containerPath": self.container_path, "readOnly": self.read_only}
