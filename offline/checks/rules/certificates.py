"""What CloudFront serves lives in one Region: its certificates and web ACLs, and those of Cognito's own domains.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
"""

from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.formats import arn_parts
from offline.checks.problem import Problem

EDGE_REGION = "us-east-1"


def edge_certificate(args: Block, name: str) -> Iterator[Problem]:
    service, region = arn_parts(args.text(name))
    if service == "acm" and region != EDGE_REGION:
        yield args.problem(name, f"the certificate must be in {EDGE_REGION}")
