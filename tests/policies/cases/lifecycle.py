"""Regions, images, runtimes, backups, protection from deletion."""

from policies.library.resources import Resource
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_REPOSITORY = res("ecr/repository:Repository", CULPRIT, {"name": "web"})
_SCANNED = {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}
_VAULT = res("backup/vault:Vault", CULPRIT, {"name": "store"})
_BUS = res("cloudwatch/eventBus:EventBus", CULPRIT, {"name": "orders"})
_RULE = {"schedule": "cron(0 3 * * ? *)", "lifecycle": {"deleteAfter": 35}, "copyActions": [{}]}


def queue(region=None, home="eu-west-1"):
    return res("sqs/queue:Queue", CULPRIT, {"region": region}, provider={"region": home})


def repository(**props):
    return res("ecr/repository:Repository", CULPRIT, props)


def policy_of(repository):
    token = "ecr/lifecyclePolicy:LifecyclePolicy"
    return res(token, "lifecycle", {"repository": UNKNOWN}, refers={"repository": [repository]})


def function(**props):
    return res("lambda/function:Function", CULPRIT, props)


def service(**props):
    return res("ecs/service:Service", CULPRIT, {"launchType": "FARGATE", **props})


def plan(**changes):
    return res("backup/plan:Plan", CULPRIT, {"rules": [{**_RULE, **changes}]})


def guard(kind, of=_VAULT):
    token = f"backup/{kind}:{kind[0].upper()}{kind[1:]}"
    return res(token, "guard", {"backupVaultName": UNKNOWN}, refers={"backupVaultName": [of]})


def pool(**props):
    return res("cognito/userPool:UserPool", CULPRIT, props)


def cache(**props):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, props)


def search(**props):
    return res("opensearch/domain:Domain", CULPRIT, props)


def archive(of):
    token = "cloudwatch/eventArchive:EventArchive"
    return res(token, "archive", {"eventSourceArn": UNKNOWN}, refers={"eventSourceArn": [of]})


def number(**props):
    return res("pinpoint/smsvoicev2PhoneNumber:Smsvoicev2PhoneNumber", CULPRIT, props)


CASES = {
    "aws-resource-allowed-region": Cases(
        good={
            "of the provider": [queue()],
            "its own": [queue("us-east-1")],
            "not known": [queue(UNKNOWN)],
            "another provider": [Resource.of("random:index/randomId:RandomId", CULPRIT, {"region": "me-south-1"})],
        },
        bad={"its own": [queue("me-south-1")], "of the provider": [queue(home="af-south-1")]},
        config=[
            ({"regions": ["eu-west-1"]}, [queue("us-east-1")], True),
            ({"regions": ["me-*"]}, [queue("me-south-1")], False),
        ],
    ),
    "ecr-repository-lifecycle": Cases(
        good={"has one": [_REPOSITORY, policy_of(_REPOSITORY)]},
        bad={"none": [_REPOSITORY], "of another": [_REPOSITORY, policy_of(res("ecr/repository:Repository", "other"))]},
    ),
    "ecr-repository-immutable-scanned": Cases(
        good={
            "both": [repository(**_SCANNED)],
            "with exceptions": [repository(**{**_SCANNED, "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"})],
            "scanned by the registry": [
                repository(imageTagMutability="IMMUTABLE"),
                res(
                    "ecr/registryScanningConfiguration:RegistryScanningConfiguration",
                    "scan",
                    {"scanType": "ENHANCED", "rules": [{"scanFrequency": "SCAN_ON_PUSH"}]},
                ),
            ],
        },
        bad={
            "not set": [repository()],
            "tags move": [repository(**{**_SCANNED, "imageTagMutability": "MUTABLE"})],
            "not scanned": [repository(imageTagMutability="IMMUTABLE")],
        },
    ),
    "aws-service-not-retired": Cases(
        good={"search": [search()], "Lex V2": [res("lex/v2modelsBot:V2modelsBot", CULPRIT, {"name": "help"})]},
        bad={
            "Pinpoint": [res("pinpoint/app:App", CULPRIT, {"name": "push"})],
            "Lex V1": [res("lex/bot:Bot", CULPRIT, {"name": "help"})],
            "WAF Classic": [res("waf/webAcl:WebAcl", CULPRIT, {"name": "edge"})],
            "Elasticsearch": [res("elasticsearch/domain:Domain", CULPRIT)],
        },
    ),
    "lambda-function-supported-runtime": Cases(
        good={
            "current": [function(runtime="python3.13")],
            "node": [function(runtime="nodejs22.x")],
            "image": [function(packageType="Image")],
            "own": [function(runtime="provided.al2023")],
        },
        bad={
            "python": [function(runtime="python3.8")],
            "node": [function(runtime="nodejs16.x")],
            "go": [function(runtime="go1.x")],
        },
        config=[({"refused": ["python3.13"]}, [function(runtime="python3.13")], True)],
    ),
    "ecs-service-current-platform": Cases(
        good={"not set": [service()], "latest": [service(platformVersion="LATEST")]},
        bad={"old": [service(platformVersion="1.3.0")]},
        config=[({"accepted": ["LATEST"]}, [service(platformVersion="1.4.0")], True)],
    ),
    "backup-plan-frequency": Cases(
        good={
            "all": [plan()],
            "for ever": [plan(lifecycle={"coldStorageAfter": 30})],
            "not known": [res("backup/plan:Plan", CULPRIT, {"rules": UNKNOWN})],
        },
        bad={
            "too short": [plan(lifecycle={"deleteAfter": 7})],
            "no copy": [plan(copyActions=None)],
            "never": [plan(schedule=None)],
        },
        config=[
            ({"days": 7}, [plan(lifecycle={"deleteAfter": 7})], False),
            ({"copies": False}, [plan(copyActions=None)], False),
        ],
    ),
    "backup-vault-locked": Cases(
        good={
            "locked": [_VAULT, guard("vaultLockConfiguration")],
            "by policy": [_VAULT, guard("vaultPolicy")],
        },
        bad={"neither": [_VAULT]},
    ),
    "cognito-user-pool-deletion-protection": Cases(
        good={"active": [pool(deletionProtection="ACTIVE")]},
        bad={"not set": [pool()], "off": [pool(deletionProtection="INACTIVE")]},
    ),
    "aws-service-automatic-updates": Cases(
        good={
            "cache": [cache()],
            "search": [search(softwareUpdateOptions={"autoSoftwareUpdateEnabled": True})],
        },
        bad={
            "cache": [cache(autoMinorVersionUpgrade=False)],
            "cache, as text": [cache(autoMinorVersionUpgrade="false")],
            "search": [search()],
        },
    ),
    "cloudwatch-event-bus-archived": Cases(
        good={
            "archived": [_BUS, archive(_BUS)],
            "of a partner": [res("cloudwatch/eventBus:EventBus", "partner", {"eventSourceName": "aws.partner/x"})],
        },
        bad={"none": [_BUS]},
    ),
    "pinpoint-sms-deletion-protection": Cases(
        good={"on": [number(deletionProtectionEnabled=True)]},
        bad={"not set": [number()], "off": [number(deletionProtectionEnabled=False)]},
    ),
}
