"""Containers, secrets, and stateful resources that a slip must not destroy."""

import json

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_WEB = {"name": "web", "user": "1000:1000", "readonlyRootFilesystem": True}


def task(*containers, **props):
    return res(
        "ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": json.dumps(list(containers)), **props}
    )


def stage(**variables):
    return res("apigateway/stage:Stage", CULPRIT, {"variables": variables})


def secret_policy(**props):
    return res("secretsmanager/secretPolicy:SecretPolicy", CULPRIT, props)


def secret(**props):
    return res("secretsmanager/secret:Secret", CULPRIT, props)


def bucket(token="s3/bucket:Bucket", **props):
    return res(token, CULPRIT, props)


def table(**options):
    return res("dynamodb/table:Table", CULPRIT, {"name": "orders"}, **options)


def key(**props):
    return res("kms/key:Key", CULPRIT, props)


CASES = {
    "ecs-task-definition-hardened-containers": Cases(
        good={
            "hardened": [task(_WEB, networkMode="awsvpc")],
            "user of the image": [task({"name": "web", "readonlyRootFilesystem": True})],
            "Windows": [task({"name": "web"}, runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"})],
            "not known": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": UNKNOWN})],
        },
        bad={
            "privileged": [task(_WEB, {**_WEB, "privileged": True})],
            "root": [task({**_WEB, "user": "root"})],
            "powers over the host": [task({**_WEB, "linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}})],
            "root by number": [task({**_WEB, "user": "0:0"})],
            "writable": [task({**_WEB, "readonlyRootFilesystem": False})],
            "writable, not set": [task({"name": "web"})],
            "processes of the host": [task(_WEB, pidMode="host")],
            "network of the host": [task(_WEB, networkMode="host")],
        },
    ),
    "apigateway-stage-no-secret-variables": Cases(
        good={
            "plain": [stage(table="orders")],
            "an ARN": [stage(api_key="arn:aws:secretsmanager:eu-west-1:1:secret:k")],
        },
        bad={
            "a password": [stage(db_password="correct-horse")],
            "second version": [
                res("apigatewayv2/stage:Stage", CULPRIT, {"stageVariables": {"token": "correct-horse"}})
            ],
        },
    ),
    "secretsmanager-secret-policy-block-public": Cases(
        good={"on": [secret_policy(blockPublicPolicy=True)]},
        bad={"not set": [secret_policy()], "off": [secret_policy(blockPublicPolicy=False)]},
    ),
    "secretsmanager-secret-recovery-window": Cases(
        good={"not set": [secret()], "a week": [secret(recoveryWindowInDays=7)]},
        bad={"none": [secret(recoveryWindowInDays=0)]},
    ),
    "aws-resource-no-force-destroy": Cases(
        good={"not set": [bucket()], "off": [bucket(forceDestroy=False)]},
        bad={
            "bucket": [bucket(forceDestroy=True)],
            "bucket, V2 token": [bucket("s3/bucketV2:BucketV2", forceDestroy=True)],
            "repository": [res("ecr/repository:Repository", CULPRIT, {"forceDelete": True})],
            "zone": [res("route53/zone:Zone", CULPRIT, {"forceDestroy": "true"})],
        },
    ),
    "aws-resource-protected": Cases(
        good={"protected": [table(protect=True)]},
        bad={"not": [table()]},
        config=[({"kinds": ["s3/bucket"]}, [table()], False)],
    ),
    "kms-key-deletion-guarded": Cases(
        good={"not set": [key()], "thirty days": [key(deletionWindowInDays=30, isEnabled=True)]},
        bad={
            "a week": [key(deletionWindowInDays=7)],
            "off": [key(isEnabled=False)],
            "check left out": [key(bypassPolicyLockoutSafetyCheck=True)],
            "replica": [res("kms/replicaKey:ReplicaKey", CULPRIT, {"enabled": False})],
        },
        config=[({"days": 7}, [key(deletionWindowInDays=7)], False)],
    ),
}
