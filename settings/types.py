"""Values that several sections share, and the Regions that AWS prescribes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

EDGE_REGION = "us-east-1"
"""Region of everything that belongs to CloudFront: its certificates, web ACLs, logs and metrics
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html). Route 53's
metrics and query logs are there, too, and AWS Budgets publishes from it."""

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
ONE_ENVIRONMENT = "x-one-environment"
"""Key of a type's JSON schema: such a value belongs to one environment, and environments may not share it. Its value
says what it is. Account ids, ARNs, addresses and URLs are told by their look."""
ANOTHER_ACCOUNT = "x-another-account"
"""Key of a type's JSON schema: such a value may name another account than the environment's, a `partner`'s or the one
of a `published` resource of AWS."""

Percent = Annotated[int, Field(ge=1, le=100)]

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$"), Field(examples=["111111111111"])]
RegionName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$"), Field(examples=["eu-west-1"])]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$"), Field(examples=["eu-west-1a"])]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(examples=["IE"])]
"""ISO 3166."""

DomainName = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253),
    Field(examples=["shop.example.com"], json_schema_extra={ONE_ENVIRONMENT: "a domain name"}),
]
HostLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
"""First part of a host name below the store's domain."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""Words of small letters and digits with single hyphens between them: names of tables, feeds, services."""

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[^\s?#]*$", max_length=512)]
"""Path without query. Load balancers take 1,024 characters, Cognito takes 1,024 with scheme and host name before it."""

SecretArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$"),
    Field(examples=["arn:aws:secretsmanager:eu-west-1:111111111111:secret:store/cms-Ab12Cd"]),
]
"""A whole secret of Secrets Manager."""

SecretOrParameterArn = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:\d{12}:secret:|ssm:[a-z0-9-]+:\d{12}:parameter/).+$"
    ),
]
"""A secret of Secrets Manager, or one key of its JSON, or a parameter of Systems Manager."""
