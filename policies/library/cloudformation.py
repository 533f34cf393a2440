"""Forms of CloudFormation types, and of old tokens of pulumi-aws, that rules judge.

Types without a form are not judged. Names of properties are those of the resource types' schemas
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html).
"""

from collections.abc import Mapping
from typing import Final

from policies.library.cloudformation_data import DATA
from policies.library.cloudformation_edge import EDGE
from policies.library.cloudformation_run import RUN
from policies.library.forms import Form

FORMS: Final[Mapping[str, Form]] = {**DATA, **EDGE, **RUN}

ABBREVIATED: Final = (
    "AllowedOAuthFlows",
    "CallbackURLs",
    "EFSVolumeConfiguration",
    "EnforceHTTPS",
    "IAM",
    "IdleSessionTTLInSeconds",
    "LogoutURLs",
    "MinProvisionedTPS",
    "MultiAZ",
    "MultiAZEnabled",
    "MultiAZWithStandbyEnabled",
    "OriginSSLProtocols",
    "PrincipalOrgID",
    "SSEAlgorithm",
    "TLSSecurityPolicy",
    "VPCOptions",
    "VPCs",
    "WebACLArn",
    "WebACLId",
)
"""CloudFormation names that a capital first letter does not give, for messages about properties that a state lacks."""

_SSE: Final = "serverSideEncryptionConfiguration.rule"
_SSE_V2: Final = "serverSideEncryptionConfigurations[0].rules"

TOKENS: Final[Mapping[str, Form]] = {
    "aws:s3/bucketV2:BucketV2": Form(
        "s3/bucket",
        {
            _SSE: _SSE_V2,
            f"{_SSE}[].applyServerSideEncryptionByDefault": f"{_SSE_V2}[].applyServerSideEncryptionByDefaults",
            "versioning": "versionings",
            "logging": "loggings",
            "website": "websites",
            "replicationConfiguration": "replicationConfigurations",
        },
    )
}
