"""Requests without TLS, subscribers, certificates, access points."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, edit, policy, res

_DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_ALLOW = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "*", "Resource": "*"}


def guarded(target, kind, path):
    """Cases of a resource whose policy, attached by the property, must deny plain requests."""
    own = res(target, CULPRIT, {"name": "orders"})

    def attached(document, to=own):
        return res(kind, "policy", {path: UNKNOWN, "policy": document}, refers={path: [to]})

    return Cases(
        good={
            "denied": [own, attached(policy(_ALLOW, _DENY))],
            "denied, as an object": [own, attached({"Statement": _DENY})],
            "not known": [own, attached(UNKNOWN)],
        },
        bad={
            "no policy": [own],
            "allowed": [own, attached(policy(_ALLOW))],
            "another condition": [
                own,
                attached(policy(edit(_DENY, {"Condition": {"Bool": {"aws:ViaAWSService": "false"}}}))),
            ],
            "of another": [own, attached(policy(_DENY), res(target, "other", {"name": "cart"}))],
        },
    )


def subscription(**props):
    return res("sns/topicSubscription:TopicSubscription", CULPRIT, props)


def destination(endpoint):
    return res("cloudwatch/eventApiDestination:EventApiDestination", CULPRIT, {"invocationEndpoint": endpoint})


def certificate(**props):
    return res("acm/certificate:Certificate", CULPRIT, {"domainName": "store.example.com", **props})


def connector(**encryption):
    return res("mskconnect/connector:Connector", CULPRIT, {"kafkaClusterEncryptionInTransit": encryption})


def access_point(root, user):
    return res("efs/accessPoint:AccessPoint", CULPRIT, {"rootDirectory": root, "posixUser": user})


_INLINE = {"policy": policy(_DENY)}
_QUEUES = guarded("sqs/queue:Queue", "sqs/queuePolicy:QueuePolicy", "queueUrl")
_QUEUES.good["inline"] = [res("sqs/queue:Queue", CULPRIT, _INLINE)]

CASES = {
    "sqs-queue-tls-only": _QUEUES,
    "sns-topic-tls-only": guarded("sns/topic:Topic", "sns/topicPolicy:TopicPolicy", "arn"),
    "efs-file-system-tls-only": guarded(
        "efs/fileSystem:FileSystem", "efs/fileSystemPolicy:FileSystemPolicy", "fileSystemId"
    ),
    "sns-subscription-https": Cases(
        good={
            "https": [subscription(protocol="https", endpoint="https://hooks.example.com")],
            "queue": [subscription(protocol="sqs", endpoint=UNKNOWN)],
            "destination": [destination("https://hooks.example.com")],
        },
        bad={
            "http": [subscription(protocol="http", endpoint="http://hooks.example.com")],
            "destination": [destination("http://hooks.example.com")],
        },
    ),
    "acm-certificate-strong": Cases(
        good={
            "by DNS": [certificate(validationMethod="DNS")],
            "elliptic": [certificate(validationMethod="DNS", keyAlgorithm="EC_prime256v1")],
            "imported": [certificate(certificateBody="x")],
        },
        bad={
            "by mail": [certificate(validationMethod="EMAIL")],
            "short key": [certificate(keyAlgorithm="RSA_1024")],
            "wildcard": [certificate(domainName="*.example.com")],
            "wildcard besides": [certificate(subjectAlternativeNames=["*.example.com"])],
        },
        config=[({"wildcards": True}, [certificate(domainName="*.example.com")], False)],
    ),
    "mskconnect-connector-tls": Cases(
        good={"TLS": [connector(encryptionType="TLS")]},
        bad={"plain": [connector(encryptionType="PLAINTEXT")], "not set": [connector()]},
    ),
    "efs-access-point-pinned": Cases(
        good={"pinned": [access_point({"path": "/media"}, {"uid": 1000, "gid": 1000})]},
        bad={
            "not set": [access_point(None, None)],
            "whole file system": [access_point({"path": "/"}, {"uid": 1000, "gid": 1000})],
            "no user": [access_point({"path": "/media"}, None)],
        },
    ),
}
