"""The edge: root objects, headers, aliases, signed zones, CORS."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
_BUCKET = {"originId": "media", "domainName": UNKNOWN, "originAccessControlId": UNKNOWN}
_WEB = {"originId": "web", "domainName": UNKNOWN, "customOriginConfig": {"originProtocolPolicy": "https-only"}}
_ZONE = res("route53/zone:Zone", CULPRIT, {"name": "store.example.com"})


def cdn(target="media", name=CULPRIT, behavior=None, refers=None, **props):
    base = {"origins": [_BUCKET, _WEB], "defaultCacheBehavior": {"targetOriginId": target, **(behavior or {})}}
    return res("cloudfront/distribution:Distribution", name, {**base, **props}, refers=refers or {})


def headers(**config):
    return res("cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", "headers", {"securityHeadersConfig": config})


def answering(policy, of=None):
    refers = {"defaultCacheBehavior": [of]} if of else {}
    return cdn(behavior={"responseHeadersPolicyId": policy}, refers=refers)


def record(target, **options):
    return res("route53/record:Record", CULPRIT, {"type": "A", "aliases": [{"name": target}]}, **options)


def signed(zone):
    token = "route53/hostedZoneDnsSec:HostedZoneDnsSec"
    return res(token, "signed", {"hostedZoneId": UNKNOWN}, refers={"hostedZoneId": [zone]})


def api(**cors):
    return res("apigatewayv2/api:Api", CULPRIT, {"corsConfiguration": cors} if cors else {})


_STRICT = headers(strictTransportSecurity={"accessControlMaxAgeSec": 63072000})
_SHOP = res("cloudfront/distribution:Distribution", "shop", {"domainName": "d1.cloudfront.net"})

CASES = {
    "cloudfront-distribution-root-object": Cases(
        good={
            "set": [cdn(defaultRootObject="index.html")],
            "application": [cdn("web")],
            "rewritten": [cdn(behavior={"functionAssociations": [{"eventType": "viewer-request"}]})],
        },
        bad={"not set": [cdn()], "empty": [cdn(defaultRootObject="")]},
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
    "route53-record-alias-target": Cases(
        good={
            "by reference": [_SHOP, record(UNKNOWN, refers={"aliases": [_SHOP]})],
            "by name": [_SHOP, record("d1.cloudfront.net")],
            "dualstack": [
                res("lb/loadBalancer:LoadBalancer", "web", {"dnsName": "web-1.eu-west-1.elb.amazonaws.com"}),
                record("dualstack.web-1.eu-west-1.elb.amazonaws.com."),
            ],
            "another record": [record("www.store.example.com")],
            "not known": [record(UNKNOWN)],
            "no alias": [res("route53/record:Record", CULPRIT, {"type": "TXT", "records": ["x"]})],
        },
        bad={
            "distribution gone": [record("d2.cloudfront.net")],
            "website gone": [record("s3-website-eu-west-1.amazonaws.com")],
        },
        config=[({"elsewhere": ["d2.cloudfront.net"]}, [record("d2.cloudfront.net")], False)],
    ),
    "route53-zone-dnssec": Cases(
        good={
            "signed": [_ZONE, signed(_ZONE)],
            "private": [res("route53/zone:Zone", "inside", {"vpcs": [{"vpcId": UNKNOWN}]})],
        },
        bad={"not": [_ZONE]},
    ),
    "apigatewayv2-cors-bounded": Cases(
        good={
            "one origin": [api(allowOrigins=["https://store.example.com"], allowCredentials=True)],
            "everybody, without credentials": [api(allowOrigins=["*"])],
            "none": [api()],
        },
        bad={
            "everybody": [api(allowOrigins=["https://*"], allowCredentials=True)],
            "URL of a function": [
                res(
                    "lambda/functionUrl:FunctionUrl",
                    CULPRIT,
                    {"cors": {"allowOrigins": ["*"], "allowCredentials": True}},
                )
            ],
        },
    ),
}
