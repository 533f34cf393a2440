"""The Dns box: zone, certificates, who may issue them, how they are watched."""

import json

import pytest
from pydantic import ValidationError

from components.dns import Dns
from settings.dns import DnsSettings
from tests.foundation import EDGE_TOPIC, TOPIC, foundation
from tests.mocks import Recorder, record

CREATE = {"kind": "create", "name": "example.com"}
ADOPT = {"kind": "adopt", "name": "example.com", "zone_id": "Z0ADOPTED"}
CERTIFICATE, RECORD, ALARM = (
    "acm/certificate:Certificate",
    "route53/record:Record",
    "cloudwatch/metricAlarm:MetricAlarm",
)


def settings(**sections) -> DnsSettings:
    defaults = {"domain_name": "shop.example.com", "alternative_names": ["www.shop.example.com"], "zone": CREATE}
    return DnsSettings.model_validate_json(json.dumps({**defaults, **sections}))


def dns(region: str = "eu-west-1", *, protect: bool = True, **sections) -> Recorder:
    def program() -> None:
        Dns("dns", settings=settings(**sections), foundation=foundation(region=region, protect=protect))

    return record(program)


def test_cloudfront_s_certificate_is_in_us_east_1_and_the_load_balancer_s_at_home() -> None:
    recorder = dns()
    assert recorder.inputs(CERTIFICATE, "dns-edge")["region"] == "us-east-1"
    assert "region" not in recorder.inputs(CERTIFICATE, "dns-regional")
    for certificate in recorder.of(CERTIFICATE):
        assert certificate.inputs["domainName"] == "shop.example.com"
        assert certificate.inputs["subjectAlternativeNames"] == ["www.shop.example.com"]
        assert certificate.inputs["validationMethod"] == "DNS"
        assert certificate.inputs["keyAlgorithm"] == "EC_prime256v1"


def test_with_us_east_1_as_home_one_certificate_serves_both() -> None:
    recorder = dns("us-east-1")
    assert recorder.names(CERTIFICATE) == {"dns-edge"}
    assert recorder.names("acm/certificateValidation:CertificateValidation") == {"dns-edge"}
    assert recorder.names(ALARM) == {"dns-edge-expiry"}


def test_both_certificates_share_one_validation_record_per_name() -> None:
    recorder = dns()
    records = [r for r in recorder.of(RECORD) if "validation" in r.name]
    made = {r.name: r.inputs["name"] for r in records}
    asked, *_ = (item.outputs["domainValidationOptions"] for item in recorder.of(CERTIFICATE))
    hosts = ("shop.example.com", "www.shop.example.com")
    assert made == {
        f"dns-validation-{host}": option["resourceRecordName"] for host, option in zip(hosts, asked, strict=True)
    }
    fqdns = [made[f"dns-validation-{host}"].rstrip(".") for host in hosts]
    for validation in recorder.of("acm/certificateValidation:CertificateValidation"):
        assert validation.inputs["validationRecordFqdns"] == fqdns


def test_another_certificate_leaves_the_record_of_a_host_name_alone() -> None:
    """A preview cannot know the new certificate's record, which is the one that there is."""
    validating = [r for r in dns().of(RECORD) if "validation" in r.name]
    assert [set(r.ignore_changes) for r in validating] == [{"name", "records", "type"}] * 2


def test_a_child_zone_is_found_by_its_name_servers_and_its_ds_record() -> None:
    servers = ["ns-1.awsdns-00.com", "ns-2.awsdns-01.net"]
    digest = "2371 13 2 " + "1F987CC6583E92DF0890718C42A7C3E8" * 2
    children = {"dev": {"name_servers": servers}, "staging": {"name_servers": servers, "ds_records": [digest]}}
    recorder = dns(delegations=children)
    made = {r.inputs["name"]: r.inputs for r in recorder.of(RECORD) if r.inputs["type"] == "NS"}
    assert {name: record["records"] for name, record in made.items()} == {
        "dev.example.com": servers,
        "staging.example.com": servers,
    }
    signed = [r.inputs for r in recorder.of(RECORD) if r.inputs["type"] == "DS"]
    assert [(record["name"], record["records"]) for record in signed] == [("staging.example.com", [digest])]


def test_only_amazon_may_issue_certificates_and_nobody_wildcards() -> None:
    records = dns(caa_report_to="mailto:security@example.com").inputs(RECORD, "dns-caa")
    assert records["name"] == "shop.example.com"
    assert '0 issue "amazon.com"' in records["records"]
    assert '0 issuewild ";"' in records["records"]
    assert '0 iodef "mailto:security@example.com"' in records["records"]


def test_without_authorities_there_is_no_caa_record() -> None:
    assert "dns-caa" not in dns(certificate_authorities=[]).names(RECORD)


@pytest.mark.parametrize("protect", [True, False])
def test_a_created_zone_is_protected_as_the_environment_says(protect: bool) -> None:
    zone = dns(protect=protect).one("route53/zone:Zone")
    assert zone.inputs["name"] == "example.com"
    assert zone.inputs["forceDestroy"] is not protect
    assert (zone.protect, zone.retain_on_delete) == (protect, protect)


def test_an_adopted_zone_only_gets_records() -> None:
    recorder = dns(zone=ADOPT)
    assert not recorder.of("route53/zone:Zone")
    assert not recorder.of("route53/queryLog:QueryLog"), "its owner decides about logs"
    assert {r.inputs["zoneId"] for r in recorder.of(RECORD)} == {"Z0ADOPTED"}


