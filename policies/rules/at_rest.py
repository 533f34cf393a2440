"""Customer keys where data rests: topics, secrets, logs, buses, functions, images, backups, positions."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_text, read


def _no_customer_key(subject: Subject, path: str) -> Iterator[Problem]:
    if subject.lacks_customer_key(path):
        yield subject.problem(path, "names no customer key")


@rule(
    "sns-topic-customer-key",
    control="ENC-09",
    pack="encryption",
    title="Topics are encrypted with a customer key",
    why="CloudWatch cannot publish to a topic under the key of AWS, and without a key messages lie in clear",
    fix="set kms_master_key_id to a customer key whose policy admits the services that publish",
    severity="medium",
    dev="advisory",
    kinds=("sns/topic",),
    paths=("kmsMasterKeyId",),
    references=("fsbp:SNS.1", "checkov:CKV_AWS_26", "trivy:AVD-AWS-0095", "trivy:AVD-AWS-0136"),
)
def topic(subject: Subject) -> Iterator[Problem]:
    yield from _no_customer_key(subject, "kmsMasterKeyId")


@rule(
    "secretsmanager-secret-customer-key",
    control="ENC-10",
    pack="encryption",
    title="Secrets are encrypted with a customer key",
    why="the key of AWS admits everybody in the account who may read the secret, and no other account",
    fix="set kms_key_id to a customer key",
    severity="medium",
    dev="advisory",
    kinds=("secretsmanager/secret",),
    paths=("kmsKeyId",),
    references=("checkov:CKV_AWS_149", "trivy:AVD-AWS-0098", "aws-config:SECRETSMANAGER_USING_CMK"),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
)
def secret(subject: Subject) -> Iterator[Problem]:
    yield from _no_customer_key(subject, "kmsKeyId")


@rule(
    "cloudwatch-log-group-customer-key",
    control="ENC-11",
    pack="encryption",
    title="Log groups are encrypted with a customer key",
    why="logs hold addresses and names of customers; only a key of one's own can be withdrawn",
    fix="set kms_key_id to a customer key whose policy admits logs.<region>.amazonaws.com",
    severity="low",
    dev="disabled",
    kinds=("cloudwatch/logGroup",),
    paths=("kmsKeyId",),
    references=("checkov:CKV_AWS_158", "trivy:AVD-AWS-0017", "aws-config:CLOUDWATCH_LOG_GROUP_ENCRYPTED"),
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
)
def log_group(subject: Subject) -> Iterator[Problem]:
    yield from _no_customer_key(subject, "kmsKeyId")


_EVENTS = {
    "cloudwatch/eventBus": "kmsKeyIdentifier",
    "cloudwatch/eventArchive": "kmsKeyIdentifier",
    "cloudwatch/eventConnection": "kmsKeyIdentifier",
    "scheduler/schedule": "kmsKeyArn",
}


@rule(
    "cloudwatch-events-customer-key",
    control="ENC-12",
    pack="encryption",
    title="Event buses, archives, connections and schedules are encrypted with a customer key",
    why="events carry orders and addresses, connections carry credentials",
    fix="set kms_key_identifier (kms_key_arn of a schedule) to a customer key",
    severity="medium",
    dev="disabled",
    prod="advisory",
    kinds=tuple(_EVENTS),
    paths=("kmsKeyIdentifier", "scheduler/schedule · kmsKeyArn"),
    references=("checkov:CKV_AWS_297",),
    url="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption.html",
)
def events(subject: Subject) -> Iterator[Problem]:
    yield from _no_customer_key(subject, _EVENTS[subject.resource.kind])


@rule(
    "lambda-function-environment-key",
    control="ENC-13",
    pack="encryption",
    title="Environments of functions are encrypted with a customer key",
    why="whoever may read the function's configuration sees the variables in clear",
    fix="set kms_key_arn to a customer key",
    severity="medium",
    dev="disabled",
    kinds=("lambda/function",),
    paths=("kmsKeyArn", "environment.variables"),
    references=("checkov:CKV_AWS_173", "prowler:awslambda_function_env_vars_not_encrypted_with_cmk"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html",
)
def function_environment(subject: Subject) -> Iterator[Problem]:
    if subject.value("environment.variables") not in (MISSING, UNKNOWN, {}):
        yield from _no_customer_key(subject, "kmsKeyArn")


@rule(
    "ecr-repository-kms",
    control="ENC-14",
    pack="encryption",
    title="Image repositories are encrypted by KMS",
    why="images hold the application; the default encryption leaves no trace of who decrypts",
    fix="set encryption_configurations with encryption_type KMS (the repository is replaced)",
    severity="low",
    dev="disabled",
    kinds=("ecr/repository",),
    paths=("encryptionConfigurations[].encryptionType",),
    references=("checkov:CKV_AWS_136", "trivy:AVD-AWS-0033"),
    url="https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html",
)
def repository(subject: Subject) -> Iterator[Problem]:
    if subject.value("encryptionConfigurations") is UNKNOWN:
        return
    types = [as_text(read(block, "encryptionType")) for _, block in subject.blocks("encryptionConfigurations")]
    if not subject.deferred and not any(kind in ("KMS", "KMS_DSSE", UNKNOWN) for kind in types):
        yield Problem("encryptionConfigurations", "encryption_type must be KMS")


@rule(
    "apigateway-cache-encrypted",
    control="ENC-15",
    pack="encryption",
    title="Caches of API stages are encrypted",
    why="cached answers hold what one customer asked for",
    fix="set settings.cache_data_encrypted to true wherever caching_enabled is true",
    severity="medium",
    dev="mandatory",
    kinds=("apigateway/methodSettings",),
    paths=("settings.cachingEnabled", "settings.cacheDataEncrypted"),
    references=("fsbp:APIGateway.5", "checkov:CKV_AWS_308", "trivy:AVD-AWS-0002"),
)
def api_cache(subject: Subject) -> Iterator[Problem]:
    if subject.flag("settings.cachingEnabled") is not True:
        return
    if subject.flag("settings.cacheDataEncrypted") in (False, MISSING):
        yield subject.problem("settings.cacheDataEncrypted", "must be true")


@rule(
    "backup-vault-customer-key",
    control="ENC-16",
    pack="encryption",
    title="Backup vaults are encrypted with a customer key",
    why="backups hold all the data at once, and cannot be copied to another account under the key of AWS",
    fix="set kms_key_arn to a customer key (the vault is replaced)",
    severity="medium",
    dev="advisory",
    kinds=("backup/vault",),
    paths=("kmsKeyArn",),
    references=("fsbp:Backup.1", "checkov:CKV_AWS_166", "prowler:backup_vaults_encrypted"),
)
def vault(subject: Subject) -> Iterator[Problem]:
    yield from _no_customer_key(subject, "kmsKeyArn")


@rule(
    "location-customer-key",
    control="ENC-18",
    pack="encryption",
    title="Trackers and geofences are encrypted with a customer key",
    why="positions tell where customers live",
    fix="set kms_key_id to a customer key (the resource is replaced)",
    severity="medium",
    dev="disabled",
    kinds=("location/tracker", "location/geofenceCollection"),
    paths=("kmsKeyId",),
    url="https://docs.aws.amazon.com/location/latest/developerguide/encryption-at-rest.html",
)
def positions(subject: Subject) -> Iterator[Problem]:
    yield from _no_customer_key(subject, "kmsKeyId")


@rule(
    "ecs-cluster-exec-encrypted",
    control="ENC-21",
    pack="encryption",
    title="Sessions of ECS Exec are encrypted with a customer key",
    why="what is typed into a container, passwords too, passes through the session",
    fix="set configuration.execute_command_configuration.kms_key_id to a customer key",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("ecs/cluster",),
    paths=("configuration.executeCommandConfiguration.kmsKeyId",),
    references=("checkov:CKV_AWS_224",),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
    limits="Clusters that configure no ECS Exec are not judged.",
)
def exec_sessions(subject: Subject) -> Iterator[Problem]:
    path = "configuration.executeCommandConfiguration"
    if subject.has(path) and subject.value(path) is not UNKNOWN:
        yield from _no_customer_key(subject, f"{path}.kmsKeyId")


@rule(
    "kinesis-firehose-encrypted",
    control="ENC-22",
    pack="encryption",
    title="Firehose streams are encrypted",
    why="records wait in the stream on their way, web requests and events among them",
    fix="set server_side_encryption with enabled true; a Kinesis stream as the source is encrypted itself",
    severity="medium",
    dev="advisory",
    kinds=("kinesis/firehoseDeliveryStream",),
    paths=("serverSideEncryption.enabled", "kinesisSourceConfiguration", "mskSourceConfiguration"),
    references=("fsbp:DataFirehose.1", "cdk-nag:KDF1", "prowler:firehose_stream_encrypted_at_rest"),
)
def firehose(subject: Subject) -> Iterator[Problem]:
    if subject.has("kinesisSourceConfiguration") or subject.has("mskSourceConfiguration"):
        return
    if subject.value("serverSideEncryption") is UNKNOWN:
        return
    if subject.flag("serverSideEncryption.enabled") in (False, MISSING):
        yield subject.problem("serverSideEncryption.enabled", "must be true")


@rule(
    "kinesis-stream-encrypted",
    control="ENC-25",
    pack="encryption",
    title="Kinesis streams are encrypted",
    why="records lie in the stream for hours or days, readable to whoever reads the disks below",
    fix="set encryption_type to KMS, and kms_key_id to a customer key or alias/aws/kinesis",
    severity="medium",
    dev="mandatory",
    kinds=("kinesis/stream",),
    paths=("encryptionType", "kmsKeyId"),
    references=("fsbp:Kinesis.1", "cdk-nag:KDS1", "checkov:CKV_AWS_43", "trivy:AVD-AWS-0064"),
)
def data_stream(subject: Subject) -> Iterator[Problem]:
    kind = subject.text("encryptionType")
    if kind is MISSING or (isinstance(kind, str) and kind.upper() != "KMS"):
        yield subject.problem("encryptionType", "must be KMS")


@rule(
    "personalize-dataset-group-customer-key",
    control="ENC-19",
    pack="encryption",
    title="Dataset groups of Personalize are encrypted with a customer key",
    why="they hold what each customer looked at and bought",
    fix="set KmsKeyArn, and RoleArn of a role that may use the key (the group is replaced)",
    severity="medium",
    dev="advisory",
    kinds=("AWS::Personalize::DatasetGroup",),
    paths=("kmsKeyArn", "roleArn"),
    url="https://docs.aws.amazon.com/personalize/latest/dg/data-encryption.html",
    limits="Comes by Cloud Control or aws-native alone.",
)
def dataset_group(subject: Subject) -> Iterator[Problem]:
    yield from _no_customer_key(subject, "kmsKeyArn")
    if subject.has("kmsKeyArn") and not subject.has("roleArn"):
        yield subject.problem("roleArn", "without a role Personalize cannot use the key")


@rule(
    "lex-bot-alias-logs-encrypted",
    control="ENC-20",
    pack="encryption",
    title="Recordings of conversations are encrypted with a customer key",
    why="customers tell a bot their names, addresses and orders",
    fix="set the KmsKeyArn of each S3 destination (kms_key_arn of log_settings)",
    severity="medium",
    dev="advisory",
    kinds=("lex/botAlias", "AWS::Lex::BotAlias"),
    paths=(
        "conversationLogs.logSettings[].kmsKeyArn",
        "AWS::Lex::BotAlias · conversationLogSettings.audioLogSettings[].destination.s3Bucket.kmsKeyArn",
    ),
    references=("cdk-nag:LEX4",),
    url="https://docs.aws.amazon.com/lexv2/latest/dg/conversation-logs-encrypting.html",
    limits="Logs of text go to a log group, which has a rule of its own.",
)
def conversations(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "lex/botAlias":
        for path, block in subject.blocks("conversationLogs.logSettings"):
            if read(block, "destination") == "S3":
                yield from _no_customer_key(subject, f"{path}.kmsKeyArn")
        return
    for path, block in subject.blocks("conversationLogSettings.audioLogSettings"):
        if as_flag(read(block, "enabled")) is True and read(block, "destination.s3Bucket") is not MISSING:
            yield from _no_customer_key(subject, f"{path}.destination.s3Bucket.kmsKeyArn")
