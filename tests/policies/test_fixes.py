"""Messages that say the way out of this very finding."""

import pytest

from tests.policies.cases.cloudfront import bucket_policy
from tests.policies.cases.helpers.distributions import distribution
from tests.policies.cases.route53 import alias_record
from tests.policies.support import judge

_WEBSITE = {"origins.1.domainName": "media-1.s3-website-eu-west-1.amazonaws.com"}
_OF_ONE_ACCOUNT = "arn:aws:cloudfront::111111111111:distribution/*"


@pytest.mark.parametrize(
    ("rule", "program", "said"),
    [
        ("cloudfront-distribution-origin-https", distribution(changes=_WEBSITE), "origin_access_control_id"),
        ("route53-record-alias-target", alias_record("Dualstack.Web-1.eu-west-1.elb.amazonaws.com."), "`web-1.eu-west"),
        (
            "cloudfront-distribution-private-s3-origin",
            bucket_policy(ArnLike={"AWS:SourceArn": _OF_ONE_ACCOUNT}),
            "all of the account",
        ),
        (
            "cloudfront-distribution-private-s3-origin",
            bucket_policy(ArnLike={"AWS:SourceArn": _OF_ONE_ACCOUNT.replace("1", "?", 1)}),
            "all of any account",
        ),
        (
            "cloudfront-distribution-private-s3-origin",
            bucket_policy(ArnLike={"AWS:SourceArn": [_OF_ONE_ACCOUNT, "arn:aws:cloudfront::*:distribution/*"]}),
            "all of any account",
        ),
    ],
)
def test_a_message_says_what_to_write(rule, program, said):
    (finding,) = judge([program], rule)
    assert said in finding.message


def test_the_name_that_the_message_gives_is_taken():
    record = alias_record("dualstack.web-1.eu-west-1.elb.amazonaws.com.")
    assert judge([record], "route53-record-alias-target")
    named = {"elsewhere": ["web-1.eu-west-1.elb.amazonaws.com"]}
    assert not judge([record], "route53-record-alias-target", config=named)
