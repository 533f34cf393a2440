"""Statements of Kinesis for the policy of the key that encrypts data streams."""

from collections.abc import Mapping, Sequence

from components.blocks.policy_document import Statement, for_foreign_roles


def stream_key_statements(account_id: str, region: str, writers: Mapping[str, Sequence[str]]) -> list[Statement]:
    """Statements for the policy of the key of data streams that roles of other accounts write.

    A grant of the key would need roles that exist; the encryption context limits each to its stream
    (https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html).

    Args:
        writers: Feed to roles. Streams are not made yet; Pulumi adds an ending to their names.
    """
    return [
        for_foreign_roles(
            roles,
            sid=f"OwnersOf{''.join(word.capitalize() for word in feed.split('-'))}Encrypt",
            actions=["kms:GenerateDataKey"],
            resources=["*"],
            conditions={
                "StringEquals": {"kms:ViaService": f"kinesis.{region}.amazonaws.com"},
                "ArnLike": {
                    "kms:EncryptionContext:aws:kinesis:arn": f"arn:aws:kinesis:{region}:{account_id}:stream/*-{feed}-*"
                },
            },
        )
        for feed, roles in writers.items()
    ]
