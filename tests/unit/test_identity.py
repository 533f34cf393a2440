"""The Identity and SignIn boxes: what accounts are, who signs in how, and what leaves the user pool."""

import json
from typing import Any

import pulumi_aws as aws
import pytest

from components.identity import Triggers
from tests.unit.identity_box import (
    _OF_ADDRESSES,
    _OF_NAMES,
    ALARM,
    CLIENT,
    DOMAIN,
    LITE,
    PLUS,
    POOL,
    RECORD,
    SCOPES,
    SECRET,
    SES,
    identity,
)


def test_what_aws_fixes_for_the_life_of_a_pool_stays_as_it_is() -> None:
    """A change of any of these deletes all customer accounts: AWS replaces the user pool."""
    pool = identity().inputs(POOL)
    assert pool["usernameAttributes"] == ["email"]
    assert "aliasAttributes" not in pool
    assert pool["usernameConfiguration"] == {"caseSensitive": False}
    assert "name" not in pool, "Pulumi's own name is drawn once; another would replace the pool"
    assert pool["schemas"] == [
        {
            "name": "email",
            "attributeDataType": "String",
            "required": True,
            "mutable": True,
            "developerOnlyAttribute": False,
            "stringAttributeConstraints": {"minLength": "0", "maxLength": "2048"},
        }
    ]


def test_names_of_their_own_come_with_the_address_as_another_way_in() -> None:
    pool = identity(accounts={"sign_in_with": "username"}).inputs(POOL)
    assert pool["aliasAttributes"] == ["email", "preferred_username"]
    assert "usernameAttributes" not in pool


@pytest.mark.parametrize("protect", [True, False])
def test_accounts_are_protected_as_the_environment_says(protect: bool) -> None:
    pool = identity(protect=protect).one(POOL)
    assert pool.inputs["deletionProtection"] == ("ACTIVE" if protect else "INACTIVE")
    assert (pool.protect, pool.retain_on_delete) == (protect, protect)
    assert not pool.ignore_changes, "a difference that is not shown is one that comes with the next replacement"


def test_a_grant_lets_a_role_delete_accounts_of_this_pool_and_nothing_else() -> None:
    made = identity(check=lambda box: box.grant_delete_accounts(aws.iam.Role("consent", assume_role_policy="{}")))
    (statement,) = made.one("iam/rolePolicy:RolePolicy").statements().values()
    assert statement == {
        "Sid": "Accounts",
        "Effect": "Allow",
        "Action": "cognito-idp:AdminDeleteUser",
        "Resource": made.one(POOL).outputs["arn"],
    }


def test_addresses_prove_themselves_and_recover_accounts() -> None:
    pool = identity().inputs(POOL)
    assert pool["autoVerifiedAttributes"] == ["email"]
    assert pool["userAttributeUpdateSettings"] == {"attributesRequireVerificationBeforeUpdates": ["email"]}
    assert pool["accountRecoverySetting"]["recoveryMechanisms"] == [{"name": "verified_email", "priority": 1}]


def test_an_address_that_is_the_second_factor_recovers_nothing() -> None:
    pool = identity(email_mfa=True, email=SES).inputs(POOL)
    assert "{####}" in pool["emailMfaConfiguration"]["message"]
    assert pool["accountRecoverySetting"]["recoveryMechanisms"] == [{"name": "admin_only", "priority": 1}]


@pytest.mark.parametrize(("mfa", "value"), [("optional", "OPTIONAL"), ("required", "ON"), ("none", "OFF")])
def test_the_second_factor_is_an_authenticator_app(mfa: str, value: str) -> None:
    pool = identity(mfa=mfa, passkeys=False).inputs(POOL)
    assert pool["mfaConfiguration"] == value
    assert pool.get("softwareTokenMfaConfiguration") == (None if mfa == "none" else {"enabled": True})
    assert "smsConfiguration" not in pool


