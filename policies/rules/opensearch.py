"""OpenSearch: domains and serverless collections."""

import fnmatch
from collections.abc import Iterator

from policies.library.documents import parse
from policies.library.folded import fold
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_text, read

DOMAIN = "opensearch/domain"
_SECURITY_POLICY = "opensearch/serverlessSecurityPolicy"
"""Of collections: `type` is encryption or network."""
_TEXTS = {"type": "array", "items": {"type": "string"}}


@rule(
    "opensearch-domain-encryption-at-rest",
    control="ENC-06",
    pack="encryption",
    title="Search domains and collections are encrypted at rest",
    why="indices hold the catalogue and customers' searches",
    fix="set encrypt_at_rest to enabled true with kms_key_id of a customer managed key; in the encryption policy of"
    " collections set AWSOwnedKey to false and KmsARN to one",
    severity="high",
    dev="mandatory",
    kinds=(DOMAIN, _SECURITY_POLICY),
    paths=("encryptAtRest.enabled", "encryptAtRest.kmsKeyId", "opensearch/serverlessSecurityPolicy · policy"),
    references=(
        "fsbp:OpenSearch.1",
        "cdk-nag:OS8",
        "checkov:CKV_AWS_5",
        "checkov:CKV_AWS_247",
        "trivy:AVD-AWS-0048",
    ),
    settings={"customer_key": Setting(True, {"type": "boolean"}, "Whether the key must be a customer managed key.")},
)
def at_rest(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _SECURITY_POLICY:
        if subject.text("type") == "encryption" and subject.config["customer_key"]:
            yield from _key_of_collections(subject)
        return
    if subject.value("encryptAtRest") is UNKNOWN:
        return
    if subject.flag("encryptAtRest.enabled") in (False, MISSING):
        yield subject.problem("encryptAtRest.enabled", "must be true")
    elif subject.config["customer_key"] and subject.lacks_customer_key("encryptAtRest.kmsKeyId"):
        yield subject.problem("encryptAtRest.kmsKeyId", "must be a customer managed key")


def _key_of_collections(subject: Subject) -> Iterator[Problem]:
    document = parse(subject.value("policy"))
    if document is UNKNOWN:
        subject.defer("policy")
    elif as_flag(read(fold(document), "AWSOwnedKey")) is True or read(fold(document), "KmsARN") is MISSING:
        yield Problem("policy", "policy must name a customer managed key in KmsARN, with AWSOwnedKey false")


@rule(
    "opensearch-domain-fine-grained-access",
    control="IAM-21",
    pack="guardrails",
    title="Search domains have fine-grained access control and no anonymous users",
    why="anyone who reaches the endpoint could read and delete every index",
    fix="set advanced_security_options with enabled true and a master user, and leave anonymous_auth_enabled out",
    severity="high",
    dev="mandatory",
    kinds=(DOMAIN,),
    paths=("advancedSecurityOptions.enabled", "advancedSecurityOptions.anonymousAuthEnabled"),
    references=(
        "fsbp:OpenSearch.7",
        "cdk-nag:OS5",
        "checkov:CKV2_AWS_52",
        "aws-config:OPENSEARCH_ACCESS_CONTROL_ENABLED",
    ),
)
def fine_grained_access(subject: Subject) -> Iterator[Problem]:
    if subject.value("advancedSecurityOptions") is UNKNOWN:
        return
    if subject.flag("advancedSecurityOptions.enabled") in (False, MISSING):
        yield subject.problem("advancedSecurityOptions.enabled", "must be true")
    elif subject.flag("advancedSecurityOptions.anonymousAuthEnabled") is True:
        yield subject.problem("advancedSecurityOptions.anonymousAuthEnabled", "must be false")


@rule(
    "opensearch-domain-https",
    control="TLS-17",
    pack="encryption",
    title="Search domains require HTTPS with TLS 1.2 or newer",
    why="queries and answers would cross the network unencrypted",
    fix="set domain_endpoint_options with enforce_https true and tls_security_policy Policy-Min-TLS-1-2-PFS-2023-10",
    severity="high",
    dev="mandatory",
    kinds=(DOMAIN,),
    paths=("domainEndpointOptions.enforceHttps", "domainEndpointOptions.tlsSecurityPolicy"),
    references=(
        "fsbp:OpenSearch.8",
        "checkov:CKV_AWS_83",
        "checkov:CKV_AWS_228",
        "trivy:AVD-AWS-0046",
        "trivy:AVD-AWS-0126",
        "aws-config:OPENSEARCH_HTTPS_REQUIRED",
    ),
    settings={
        "accepted": Setting(
            ["Policy-Min-TLS-1-2-*"],
            {"type": "array", "items": {"type": "string"}},
            "Accepted values of tls_security_policy, as globs.",
        )
    },
)
def https(subject: Subject) -> Iterator[Problem]:
    options = subject.value("domainEndpointOptions")
    if options is UNKNOWN:
        return
    if options is MISSING:
        yield subject.problem("domainEndpointOptions", "must have enforce_https: the endpoint answers plain HTTP")
        return
    # HTTPS is the default inside the block.
    if subject.flag("domainEndpointOptions.enforceHttps") is False:
        yield subject.problem("domainEndpointOptions.enforceHttps", "must be true")
    policy = subject.text("domainEndpointOptions.tlsSecurityPolicy")
    if policy is UNKNOWN:
        return
    if policy is MISSING or not any(fnmatch.fnmatchcase(policy, glob) for glob in subject.config["accepted"]):
        yield subject.problem("domainEndpointOptions.tlsSecurityPolicy", "must be a policy for TLS 1.2 and newer")


@rule(
    "opensearch-domain-in-vpc",
    control="NET-11",
    pack="guardrails",
    title="Search domains are in a VPC",
    why="only an access policy protects a public endpoint",
    fix="set vpc_options with private subnets and a security group (the domain is replaced)",
    severity="critical",
    dev="mandatory",
    kinds=(DOMAIN, _SECURITY_POLICY),
    paths=("vpcOptions.subnetIds", "opensearch/serverlessSecurityPolicy · policy"),
    references=(
        "fsbp:OpenSearch.2",
        "cdk-nag:OS1",
        "checkov:CKV_AWS_137",
        "aws-config:OPENSEARCH_IN_VPC_ONLY",
    ),
)
def in_vpc(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _SECURITY_POLICY:
        document = parse(subject.value("policy"))
        if document is UNKNOWN:
            subject.defer("policy")
        if any(as_flag(read(fold(entry), "AllowFromPublic")) is True for entry in as_list(document)):
            yield Problem("policy", "policy must not have AllowFromPublic: it opens the collections")
        return
    if subject.value("vpcOptions") is not UNKNOWN and not subject.has("vpcOptions.subnetIds"):
        yield subject.problem("vpcOptions.subnetIds", "must name private subnets: the endpoint is on the internet")


@rule(
    "opensearch-domain-logs",
    control="LOG-09",
    pack="guardrails",
    title="Search domains keep audit, error and slow logs",
    why="only these logs show who read what, and why a query was slow or failed",
    fix="add log_publishing_options with a log group for each log type",
    severity="medium",
    dev="disabled",
    kinds=("opensearch/domain",),
    paths=("logPublishingOptions[].logType", "logPublishingOptions[].enabled"),
    references=("fsbp:OpenSearch.4", "fsbp:OpenSearch.5", "cdk-nag:OS9", "checkov:CKV_AWS_84", "checkov:CKV_AWS_317"),
    settings={
        "logs": Setting(
            ["AUDIT_LOGS", "ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS"],
            _TEXTS,
            "Log types that must be published.",
        )
    },
)
def search_logs(subject: Subject) -> Iterator[Problem]:
    if subject.value("logPublishingOptions") is UNKNOWN:
        return
    kept: set[str] = set()
    for path, block in subject.blocks("logPublishingOptions"):
        kind = as_text(read(block, "logType"))
        if kind is UNKNOWN:
            subject.defer(path)
            return
        if as_flag(read(block, "enabled")) is not False and isinstance(kind, str):
            kept.add(kind)
    missing = [kind for kind in subject.config["logs"] if kind not in kept]
    if missing and not subject.deferred:
        yield Problem("logPublishingOptions", f"log_publishing_options must include {', '.join(missing)}")


@rule(
    "opensearch-domain-multi-az",
    control="HA-07",
    pack="multi_az",
    title="Search domains have three data nodes and three dedicated masters in several zones",
    why="with fewer, the loss of a zone loses data or the majority of masters",
    fix="set cluster_config: zone_awareness_enabled (or multi_az_with_standby_enabled) true, instance_count 3 or more,"
    " dedicated_master_enabled true with dedicated_master_count 3",
    severity="high",
    dev="disabled",
    kinds=(DOMAIN,),
    paths=(
        "clusterConfig.zoneAwarenessEnabled",
        "clusterConfig.multiAzWithStandbyEnabled",
        "clusterConfig.instanceCount",
        "clusterConfig.dedicatedMasterCount",
    ),
    references=(
        "fsbp:OpenSearch.6",
        "cdk-nag:OS7",
        "cdk-nag:OS4",
        "checkov:CKV2_AWS_59",
        "checkov:CKV_AWS_318",
        "aws-config:OPENSEARCH_PRIMARY_NODE_FAULT_TOLERANCE",
    ),
    settings={
        "data_nodes": Setting(3, {"type": "integer", "minimum": 1}, "Minimum number of data nodes."),
        "masters": Setting(3, {"type": "integer", "minimum": 0}, "Minimum number of dedicated masters."),
    },
)
def multi_az(subject: Subject) -> Iterator[Problem]:
    if subject.value("clusterConfig") is UNKNOWN:
        return
    standby = subject.flag("clusterConfig.multiAzWithStandbyEnabled")
    if standby in (False, MISSING) and subject.flag("clusterConfig.zoneAwarenessEnabled") in (False, MISSING):
        yield subject.problem("clusterConfig.zoneAwarenessEnabled", "must be true: all nodes are in one zone")
    for path, fewest in (("instanceCount", "data_nodes"), ("dedicatedMasterCount", "masters")):
        count, needed = subject.number(f"clusterConfig.{path}"), int(subject.config[fewest])
        if count is not UNKNOWN and (0 if count is MISSING else count) < needed:
            yield subject.problem(f"clusterConfig.{path}", f"must be at least {needed}")
    masters = subject.flag("clusterConfig.dedicatedMasterEnabled")
    if subject.config["masters"] and masters in (False, MISSING):
        yield subject.problem("clusterConfig.dedicatedMasterEnabled", "must be true")


@rule(
    "opensearch-domain-node-to-node-encryption",
    control="TLS-18",
    pack="encryption",
    title="Search domains have node-to-node encryption",
    why="replication carries every document between zones",
    fix="set node_to_node_encryption with enabled true",
    severity="high",
    dev="mandatory",
    kinds=(DOMAIN,),
    paths=("nodeToNodeEncryption.enabled",),
    references=("fsbp:OpenSearch.3", "cdk-nag:OS2", "checkov:CKV_AWS_6", "trivy:AVD-AWS-0043"),
)
def node_to_node(subject: Subject) -> Iterator[Problem]:
    if subject.flag("nodeToNodeEncryption.enabled") in (False, MISSING):
        yield subject.problem("nodeToNodeEncryption.enabled", "must be true")
