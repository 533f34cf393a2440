"""MSK Connect: connectors."""

from tests.policies.support import CULPRIT, Cases, res


def connector(**encryption):
    return res("mskconnect/connector:Connector", CULPRIT, {"kafkaClusterEncryptionInTransit": encryption})


CASES = {
    "mskconnect-connector-tls": Cases(
        good={"TLS": [connector(encryptionType="TLS")]},
        bad={"plain": [connector(encryptionType="PLAINTEXT")], "not set": [connector()]},
    ),
}
