"""Cognito pools, authorisation of APIs, caches, search and Kafka."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, edit, res

_PASSWORDS = {"minimumLength": 12, "requireLowercase": True, "requireUppercase": True, "requireNumbers": True}
_CLIENT = {
    "allowedOauthFlows": ["code"],
    "preventUserExistenceErrors": "ENABLED",
    "callbackUrls": ["https://store.example.com/signed-in", "http://localhost:3000"],
}
_REST = res("apigateway/restApi:RestApi", "api", {"id": "api1"})
_PRIVATE = res("apigateway/restApi:RestApi", "api", {"endpointConfiguration": {"types": "PRIVATE"}})
_HTTP = res("apigatewayv2/api:Api", "api", {"protocolType": "HTTP"})
_SOCKET = res("apigatewayv2/api:Api", "api", {"protocolType": "WEBSOCKET"})


def pool(**props):
    return res("cognito/userPool:UserPool", CULPRIT, props)


def guests(**props):
    return res("cognito/identityPool:IdentityPool", CULPRIT, props)


def client(**changes):
    return res("cognito/userPoolClient:UserPoolClient", CULPRIT, edit(_CLIENT, changes))


def method(api=_REST, **props):
    return res(
        "apigateway/method:Method",
        CULPRIT,
        {"restApi": UNKNOWN, "httpMethod": "GET", **props},
        refers={"restApi": [api]},
    )


def route(api=_HTTP, **props):
    return res(
        "apigatewayv2/route:Route",
        CULPRIT,
        {"apiId": UNKNOWN, "routeKey": "GET /orders", **props},
        refers={"apiId": [api]},
    )


def search(token="opensearch/domain:Domain", **options):
    return res(token, CULPRIT, {"advancedSecurityOptions": options} if options else {})


def kafka(**ways):
    return res("msk/cluster:Cluster", CULPRIT, {"clientAuthentication": ways} if ways else {})


def cache(**props):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, props)


def user(**props):
    return res("elasticache/user:User", CULPRIT, {"accessString": "on ~* +@all", **props})


CASES = {
    "cognito-identity-pool-no-guests": Cases(
        good={"off": [guests(allowUnauthenticatedIdentities=False)], "not set": [guests()]},
        bad={
            "guests": [guests(allowUnauthenticatedIdentities=True)],
            "classic flow": [guests(allowClassicFlow="true")],
        },
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
    "cognito-user-pool-client-careful": Cases(
        good={"careful": [client()], "scheme of an app": [client(callbackUrls=["store://signed-in"])]},
        bad={
            "implicit": [client(allowedOauthFlows=["code", "implicit"])],
            "errors tell": [client(preventUserExistenceErrors="LEGACY")],
            "errors not set": [client(preventUserExistenceErrors=None)],
            "no revocation": [client(enableTokenRevocation=False)],
            "plain callback": [client(callbackUrls=["http://store.example.com"])],
        },
    ),
    "apigateway-method-authorized": Cases(
        good={
            "by IAM": [_REST, method(authorization="AWS_IAM")],
            "preflight": [_REST, method(authorization="NONE", httpMethod="OPTIONS")],
            "private API": [_PRIVATE, method(_PRIVATE, authorization="NONE")],
            "JWT": [_HTTP, route(authorizationType="JWT")],
            "message of a socket": [_SOCKET, route(_SOCKET, routeKey="sendmessage")],
            "not known": [_REST, method(authorization=UNKNOWN)],
        },
        bad={
            "method open": [_REST, method(authorization="NONE")],
            "route open": [_HTTP, route(authorizationType="NONE")],
            "route not set": [_HTTP, route()],
            "socket opened by anybody": [_SOCKET, route(_SOCKET, routeKey="$connect")],
        },
        config=[
            ({"public": ["GET /ord*"]}, [_HTTP, route()], False),
            ({"public": ["POST *"]}, [_HTTP, route()], True),
        ],
    ),
    "opensearch-domain-fine-grained-access": Cases(
        good={"on": [search(enabled=True)], "not known": [search(enabled=UNKNOWN)]},
        bad={
            "off": [search(enabled=False)],
            "not set": [search()],
            "anonymous": [search(enabled=True, anonymousAuthEnabled=True)],
            "elasticsearch token": [search("elasticsearch/domain:Domain")],
        },
    ),
    "msk-cluster-client-authentication": Cases(
        good={
            "IAM": [kafka(sasl={"iam": True})],
            "SCRAM": [kafka(sasl={"scram": True}, unauthenticated=False)],
            "certificates": [kafka(tls={"certificateAuthorityArns": [UNKNOWN]})],
        },
        bad={
            "not set": [kafka()],
            "everybody too": [kafka(sasl={"iam": True}, unauthenticated=True)],
            "all off": [kafka(sasl={"iam": False})],
        },
    ),
    "elasticache-cache-authentication": Cases(
        good={
            "users": [cache(userGroupIds=[UNKNOWN])],
            "token": [cache(authToken=UNKNOWN)],
            "user by IAM": [user(authenticationMode={"type": "iam"})],
            "default user switched off": [user(accessString="off ~keys* -@all", noPasswordRequired=True)],
        },
        bad={
            "nothing": [cache()],
            "empty list": [cache(userGroupIds=[])],
            "no password": [user(noPasswordRequired=True)],
            "no password by mode": [user(authenticationMode={"type": "no-password-required"})],
        },
    ),
    "elasticache-cache-snapshots": Cases(
        good={
            "kept": [cache(snapshotRetentionLimit=7)],
            "memcached": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT, {"engine": "memcached"})],
            "secondary": [cache(globalReplicationGroupId=UNKNOWN)],
        },
        bad={
            "not set": [cache()],
            "none": [cache(snapshotRetentionLimit=0)],
            "serverless": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT, {"engine": "valkey"})],
        },
        config=[({"days": 14}, [cache(snapshotRetentionLimit=7)], True)],
    ),
}
