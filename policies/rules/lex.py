"""Lex: bots."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, read, spread
from policies.rules.helpers.customer_keys import no_customer_key


@rule(
    "lex-bot-alias-logs-encrypted",
    control="ENC-20",
    pack="encryption",
    title="Recordings of conversations are encrypted with a customer managed key",
    why="conversations hold names, addresses and orders",
    fix="set the KmsKeyArn of each S3 destination (kms_key_arn of log_settings)",
    severity="medium",
    dev="advisory",
    kinds=("lex/botAlias", "AWS::Lex::BotAlias"),
    paths=(
        "conversationLogs.logSettings[].kmsKeyArn",
        "AWS::Lex::BotAlias · conversationLogSettings.audioLogSettings[].destination.s3Bucket.kmsKeyArn",
    ),
    references=("cdk-nag:LEX4",),
    url="https://docs.aws.amazon.com/lexv2/latest/dg/conversation-logs-encrypting.html",
    limits="Text logs go to a log group, which other rules judge.",
)
def conversations(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "lex/botAlias":
        for path, block in subject.blocks("conversationLogs.logSettings"):
            if read(block, "destination") == "S3":
                yield from no_customer_key(subject, f"{path}.kmsKeyArn")
        return
    for path, block in subject.blocks("conversationLogSettings.audioLogSettings"):
        if as_flag(read(block, "enabled")) is True and read(block, "destination.s3Bucket") is not MISSING:
            yield from no_customer_key(subject, f"{path}.destination.s3Bucket.kmsKeyArn")


@rule(
    "lex-bot-privacy",
    control="IAM-29",
    pack="guardrails",
    title="Bots declare whether they are directed at children, and end idle sessions soon",
    why="the law requires the declaration; an open session shows orders to the next user of the device",
    fix="set child_directed of data_privacies, and idle_session_ttl_in_seconds to at most the seconds of the profile",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=("lex/v2modelsBot", "AWS::Lex::Bot"),
    paths=("dataPrivacies[].childDirected", "idleSessionTtlInSeconds", "AWS::Lex::Bot · dataPrivacy.childDirected"),
    url="https://docs.aws.amazon.com/lexv2/latest/dg/build-create.html",
    settings={"seconds": Setting(1800, {"type": "integer", "minimum": 60}, "Maximum seconds of an idle session.")},
)
def privacy(subject: Subject) -> Iterator[Problem]:
    block = "dataPrivacies" if subject.resource.kind == "lex/v2modelsBot" else "dataPrivacy"
    stated = as_list(spread(subject.resource.props, f"{block}[].childDirected"))
    if not stated and subject.value(block) is not UNKNOWN:
        yield subject.problem(f"{block}.childDirected", "must be true or false")
    seconds = subject.number("idleSessionTtlInSeconds")
    if isinstance(seconds, float) and seconds > subject.config["seconds"]:
        yield subject.problem("idleSessionTtlInSeconds", f"must be at most {int(subject.config['seconds'])} seconds")
