"""Every optional part of the store off, and on in its other forms: it comes, stays as it is, and goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from offline.dynamic import DYNAMIC
from settings.legacy import today
from tests.program.conftest import Stack, of_type

POWERTOOLS = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:18"
VERSION = "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"
OPENTELEMETRY = "arn:aws:lambda:us-east-1:615299751070:layer:AWSOpenTelemetryDistroPython:18"
LOCATION_WAIVER = {
    "owner": "store-platform",
    "reason": "A contract with the provider of maps runs on.",
    "expires": str(today() + timedelta(days=30)),
}
Variant = Callable[[str, Callable[[dict[str, Any]], object]], Stack]


def without_services(config: dict[str, Any]) -> None:
    """Neither services nor what only they need."""
    config["web-store:app_tier"] = {"services": {}}
    config["web-store:identity"]["web"]["scopes"] = []
    config["web-store:identity"]["machines"] = {}
    config["web-store:third_parties"]["parties"] = {}
    config["web-store:fraud"] = {"engine": {"kind": "off"}}
    config["web-store:location"] = {"engine": {"kind": "off"}}


def _comes_and_goes(stack: Stack) -> list[dict[str, Any]]:
    """Deploy, see that nothing changes, remove; returns what was deployed."""
    done = stack.up("--skip-preview")
    assert done.returncode == 0, done.stdout + done.stderr
    resources = stack.resources
    again = stack.preview("--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
    gone = stack.destroy()
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert stack.resources == []
    return resources


def _searches_by_a_collection(resources: list[dict[str, Any]]) -> None:
    (collection,) = of_type(resources, "aws:opensearch/serverlessCollection:ServerlessCollection")
    assert collection["outputs"]["collectionEndpoint"].endswith(".aoss.us-east-1.on.aws")
    assert of_type(resources, "aws:opensearch/domain:Domain") == []


def _recommends(resources: list[dict[str, Any]]) -> None:
    made = {e["type"].removeprefix(DYNAMIC) for e in resources if e["type"].startswith(DYNAMIC)}
    assert made >= {"personalize:EventTracker", "personalize:Filter", "personalize:Recommender"}


def test_the_smallest_store(variant: Variant) -> None:
    def smallest(config: dict[str, Any]) -> None:
        config["web-store:network"] |= {
            "nat": "none",
            "payment_egress": {"engine": "closed"},
            "interface_endpoints": None,
        }
        config["web-store:dns"]["zone"] = {"kind": "adopt", "name": "example.com", "zone_id": "Z0123456789ABCDEFGHIJ"}
        config["web-store:dns"]["domain_name"] = "shop.example.com"
        config["web-store:dns"]["certificate_authorities"] = []
        del config["web-store:identity"]["email"]
        config["web-store:media"] = {"events": False}
        config["web-store:web_tier"]["service"] |= {
            "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/storefront@sha256:" + "ab" * 32,
            "reach_internet": False,
        }
        without_services(config)
        config["web-store:tracing"] = {"enabled": False}
        config["web-store:search"] = {"engine": {"kind": "off"}}
        config["web-store:chat"] = {"engine": {"kind": "off"}}
        config["web-store:personalization"] = {"engine": {"kind": "off"}}
        config["web-store:engagement"] = {"engine": {"kind": "off"}}

    resources = _comes_and_goes(variant("dev", smallest))
    for absent in (
        "ec2/natGateway:NatGateway",
        "ec2/eip:Eip",
        "route53/zone:Zone",
        "s3/bucketNotification:BucketNotification",
        "apigateway/restApi:RestApi",
        "lambda/function:Function",
        "pipes/pipe:Pipe",
        "networkfirewall/firewall:Firewall",
        "backup/vault:Vault",
        "dax/cluster:Cluster",
        "cloudcontrol/resource:Resource",
        "location/tracker:Tracker",
        "opensearch/domain:Domain",
        "cloudcontrol/resource:Resource",
        "sesv2/configurationSet:ConfigurationSet",
    ):
        assert of_type(resources, f"aws:{absent}") == []
    assert [e["type"] for e in resources if e["type"].startswith(DYNAMIC)] == []


def _with_other_parties(config: dict[str, Any]) -> None:
    """One receives events, nobody takes orders, maps are of an engine with a waiver, and Personalize recommends."""
    config["web-store:personalization"] = {"engine": {"kind": "personalize", "recommender": {}}}
    parties = config["web-store:third_parties"]["parties"]
    parties["cms"]["events"]["auth"]["secret"] = {"version_id": VERSION}
    del parties["order-management"]
    del config["web-store:app_tier"]["services"]["oms"]
    config["web-store:location"]["engine"] |= {"kind": "location-v1-legacy", "waiver": LOCATION_WAIVER}


def test_the_store_in_its_other_forms(variant: Variant) -> None:
    def other(config: dict[str, Any]) -> None:
        config["web-store:environment"]["region"] = "us-east-1"
        config["web-store:network"] |= {
            "zones": ["us-east-1a", "us-east-1b", "us-east-1d"],
            "nat": "one_per_az",
            "interface_endpoints": None,
            "payment_egress": {"engine": "network_firewall", "domains": ["sandbox.payments.example.com"]},
        }
        _with_other_parties(config)
        config["web-store:media"] |= {"replica_region": "us-west-2", "cors_origins": ["https://partner.example.org"]}
        config["web-store:edge"] |= {"origin": {"kind": "secret_header"}, "realtime_metrics": True}
        config["web-store:origin_secret"] = {"secure": "v1:made:elsewhere"}
        config["web-store:web_tier"]["service"]["deployment"] = {"strategy": "blue_green", "bake_minutes": 5}
        config["web-store:observability"] |= {"dashboards": True, "runbooks_url": "https://example.com/runbooks"}
        config["web-store:backup"] = {
            "plan": {"engine": "aws-backup", "copy_region": "us-west-2", "restore_tests": ["tables", "files", "media"]}
        }
        config["web-store:data"]["dax"] = {"engine": "dax", "tables": ["products", "inventory"], "nodes": 3}
        config["web-store:fraud"]["engine"] = {"kind": "layered", "model": {"endpoint_name": "Payment-risk"}}
        config["web-store:budget"]["anomalies"], config["web-store:feeds"]["engine"] = {}, {"kind": "msk-serverless"}
        config["web-store:search"]["engine"] = {"kind": "opensearch-serverless", "min_search_units": 0}
        config["web-store:app_tier"] |= {"discovery": {"tls": True}, "powertools_layer_arn": POWERTOOLS}
        config["web-store:tracing"] = {
            "function_layer_arn": OPENTELEMETRY,
            "sampled_percent": 100,
            "collector_image": "mirror/aws-otel-collector:v0.43.3",
        }
        consent = config["web-store:app_tier"]["services"]["consent"]
        consent["cache"] = consent["runtime"]["reach_internet"] = True

    resources = _comes_and_goes(variant("dev", other))
    balancers = of_type(resources, "aws:lb/loadBalancer:LoadBalancer")
    internal = {e["urn"].rpartition("::")[2]: e["inputs"]["internal"] for e in balancers}
    assert internal == {"web-balancer": False, "app-balancer": True}
    for one in (
        "location/map:Map",
        "location/placeIndex:PlaceIndex",
        "acmpca/certificateAuthority:CertificateAuthority",
        "cloudwatch/eventApiDestination:EventApiDestination",
    ):
        assert len(of_type(resources, f"aws:{one}")) == 1
    _searches_by_a_collection(resources)
    _recommends(resources)
    (consent,) = (e for e in of_type(resources, "aws:lambda/function:Function") if e["urn"].endswith("::app-consent"))
    assert OPENTELEMETRY in consent["inputs"]["layers"]
    assert consent["inputs"]["vpcConfig"]["subnetIds"]
    (three,) = (e["inputs"]["subnetMappings"] for e in of_type(resources, "aws:networkfirewall/firewall:Firewall"))
    assert len(three) == 3
    certificates = {e["urn"].rpartition("::")[2] for e in of_type(resources, "aws:acm/certificate:Certificate")}
    assert certificates == {"dns-edge", "api-host"}, "one certificate serves CloudFront and home"
    assert {e["outputs"]["region"] for e in resources if e.get("outputs", {}).get("region")} == {
        "us-east-1",
        "us-west-2",
    }
