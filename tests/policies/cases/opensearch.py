"""OpenSearch: domains and serverless collections."""

from tests.policies.cases.helpers.customer_keys import AWS_KEY
from tests.policies.support import CULPRIT, DROP, KEY, UNKNOWN, Cases, edit, res

_DOMAIN = {
    "encryptAtRest": {"enabled": True, "kmsKeyId": KEY},
    "domainEndpointOptions": {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
    "nodeToNodeEncryption": {"enabled": True},
}


def domain(changes=None, token="opensearch/domain:Domain"):
    return res(token, CULPRIT, edit(_DOMAIN, changes or {}))


def search(**props):
    return res("opensearch/domain:Domain", CULPRIT, props)


def secured_search(token="opensearch/domain:Domain", **options):
    return res(token, CULPRIT, {"advancedSecurityOptions": options} if options else {})


_ALL_LOGS = ("AUDIT_LOGS", "ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS")


def logging_search(*kinds, **more):
    options = [{"logType": kind, "cloudwatchLogGroupArn": UNKNOWN, **more} for kind in kinds]
    return res("opensearch/domain:Domain", CULPRIT, {"logPublishingOptions": options})


def collections(text, type_="network"):
    kind = "opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
    return res(kind, CULPRIT, {"type": type_, "policy": text})


_CLUSTER = {
    "clusterConfig": {
        "zoneAwarenessEnabled": True,
        "instanceCount": 3,
        "dedicatedMasterEnabled": True,
        "dedicatedMasterCount": 3,
    }
}


def spread_search(changes=None):
    return res("opensearch/domain:Domain", CULPRIT, edit(_CLUSTER, changes or {}))


CASES = {
    "opensearch-domain-encryption-at-rest": Cases(
        good={
            "customer managed key": [domain()],
            "collections under a customer managed key": [
                collections(
                    '{"Rules": [], "AWSOwnedKey": false, "KmsARN": "arn:aws:kms:eu-west-1:1:key/a"}', "encryption"
                )
            ],
            "network of collections": [collections('[{"AllowFromPublic": false}]')],
            "policy of collections not known": [collections(UNKNOWN, "encryption")],
            "twin token": [domain(token="elasticsearch/domain:Domain")],
        },
        bad={
            "not set": [domain({"encryptAtRest": DROP})],
            "off": [domain({"encryptAtRest.enabled": False})],
            "collections under a key of AWS": [collections('{"Rules": [], "AWSOwnedKey": true}', "encryption")],
            "collections without a key": [collections('{"Rules": []}', "encryption")],
            "no customer managed key": [domain({"encryptAtRest.kmsKeyId": DROP})],
            "twin token": [domain({"encryptAtRest": DROP}, "elasticsearch/domain:Domain")],
            "AWS managed key": [domain({"encryptAtRest": {"enabled": True, "kmsKeyId": f"{AWS_KEY}es"}})],
        },
        config=[
            ({"customer_key": False}, [domain({"encryptAtRest.kmsKeyId": DROP})], False),
            ({"customer_key": False}, [collections('{"Rules": [], "AWSOwnedKey": true}', "encryption")], False),
        ],
    ),
    "opensearch-domain-fine-grained-access": Cases(
        good={"on": [secured_search(enabled=True)], "not known": [secured_search(enabled=UNKNOWN)]},
        bad={
            "off": [secured_search(enabled=False)],
            "not set": [secured_search()],
            "anonymous": [secured_search(enabled=True, anonymousAuthEnabled=True)],
            "elasticsearch token": [secured_search("elasticsearch/domain:Domain")],
        },
    ),
    "opensearch-domain-https": Cases(
        good={"modern": [domain()], "by default": [domain({"domainEndpointOptions.enforceHttps": DROP})]},
        bad={
            "not set": [domain({"domainEndpointOptions": DROP})],
            "off": [domain({"domainEndpointOptions.enforceHttps": False})],
            "old TLS": [domain({"domainEndpointOptions.tlsSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"})],
            "TLS not set": [domain({"domainEndpointOptions.tlsSecurityPolicy": DROP})],
        },
        config=[({"accepted": ["Policy-Min-TLS-1-3-*"]}, [domain()], True)],
    ),
    "opensearch-domain-in-vpc": Cases(
        good={
            "subnets": [search(vpcOptions={"subnetIds": [UNKNOWN]})],
            "collection inside": [collections('[{"AllowFromPublic": false, "SourceVPCEs": ["vpce-1"]}]')],
        },
        bad={
            "not set": [search()],
            "empty": [search(vpcOptions={"subnetIds": []})],
            "public collection": [collections('[{"Rules": [], "AllowFromPublic": true}]')],
        },
    ),
    "opensearch-domain-logs": Cases(
        good={"all": [logging_search(*_ALL_LOGS)]},
        bad={
            "none": [logging_search()],
            "no audit": [logging_search(*_ALL_LOGS[1:])],
            "off": [logging_search(*_ALL_LOGS, enabled=False)],
        },
        config=[({"logs": ["AUDIT_LOGS"]}, [logging_search("AUDIT_LOGS")], False)],
    ),
    "opensearch-domain-multi-az": Cases(
        good={
            "zone awareness": [spread_search()],
            "standby": [
                spread_search(
                    {"clusterConfig.zoneAwarenessEnabled": DROP, "clusterConfig.multiAzWithStandbyEnabled": True}
                )
            ],
        },
        bad={
            "nothing set": [spread_search({"clusterConfig": DROP})],
            "no awareness": [spread_search({"clusterConfig.zoneAwarenessEnabled": False})],
            "two data nodes": [spread_search({"clusterConfig.instanceCount": 2})],
            "no masters": [spread_search({"clusterConfig.dedicatedMasterEnabled": DROP})],
            "two masters": [spread_search({"clusterConfig.dedicatedMasterCount": 2})],
        },
        config=[({"data_nodes": 6}, [spread_search()], True)],
    ),
    "opensearch-domain-node-to-node-encryption": Cases(
        good={"on": [domain()]},
        bad={
            "not set": [domain({"nodeToNodeEncryption": DROP})],
            "off": [domain({"nodeToNodeEncryption.enabled": False})],
        },
    ),
}
