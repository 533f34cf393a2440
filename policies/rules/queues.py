"""SQS: encryption."""

import fnmatch
from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule


@rule(
    "sqs-queue-encryption",
    control="ENC-08",
    pack="encryption",
    title="Queues are encrypted, those of orders and payments with a customer key",
    why="messages are kept for days; those of orders hold names and addresses",
    fix="set kms_master_key_id to a customer key; elsewhere leave sqs_managed_sse_enabled on",
    severity="high",
    dev="mandatory",
    kinds=("sqs/queue",),
    paths=("kmsMasterKeyId", "sqsManagedSseEnabled"),
    references=(
        "fsbp:SQS.1",
        "cdk-nag:SQS2",
        "checkov:CKV_AWS_27",
        "checkov:CKV2_AWS_73",
        "trivy:AVD-AWS-0096",
        "trivy:AVD-AWS-0135",
    ),
    settings={
        "customer_key_names": Setting(
            ["*order*", "*payment*"],
            {"type": "array", "items": {"type": "string"}},
            "Queues (globs over resource and queue name) that need a customer key.",
        )
    },
)
def encryption(subject: Subject) -> Iterator[Problem]:
    names = [subject.resource.name, subject.resource.props.get("name")]
    sensitive = any(
        fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        if isinstance(name, str)
        for glob in subject.config["customer_key_names"]
    )
    if sensitive and subject.lacks_customer_key("kmsMasterKeyId"):
        yield subject.problem("kmsMasterKeyId", "its messages need a customer key")
    elif not subject.has("kmsMasterKeyId") and subject.flag("sqsManagedSseEnabled") is False:
        yield subject.problem("sqsManagedSseEnabled", "messages are stored in clear")
