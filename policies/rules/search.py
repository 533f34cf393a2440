"""OpenSearch: encryption, HTTPS, several zones, inside the VPC."""

import fnmatch
from collections.abc import Iterator

from policies.library.documents import parse
from policies.library.folded import fold
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, read

DOMAIN = "opensearch/domain"
_NETWORK_POLICY = "opensearch/serverlessSecurityPolicy"


@rule(
    "opensearch-domain-encryption-at-rest",
    control="ENC-06",
    pack="encryption",
    title="Search domains are encrypted at rest",
    why="indices hold the catalogue and what customers searched for",
    fix="set encrypt_at_rest to enabled true with kms_key_id of a customer key",
    severity="high",
    dev="mandatory",
    kinds=(DOMAIN,),
    paths=("encryptAtRest.enabled", "encryptAtRest.kmsKeyId"),
    references=(
        "fsbp:OpenSearch.1",
        "cdk-nag:OS8",
        "checkov:CKV_AWS_5",
        "checkov:CKV_AWS_247",
        "trivy:AVD-AWS-0048",
    ),
    settings={"customer_key": Setting(True, {"type": "boolean"}, "Whether a customer key is needed too.")},
)
def at_rest(subject: Subject) -> Iterator[Problem]:
    if subject.value("encryptAtRest") is UNKNOWN:
        return
    if subject.flag("encryptAtRest.enabled") in (False, MISSING):
        yield subject.problem("encryptAtRest.enabled", "must be true")
    elif subject.config["customer_key"] and subject.lacks_customer_key("encryptAtRest.kmsKeyId"):
        yield subject.problem("encryptAtRest.kmsKeyId", "names no customer key")


@rule(
    "opensearch-domain-https",
    control="TLS-17",
    pack="encryption",
    title="Search domains demand HTTPS with modern TLS",
    why="queries and answers would cross the network in clear",
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
        yield subject.problem("domainEndpointOptions", "the endpoint answers plain HTTP")
        return
    # Within the block, HTTPS is the default.
    if subject.flag("domainEndpointOptions.enforceHttps") is False:
        yield subject.problem("domainEndpointOptions.enforceHttps", "must be true")
    policy = subject.text("domainEndpointOptions.tlsSecurityPolicy")
    if policy is UNKNOWN:
        return
    if policy is MISSING or not any(fnmatch.fnmatchcase(policy, glob) for glob in subject.config["accepted"]):
        yield subject.problem("domainEndpointOptions.tlsSecurityPolicy", "must demand TLS 1.2")


@rule(
    "opensearch-domain-node-to-node-encryption",
    control="TLS-18",
    pack="encryption",
    title="Search nodes encrypt what they send each other",
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


@rule(
    "opensearch-domain-multi-az",
    control="HA-07",
    pack="multi_az",
    title="Search domains spread three data nodes and three masters over zones",
    why="with fewer, a lost zone costs data or the majority of masters",
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
        "data_nodes": Setting(3, {"type": "integer", "minimum": 1}, "Fewest data nodes."),
        "masters": Setting(3, {"type": "integer", "minimum": 0}, "Fewest dedicated masters."),
    },
)
def multi_az(subject: Subject) -> Iterator[Problem]:
    if subject.value("clusterConfig") is UNKNOWN:
        return
    standby = subject.flag("clusterConfig.multiAzWithStandbyEnabled")
    if standby in (False, MISSING) and subject.flag("clusterConfig.zoneAwarenessEnabled") in (False, MISSING):
        yield subject.problem("clusterConfig.zoneAwarenessEnabled", "all nodes would be in one zone")
    for path, fewest in (("instanceCount", "data_nodes"), ("dedicatedMasterCount", "masters")):
        count, needed = subject.number(f"clusterConfig.{path}"), int(subject.config[fewest])
        if count is not UNKNOWN and (0 if count is MISSING else count) < needed:
            yield subject.problem(f"clusterConfig.{path}", f"at least {needed} are needed")
    masters = subject.flag("clusterConfig.dedicatedMasterEnabled")
    if subject.config["masters"] and masters in (False, MISSING):
        yield subject.problem("clusterConfig.dedicatedMasterEnabled", "must be true")


@rule(
    "opensearch-domain-in-vpc",
    control="NET-11",
    pack="guardrails",
    title="Search domains are inside the VPC",
    why="a public endpoint is guarded by a policy document only",
    fix="set vpc_options with private subnets and a security group (the domain is replaced)",
    severity="critical",
    dev="mandatory",
    kinds=(DOMAIN, _NETWORK_POLICY),
    paths=("vpcOptions.subnetIds", "opensearch/serverlessSecurityPolicy · policy"),
    references=(
        "fsbp:OpenSearch.2",
        "cdk-nag:OS1",
        "checkov:CKV_AWS_137",
        "aws-config:OPENSEARCH_IN_VPC_ONLY",
    ),
)
def in_vpc(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _NETWORK_POLICY:
        document = parse(subject.value("policy"))
        if document is UNKNOWN:
            subject.defer("policy")
        if any(as_flag(read(fold(entry), "AllowFromPublic")) is True for entry in as_list(document)):
            yield Problem("policy", "policy has AllowFromPublic: the collections answer the internet")
        return
    if subject.value("vpcOptions") is not UNKNOWN and not subject.has("vpcOptions.subnetIds"):
        yield subject.problem("vpcOptions.subnetIds", "the endpoint is on the internet")


@rule(
    "opensearch-domain-fine-grained-access",
    control="IAM-21",
    pack="guardrails",
    title="Search domains have fine-grained access control and no anonymous users",
    why="whoever reaches the endpoint reads and deletes every index",
    fix="set advanced_security_options with enabled true and a master user; leave anonymous_auth_enabled out",
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
