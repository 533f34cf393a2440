"""Route 53: zones and records."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_ZONE = res("route53/zone:Zone", CULPRIT, {"name": "store.example.com"})


def alias_record(target, **options):
    return res("route53/record:Record", CULPRIT, {"type": "A", "aliases": [{"name": target}]}, **options)


def signed(zone):
    token = "route53/hostedZoneDnsSec:HostedZoneDnsSec"
    return res(token, "signed", {"hostedZoneId": UNKNOWN}, refers={"hostedZoneId": [zone]})


_SHOP = res("cloudfront/distribution:Distribution", "shop", {"domainName": "d1.cloudfront.net"})


def record(**props):
    return res("route53/record:Record", CULPRIT, {"name": "shop", "type": "A", **props})


CASES = {
    "route53-record-alias-target": Cases(
        good={
            "by reference": [_SHOP, alias_record(UNKNOWN, refers={"aliases": [_SHOP]})],
            "by name": [_SHOP, alias_record("d1.cloudfront.net")],
            "dualstack": [
                res("lb/loadBalancer:LoadBalancer", "web", {"dnsName": "web-1.eu-west-1.elb.amazonaws.com"}),
                alias_record("dualstack.web-1.eu-west-1.elb.amazonaws.com."),
            ],
            "another record": [alias_record("www.store.example.com")],
            "not known": [alias_record(UNKNOWN)],
            "no alias": [res("route53/record:Record", CULPRIT, {"type": "TXT", "records": ["x"]})],
        },
        bad={
            "distribution gone": [alias_record("d2.cloudfront.net")],
            "website gone": [alias_record("s3-website-eu-west-1.amazonaws.com")],
        },
        config=[({"elsewhere": ["d2.cloudfront.net"]}, [alias_record("d2.cloudfront.net")], False)],
    ),
    "route53-record-health": Cases(
        good={
            "alias": [
                record(failoverRoutingPolicies=[{"type": "PRIMARY"}], aliases=[{"evaluateTargetHealth": True}]),
            ],
            "check": [record(latencyRoutingPolicies=[{"region": "eu-west-1"}], healthCheckId=UNKNOWN)],
            "secondary": [record(failoverRoutingPolicies=[{"type": "SECONDARY"}])],
            "simple": [record(aliases=[{"evaluateTargetHealth": False}])],
        },
        bad={
            "primary without health check": [record(failoverRoutingPolicies=[{"type": "PRIMARY"}])],
            "alias without health evaluation": [
                record(failoverRoutingPolicies=[{"type": "PRIMARY"}], aliases=[{"evaluateTargetHealth": False}])
            ],
            "latency": [record(latencyRoutingPolicies=[{"region": "eu-west-1"}])],
        },
    ),
    "route53-zone-dnssec": Cases(
        good={
            "signed": [_ZONE, signed(_ZONE)],
            "private": [res("route53/zone:Zone", "inside", {"vpcs": [{"vpcId": UNKNOWN}]})],
        },
        bad={"not signed": [_ZONE]},
    ),
    "route53-zone-query-logs": Cases(
        good={
            "logged": [
                _ZONE,
                res("route53/queryLog:QueryLog", "queries", {"zoneId": UNKNOWN}, refers={"zoneId": [_ZONE]}),
            ],
            "private": [res("route53/zone:Zone", "inside", {"vpcs": [{"vpcId": UNKNOWN}]})],
        },
        bad={"none": [_ZONE]},
    ),
}
