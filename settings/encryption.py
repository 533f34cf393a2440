"""Section `encryption`: the customer keys, one per data class."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section

DataClass = Literal["customer", "payment", "media", "logs", "secrets", "edge"]


class EncryptionSettings(Section):
    """The KMS keys: one per data class, each for its own kind of data and the AWS services that handle it."""

    deletion_window_days: Annotated[int, Field(ge=7, le=30)] = 30
    """Days between the request to delete a key and its deletion, after which everything it encrypts is lost."""

    rotation_period_days: Annotated[int, Field(ge=90, le=2560)] = 365
    """Days between automatic rotations of the key material. Older material keeps decrypting."""

    multi_region: tuple[Literal["media", "secrets"], ...] = ()
    """Data classes whose key can be replicated to other Regions. Fixed once the store is deployed: a change makes a new
    key, `media` with it a new and empty file system, and what is under the old key can be read only until that is
    deleted (`deletion_window_days`). The preview says so, and fails where `environment.protect` is on.
    Not `customer` or `payment`: Fargate takes keys of a single Region only for the disks of tasks
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-create-storage-key.html)."""
