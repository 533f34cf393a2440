"""MSK: Kafka clusters and their configuration."""

from tests.policies.cases.helpers.customer_keys import AWS_KEY
from tests.policies.cases.helpers.subnets import A, B, C
from tests.policies.cases.helpers.zones import placed, zone_cases
from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res


def msk(**info):
    return res("msk/cluster:Cluster", CULPRIT, {"encryptionInfo": info} if info else {})


def kafka_with_access(access):
    info = {"connectivityInfo": {"publicAccess": {"type": access}}} if access else {}
    return res("msk/cluster:Cluster", CULPRIT, {"brokerNodeGroupInfo": info})


def kafka(**ways):
    return res("msk/cluster:Cluster", CULPRIT, {"clientAuthentication": ways} if ways else {})


def logging_kafka(monitoring="PER_BROKER", **logs):
    return res("msk/cluster:Cluster", CULPRIT, {"enhancedMonitoring": monitoring, "loggingInfo": {"brokerLogs": logs}})


_MSK = zone_cases("msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", {"numberOfBrokerNodes": 3}, needed=3)


def settings_of(lines):
    return res("msk/configuration:Configuration", CULPRIT, {"serverProperties": "\n".join(lines)})


_SAFE = "unclean.leader.election.enable=false"

CASES = {
    "msk-cluster-client-authentication": Cases(
        good={
            "IAM": [kafka(sasl={"iam": True})],
            "SCRAM": [kafka(sasl={"scram": True}, unauthenticated=False)],
            "certificates": [kafka(tls={"certificateAuthorityArns": [UNKNOWN]})],
        },
        bad={
            "not set": [kafka()],
            "everyone too": [kafka(sasl={"iam": True}, unauthenticated=True)],
            "all off": [kafka(sasl={"iam": False})],
        },
    ),
    "msk-cluster-customer-key": Cases(
        good={
            "customer managed key": [msk(encryptionAtRestKmsKeyArn=KEY)],
        },
        bad={
            "no block": [msk()],
            "no key": [msk(encryptionInTransit={"clientBroker": "TLS"})],
            "AWS managed key": [msk(encryptionAtRestKmsKeyArn=f"{AWS_KEY}kafka")],
        },
    ),
    "msk-cluster-logs": Cases(
        good={"to a group": [logging_kafka(cloudwatchLogs={"enabled": True, "logGroup": UNKNOWN})]},
        bad={
            "none": [logging_kafka()],
            "off": [logging_kafka(s3={"enabled": False})],
            "few metrics": [logging_kafka("DEFAULT", firehose={"enabled": True})],
            "metrics not set": [logging_kafka(None, firehose={"enabled": True})],
        },
    ),
    "msk-cluster-no-public-access": Cases(
        good={"off": [kafka_with_access("DISABLED")], "not set": [kafka_with_access(None)]},
        bad={"on": [kafka_with_access("SERVICE_PROVIDED_EIPS")]},
    ),
    "msk-cluster-tls": Cases(
        good={
            "by default": [msk()],
            "TLS": [msk(encryptionInTransit={"clientBroker": "TLS", "inCluster": True})],
        },
        bad={
            "plain text too": [msk(encryptionInTransit={"clientBroker": "TLS_PLAINTEXT"})],
            "plain text": [msk(encryptionInTransit={"clientBroker": "PLAINTEXT"})],
            "between brokers": [msk(encryptionInTransit={"clientBroker": "TLS", "inCluster": False})],
        },
    ),
    "msk-cluster-zones": Cases(
        good=_MSK[0],
        bad={
            **_MSK[1],
            "two zones": placed("msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", [A, B]),
            "uneven": placed(
                "msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", [A, B, C], {"numberOfBrokerNodes": 4}
            ),
        },
        config=[({"zones": 2}, placed("msk/cluster:Cluster", "brokerNodeGroupInfo.clientSubnets", [A, B]), False)],
    ),
    "msk-configuration-durable": Cases(
        good={
            "safe": [settings_of([_SAFE])],
            "all of it": [settings_of([_SAFE, "default.replication.factor = 3", "min.insync.replicas=2"])],
            "comment": [settings_of(["# min.insync.replicas=1", _SAFE])],
        },
        bad={
            "default": [settings_of(["auto.create.topics.enable=false"])],
            "unclean leader election": [settings_of(["unclean.leader.election.enable=true"])],
            "one replica": [settings_of([_SAFE, "default.replication.factor=1"])],
            "one in-sync replica": [settings_of([_SAFE, "min.insync.replicas=1"])],
            "topics created by a misspelt name": [settings_of([_SAFE, "auto.create.topics.enable=true"])],
        },
    ),
}
