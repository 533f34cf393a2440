"""Every optional part of the store off, and on in its other forms: it comes, stays as it is, and goes."""

from collections.abc import Callable
from typing import Any

from tests.program.conftest import Stack, of_type

Variant = Callable[[str, Callable[[dict[str, Any]], object]], Stack]


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


def test_the_smallest_store(variant: Variant) -> None:
    def smallest(config: dict[str, Any]) -> None:
        config["web-store:network"] |= {
            "nat": "none",
            "payment_egress": {"engine": "closed"},
            "interface_endpoints": ["ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "sts"],
        }
        config["web-store:dns"]["zone"] = {"kind": "adopt", "name": "example.com", "zone_id": "Z0123456789ABCDEFGHIJ"}
        config["web-store:dns"]["domain_name"] = "shop.example.com"
        config["web-store:dns"]["certificate_authorities"] = []
        config["web-store:media"] = {"events": False}
        config["web-store:web_tier"]["service"] |= {
            "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/storefront@sha256:" + "ab" * 32,
            "reach_internet": False,
        }

    resources = _comes_and_goes(variant("dev", smallest))
    for absent in (
        "ec2/natGateway:NatGateway",
        "ec2/eip:Eip",
        "route53/zone:Zone",
        "s3/bucketNotification:BucketNotification",
    ):
        assert of_type(resources, f"aws:{absent}") == []


def test_the_store_in_its_other_forms(variant: Variant) -> None:
    def other(config: dict[str, Any]) -> None:
        config["web-store:environment"]["region"] = "us-east-1"
        config["web-store:network"] |= {
            "zones": ["us-east-1a", "us-east-1b", "us-east-1d"],
            "nat": "one_per_az",
            "interface_endpoints": ["ecr.api", "ecr.dkr", "logs", "secretsmanager"],
            "payment_egress": {"engine": "network_firewall", "domains": ["api.payments.example.com"]},
        }
        config["web-store:events"]["third_parties"] = {}
        config["web-store:media"] |= {"replica_region": "us-west-2", "cors_origins": ["https://partner.example.org"]}
        config["web-store:edge"] |= {"origin": {"kind": "secret_header"}, "realtime_metrics": True}
        config["web-store:origin_secret"] = {"secure": "v1:made:elsewhere"}
        config["web-store:web_tier"]["service"]["deployment"] = {"strategy": "blue_green", "bake_minutes": 5}
        config["web-store:observability"] |= {"dashboards": True, "runbooks_url": "https://example.com/runbooks"}
        config["web-store:backup"] = {
            "plan": {"engine": "aws-backup", "copy_region": "us-west-2", "restore_tests": ["tables", "files", "media"]}
        }
        config["web-store:budget"]["anomalies"] = {}

    stack = variant("dev", other)
    resources = _comes_and_goes(stack)
    (balancer,) = of_type(resources, "aws:lb/loadBalancer:LoadBalancer")
    assert balancer["inputs"]["internal"] is False
    (firewall,) = of_type(resources, "aws:networkfirewall/firewall:Firewall")
    assert len(firewall["inputs"]["subnetMappings"]) == 3
    assert len(of_type(resources, "aws:acm/certificate:Certificate")) == 1, "one certificate serves CloudFront and home"
    assert {e["outputs"]["region"] for e in resources if e.get("outputs", {}).get("region")} == {
        "us-east-1",
        "us-west-2",
    }
