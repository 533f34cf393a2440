"""Identity and SignIn boxes for tests."""

import json
from typing import Any

import pulumi

from components.dns import Dns
from components.identity import Identity, Triggers
from components.identity.sign_in import SignIn
from settings.dns import DnsSettings
from settings.identity import IdentitySettings
from tests.foundation import foundation, network
from tests.mocks import Recorder, record

POOL = "cognito/userPool:UserPool"
CLIENT = "cognito/userPoolClient:UserPoolClient"
DOMAIN = "cognito/userPoolDomain:UserPoolDomain"
ALARM = "cloudwatch/metricAlarm:MetricAlarm"
RECORD = "route53/record:Record"
SECRET = "secretsmanager/secretVersion:SecretVersion"
SES: dict[str, Any] = {
    "kind": "ses",
    "identity_arn": "arn:aws:ses:eu-west-1:111111111111:identity/example.com",
    "from_address": "no-reply@example.com",
}
OWN_SES: dict[str, Any] = {"kind": "ses", "from_address": "no-reply@example.com"}
VERIFIED = "ses/domainIdentityVerification:DomainIdentityVerification"
SCOPES = {"orders.read": "See orders", "orders.write": "Place orders"}
PLUS: dict[str, Any] = {"tier": "PLUS", "threat_protection": "enforced"}
LITE: dict[str, Any] = {"tier": "LITE", "passkeys": False, "password": {"history": 0}}


def settings(**sections: Any) -> IdentitySettings:
    return IdentitySettings.model_validate_json(json.dumps(sections))


_OF_NAMES = ["EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_QUERYARGUMENTS"]
_OF_ADDRESSES = [*_OF_NAMES, "GenericRFI_BODY", "GenericRFI_QUERYARGUMENTS"]


def identity(
    *,
    protect: bool = True,
    region: str = "eu-west-1",
    triggers: Triggers | None = None,
    service_scopes: dict[str, str] | None = None,
    check: Any = None,
    **sections: Any,
) -> Recorder:
    chosen = settings(**sections)
    dns_settings = {
        "domain_name": "example.com",
        "alternative_names": ["www.example.com"],
        "zone": {"kind": "adopt", "name": "example.com", "zone_id": "Z0ADOPTED"},
    }

    def program() -> None:
        base = foundation(protect=protect, region=region)
        dns = Dns("dns", settings=DnsSettings.model_validate_json(json.dumps(dns_settings)), foundation=base)
        box = Identity(
            "identity",
            settings=chosen,
            foundation=base,
            dns=dns,
            network=network(),
            triggers=triggers,
            service_scopes=service_scopes,
        )
        edge = pulumi.ComponentResource("test:index:Edge", "edge")
        SignIn("sign-in", settings=chosen, foundation=base, identity=box, dns=dns, above=edge)
        if check is not None:
            check(box)

    return record(program)
