"""A distribution without findings."""

from tests.policies.support import CULPRIT, edit, res

DISTRIBUTION = {
    "webAclId": "arn:aws:wafv2:us-east-1:111111111111:global/webacl/edge/1",
    "origins": [
        {
            "originId": "media",
            "domainName": "media-1.s3.eu-west-1.amazonaws.com",
            "originAccessControlId": "E2QWRUHAPOMQZL",
        },
        {
            "originId": "web",
            "domainName": "web.shop.example.com",
            "customOriginConfig": {
                "httpPort": 80,
                "httpsPort": 443,
                "originProtocolPolicy": "https-only",
                "originSslProtocols": ["TLSv1.2"],
            },
        },
    ],
    "defaultCacheBehavior": {"viewerProtocolPolicy": "redirect-to-https"},
    "orderedCacheBehaviors": [{"pathPattern": "/media/*", "viewerProtocolPolicy": "https-only"}],
    "viewerCertificate": {
        "acmCertificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/1",
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    },
}


def distribution(name=CULPRIT, changes=None, **options):
    return res("cloudfront/distribution:Distribution", name, edit(DISTRIBUTION, changes or {}), **options)
