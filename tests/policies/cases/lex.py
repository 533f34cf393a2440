"""Lex: bots."""

from policies.library.resources import Resource
from tests.policies.cases.helpers.cloud_control import controlled, native
from tests.policies.support import CULPRIT, KEY, Cases, res

_BUCKET = "arn:aws:s3:::logs"


def bot(**props):
    return res("lex/v2modelsBot:V2modelsBot", CULPRIT, props)


def recorded(**bucket):
    audio = [{"enabled": True, "destination": {"s3Bucket": {"s3BucketArn": _BUCKET, **bucket}}}]
    return native("lex:BotAlias", conversationLogSettings={"audioLogSettings": audio})


CASES = {
    "lex-bot-alias-logs-encrypted": Cases(
        good={
            "key": [recorded(kmsKeyArn=KEY)],
            "text only": [native("lex:BotAlias", conversationLogSettings={"textLogSettings": [{"enabled": True}]})],
            "first version": [
                res(
                    "lex/botAlias:BotAlias",
                    CULPRIT,
                    {"conversationLogs": {"logSettings": [{"destination": "S3", "kmsKeyArn": KEY}]}},
                )
            ],
        },
        bad={
            "no key": [recorded()],
            "first version": [
                res("lex/botAlias:BotAlias", CULPRIT, {"conversationLogs": {"logSettings": [{"destination": "S3"}]}})
            ],
        },
    ),
    "lex-bot-privacy": Cases(
        good={
            "stated": [bot(dataPrivacies=[{"childDirected": False}], idleSessionTtlInSeconds=300)],
            "CloudFormation": [
                controlled("AWS::Lex::Bot", DataPrivacy={"ChildDirected": False}, IdleSessionTTLInSeconds=300)
            ],
        },
        bad={
            "not stated": [bot(idleSessionTtlInSeconds=300)],
            "open for a day": [bot(dataPrivacies=[{"childDirected": False}], idleSessionTtlInSeconds=86400)],
            "of CloudFormation": [Resource.of("aws-native:lex:Bot", CULPRIT, {"name": "shop"})],
        },
        config=[
            ({"seconds": 60}, [bot(dataPrivacies=[{"childDirected": False}], idleSessionTtlInSeconds=300)], True),
        ],
    ),
}
