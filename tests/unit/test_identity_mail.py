"""Mail of the user pool: the store's domain as its sender."""

import pytest

from tests.unit.identity_box import ALARM, OWN_SES, PLUS, POOL, RECORD, SES, VERIFIED, identity


def test_the_pool_sends_from_the_store_s_domain_once_its_dkim_records_have_verified_it() -> None:
    recorder = identity(email=OWN_SES)
    made = recorder.one("sesv2/emailIdentity:EmailIdentity")
    assert made.inputs["emailIdentity"] == "example.com"
    tokens = made.outputs["dkimSigningAttributes"]["tokens"]
    dkim = {r.inputs["name"]: r.inputs["records"] for r in recorder.of(RECORD) if "dkim" in r.name}
    assert dkim == {f"{token}._domainkey.example.com": [f"{token}.dkim.amazonses.com"] for token in tokens}
    assert len(dkim) == 3
    verified = recorder.one(VERIFIED)
    assert (verified.inputs["domain"], verified.create_timeout) == ("example.com", "75m")
    sender = recorder.inputs(POOL)["emailConfiguration"]
    assert sender["emailSendingAccount"] == "DEVELOPER"
    assert sender["sourceArn"] == verified.outputs["arn"]
    order = [resource.name for resource in recorder.resources if resource.type.startswith("aws:")]
    types = [resource.type for resource in recorder.resources if resource.type.startswith("aws:")]
    waits = max(position for position, name in enumerate(order) if name.startswith("identity-mail-dkim"))
    assert waits < types.index(f"aws:{VERIFIED}") < types.index(f"aws:{POOL}")


@pytest.mark.parametrize(
    ("region", "domain"), [("eu-south-1", "dkim.eu-south-1.amazonses.com"), ("us-east-1", "dkim.amazonses.com")]
)
def test_dkim_keys_are_where_the_region_keeps_them(region: str, domain: str) -> None:
    recorder = identity(email=OWN_SES, region=region)
    values = [r.inputs["records"][0] for r in recorder.of(RECORD) if "dkim" in r.name]
    assert {value.partition(".")[2] for value in values} == {domain}
    mx = recorder.inputs(RECORD, "identity-mail-mail-from-mx")
    assert mx["records"] == [f"10 feedback-smtp.{region}.amazonses.com"]


def test_receivers_learn_who_sends_for_the_store() -> None:
    recorder = identity(email={**OWN_SES, "dmarc": {"policy": "reject", "report_to": "dmarc@example.com"}})
    texts = {r.inputs["name"]: r.inputs["records"] for r in recorder.of(RECORD) if r.inputs["type"] == "TXT"}
    assert texts == {
        "mail.example.com": ["v=spf1 include:amazonses.com -all"],
        "_dmarc.example.com": ["v=DMARC1; p=reject; rua=mailto:dmarc@example.com"],
    }
    attributes = recorder.inputs(":EmailIdentityMailFromAttributes")
    assert attributes["mailFromDomain"] == "mail.example.com"
    assert "identity-mail-dmarc" not in identity(email={**OWN_SES, "dmarc": None}).names(RECORD)


def test_messages_leave_over_tls_and_what_returns_is_counted_and_watched() -> None:
    recorder = identity(email=OWN_SES)
    deliveries = recorder.inputs("sesv2/configurationSet:ConfigurationSet")
    assert deliveries["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}
    assert deliveries["suppressionOptions"] == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}
    name = deliveries["configurationSetName"]
    assert recorder.inputs(POOL)["emailConfiguration"]["configurationSet"] == name
    counted = recorder.inputs(":ConfigurationSetEventDestination")["eventDestination"]
    assert {"BOUNCE", "COMPLAINT"} <= set(counted["matchingEventTypes"])
    alarms = {a.name: a.inputs for a in recorder.of(ALARM) if a.name.startswith("identity-mail")}
    assert {name: (a["metricName"], a["threshold"]) for name, a in alarms.items()} == {
        "identity-mail-bounces": ("Reputation.BounceRate", 0.05),
        "identity-mail-complaints": ("Reputation.ComplaintRate", 0.001),
    }
    assert {tuple(a["dimensions"].items()) for a in alarms.values()} == {(("ses:configuration-set", name),)}


def test_user_pools_of_the_account_alone_send_in_the_store_s_name() -> None:
    (statement,) = identity(email=OWN_SES).one(":EmailIdentityPolicy").statements().values()
    assert statement["Principal"] == {"Service": "email.cognito-idp.amazonaws.com"}
    assert statement["Action"] == ["ses:SendEmail", "ses:SendRawEmail"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/*"},
    }


def test_an_identity_of_somebody_else_is_used_and_left_alone() -> None:
    recorder = identity(email={**SES, "configuration_set": "theirs"})
    assert not recorder.of("sesv2/emailIdentity:EmailIdentity")
    assert not recorder.of(VERIFIED)
    sender = recorder.inputs(POOL)["emailConfiguration"]
    assert (sender["sourceArn"], sender["configurationSet"]) == (SES["identity_arn"], "theirs")


def test_without_ses_nobody_is_promised_a_message() -> None:
    recorder = identity(**PLUS)
    assert recorder.inputs(POOL)["emailConfiguration"] == {"emailSendingAccount": "COGNITO_DEFAULT"}
    takeover = recorder.inputs("cognito/riskConfiguration:RiskConfiguration")["accountTakeoverRiskConfiguration"]
    assert "notifyConfiguration" not in takeover
    assert not [action for action in takeover["actions"].values() if action["notify"]]


def test_codes_reach_everybody_while_ses_is_in_its_sandbox() -> None:
    recorder = identity(email={**OWN_SES, "account_messages": "cognito"}, **PLUS)
    assert recorder.inputs(POOL)["emailConfiguration"] == {"emailSendingAccount": "COGNITO_DEFAULT"}
    takeover = recorder.inputs("cognito/riskConfiguration:RiskConfiguration")["accountTakeoverRiskConfiguration"]
    assert "notifyConfiguration" not in takeover
    assert recorder.of(VERIFIED), "messages about orders have the domain as their sender"
    assert not recorder.of(":EmailIdentityPolicy"), "no user pool sends in the store's name"


@pytest.mark.parametrize(
    ("name", "mailbox"),
    [
        ("Web Store", "Web Store <no-reply@example.com>"),
        ("Example, Inc.", '"Example, Inc." <no-reply@example.com>'),
        ("Müller", "=?utf-8?q?M=C3=BCller?= <no-reply@example.com>"),
    ],
)
def test_a_name_of_any_kind_is_one_sender(name: str, mailbox: str) -> None:
    recorder = identity(email={**OWN_SES, "from_name": name}, **PLUS)
    assert recorder.inputs(POOL)["emailConfiguration"]["fromEmailAddress"] == mailbox
    takeover = recorder.inputs("cognito/riskConfiguration:RiskConfiguration")["accountTakeoverRiskConfiguration"]
    assert takeover["notifyConfiguration"]["from"] == mailbox
