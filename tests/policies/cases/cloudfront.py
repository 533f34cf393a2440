"""CloudFront: distributions and their origins."""

from tests.policies.cases.helpers.distributions import distribution
from tests.policies.support import CULPRIT, DROP, UNKNOWN, Cases, in_kinds, policy, res

_SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
_BUCKET = {"originId": "media", "domainName": UNKNOWN, "originAccessControlId": UNKNOWN}
_WEB = {"originId": "web", "domainName": UNKNOWN, "customOriginConfig": {"originProtocolPolicy": "https-only"}}


def cdn(target="media", name=CULPRIT, behavior=None, refers=None, **props):
    base = {"origins": [_BUCKET, _WEB], "defaultCacheBehavior": {"targetOriginId": target, **(behavior or {})}}
    return res("cloudfront/distribution:Distribution", name, {**base, **props}, refers=refers or {})


def headers(**config):
    return res("cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", "headers", {"securityHeadersConfig": config})


def answering(policy, of=None):
    refers = {"defaultCacheBehavior": [of]} if of else {}
    return cdn(behavior={"responseHeadersPolicyId": policy}, refers=refers)


_STRICT = headers(strictTransportSecurity={"accessControlMaxAgeSec": 63072000})
_MULTITENANT = "cloudfront/multitenantDistribution"
_HTTP = {"originId": "a", "domainName": "a.example", "customOriginConfig": {"originProtocolPolicy": "http-only"}}
_ENABLED = res("cloudfront/distribution:Distribution", CULPRIT, {"enabled": True})


def delivery(of):
    token = "cloudwatch/logDeliverySource:LogDeliverySource"
    return res(token, "source", {"resourceArn": UNKNOWN}, refers={"resourceArn": [of]})


def media_bucket(**props):
    return res("s3/bucket:Bucket", CULPRIT, {"bucket": "media", **props})


_URL = res("lambda/functionUrl:FunctionUrl", "render", {"authorizationType": "AWS_IAM"})
_FUNCTION = {"originId": "render", "customOriginConfig": {"originProtocolPolicy": "https-only"}}
_NAMED = {**_FUNCTION, "domainName": "abc123.lambda-url.eu-west-1.on.aws"}
_LATER = {**_FUNCTION, "domainName": UNKNOWN}


def origins(*items, **options):
    return distribution(changes={"origins": list(items)}, **options)


_CUSTOM = "origins.1.customOriginConfig"


