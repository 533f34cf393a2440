"""What the emulator's process understands beside AWS's calls. This module imports nothing, for both sides."""

PEEK = "/local/peek"
"""Messages of the queue `queue` in `region`, JSON, without receiving them."""

ARN = "/local/arn"
"""Gives the secret, or key, `name` of `service` in `region` the ARN `arn`: moto would make up its end."""

WAIT = "X-Wait-Seconds"
"""Header of GetRecords: answer once there are records, or after so many seconds."""
