"""MSK Connect: connectors."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import UNKNOWN


@rule(
    "mskconnect-connector-tls",
    control="TLS-20",
    pack="encryption",
    title="Kafka connectors use TLS with the brokers",
    why="messages would cross the network unencrypted",
    fix="set kafka_cluster_encryption_in_transit.encryption_type to TLS",
    severity="medium",
    dev="mandatory",
    kinds=("mskconnect/connector",),
    paths=("kafkaClusterEncryptionInTransit.encryptionType",),
    references=("fsbp:MSK.3", "prowler:kafka_connector_in_transit_encryption_enabled"),
)
def connector_tls(subject: Subject) -> Iterator[Problem]:
    path = "kafkaClusterEncryptionInTransit.encryptionType"
    if subject.text(path) not in ("TLS", UNKNOWN):
        yield subject.problem(path, "must be TLS")
