"""Images, runtimes, Regions, backups: what ages, and where it is."""

import fnmatch
from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, read

_TEXTS = {"type": "array", "items": {"type": "string"}}
_REPOSITORY = "ecr/repository"
_RETIRED = {
    "pinpoint/app": "Amazon Pinpoint ends on 30 October 2026",
    "lex/bot": "Lex V1 is superseded by Lex V2",
    "lex/botAlias": "Lex V1 is superseded by Lex V2",
    "lex/intent": "Lex V1 is superseded by Lex V2",
    "lex/slotType": "Lex V1 is superseded by Lex V2",
    "waf/webAcl": "AWS WAF Classic is superseded by AWS WAF",
    "waf/rule": "AWS WAF Classic is superseded by AWS WAF",
    "wafregional/webAcl": "AWS WAF Classic is superseded by AWS WAF",
    "wafregional/rule": "AWS WAF Classic is superseded by AWS WAF",
    "AWS::FraudDetector::Detector": "Amazon Fraud Detector takes no new customers",
}


@rule(
    "aws-resource-allowed-region",
    control="TAG-03",
    pack="guardrails",
    title="Resources are in allowed Regions only",
    why="what is made in a Region that nobody watches is neither guarded nor found",
    fix="set the provider's region (or the resource's) to an allowed one",
    severity="high",
    dev="mandatory",
    kinds=("*",),
    paths=("region",),
    url="https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html",
    settings={
        "regions": Setting(
            [
                "ap-northeast-[123]",
                "ap-south-1",
                "ap-southeast-[12]",
                "ca-central-1",
                "eu-central-1",
                "eu-north-1",
                "eu-west-[123]",
                "sa-east-1",
                "us-east-[12]",
                "us-west-[12]",
            ],
            _TEXTS,
            "Allowed Regions, as globs; by default those that an account has without opting in.",
        )
    },
)
def allowed_region(subject: Subject) -> Iterator[Problem]:
    if not subject.resource.type.startswith(("aws:", "aws-native:")):
        return
    region = subject.resource.region
    if isinstance(region, str) and not any(fnmatch.fnmatchcase(region, glob) for glob in subject.config["regions"]):
        yield Problem("region", f"region is {region}, which is not allowed")


@rule(
    "ecr-repository-lifecycle",
    control="TAG-06",
    pack="guardrails",
    title="Image repositories expire old images",
    why="images are paid for, and scanned with findings, for ever",
    fix="add an ecr.LifecyclePolicy for the repository",
    severity="low",
    dev="advisory",
    kinds=(_REPOSITORY,),
    paths=("ecr/lifecyclePolicy · repository",),
    stack_kinds=("*",),
    references=("fsbp:ECR.3", "aws-config:ECR_PRIVATE_LIFECYCLE_POLICY_CONFIGURED"),
)
def image_lifecycle(subject: Subject) -> Iterator[Problem]:
    if not subject.stack.pointing_at(subject.resource, "ecr/lifecyclePolicy", "repository"):
        yield Problem("lifecyclePolicy", "no ecr.LifecyclePolicy has this repository")


@rule(
    "ecr-repository-immutable-scanned",
    control="TAG-07",
    pack="guardrails",
    title="Image tags are immutable, and images scanned when pushed",
    why="a tag that can be moved deploys what nobody reviewed; an image not scanned carries known flaws",
    fix="set image_tag_mutability IMMUTABLE and image_scanning_configuration.scan_on_push true (or scan the registry)",
    severity="high",
    dev="advisory",
    kinds=(_REPOSITORY,),
    paths=("imageTagMutability", "imageScanningConfiguration.scanOnPush", "ecr/registryScanningConfiguration · rules"),
    stack_kinds=("*",),
    references=("fsbp:ECR.1", "fsbp:ECR.2", "checkov:CKV_AWS_51", "checkov:CKV_AWS_163", "trivy:AVD-AWS-0030"),
)
def immutable_scanned(subject: Subject) -> Iterator[Problem]:
    mutability = subject.text("imageTagMutability")
    if mutability is not UNKNOWN and (mutability is MISSING or not mutability.startswith("IMMUTABLE")):
        yield subject.problem("imageTagMutability", "must be IMMUTABLE")
    registry = subject.stack.of_kind("ecr/registryScanningConfiguration")
    if any(as_list(read(item.props, "rules")) for item in registry):
        return
    if subject.flag("imageScanningConfiguration.scanOnPush") in (False, MISSING):
        yield subject.problem("imageScanningConfiguration.scanOnPush", "must be true")


