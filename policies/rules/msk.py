"""MSK: Kafka clusters and their configuration."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, spread
from policies.rules.helpers.zones import too_few_zones

CLUSTER = "msk/cluster"


@rule(
    "msk-cluster-client-authentication",
    control="IAM-22",
    pack="guardrails",
    title="Kafka clients must authenticate",
    why="anything inside the VPC could read and write every topic",
    fix="set client_authentication with sasl iam (or scram, or tls), and leave unauthenticated out",
    severity="critical",
    dev="mandatory",
    kinds=(CLUSTER,),
    paths=("clientAuthentication.unauthenticated", "clientAuthentication.sasl.iam"),
    references=("fsbp:MSK.6", "prowler:kafka_cluster_unrestricted_access_disabled"),
)
def client_authentication(subject: Subject) -> Iterator[Problem]:
    block = "clientAuthentication"
    if subject.value(block) is UNKNOWN:
        return
    if subject.flag(f"{block}.unauthenticated") is True:
        yield subject.problem(f"{block}.unauthenticated", "must be false")
        return
    ways = [subject.flag(f"{block}.sasl.iam"), subject.flag(f"{block}.sasl.scram")]
    if all(way in (False, MISSING) for way in ways) and not subject.has(f"{block}.tls.certificateAuthorityArns"):
        yield subject.problem(block, "must have sasl iam, sasl scram or tls: every client can connect")


@rule(
    "msk-cluster-customer-key",
    control="ENC-07",
    pack="encryption",
    title="Kafka clusters are encrypted with a customer managed key",
    why="topics keep customers' orders and behaviour for days",
    fix="set encryption_info.encryption_at_rest_kms_key_arn to a customer managed key (the cluster is replaced)",
    severity="medium",
    dev="advisory",
    kinds=(CLUSTER,),
    paths=("encryptionInfo.encryptionAtRestKmsKeyArn",),
    references=(
        "checkov:CKV_AWS_81",
        "trivy:AVD-AWS-0179",
        "prowler:kafka_cluster_encryption_at_rest_uses_cmk",
    ),
    url="https://docs.aws.amazon.com/msk/latest/developerguide/msk-encryption.html",
)
def customer_key(subject: Subject) -> Iterator[Problem]:
    if subject.lacks_customer_key("encryptionInfo.encryptionAtRestKmsKeyArn"):
        yield subject.problem("encryptionInfo.encryptionAtRestKmsKeyArn", "must be a customer managed key")


@rule(
    "msk-cluster-logs",
    control="LOG-10",
    pack="guardrails",
    title="Kafka clusters keep broker logs and detailed metrics",
    why="broker logs and per-broker metrics show lost leaders and full disks first",
    fix="set logging_info.broker_logs to a log group, stream or bucket, and enhanced_monitoring to PER_BROKER or finer",
    severity="medium",
    dev="disabled",
    kinds=("msk/cluster",),
    paths=("loggingInfo.brokerLogs", "enhancedMonitoring"),
    references=("fsbp:MSK.2", "cdk-nag:MSK6", "checkov:CKV_AWS_80", "trivy:AVD-AWS-0074"),
)
def broker_logs(subject: Subject) -> Iterator[Problem]:
    if subject.text("enhancedMonitoring") in (MISSING, "DEFAULT"):
        yield subject.problem("enhancedMonitoring", "must be PER_BROKER or finer")
    base = "loggingInfo.brokerLogs"
    if subject.value(base) is UNKNOWN:
        return
    flags = [subject.flag(f"{base}.{name}.enabled") for name in ("cloudwatchLogs", "firehose", "s3")]
    if all(flag in (False, MISSING) for flag in flags):
        yield subject.problem(base, "must have a destination: broker logs are not delivered")


@rule(
    "msk-cluster-no-public-access",
    control="NET-12",
    pack="guardrails",
    title="Kafka clusters have no public access",
    why="attackers find and probe brokers on the internet at once",
    fix="leave broker_node_group_info.connectivity_info.public_access out, or set its type to DISABLED",
    severity="critical",
    dev="mandatory",
    kinds=(CLUSTER,),
    paths=("brokerNodeGroupInfo.connectivityInfo.publicAccess.type",),
    references=("fsbp:MSK.4", "checkov:CKV_AWS_291", "prowler:kafka_cluster_is_public"),
)
def no_public_access(subject: Subject) -> Iterator[Problem]:
    path = "brokerNodeGroupInfo.connectivityInfo.publicAccess.type"
    if subject.text(path) not in (MISSING, UNKNOWN, "DISABLED"):
        yield subject.problem(path, "must be DISABLED")


@rule(
    "msk-cluster-tls",
    control="TLS-19",
    pack="encryption",
    title="Kafka brokers use TLS with clients and with each other",
    why="messages would cross the network unencrypted",
    fix="set encryption_info.encryption_in_transit to client_broker TLS and in_cluster true, or leave it out",
    severity="high",
    dev="mandatory",
    kinds=(CLUSTER,),
    paths=("encryptionInfo.encryptionInTransit.clientBroker", "encryptionInfo.encryptionInTransit.inCluster"),
    references=(
        "fsbp:MSK.1",
        "cdk-nag:MSK2",
        "cdk-nag:MSK3",
        "trivy:AVD-AWS-0073",
        "aws-config:MSK_IN_CLUSTER_NODE_REQUIRE_TLS",
    ),
)
def tls(subject: Subject) -> Iterator[Problem]:
    block = "encryptionInfo.encryptionInTransit"
    if subject.text(f"{block}.clientBroker") not in (MISSING, UNKNOWN, "TLS"):
        yield subject.problem(f"{block}.clientBroker", "must be TLS")
    if subject.flag(f"{block}.inCluster") is False:
        yield subject.problem(f"{block}.inCluster", "must be true")


@rule(
    "msk-cluster-zones",
    control="HA-08",
    pack="multi_az",
    title="Kafka brokers are spread evenly over zones",
    why="with replication factor 3, a topic needs three zones to survive the loss of one",
    fix="set broker_node_group_info.client_subnets to one subnet a zone, number_of_broker_nodes to a multiple of them",
    severity="high",
    dev="advisory",
    kinds=(CLUSTER,),
    paths=(
        "brokerNodeGroupInfo.clientSubnets",
        "numberOfBrokerNodes",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html",
    settings={"zones": Setting(3, {"type": "integer", "minimum": 1}, "Minimum number of zones.")},
)
def zones(subject: Subject) -> Iterator[Problem]:
    yield from too_few_zones(subject, "brokerNodeGroupInfo.clientSubnets", subject.config["zones"])
    value = spread(subject.resource.props, "brokerNodeGroupInfo.clientSubnets")
    subnets = 0 if value is UNKNOWN else len(as_list(value))
    brokers = subject.number("numberOfBrokerNodes")
    if isinstance(brokers, float) and subnets and brokers % subnets:
        yield subject.problem("numberOfBrokerNodes", f"must be a multiple of the {subnets} subnets")


@rule(
    "msk-configuration-durable",
    control="HA-09",
    pack="multi_az",
    title="Kafka does not lose acknowledged messages",
    why="by default a broker that lags behind may become leader, and messages that it has not replicated are lost",
    fix="set unclean.leader.election.enable=false in server_properties, and keep default.replication.factor 3,"
    " min.insync.replicas 2 and auto.create.topics.enable=false",
    severity="medium",
    dev="disabled",
    kinds=("msk/configuration",),
    paths=("serverProperties",),
    url="https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html",
    limits="Replication factor and in-sync replicas are judged if set: MSK's defaults follow the number of zones.",
)
def durable(subject: Subject) -> Iterator[Problem]:
    text = subject.text("serverProperties")
    if text is UNKNOWN:
        return
    lines = [line.split("=", 1) for line in (text if isinstance(text, str) else "").splitlines() if "=" in line]
    stated = {name.strip(): value.strip().lower() for name, value in lines if not name.lstrip().startswith("#")}
    faults = [
        f"{name} is {stated[name]}; must be at least {fewest}"
        for name, fewest in (("default.replication.factor", 3), ("min.insync.replicas", 2))
        if stated.get(name, "").isdigit() and int(stated[name]) < fewest
    ]
    if stated.get("auto.create.topics.enable") == "true":
        faults.append("auto.create.topics.enable must be false: a misspelt name would create a topic")
    if stated.get("unclean.leader.election.enable", "true") != "false":
        faults.append("unclean.leader.election.enable must be false")
    for fault in faults:
        yield Problem("serverProperties", f"serverProperties (server_properties): {fault}")
