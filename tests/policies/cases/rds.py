"""RDS, Aurora, DocumentDB, Neptune: databases."""

from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res


def database(name=CULPRIT, **props):
    return res("rds/instance:Instance", name, {"engine": "postgres", **props})


def cluster(name=CULPRIT, **props):
    return res("rds/cluster:Cluster", name, {"engine": "aurora-postgresql", **props})


def members(count, of=None):
    owner = of or cluster()
    return [
        res(
            "rds/clusterInstance:ClusterInstance",
            f"member-{number}",
            {"clusterIdentifier": UNKNOWN},
            refers={"clusterIdentifier": [owner]},
        )
        for number in range(count)
    ]


_KEPT = {"backupRetentionPeriod": 14, "deletionProtection": True}

CASES = {
    "rds-database-encryption-at-rest": Cases(
        good={
            "encrypted": [database(storageEncrypted=True)],
            "cluster": [cluster(storageEncrypted=True, kmsKeyId=KEY)],
            "replica": [database(replicateSourceDb=UNKNOWN)],
            "restored": [cluster(snapshotIdentifier="snap-1")],
            "serverless": [cluster(engineMode="serverless")],
        },
        bad={
            "not set": [database()],
            "off": [database(storageEncrypted=False)],
            "cluster": [cluster()],
            "documents": [res("docdb/cluster:Cluster", CULPRIT, {"storageEncrypted": False})],
            "graph": [res("neptune/cluster:Cluster", CULPRIT)],
        },
        config=[
            ({"customer_key": True}, [res("neptune/cluster:Cluster", CULPRIT, {"storageEncrypted": True})], True),
            ({"customer_key": True}, [database(storageEncrypted=True)], True),
            ({"customer_key": True}, [database(storageEncrypted=True, kmsKeyId=KEY)], False),
        ],
    ),
    "rds-database-kept": Cases(
        good={"kept": [database(**_KEPT)], "cluster": [cluster(**_KEPT)], "replica": [database(replicateSourceDb="a")]},
        bad={
            "no backups": [database(**{**_KEPT, "backupRetentionPeriod": 0})],
            "short": [cluster(**{**_KEPT, "backupRetentionPeriod": 1})],
            "not protected": [database(backupRetentionPeriod=14)],
        },
        config=[({"days": 30}, [database(**_KEPT)], True)],
    ),
    "rds-database-multi-az": Cases(
        good={
            "two zones": [database(multiAz=True)],
            "two instances": [cluster(), *members(2)],
            "three zones": [cluster(dbClusterInstanceClass="db.m6gd.large")],
            "replica": [database(replicateSourceDb=UNKNOWN)],
            "serverless": [cluster(engineMode="serverless")],
        },
        bad={
            "one zone": [database(multiAz=False)],
            "not set": [database()],
            "one instance": [cluster(), *members(1)],
            "instances of another": [cluster(), *members(2, cluster("other"))],
        },
    ),
    "rds-database-no-public-access": Cases(
        good={"private": [database(publiclyAccessible=False)], "not set": [database()]},
        bad={
            "public": [database(publiclyAccessible=True)],
            "in a cluster": [res("rds/clusterInstance:ClusterInstance", CULPRIT, {"publiclyAccessible": True})],
        },
    ),
}
