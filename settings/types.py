"""Values that several sections share, and the Regions that AWS prescribes."""

import json
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.form import form
from settings.problems import NOTHING, refuse

EDGE_REGION = "us-east-1"
"""Region of everything that belongs to CloudFront: its certificates, web ACLs, logs and metrics
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html). Route 53's
metrics and query logs are there, too, and AWS Budgets publishes from it."""

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
Percent = Annotated[int, Field(ge=1, le=100)]


def _tag_value(text: str) -> str:
    def plain(letter: str) -> bool:
        return unicodedata.category(letter)[0] in "LNZ" or letter in "_.:/=+-@"

    refused = sorted({letter for letter in text if not plain(letter)})
    if refused:
        words = "".join(letter if plain(letter) else " " for letter in text.replace("&", " and "))
        raise refuse(
            "must have only letters, digits, spaces and _.:/=+-@, which AWS takes in tags; it has"
            f" {' '.join(json.dumps(letter) for letter in refused)}",
            write=" ".join(words.split()) or NOTHING,
        )
    if not text.strip():
        raise refuse("must have a letter or digit", fix="name it")
    return text


TagValue = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_tag_value)]
"""Value of a tag of every resource: what IAM takes, others take as well
(https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html)."""

AccountId = Annotated[
    str, form(r"^\d{12}$", "an account id: 12 digits, between quotes", "111111111111", "222222222222")
]
DomainName = Annotated[
    str,
    form(
        r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        "a host name in small letters, without https:// and path, such as shop.example.com",
        "shop.example.com",
        "store.example.org",
        max_length=253,
        one_environment="a domain name",
    ),
]
HostLabel = Annotated[
    str,
    form(
        r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$",
        "one part of a host name: small letters, digits and hyphens, 32 at most",
        "shop",
        "store",
    ),
]
"""First part of a host name below the store's domain."""

_WORDS = "words of small letters and digits with single hyphens between them, such as order-status"
Name = Annotated[str, form(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", _WORDS, "order-status", max_length=40)]
"""Words of small letters and digits with single hyphens between them: names of tables, feeds, services."""

Label = Annotated[str, form(r"^[a-z][a-z0-9-]*$", _WORDS, "orders")]
"""A name that is looked up among others, so that its own length does not matter."""

UrlPath = Annotated[
    str, form(r"^/[^\s?#]*$", "a path: it begins with / and has neither query nor anchor", "/home", max_length=512)
]
"""Path without query. Load balancers take 1,024 characters, Cognito takes 1,024 with scheme and host name before it."""

WebPath = Annotated[str, form(r"^/\S*$", "a path: it begins with /", "/login", max_length=200)]
"""Beginning of a path, as WAF and Route 53 take it. The longest text that WAF compares
(https://docs.aws.amazon.com/waf/latest/APIReference/API_ByteMatchStatement.html)."""

Word = Annotated[
    str,
    form(
        r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$",
        "small letters, digits and hyphens, from 2 to 32, a letter first",
        "dev",
    ),
]

RoleArn = Annotated[
    str,
    form(
        r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$",
        "a role's ARN, such as arn:aws:iam::111111111111:role/deploy",
        "arn:aws:iam::111111111111:role/deploy",
        another_account="partner",
    ),
]

SecretArn = Annotated[
    str,
    form(
        r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$",
        "a secret's ARN with the six characters that Secrets Manager adds to its name",
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:store/cms-Ab12Cd",
    ),
]
"""A whole secret of Secrets Manager."""

SecretOrParameterArn = Annotated[
    str,
    form(
        r"^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:\d{12}:secret:|ssm:[a-z0-9-]+:\d{12}:parameter/).+$",
        "the ARN of a secret in Secrets Manager or of a parameter in Systems Manager",
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:store/cms-Ab12Cd",
    ),
]
"""A secret of Secrets Manager, or one key of its JSON, or a parameter of Systems Manager."""