def bucket_policy(**condition):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media-1/*",
        **({"Condition": condition} if condition else {}),
    }
    return res("s3/bucketPolicy:BucketPolicy", CULPRIT, {"policy": policy(statement)})


CASES = {
    "cloudfront-distribution-function-origin-signed": Cases(
        good={
            "signed": [origins({**_NAMED, "originAccessControlId": "E2"})],
            "signed, known later": [
                _URL,
                origins({**_LATER, "originAccessControlId": UNKNOWN}, refers={"origins": [_URL]}),
            ],
            "no function": [distribution()],
            "two unknown names": [_URL, origins(_LATER, {**_LATER, "originId": "web"}, refers={"origins": [_URL]})],
        },
        bad={
            "unsigned": [origins(_NAMED)],
            "unsigned, known later": [_URL, origins(_LATER, refers={"origins": [_URL]})],
        },
    ),
    "cloudfront-distribution-hsts": Cases(
        good={
            "managed policy": [answering(_SECURITY_HEADERS)],
            "own policy": [_STRICT, answering(UNKNOWN, _STRICT)],
            "policy of another stack": [answering("0f5a")],
            "not known": [answering(UNKNOWN)],
        },
        bad={
            "none": [cdn()],
            "policy without": [headers(), answering(UNKNOWN, headers())],
            "one behaviour without": [
                cdn(
                    behavior={"responseHeadersPolicyId": _SECURITY_HEADERS},
                    orderedCacheBehaviors=[{"pathPattern": "/media/*", "targetOriginId": "media"}],
                )
            ],
        },
    ),
    "cloudfront-distribution-logs": Cases(
        good={
            "standard": [res("cloudfront/distribution:Distribution", "cdn", {"loggingConfig": {"bucket": UNKNOWN}})],
            "delivery": [_ENABLED, delivery(_ENABLED)],
        },
        bad={
            "none": [_ENABLED],
            "delivery of another": [_ENABLED, delivery(res("cloudfront/distribution:Distribution", "other"))],
        },
    ),
    "cloudfront-distribution-modern-certificate": Cases(
        good={
            "modern": [distribution()],
            "newer": [distribution(changes={"viewerCertificate.minimumProtocolVersion": "TLSv1.3_2025"})],
        },
        bad={
            "none": [distribution(changes={"viewerCertificate": DROP})],
            "default certificate": [
                distribution(changes={"viewerCertificate": {"cloudfrontDefaultCertificate": True}})
            ],
            "old": [distribution(changes={"viewerCertificate.minimumProtocolVersion": "TLSv1.1_2016"})],
            "version not set": [distribution(changes={"viewerCertificate.minimumProtocolVersion": DROP})],
        },
        config=[({"accepted": ["TLSv1.3_2025"]}, [distribution()], True)],
    ),
    "cloudfront-distribution-origin-group": Cases(
        good={"group": [distribution(changes={"originGroups": [{"originId": "both"}]})]},
        bad={"none": [distribution()], "empty": [distribution(changes={"originGroups": []})]},
    ),
    "cloudfront-distribution-origin-https": Cases(
        good={
            "https": [distribution()],
            "VPC origin": [
                res(
                    "cloudfront/vpcOrigin:VpcOrigin",
                    CULPRIT,
                    {
                        "vpcOriginEndpointConfig": {
                            "originProtocolPolicy": "https-only",
                            "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1},
                        }
                    },
                )
            ],
        },
        bad={
            "http": [distribution(changes={f"{_CUSTOM}.originProtocolPolicy": "http-only"})],
            "match-viewer": [distribution(changes={f"{_CUSTOM}.originProtocolPolicy": "match-viewer"})],
            "website endpoint": [
                distribution(changes={"origins.1.domainName": "media-1.s3-website-eu-west-1.amazonaws.com"})
            ],
            "old protocol": [distribution(changes={f"{_CUSTOM}.originSslProtocols": ["TLSv1.2", "TLSv1.1"]})],
            "VPC origin": [
                res(
                    "cloudfront/vpcOrigin:VpcOrigin",
                    CULPRIT,
                    {"vpcOriginEndpointConfig": {"originProtocolPolicy": "http-only"}},
                )
            ],
            **in_kinds({"origins": [_HTTP]}, _MULTITENANT),
        },
    ),
    "cloudfront-distribution-private-s3-origin": Cases(
        good={
            "access control": [distribution()],
            "policy for one distribution": [
                bucket_policy(StringEquals={"AWS:SourceArn": "arn:aws:cloudfront::111111111111:distribution/E1"})
            ],
            "lower case key, list": [
                bucket_policy(ArnLike={"aws:sourcearn": ["arn:aws:cloudfront::111111111111:distribution/E1"]})
            ],
            "policy from outputs": [res("s3/bucketPolicy:BucketPolicy", CULPRIT, {"policy": UNKNOWN})],
        },
        bad={
            "no access control": [distribution(changes={"origins.0.originAccessControlId": DROP})],
            "access identity": [
                distribution(
                    changes={
                        "origins.0.originAccessControlId": "",
                        "origins.0.s3OriginConfig": {"originAccessIdentity": "origin-access-identity/cloudfront/E1"},
                    }
                )
            ],
            "website endpoint": [
                distribution(changes={"origins.1.domainName": "media-1.s3-website-eu-west-1.amazonaws.com"})
            ],
            "policy for every distribution": [bucket_policy()],
            "policy with a wildcard": [
                bucket_policy(ArnLike={"AWS:SourceArn": "arn:aws:cloudfront::111111111111:distribution/*"})
            ],
            "bucket as a custom origin": [
                distribution(
                    changes={
                        "origins.1.domainName": "media.s3.eu-west-1.amazonaws.com",
                    }
                )
            ],
            "policy for the account": [bucket_policy(StringEquals={"AWS:SourceAccount": "111111111111"})],
            "inline policy for every distribution": [media_bucket(policy=bucket_policy().props["policy"])],
        },
    ),
    "cloudfront-distribution-root-object": Cases(
        good={
            "set": [cdn(defaultRootObject="index.html")],
            "application": [cdn("web")],
            "rewritten": [cdn(behavior={"functionAssociations": [{"eventType": "viewer-request"}]})],
        },
        bad={"not set": [cdn()], "empty": [cdn(defaultRootObject="")]},
    ),
    "cloudfront-distribution-sni": Cases(
        good={"SNI": [distribution()]},
        bad={"dedicated address": [distribution(changes={"viewerCertificate.sslSupportMethod": "vip"})]},
    ),
    "cloudfront-distribution-viewer-https": Cases(
        good={
            "https": [distribution()],
        },
        bad={
            "default behaviour": [distribution(changes={"defaultCacheBehavior.viewerProtocolPolicy": "allow-all"})],
            "another behaviour": [distribution(changes={"orderedCacheBehaviors.0.viewerProtocolPolicy": "allow-all"})],
            "not set": [distribution(changes={"defaultCacheBehavior.viewerProtocolPolicy": DROP})],
            **in_kinds({"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}}, _MULTITENANT),
        },
    ),
    "cloudfront-distribution-web-acl": Cases(
        good={
            "a web ACL": [distribution()],
            "an ACL made in the same run": [distribution(changes={"webAclId": UNKNOWN})],
        },
        bad={
            "no web ACL": [distribution(changes={"webAclId": DROP})],
            "empty text": [distribution(changes={"webAclId": ""})],
            "null": [distribution(changes={"webAclId": None})],
            **in_kinds({}, _MULTITENANT),
        },
    ),
}
