"""The cluster block: what the key of the tasks' disks must grant."""

from components.blocks.cluster import fargate_key_statements


def test_fargate_uses_the_key_for_clusters_of_this_account_only() -> None:
    statements = fargate_key_statements("111111111111")
    assert {action for statement in statements for action in statement.actions} == {
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:CreateGrant",
    }
    for statement in statements:
        assert statement.services == ["fargate.amazonaws.com"]
        own = statement.conditions["StringEquals"]
        assert own == {"kms:EncryptionContext:aws:ecs:clusterAccount": "111111111111"}


def test_fargate_may_only_hand_on_decryption() -> None:
    grants = next(s for s in fargate_key_statements("111111111111") if "kms:CreateGrant" in s.actions)
    assert grants.conditions["ForAllValues:StringEquals"] == {"kms:GrantOperations": ["Decrypt"]}
