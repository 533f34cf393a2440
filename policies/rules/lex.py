"""Lex: bots."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, read, spread
from policies.rules.helpers.customer_keys import no_customer_key


@rule(
    "lex-bot-alias-logs-encrypted",
    control="ENC-20",
    pack="encryption",
    title="Recordings of conversations are encrypted with a customer key",
    why="customers tell a bot their names, addresses and orders",
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
    limits="Logs of text go to a log group, which has a rule of its own.",
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
    title="Bots say whether they are for children, and forget a session soon",
    why="the law asks for the first; a session left open tells the next person at the device what was ordered",
    fix="set child_directed of data_privacies, and idle_session_ttl_in_seconds to at most that of the profile",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=("lex/v2modelsBot", "AWS::Lex::Bot"),
    paths=("dataPrivacies[].childDirected", "idleSessionTtlInSeconds", "AWS::Lex::Bot · dataPrivacy.childDirected"),
    url="https://docs.aws.amazon.com/lexv2/latest/dg/build-create.html",
    settings={"seconds": Setting(1800, {"type": "integer", "minimum": 60}, "Longest idle session.")},
)
def privacy(subject: Subject) -> Iterator[Problem]:
    block = "dataPrivacies" if subject.resource.kind == "lex/v2modelsBot" else "dataPrivacy"
    stated = as_list(spread(subject.resource.props, f"{block}[].childDirected"))
    if not stated and subject.value(block) is not UNKNOWN:
        yield subject.problem(f"{block}.childDirected", "must be stated")
    seconds = subject.number("idleSessionTtlInSeconds")
    if isinstance(seconds, float) and seconds > subject.config["seconds"]:
        yield subject.problem("idleSessionTtlInSeconds", f"must be at most {int(subject.config['seconds'])}")