@rule(
    "aws-service-not-retired",
    control="TAG-08",
    pack="guardrails",
    title="No services that AWS retires or has superseded",
    why="they end on a day that AWS sets, without the fixes of their successors",
    fix="use End User Messaging, Lex V2 (lex.V2models*), AWS WAF (wafv2) and opensearch.Domain",
    severity="medium",
    dev="advisory",
    prod="advisory",
    kinds=(*_RETIRED, "opensearch/domain"),
    paths=("name",),
    url="https://docs.aws.amazon.com/pinpoint/latest/userguide/migrate.html",
)
def not_retired(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if resource.kind in _RETIRED:
        yield Problem("name", _RETIRED[resource.kind])
    elif resource.type.startswith("aws:elasticsearch/") or subject.has("elasticsearchDomain"):
        yield Problem("name", "Elasticsearch domains are superseded by OpenSearch ones")


@rule(
    "lambda-function-supported-runtime",
    control="TAG-09",
    pack="guardrails",
    title="Functions run on supported runtimes",
    why="a runtime out of support gets no security fixes, and its functions can soon no longer be updated",
    fix="move the function to a current runtime",
    severity="medium",
    dev="mandatory",
    kinds=("lambda/function",),
    paths=("runtime",),
    references=("fsbp:Lambda.2", "cdk-nag:L1", "checkov:CKV_AWS_363"),
    settings={
        "refused": Setting(
            [
                "dotnet5*",
                "dotnet6",
                "dotnetcore*",
                "go1.x",
                "java8",
                "nodejs",
                "nodejs?.*",
                "nodejs1[0-8].x",
                "provided",
                "python2*",
                "python3.[6-9]",
                "ruby2*",
                "ruby3.2",
            ],
            _TEXTS,
            "Runtimes refused, as globs (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html).",
        )
    },
)
def supported_runtime(subject: Subject) -> Iterator[Problem]:
    runtime = subject.text("runtime")
    if isinstance(runtime, str) and any(fnmatch.fnmatchcase(runtime, glob) for glob in subject.config["refused"]):
        yield subject.problem("runtime", "AWS supports it no longer")


@rule(
    "ecs-service-current-platform",
    control="TAG-10",
    pack="guardrails",
    title="Fargate services use the current platform version",
    why="old platform versions get no fixes and lack encrypted ephemeral storage",
    fix="leave platform_version out, or set it to LATEST",
    severity="medium",
    dev="advisory",
    kinds=("ecs/service",),
    paths=("platformVersion",),
    references=("fsbp:ECS.10", "checkov:CKV_AWS_332", "aws-config:ECS_FARGATE_LATEST_PLATFORM_VERSION"),
    settings={"accepted": Setting(["LATEST", "1.4.0"], _TEXTS, "Accepted versions (1.4.0 is the latest for Linux).")},
)
def current_platform(subject: Subject) -> Iterator[Problem]:
    version = subject.text("platformVersion")
    if isinstance(version, str) and version not in subject.config["accepted"]:
        yield subject.problem("platformVersion", "it is outdated")


@rule(
    "backup-plan-frequency",
    control="BCK-04",
    pack="guardrails",
    title="Backup plans run by a schedule, keep long enough, and copy to another Region",
    why="a backup that is too old, or lost with its Region, restores nothing",
    fix="give each rule a schedule and lifecycle.delete_after, and one a copy_action to a vault of another Region",
    severity="medium",
    dev="disabled",
    kinds=("backup/plan",),
    paths=("rules[].schedule", "rules[].lifecycle.deleteAfter", "rules[].copyActions"),
    references=("aws-config:BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK",),
    url="https://docs.aws.amazon.com/config/latest/developerguide/backup-plan-min-frequency-and-min-retention-check.html",
    settings={
        "days": Setting(35, {"type": "integer", "minimum": 1}, "Fewest days that backups are kept."),
        "copies": Setting(True, {"type": "boolean"}, "Whether a copy in another vault is needed."),
    },
    limits="Without delete_after backups are kept for ever.",
)
def backup_plan(subject: Subject) -> Iterator[Problem]:
    blocks = list(subject.blocks("rules"))
    needed = int(subject.config["days"])
    for path, _ in blocks:
        if subject.text(f"{path}.schedule") is MISSING and not subject.has(f"{path}.enableContinuousBackup"):
            yield subject.problem(f"{path}.schedule", "the rule never runs")
        days = subject.number(f"{path}.lifecycle.deleteAfter")
        if isinstance(days, float) and days < needed:
            yield subject.problem(f"{path}.lifecycle.deleteAfter", f"must be at least {needed}")
    copies = any(read(block, "copyActions") not in (MISSING, []) for _, block in blocks)
    if subject.config["copies"] and blocks and not copies and not subject.deferred:
        yield Problem("rules", "no rule has copy_actions: all backups are in one Region")


@rule(
    "backup-vault-locked",
    control="BCK-05",
    pack="guardrails",
    title="Backup vaults are locked against deletion",
    why="whoever takes over an administrator's role deletes the backups before the data",
    fix="add a backup.VaultLockConfiguration, or a vault policy that denies backup:DeleteRecoveryPoint",
    severity="medium",
    dev="disabled",
    prod="advisory",
    kinds=("backup/vault",),
    paths=("backup/vaultLockConfiguration · backupVaultName", "backup/vaultPolicy · backupVaultName"),
    stack_kinds=("*",),
    references=("aws-config:BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED",),
    url="https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html",
)
def vault_locked(subject: Subject) -> Iterator[Problem]:
    kinds = ("backup/vaultLockConfiguration", "backup/vaultPolicy")
    if not any(subject.stack.pointing_at(subject.resource, kind, "backupVaultName") for kind in kinds):
        yield Problem("vaultLockConfiguration", "neither lock nor policy has this vault")


@rule(
    "cognito-user-pool-deletion-protection",
    control="BCK-13",
    pack="guardrails",
    title="User pools are protected from deletion",
    why="with the pool all customers' sign-ins are gone; passwords cannot be restored",
    fix="set deletion_protection to ACTIVE",
    severity="medium",
    dev="disabled",
    kinds=("cognito/userPool",),
    paths=("deletionProtection",),
    references=("fsbp:Cognito.6", "aws-config:COGNITO_USER_POOL_DELETION_PROTECTION_ENABLED"),
)
def pool_protected(subject: Subject) -> Iterator[Problem]:
    if subject.text("deletionProtection") not in ("ACTIVE", UNKNOWN):
        yield subject.problem("deletionProtection", "must be ACTIVE")


@rule(
    "aws-service-automatic-updates",
    control="BCK-16",
    pack="guardrails",
    title="Caches and search domains take minor updates by themselves",
    why="known flaws stay open until somebody finds the time",
    fix="leave auto_minor_version_upgrade on; set software_update_options.auto_software_update_enabled to true",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("elasticache/replicationGroup", "opensearch/domain"),
    paths=("autoMinorVersionUpgrade", "opensearch/domain · softwareUpdateOptions.autoSoftwareUpdateEnabled"),
    references=("fsbp:ElastiCache.2", "fsbp:OpenSearch.10", "checkov:CKV_AWS_322"),
)
def automatic_updates(subject: Subject) -> Iterator[Problem]:
    if subject.has("elasticsearchDomain"):
        # Of CloudFormation, which has no such property.
        return
    if subject.resource.kind == "opensearch/domain":
        path = "softwareUpdateOptions.autoSoftwareUpdateEnabled"
        if subject.flag(path) in (False, MISSING):
            yield subject.problem(path, "must be true")
    elif subject.flag("autoMinorVersionUpgrade") is False:
        yield subject.problem("autoMinorVersionUpgrade", "must be true")


@rule(
    "cloudwatch-event-bus-archived",
    control="BCK-17",
    pack="guardrails",
    title="Event buses have an archive",
    why="events lost to a faulty consumer could not be replayed",
    fix="add a cloudwatch.EventArchive with the bus's ARN as event_source_arn and retention_days",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("cloudwatch/eventBus",),
    paths=("cloudwatch/eventArchive · eventSourceArn",),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html",
    limits="Partner event buses are not judged.",
)
def bus_archived(subject: Subject) -> Iterator[Problem]:
    if subject.has("eventSourceName"):
        return
    if not subject.stack.pointing_at(subject.resource, "cloudwatch/eventArchive", "eventSourceArn"):
        yield Problem("eventArchive", "no cloudwatch.EventArchive has this bus")


@rule(
    "pinpoint-sms-deletion-protection",
    control="BCK-18",
    pack="guardrails",
    title="Phone numbers for messages are protected from deletion",
    why="a number that is released goes to somebody else, and registering another takes weeks",
    fix="set deletion_protection_enabled to true",
    severity="medium",
    dev="disabled",
    kinds=("pinpoint/smsvoicev2PhoneNumber",),
    paths=("deletionProtectionEnabled",),
    url="https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers.html",
)
def numbers_protected(subject: Subject) -> Iterator[Problem]:
    if subject.flag("deletionProtectionEnabled") in (False, MISSING):
        yield subject.problem("deletionProtectionEnabled", "must be true")
