"""What a deletion takes along, which only a refresh tells."""

from pathlib import Path

import pytest

from offline.aws.cloud import Cloud
from tests.offline.aws.driver import BUCKET, QUEUE, ROLE, TRUST, Engine

_ZONE, _RECORD = "aws:route53/zone:Zone", "aws:route53/record:Record"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"


@pytest.mark.parametrize(
    ("owner", "given", "inside", "by", "contents"),
    [
        (
            _ZONE,
            {"name": "example.com", "forceDestroy": True},
            _RECORD,
            "zoneId",
            {"name": "www", "type": "A", "ttl": 60, "records": ["198.51.100.1"]},
        ),
        (
            BUCKET,
            {"bucket": "media-of-the-store", "forceDestroy": True},
            "aws:s3/bucketObjectv2:BucketObjectv2",
            "bucket",
            {"key": "a", "content": "b"},
        ),
        (QUEUE, {"name": "orders"}, "aws:sqs/queuePolicy:QueuePolicy", "queueUrl", {"policy": TRUST}),
        (
            "aws:cognito/userPool:UserPool",
            {"name": "customers"},
            "aws:cognito/userPoolClient:UserPoolClient",
            "userPoolId",
            {"name": "web"},
        ),
        (
            "aws:scheduler/scheduleGroup:ScheduleGroup",
            {"name": "nightly"},
            "aws:scheduler/schedule:Schedule",
            "groupName",
            {
                "scheduleExpression": "rate(1 day)",
                "flexibleTimeWindow": {"mode": "OFF"},
                "target": {
                    "arn": "arn:aws:sqs:eu-west-1:999999999999:q",
                    "roleArn": "arn:aws:iam::999999999999:role/r",
                },
            },
        ),
    ],
)
def test_contents_do_not_outlive_their_owner(engine: Engine, owner, given, inside, by, contents):
    """DefangLabs/pulumi-defang#556: the records of a zone that is deleted by force are gone with it."""
    holder = engine.create(owner, "it", **given)
    held = engine.create(inside, "in", **{by: holder.id}, **contents)
    assert held.read().id
    holder.delete()
    assert held.read().id == ""
    held.delete()


def test_the_bucket_of_logs_takes_no_other_buckets_logging_along(engine: Engine):
    logs, media = (engine.create(BUCKET, name, forceDestroy=True) for name in ("logs", "media"))
    token = "aws:s3/bucketLogging:BucketLogging"
    logging = engine.create(token, "media", bucket=media.id, targetBucket=logs.id, targetPrefix="media/")
    logs.delete()
    assert logging.read().id


def test_a_link_under_two_names_is_one_and_goes_with_either(start):
    """A renamed attachment is attached again, which changes nothing, and then detached."""
    earlier = start()
    role = earlier.create(ROLE, "web", assumeRolePolicy=TRUST)
    link = {"role": role.id, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    old = earlier.create(_ATTACHMENT, "old", **link)
    new = start().create(_ATTACHMENT, "new", **link)
    old.delete()
    assert new.read().id == ""


def test_an_association_that_is_replaced_last_leaves_the_resource_without_a_web_acl(start):
    """The provider disassociates by the resource alone, whatever web ACL it has by then."""
    balancer = "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/web/1"
    acls = [f"arn:aws:wafv2:eu-west-1:999999999999:regional/webacl/{name}/1" for name in ("one", "two")]
    old = start().create(_ASSOCIATION, "web", resourceArn=balancer, webAclArn=acls[0])
    new = start().create(_ASSOCIATION, "web", resourceArn=balancer, webAclArn=acls[1])
    old.delete()
    assert new.read().id == ""


def test_an_id_that_comes_back_is_not_deleted_any_more(engine: Engine, home: Path):
    queue = engine.create(QUEUE, "orders", name="orders")
    queue.delete()
    cloud = Cloud(home)
    assert cloud.was_deleted(queue.id, account="123456789012")
    engine.create(QUEUE, "orders", name="orders")
    assert not cloud.was_deleted(queue.id, account="123456789012")
