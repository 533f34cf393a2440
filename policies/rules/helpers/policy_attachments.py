"""Where IAM policies are attached."""

ATTACHMENTS = (
    "iam/rolePolicyAttachment",
    "iam/policyAttachment",
    "iam/groupPolicyAttachment",
    "iam/userPolicyAttachment",
)
EXCLUSIVE = (
    "iam/rolePolicyAttachmentsExclusive",
    "iam/groupPolicyAttachmentsExclusive",
    "iam/userPolicyAttachmentsExclusive",
)
ATTACHED = (
    *((kind, "policyArn") for kind in ATTACHMENTS),
    *((kind, "policyArns") for kind in EXCLUSIVE),
    ("iam/role", "managedPolicyArns"),
)
