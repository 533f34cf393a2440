"""Cognito: user pools, their clients, identity pools."""

from tests.policies.cases.helpers.web_acls import acl, association
from tests.policies.support import CULPRIT, Cases, edit, res

_PASSWORDS = {"minimumLength": 12, "requireLowercase": True, "requireUppercase": True, "requireNumbers": True}
_CLIENT = {
    "allowedOauthFlows": ["code"],
    "preventUserExistenceErrors": "ENABLED",
    "callbackUrls": ["https://store.example.com/signed-in", "http://localhost:3000"],
}


def pool(**props):
    return res("cognito/userPool:UserPool", CULPRIT, props)


def guests(**props):
    return res("cognito/identityPool:IdentityPool", CULPRIT, props)


def client(**changes):
    return res("cognito/userPoolClient:UserPoolClient", CULPRIT, edit(_CLIENT, changes))


_POOL = res("cognito/userPool:UserPool", CULPRIT, {"name": "shoppers"})

CASES = {
    "cognito-identity-pool-no-guests": Cases(
        good={"off": [guests(allowUnauthenticatedIdentities=False)], "not set": [guests()]},
        bad={
            "guests": [guests(allowUnauthenticatedIdentities=True)],
            "classic flow": [guests(allowClassicFlow="true")],
        },
    ),
    "cognito-user-pool-client-careful": Cases(
        good={
            "careful": [client()],
            "scheme of an app": [client(callbackUrls=["store://signed-in"])],
            "machine": [
                client(allowedOauthFlows=["client_credentials"], preventUserExistenceErrors=None, callbackUrls=[])
            ],
        },
        bad={
            "implicit": [client(allowedOauthFlows=["code", "implicit"])],
            "existence errors": [client(preventUserExistenceErrors="LEGACY")],
            "errors not set": [client(preventUserExistenceErrors=None)],
            "no revocation": [client(enableTokenRevocation=False)],
            "plain callback": [client(callbackUrls=["http://store.example.com"])],
        },
    ),
    "cognito-user-pool-deletion-protection": Cases(
        good={"active": [pool(deletionProtection="ACTIVE")]},
        bad={"not set": [pool()], "off": [pool(deletionProtection="INACTIVE")]},
    ),
    "cognito-user-pool-mfa": Cases(
        good={"on": [pool(mfaConfiguration="ON")], "optional": [pool(mfaConfiguration="OPTIONAL")]},
        bad={"off": [pool(mfaConfiguration="OFF")], "not set": [pool()]},
        config=[({"accepted": ["ON"]}, [pool(mfaConfiguration="OPTIONAL")], True)],
    ),
    "cognito-user-pool-password-policy": Cases(
        good={"strong": [pool(passwordPolicy=_PASSWORDS)], "Cognito's own": [pool()]},
        bad={
            "short": [pool(passwordPolicy=edit(_PASSWORDS, {"minimumLength": 6}))],
            "length not set": [pool(passwordPolicy=edit(_PASSWORDS, {"minimumLength": None}))],
            "no numbers": [pool(passwordPolicy=edit(_PASSWORDS, {"requireNumbers": False}))],
        },
        config=[({"length": 14}, [pool(passwordPolicy=_PASSWORDS)], True)],
    ),
    "cognito-user-pool-threat-protection": Cases(
        good={"enforced": [pool(userPoolAddOns={"advancedSecurityMode": "ENFORCED"}, userPoolTier="PLUS")]},
        bad={
            "not set": [pool()],
            "audit": [pool(userPoolAddOns={"advancedSecurityMode": "AUDIT"})],
            "tier without it": [pool(userPoolAddOns={"advancedSecurityMode": "ENFORCED"}, userPoolTier="ESSENTIALS")],
        },
    ),
    "cognito-user-pool-web-acl": Cases(
        good={"associated": [_POOL, acl("acl"), association(acl("acl"), _POOL)]},
        bad={
            "no association": [_POOL],
            "a group that Cognito refuses": [
                _POOL,
                acl("acl", groups=("CommonRuleSet", "ATPRuleSet")),
                association(acl("acl"), _POOL),
            ],
        },
    ),
}
