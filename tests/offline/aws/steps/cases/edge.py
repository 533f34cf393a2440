"""CloudFront, certificates and DNS."""

from typing import Any

from tests.offline.aws.driver import Made
from tests.offline.aws.steps.world import Case, Change, World, create

_ORIGIN = "aws:cloudfront/vpcOrigin:VpcOrigin"
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_ZONE = "aws:route53/zone:Zone"
_RECORD = "aws:route53/record:Record"


def _endpoint_config(arn: str) -> dict[str, Any]:
    return {
        "vpcOriginEndpointConfig": {
            "arn": arn,
            "httpPort": 80,
            "httpsPort": 443,
            "name": "web",
            "originProtocolPolicy": "https-only",
            "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1},
        }
    }


def _distribution(origin: str, *aliases: str, certificate: str = "") -> dict[str, Any]:
    shown = {"acmCertificateArn": certificate, "sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.2_2021"}
    behaviour = {"targetOriginId": "web", "viewerProtocolPolicy": "https-only", "cachePolicyId": "x"}
    return {
        "enabled": True,
        "aliases": list(aliases),
        "origins": [{"originId": "web", "domainName": "a.example.com", "vpcOriginConfig": {"vpcOriginId": origin}}],
        "defaultCacheBehavior": {**behaviour, "allowedMethods": ["GET", "HEAD"], "cachedMethods": ["GET", "HEAD"]},
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
        "viewerCertificate": shown if certificate else {"cloudfrontDefaultCertificate": True},
    }


def _origin_moved(world: World, preview: bool) -> object:
    origin = world.make(_ORIGIN, "web", **_endpoint_config(world.balancer("old").id))
    world.make(_DISTRIBUTION, "store", **_distribution(origin.id))
    return origin.update(preview=preview, **_endpoint_config(world.balancer("new").id))


def _alias_taken(world: World, preview: bool) -> object:
    certificate = _certificate(world, "*.example.com")
    world.make(_DISTRIBUTION, "old", **_distribution("x", "shop.example.com", certificate=certificate))
    inputs = _distribution("x", "shop.example.com", certificate=certificate)
    return create(world, preview, _DISTRIBUTION, "new", **inputs)


def _certificate(world: World, name: str) -> str:
    inputs = {"domainName": name, "validationMethod": "DNS", "region": "us-east-1"}
    return world.make("aws:acm/certificate:Certificate", name, **inputs).outputs["arn"]


def _other_domain(world: World, preview: bool) -> object:
    certificate = _certificate(world, "shop.example.com")
    store = world.make(_DISTRIBUTION, "store", **_distribution("x", "shop.example.com", certificate=certificate))
    return store.update(preview=preview, **_distribution("x", "www.example.com", certificate=certificate))


def _records(world: World, *records: tuple[str, str, str]) -> Made:
    zone = world.made.get("shop") or world.make(_ZONE, "shop", name="example.com", forceDestroy=True)
    for name, kind, value in records:
        world.make(_RECORD, f"{name}-{kind}", zoneId=zone.id, name=name, type=kind, ttl=60, records=[value])
    return zone


def _alias_beside(world: World, preview: bool) -> object:
    zone = _records(world, ("www.example.com", "A", "198.51.100.1"))
    new = {"zoneId": zone.id, "name": "www", "type": "CNAME", "ttl": 60, "records": ["a.example.net"]}
    return create(world, preview, _RECORD, "alias", **new)


def _record_of_a_deleted_zone(world: World, preview: bool) -> object:
    zone = _records(world)
    zone.delete()
    new = {"zoneId": zone.id, "name": "www", "type": "A", "ttl": 60, "records": ["198.51.100.1"]}
    return create(world, preview, _RECORD, "www", **new)


REFUSED: dict[str, Case] = {
    "VPC origin in use": Case(_origin_moved, "CannotUpdateEntityWhileInUse"),
    "alias of another distribution": Case(_alias_taken, "CNAMEAlreadyExists"),
    "domain that the certificate lacks": Case(_other_domain, "InvalidViewerCertificate.*www.example.com"),
    "CNAME beside a record": Case(_alias_beside, "InvalidChangeBatch.*conflicts with other records"),
    "record in a deleted zone": Case(_record_of_a_deleted_zone, "NoSuchHostedZone"),
}
TAKEN: dict[str, Change] = {}