def test_passkeys_belong_to_the_sign_in_pages_and_need_the_choice_of_factors() -> None:
    recorder = identity()
    pool = recorder.inputs(POOL)
    assert pool["webAuthnConfiguration"] == {"relyingPartyId": "auth.example.com", "userVerification": "required"}
    assert pool["signInPolicy"] == {"allowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}
    assert "ALLOW_USER_AUTH" in recorder.inputs(CLIENT, "identity-clients-web")["explicitAuthFlows"]


def test_without_passkeys_a_password_is_the_only_first_factor() -> None:
    recorder = identity(passkeys=False)
    assert recorder.inputs(POOL)["signInPolicy"] == {"allowedFirstAuthFactors": ["PASSWORD"]}
    assert recorder.inputs(CLIENT, "identity-clients-web")["explicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"]


def test_the_cheapest_plan_asks_for_nothing_that_it_lacks() -> None:
    recorder = identity(**LITE)
    pool = recorder.inputs(POOL)
    assert not {"signInPolicy", "webAuthnConfiguration", "userPoolAddOns"} & pool.keys()
    assert "passwordHistorySize" not in pool["passwordPolicy"]
    assert recorder.inputs(DOMAIN)["managedLoginVersion"] == 1
    assert not recorder.of("cognito/managedLoginBranding:ManagedLoginBranding")


@pytest.mark.parametrize("label", ["web", "mobile"])
def test_customers_clients_are_public_and_use_the_code_flow_alone(label: str) -> None:
    recorder = identity(
        scopes=SCOPES,
        web={"scopes": ["orders.read"]},
        mobile={"scopes": ["orders.read"], "callback_urls": ["com.example.shop://callback"]},
        custom_attributes={"rank": {}, "number": {"customers_read": True}},
    )
    client = recorder.inputs(CLIENT, f"identity-clients-{label}")
    assert client["generateSecret"] is False
    assert client["allowedOauthFlows"] == ["code"]
    assert client["allowedOauthScopes"] == ["email", "openid", "profile", "store/orders.read"]
    assert client["preventUserExistenceErrors"] == "ENABLED"
    assert client["enableTokenRevocation"] is True
    assert client["refreshTokenRotation"]["feature"] == "ENABLED"
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in client["explicitAuthFlows"], "AWS refuses it beside rotation"
    assert not {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"} & set(client["explicitAuthFlows"])
    assert (client["accessTokenValidity"], client["tokenValidityUnits"]["accessToken"]) == (15, "minutes")
    assert not [name for name in client["writeAttributes"] if name.startswith("custom:")]
    assert "email" in client["writeAttributes"], "Cognito wants required attributes written by the client"
    assert [name for name in client["readAttributes"] if name.startswith("custom:")] == ["custom:number"]


def test_codes_go_to_the_store_s_host_names_only() -> None:
    client = identity(web={"extra_urls": ["http://localhost:8080/auth/callback"]}).inputs(
        CLIENT, "identity-clients-web"
    )
    assert client["callbackUrls"] == [
        "http://localhost:8080/auth/callback",
        "https://example.com/auth/callback",
        "https://www.example.com/auth/callback",
    ]
    assert "https://example.com/" in client["logoutUrls"]


def test_a_machine_has_its_own_client_whose_secret_is_kept_encrypted() -> None:
    recorder = identity(scopes=SCOPES, machines={"oms": {"scopes": ["orders.write"]}})
    client = recorder.inputs(CLIENT, "identity-clients-machine-oms")
    assert client["generateSecret"] is True
    assert client["allowedOauthFlows"] == ["client_credentials"]
    assert client["allowedOauthScopes"] == ["store/orders.write"]
    assert client["explicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"], "nobody signs in through it"
    secret = recorder.inputs("secretsmanager/secret:Secret")
    assert secret["kmsKeyId"].endswith("key/secrets")
    version = recorder.one(SECRET)
    assert "secretString" in version.secret_inputs
    assert json.loads(version.inputs["secretString"]) == {
        "client_id": "identity-clients-machine-oms",
        "client_secret": recorder.one(CLIENT, "identity-clients-machine-oms").outputs["clientSecret"],
        "token_url": "https://auth.example.com/oauth2/token",
    }


def test_no_machine_means_no_secret() -> None:
    recorder = identity()
    assert not recorder.of(SECRET)
    assert not [client for client in recorder.of(CLIENT) if client.inputs["generateSecret"]]


def test_scopes_of_settings_and_services_are_declared_once() -> None:
    seen: list[Any] = []
    recorder = identity(
        scopes=SCOPES, service_scopes={"carts.read": "See carts"}, check=lambda box: seen.append(box.scopes)
    )
    server = recorder.inputs("cognito/resourceServer:ResourceServer")
    assert server["identifier"] == "store"
    assert [scope["scopeName"] for scope in server["scopes"]] == ["carts.read", "orders.read", "orders.write"]
    assert seen == [{name: f"store/{name}" for name in ("carts.read", "orders.read", "orders.write")}]


def test_groups_are_ranked() -> None:
    groups = identity().of("cognito/userGroup:UserGroup")
    assert {group.inputs["name"]: group.inputs["precedence"] for group in groups} == {
        "admin": 0,
        "support": 10,
        "customer": 20,
    }


def test_triggers_are_called_by_this_pool_only() -> None:
    function = "arn:aws:lambda:eu-west-1:111111111111:function:welcome"
    recorder = identity(triggers=Triggers(post_confirmation=function, pre_token_generation=function))
    config = recorder.inputs(POOL)["lambdaConfig"]
    assert config == {
        "postConfirmation": function,
        "preTokenGeneration": function,
        "preTokenGenerationConfig": {"lambdaArn": function, "lambdaVersion": "V2_0"},
    }
    permissions = recorder.of("lambda/permission:Permission")
    assert {p.name for p in permissions} == {"identity-post-confirmation", "identity-pre-token-generation"}
    for permission in permissions:
        assert permission.inputs["principal"] == "cognito-idp.amazonaws.com"
        assert permission.inputs["sourceAccount"] == "111111111111"
        assert permission.inputs["sourceArn"].endswith(":userpool/eu-west-1_identity")


def test_without_triggers_cognito_calls_nobody() -> None:
    recorder = identity()
    assert "lambdaConfig" not in recorder.inputs(POOL)
    assert not recorder.of("lambda/permission:Permission")


def test_threats_are_stopped_and_customers_told() -> None:
    recorder = identity(**PLUS, email=SES)
    assert recorder.inputs(POOL)["userPoolAddOns"] == {
        "advancedSecurityMode": "ENFORCED",
        "advancedSecurityAdditionalFlows": {"customAuthMode": "ENFORCED"},
    }
    risk = recorder.inputs("cognito/riskConfiguration:RiskConfiguration")
    assert risk["compromisedCredentialsRiskConfiguration"]["actions"] == {"eventAction": "BLOCK"}
    takeover = risk["accountTakeoverRiskConfiguration"]
    assert takeover["actions"]["highAction"] == {"eventAction": "BLOCK", "notify": True}
    assert takeover["notifyConfiguration"]["sourceArn"] == SES["identity_arn"]
    assert "{ip-address}" in takeover["notifyConfiguration"]["blockEmail"]["textBody"]
    metrics = {alarm.inputs["metricName"] for alarm in recorder.of(ALARM) if "threats" in alarm.name}
    assert metrics == {"CompromisedCredentialRisk", "AccountTakeoverRisk"}


def test_an_audit_reports_and_does_nothing() -> None:
    recorder = identity(tier="PLUS", threat_protection="audit")
    assert recorder.inputs(POOL)["userPoolAddOns"]["advancedSecurityMode"] == "AUDIT"
    assert not recorder.of("cognito/riskConfiguration:RiskConfiguration")


@pytest.mark.parametrize(
    ("sections", "sources"),
    [({}, {"userNotification": "ERROR"}), (PLUS, {"userNotification": "ERROR", "userAuthEvents": "INFO"})],
)
def test_events_are_logged_as_far_as_the_plan_goes(sections: dict, sources: dict) -> None:
    recorder = identity(**sections)
    delivery = recorder.inputs("cognito/logDeliveryConfiguration:LogDeliveryConfiguration")["logConfigurations"]
    assert {entry["eventSource"]: entry["logLevel"] for entry in delivery} == sources
    group = recorder.inputs("cloudwatch/logGroup:LogGroup", "identity-events")
    assert group["kmsKeyId"].endswith("key/logs")
    assert group["name"] == "/aws/vendedlogs/identity-test", "a stack's name keeps two stacks of an account apart"


def test_the_pool_is_behind_a_web_acl_without_the_groups_that_cognito_refuses() -> None:
    recorder = identity()
    association = recorder.inputs("wafv2/webAclAssociation:WebAclAssociation")
    assert association["resourceArn"].endswith(":userpool/eu-west-1_identity")
    rules = json.dumps(recorder.inputs("wafv2/webAcl:WebAcl")["rules"])
    assert "AWSManagedRulesCommonRuleSet" in rules
    assert "ATPRuleSet" not in rules
    assert "ACFPRuleSet" not in rules


def test_its_rate_limits_do_not_count_the_web_tier_which_fetches_the_tokens_of_all_customers() -> None:
    recorder = identity()
    own = recorder.one("wafv2/ipSet:IpSet")
    assert own.inputs["addresses"] == ["198.51.100.1/32", "198.51.100.2/32"]
    assert own.outputs["arn"] in json.dumps(recorder.inputs("wafv2/webAcl:WebAcl")["rules"])


@pytest.mark.parametrize(
    ("web", "counted"),
    [
        ([], []),
        (["https://preview.example.com/auth/callback"], []),
        (["https://localhost.example.com/auth/callback"], []),
        (["https://[::1"], _OF_ADDRESSES),
        (["http://localhost:8080/auth/callback"], _OF_NAMES),
        (["https://localhost/auth/callback"], _OF_NAMES),
        (["https://shop.localhost:8443/auth/callback"], _OF_NAMES),
        (["https://127.0.0.1:4200/auth/callback"], _OF_ADDRESSES),
        (["https://user@10.0.0.7?x=1"], _OF_ADDRESSES),
        (["https://[::1]:8443/auth/callback"], _OF_ADDRESSES),
    ],
)
def test_sign_ins_may_return_to_a_developer_s_machine(web: list[str], counted: list[str]) -> None:
    recorder = identity(web={"extra_urls": web}, web_acl={"common": {"count_only": ["SizeRestrictions_BODY"]}})
    rules = {rule["name"]: rule for rule in recorder.inputs("wafv2/webAcl:WebAcl")["rules"]}
    group = rules["common"]["statement"]["managedRuleGroupStatement"]
    assert [override["name"] for override in group["ruleActionOverrides"]] == sorted(
        [*counted, "SizeRestrictions_BODY"]
    )
    assert rules["common"]["overrideAction"] == {"none": {}}, "every other rule blocks"


def test_the_web_acl_can_be_off() -> None:
    assert not identity(web_acl=None).of("wafv2/webAclAssociation:WebAclAssociation")


def test_throttled_and_failing_sign_ins_are_heard_of_per_client() -> None:
    recorder = identity(failed_sign_ins_percent=30)
    failures = recorder.inputs(ALARM, "identity-web-sign-in-failures")
    assert (failures["statistic"], failures["comparisonOperator"]) == ("Average", "LessThanThreshold")
    assert failures["threshold"] == pytest.approx(0.7)
    assert failures["dimensions"] == {"UserPool": "eu-west-1_identity", "UserPoolClient": "identity-clients-web"}
    throttled = {a.inputs["metricName"] for a in recorder.of(ALARM) if a.name.endswith("-throttled")}
    assert throttled == {"SignInThrottles", "SignUpThrottles", "TokenRefreshThrottles"}


def test_credentials_are_for_signed_in_customers_only() -> None:
    recorder = identity(identity_pool=True)
    pool = recorder.inputs("cognito/identityPool:IdentityPool")
    assert pool["allowUnauthenticatedIdentities"] is False
    assert pool["allowClassicFlow"] is False
    (provider,) = pool["cognitoIdentityProviders"]
    assert provider["serverSideTokenCheck"] is True
    (trust,) = recorder.one("iam/role:Role").statements("assumeRolePolicy").values()
    assert trust["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
    assert trust["Condition"]["StringEquals"]["cognito-identity.amazonaws.com:aud"] == "eu-west-1:identity-credentials"
    assert trust["Condition"]["ForAnyValue:StringLike"] == {"cognito-identity.amazonaws.com:amr": "authenticated"}
    roles = recorder.inputs("cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment")["roles"]
    assert roles.keys() == {"authenticated"}
    assert not recorder.of("iam/rolePolicy:RolePolicy")


def test_an_identity_pool_is_off_by_default() -> None:
    assert not identity().of("cognito/identityPool:IdentityPool")


def test_sign_in_pages_have_the_store_s_name_with_a_certificate_of_their_own() -> None:
    recorder = identity()
    certificate = recorder.inputs("acm/certificate:Certificate", "sign-in")
    assert (certificate["region"], certificate["domainName"]) == ("us-east-1", "auth.example.com")
    assert recorder.inputs(ALARM, "sign-in-expiry")["region"] == "us-east-1"
    domain = recorder.inputs(DOMAIN)
    assert (domain["domain"], domain["managedLoginVersion"]) == ("auth.example.com", 2)
    for kind in ("a", "aaaa"):
        pointer = recorder.inputs(RECORD, f"sign-in-{kind}")
        assert (pointer["name"], pointer["type"]) == ("auth.example.com", kind.upper())
        assert pointer["aliases"][0]["name"] == "dsign-in.cloudfront.net"


def test_sign_in_pages_under_a_name_of_cognito_s_need_neither_certificate_nor_records() -> None:
    recorder = identity(domain={"kind": "prefix"})
    assert recorder.inputs(DOMAIN)["domain"] == "store-test-111111111111"
    assert recorder.inputs(POOL)["webAuthnConfiguration"]["relyingPartyId"] == (
        "store-test-111111111111.auth.eu-west-1.amazoncognito.com"
    )
    assert "sign-in" not in recorder.names("acm/certificate:Certificate")
    assert not [entry for entry in recorder.of(RECORD) if entry.name.startswith("sign-in")]


def test_every_customer_client_has_a_style_without_which_managed_login_shows_an_error() -> None:
    recorder = identity(mobile={"callback_urls": ["com.example.shop://callback"]})
    styles = recorder.of("cognito/managedLoginBranding:ManagedLoginBranding")
    assert {style.inputs["clientId"] for style in styles} == {"identity-clients-web", "identity-clients-mobile"}
    assert all(style.inputs["useCognitoProvidedValues"] is True for style in styles)


def test_a_colour_of_the_store_takes_the_place_of_cognito_s() -> None:
    style = identity(button_color="1d4ed8").inputs("cognito/managedLoginBranding:ManagedLoginBranding")
    assert "useCognitoProvidedValues" not in style, "AWS takes one of the two"
    assert "1d4ed8ff" in style["settings"]