def test_queries_are_logged_encrypted_in_us_east_1_by_route_53_alone() -> None:
    recorder = dns()
    group = recorder.inputs("cloudwatch/logGroup:LogGroup")
    assert group["name"] == "/aws/route53/example.com", "Route 53 needs this beginning"
    assert group["region"] == "us-east-1"
    assert group["kmsKeyId"].endswith("key/edge")
    assert group["retentionInDays"] == 90
    policy = recorder.one("cloudwatch/logResourcePolicy:LogResourcePolicy")
    assert policy.inputs["region"] == "us-east-1"
    assert policy.inputs["policyName"] == "dns-queries-test", "AWS wants a name, and Pulumi makes none"
    (statement,) = policy.statements("policyDocument").values()
    assert statement["Principal"] == {"Service": "route53.amazonaws.com"}
    assert statement["Resource"] == "arn:aws:logs:us-east-1:111111111111:log-group:/aws/route53/example.com:*"
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
    assert recorder.of("route53/queryLog:QueryLog")


def test_query_logs_can_be_off() -> None:
    recorder = dns(zone={**CREATE, "query_log_days": None})
    assert not recorder.of("route53/queryLog:QueryLog")
    assert not recorder.of("cloudwatch/logGroup:LogGroup")


def test_a_signed_zone_has_an_asymmetric_key_in_us_east_1_that_route_53_may_use() -> None:
    recorder = dns(zone={**CREATE, "dnssec": True})
    key = recorder.one("kms/key:Key")
    assert key.inputs["customerMasterKeySpec"] == "ECC_NIST_P256"
    assert key.inputs["keyUsage"] == "SIGN_VERIFY"
    assert key.inputs["region"] == "us-east-1"
    signs = key.statements()["Route53Signs"]
    assert signs["Principal"] == {"Service": "dnssec-route53.amazonaws.com"}
    assert "kms:Sign" in signs["Action"]
    assert recorder.inputs("route53/keySigningKey:KeySigningKey")["name"].isalnum(), "AWS takes no hyphens"
    assert recorder.inputs("route53/hostedZoneDnsSec:HostedZoneDnsSec")["signingStatus"] == "SIGNING"


def test_an_unsigned_zone_has_no_key() -> None:
    recorder = dns()
    assert not recorder.of("kms/key:Key")
    assert not recorder.of("route53/keySigningKey:KeySigningKey")


def test_expiry_is_watched_where_each_certificate_lives() -> None:
    recorder = dns()
    edge, home = (recorder.inputs(ALARM, f"dns-{purpose}-expiry") for purpose in ("edge", "regional"))
    assert (edge["region"], edge["alarmActions"]) == ("us-east-1", [EDGE_TOPIC])
    assert "region" not in home
    assert home["alarmActions"] == [TOPIC]
    for watch in (edge, home):
        assert (watch["metricName"], watch["comparisonOperator"]) == ("DaysToExpiry", "LessThanThreshold")
        assert watch["threshold"] == 30


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"domain_name": "shop.example.org"},
            "must be a parent of shop.example.org: records outside the zone example.com",
        ),
        ({"alternative_names": ["shop.example.com"]}, "must name shop.example.com once"),
        ({"certificate_authorities": ["letsencrypt.org"]}, "must contain an authority of Amazon"),
        ({"key_algorithm": "RSA_1024"}, "Input should be 'EC_prime256v1'"),
        ({"domain_name": "*.example.com"}, "String should match pattern"),
        (
            {"delegations": {"shop": {"name_servers": ["ns-1.awsdns-00.com", "ns-2.awsdns-01.net"]}}},
            "must not be delegated: shop.example.com is a host name of this store",
        ),
        ({"zone": {"kind": "adopt", "name": "example.com"}}, "Field required"),
    ],
)
def test_settings_that_cannot_work_are_refused(sections: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message.replace("*", r"\*")):
        settings(**sections)


def test_labels_tell_names_under_the_domain_from_names_of_the_zone() -> None:
    names = ["www.shop.example.com", "www.example.com", "example.com"]
    assert settings(alternative_names=names).labelled_host_names == {
        "store": "shop.example.com",
        "www": "www.shop.example.com",
        "zone-www": "www.example.com",
        "zone": "example.com",
    }


def test_a_signed_zone_is_watched_before_resolvers_drop_it() -> None:
    signed, plain = dns(zone={**CREATE, "dnssec": True}), dns()
    watched = {
        alarm.inputs["metricName"]: alarm.inputs
        for alarm in signed.of("cloudwatch/metricAlarm:MetricAlarm")
        if alarm.name.startswith("dns-signing")
    }
    assert watched.keys() == {"DNSSECInternalFailure", "DNSSECKeySigningKeysNeedingAction"}
    for inputs in watched.values():
        assert inputs["region"] == "us-east-1", "Route 53 reports nowhere else"
        assert inputs["dimensions"].keys() == {"HostedZoneId"}
        assert inputs["period"] == 4 * 3600, "Route 53 reports no more often"
        assert inputs["alarmActions"]
    assert not [alarm for alarm in plain.of("cloudwatch/metricAlarm:MetricAlarm") if "signing" in alarm.name]
