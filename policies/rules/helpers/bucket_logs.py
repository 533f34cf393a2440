"""Which buckets take the logs of services."""

import re

from policies.library.documents import statements
from policies.library.rules import Subject
from policies.library.values import UNKNOWN
from policies.rules.helpers.buckets import BUCKET, policies_of

_LOG_POINTERS = (
    ("cloudfront/distribution", "loggingConfig.bucket"),
    ("ec2/flowLog", "logDestination"),
    ("wafv2/webAclLoggingConfiguration", "logDestinationConfigs"),
    ("cloudwatch/logDeliveryDestination", "deliveryDestinationConfiguration.destinationResourceArn"),
    ("cloudtrail/trail", "s3BucketName"),
    ("cfg/deliveryChannel", "s3BucketName"),
)
_LOG_SERVICES = {"delivery.logs.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com"}
_LOG_WRITERS = {"logdelivery.elasticloadbalancing.amazonaws.com", "logging.s3.amazonaws.com"}
_LOG_ACCOUNTS = re.compile(
    r"(?:arn:aws[a-z-]*:iam::)?(?:009996457667|027434742980|033677994240|048591011584|054676820928|076674570225"
    r"|086441151436|098369216593|114774131450|127311923021|156460612806|190560391635|507241528517|582318560864"
    r"|589379963580|600734575887|635631232127|652711504416|718504428378|754344448648|783225319266|797873946194"
    r"|897822967062|985666609251)(?::root)?"
)
"""Accounts of AWS from which load balancers write logs in Regions opened before August 2022."""


def takes_service_logs(subject: Subject) -> bool:
    """Whether load balancers or S3 write access logs to the bucket: these support SSE-S3 only.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html"""
    stack, bucket = subject.stack, subject.resource
    writers = (
        ("lb/loadBalancer", "accessLogs.bucket"),
        ("lb/loadBalancer", "connectionLogs.bucket"),
        ("s3/bucketLogging", "targetBucket"),
        (BUCKET, "logging.targetBucket"),
    )
    if any(stack.pointing_at(bucket, kind, path, sure=True) for kind, path in writers):
        return True
    return any(
        (kind.lower() == "service" and name.lower() in _LOG_WRITERS)
        or (kind == "AWS" and bool(_LOG_ACCOUNTS.fullmatch(name)))
        for document in policies_of(subject)
        for statement in statements(document)
        for kind, name in statement.principals or ()
    )


def keeps_logs(subject: Subject) -> bool:
    """Whether any AWS service delivers, or may deliver, logs to the bucket."""
    stack, bucket = subject.stack, subject.resource
    if takes_service_logs(subject) or any(stack.pointing_at(bucket, *pointer, sure=True) for pointer in _LOG_POINTERS):
        return True
    documents = policies_of(subject)
    if UNKNOWN in documents:
        subject.defer("policy")
        return True
    return any(
        kind.lower() == "service" and name.lower() in _LOG_SERVICES
        for document in documents
        for statement in statements(document)
        for kind, name in statement.principals or ()
    )
