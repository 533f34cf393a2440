"""What runs, its permissions, messages and logs."""

from tests.policies.cloudformation_states.state import EVERYBODY, OWN, Written
from tests.policies.support import KEY

ADMIN = {"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}
READ = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}}
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}

STATES = {
    "AWS::SQS::Queue": Written(
        {"QueueName": "orders", "SqsManagedSseEnabled": False},
        {"sqs-queue-encryption": "KmsMasterKeyId", "sqs-queue-dead-letters": "RedrivePolicy"},
        {
            "QueueName": "orders",
            "KmsMasterKeyId": KEY,
            "RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:1:failed", "maxReceiveCount": 5},
        },
    ),
    "AWS::SQS::QueuePolicy": Written(
        {"Queues": ["https://sqs"], "PolicyDocument": EVERYBODY},
        {"aws-resource-policy-not-public": "PolicyDocument"},
        {"Queues": ["https://sqs"], "PolicyDocument": OWN},
    ),
    "AWS::SNS::Topic": Written(
        {"Subscription": [{"Protocol": "http", "Endpoint": "http://a.example"}]},
        {"sns-topic-customer-key": "KmsMasterKeyId", "sns-subscription-https": "Subscription[0].Protocol"},
        {"KmsMasterKeyId": KEY, "Subscription": [{"Protocol": "https", "Endpoint": "https://a.example"}]},
    ),
    "AWS::SNS::TopicPolicy": Written(
        {"Topics": ["arn:t"], "PolicyDocument": EVERYBODY},
        {"aws-resource-policy-not-public": "PolicyDocument"},
        {"Topics": ["arn:t"], "PolicyDocument": OWN},
    ),
    "AWS::Lambda::Function": Written(
        {"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}, "Runtime": "python2.7"},
        {
            "lambda-function-no-secret-environment": "Environment.Variables",
            "lambda-function-environment-key": "KmsKeyArn",
            "lambda-function-supported-runtime": "Runtime",
        },
        {"Environment": {"Variables": {"TABLE": "orders"}}, "KmsKeyArn": KEY, "Runtime": "python3.13"},
    ),
    "AWS::Lambda::Permission": Written(
        {"FunctionName": "orders", "Principal": "s3.amazonaws.com"},
        {"lambda-permission-bounded": "SourceArn"},
        {"FunctionName": "orders", "Principal": "s3.amazonaws.com", "SourceAccount": "111111111111"},
    ),
    "AWS::Lambda::Url": Written(
        {"AuthType": "NONE", "TargetFunctionArn": "arn:f"},
        {"lambda-function-url-authorized": "AuthType"},
        {"AuthType": "AWS_IAM", "TargetFunctionArn": "arn:f"},
    ),
    "AWS::ECS::Service": Written(
        {
            "DesiredCount": 1,
            "NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED", "Subnets": ["subnet-1"]}},
        },
        {
            "ecs-service-multi-az": "DesiredCount",
            "ecs-service-no-public-address": "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
            "ecs-service-rollback": "DeploymentConfiguration.DeploymentCircuitBreaker.Enable",
        },
        {
            "DesiredCount": 2,
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {"AssignPublicIp": "DISABLED", "Subnets": ["subnet-1", "subnet-2"]}
            },
            "DeploymentConfiguration": {"DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}},
        },
    ),
    "AWS::ECS::TaskDefinition": Written(
        {
            "ContainerDefinitions": [
                {"Name": "web", "Privileged": True, "Environment": [{"Name": "API_KEY", "Value": "hunter2"}]}
            ],
            "Volumes": [{"Name": "media", "EFSVolumeConfiguration": {"FilesystemId": "fs-1"}}],
        },
        {
            "ecs-task-definition-no-secret-environment": "ContainerDefinitions",
            "ecs-task-definition-hardened-containers": "ContainerDefinitions",
            "ecs-task-definition-efs-tls": "Volumes[0].EFSVolumeConfiguration.TransitEncryption",
            "ecs-container-logs": "ContainerDefinitions",
        },
        {
            "ContainerDefinitions": [
                {"Name": "web", "ReadonlyRootFilesystem": True, "LogConfiguration": {"LogDriver": "awslogs"}}
            ],
            "Volumes": [
                {
                    "Name": "media",
                    "EFSVolumeConfiguration": {
                        "FilesystemId": "fs-1",
                        "TransitEncryption": "ENABLED",
                        "AuthorizationConfig": {"IAM": "ENABLED"},
                    },
                }
            ],
        },
    ),
    "AWS::Cognito::UserPool": Written(
        {"MfaConfiguration": "OFF", "Policies": {"PasswordPolicy": {"MinimumLength": 6}}},
        {
            "cognito-user-pool-mfa": "MfaConfiguration",
            "cognito-user-pool-password-policy": "Policies.PasswordPolicy.MinimumLength",
        },
        {"MfaConfiguration": "ON"},
    ),
    "AWS::Cognito::UserPoolClient": Written(
        {"UserPoolId": "p", "AllowedOAuthFlows": ["implicit"], "CallbackURLs": ["http://a.example"]},
        {"cognito-user-pool-client-careful": "AllowedOAuthFlows"},
        {
            "UserPoolId": "p",
            "AllowedOAuthFlows": ["code"],
            "CallbackURLs": ["https://a.example"],
            "PreventUserExistenceErrors": "ENABLED",
        },
    ),
    "AWS::Cognito::IdentityPool": Written(
        {"AllowUnauthenticatedIdentities": True},
        {"cognito-identity-pool-no-guests": "AllowUnauthenticatedIdentities"},
        {"AllowUnauthenticatedIdentities": False},
    ),
    "AWS::IAM::Role": Written(
        {
            "AssumeRolePolicyDocument": {
                "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
            },
            "Policies": [{"PolicyName": "a", "PolicyDocument": READ}, {"PolicyName": "b", "PolicyDocument": ADMIN}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
        {
            "iam-role-trust-bounded": "AssumeRolePolicyDocument",
            "iam-policy-no-admin": "Policies[1].PolicyDocument",
            "iam-role-no-broad-managed-policy": "ManagedPolicyArns",
        },
        {"AssumeRolePolicyDocument": TRUST, "Policies": [{"PolicyName": "a", "PolicyDocument": READ}]},
    ),
    "AWS::IAM::ManagedPolicy": Written(
        {"PolicyDocument": ADMIN}, {"iam-policy-no-admin": "PolicyDocument"}, {"PolicyDocument": READ}
    ),
    "AWS::IAM::Group": Written(
        {"Policies": [{"PolicyName": "a", "PolicyDocument": ADMIN}]},
        {"iam-policy-no-admin": "Policies[0].PolicyDocument"},
        {"Policies": [{"PolicyName": "a", "PolicyDocument": READ}]},
    ),
    "AWS::Logs::LogGroup": Written(
        {"LogGroupName": "web"},
        {"cloudwatch-log-group-retention": "RetentionInDays", "cloudwatch-log-group-customer-key": "KmsKeyId"},
        {"LogGroupName": "web", "RetentionInDays": 400, "KmsKeyId": KEY},
    ),
    "AWS::ECR::Repository": Written(
        {"RepositoryPolicyText": EVERYBODY, "EmptyOnDelete": True},
        {
            "aws-resource-policy-not-public": "RepositoryPolicyText",
            "ecr-repository-immutable-scanned": "ImageTagMutability",
            "aws-resource-no-force-destroy": "EmptyOnDelete",
        },
        {
            "ImageTagMutability": "IMMUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "LifecyclePolicy": {"LifecyclePolicyText": "{}"},
        },
    ),
    "AWS::Events::Rule": Written(
        {"Targets": [{"Id": "a", "Arn": "arn:q", "DeadLetterConfig": {"Arn": "arn:d"}}, {"Id": "b", "Arn": "arn:q"}]},
        {"cloudwatch-event-target-dead-letters": "Targets[1].DeadLetterConfig.Arn"},
        {"Targets": [{"Id": "a", "Arn": "arn:q", "DeadLetterConfig": {"Arn": "arn:d"}}]},
    ),
}
