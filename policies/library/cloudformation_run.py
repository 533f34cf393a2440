"""CloudFormation: compute, IAM, messages, events, logs."""

from collections.abc import Mapping
from typing import Final

from policies.library.forms import Form, Part, Shaped

_INLINE: Final = {"policy": "PolicyDocument"}
_AWSVPC: Final = "NetworkConfiguration.AwsvpcConfiguration"

RUN: Final[Mapping[str, Form]] = {
    "AWS::ECS::Cluster": Form("ecs/cluster", {"name": "ClusterName", "settings": "ClusterSettings"}),
    "AWS::ECS::Service": Form(
        "ecs/service",
        {
            "name": "ServiceName",
            "networkConfiguration.subnets": f"{_AWSVPC}.Subnets",
            "networkConfiguration.securityGroups": f"{_AWSVPC}.SecurityGroups",
            "networkConfiguration.assignPublicIp": Shaped(
                f"{_AWSVPC}.AssignPublicIp", lambda value: value == "ENABLED"
            ),
            "deploymentCircuitBreaker": "DeploymentConfiguration.DeploymentCircuitBreaker",
            "alarms": "DeploymentConfiguration.Alarms",
        },
    ),
    "AWS::ECS::TaskDefinition": Form("ecs/taskDefinition"),
    "AWS::ApplicationAutoScaling::ScalableTarget": Form("appautoscaling/target", tags=""),
    "AWS::ECR::Repository": Form(
        "ecr/repository",
        {
            "name": "RepositoryName",
            "encryptionConfigurations": "EncryptionConfiguration",
            "forceDelete": "EmptyOnDelete",
        },
        (
            Part("ecr/lifecyclePolicy", "LifecyclePolicy", "repository", {"policy": "LifecyclePolicyText"}),
            Part("ecr/repositoryPolicy", "RepositoryPolicyText", "repository", {"policy": ""}),
        ),
    ),
    "AWS::ECR::RegistryScanningConfiguration": Form("ecr/registryScanningConfiguration", tags=""),
    "AWS::ECR::RegistryPolicy": Form("ecr/registryPolicy", {"policy": "PolicyText"}, tags=""),
    "AWS::Lambda::Function": Form("lambda/function", {"name": "FunctionName"}),
    "AWS::Lambda::Permission": Form("lambda/permission", {"function": "FunctionName"}, tags=""),
    "AWS::Lambda::Url": Form(
        "lambda/functionUrl", {"authorizationType": "AuthType", "functionName": "TargetFunctionArn"}, tags=""
    ),
    "AWS::Lambda::EventInvokeConfig": Form("lambda/functionEventInvokeConfig", tags=""),
    "AWS::Lambda::EventSourceMapping": Form(
        "lambda/eventSourceMapping",
        {"destinationConfig.onFailure.destinationArn": "DestinationConfig.OnFailure.Destination"},
    ),
    "AWS::Lambda::LayerVersionPermission": Form("lambda/layerVersionPermission", tags=""),
    "AWS::IAM::Role": Form(
        "iam/role",
        {
            "name": "RoleName",
            "assumeRolePolicy": "AssumeRolePolicyDocument",
            "inlinePolicies[].policy": "Policies[].PolicyDocument",
        },
    ),
    "AWS::IAM::Policy": Form("iam/rolePolicy", _INLINE, tags=""),
    "AWS::IAM::ManagedPolicy": Form("iam/policy", _INLINE, tags=""),
    "AWS::IAM::RolePolicy": Form("iam/rolePolicy", _INLINE, tags=""),
    "AWS::IAM::UserPolicy": Form("iam/userPolicy", _INLINE, tags=""),
    "AWS::IAM::GroupPolicy": Form("iam/groupPolicy", _INLINE, tags=""),
    "AWS::IAM::User": Form(
        "iam/user",
        {"name": "UserName"},
        (
            Part("iam/userPolicy", "Policies[]", "user", _INLINE),
            Part("iam/userPolicyAttachment", "ManagedPolicyArns[]", "user", {"policyArn": ""}),
            Part("iam/userLoginProfile", "LoginProfile", "user"),
        ),
    ),
    "AWS::IAM::Group": Form(
        "iam/group",
        {"name": "GroupName"},
        (
            Part("iam/groupPolicy", "Policies[]", "group", _INLINE),
            Part("iam/groupPolicyAttachment", "ManagedPolicyArns[]", "group", {"policyArn": ""}),
        ),
        tags="",
    ),
    "AWS::IAM::AccessKey": Form("iam/accessKey", {"user": "UserName"}, tags=""),
    "AWS::Cognito::UserPool": Form(
        "cognito/userPool", {"name": "UserPoolName", "passwordPolicy": "Policies.PasswordPolicy"}, tags="UserPoolTags"
    ),
    "AWS::Cognito::UserPoolClient": Form("cognito/userPoolClient", tags=""),
    "AWS::Cognito::IdentityPool": Form("cognito/identityPool", tags="IdentityPoolTags"),
    "AWS::Cognito::LogDeliveryConfiguration": Form("cognito/logDeliveryConfiguration", tags=""),
    "AWS::SQS::Queue": Form("sqs/queue", {"name": "QueueName", "visibilityTimeoutSeconds": "VisibilityTimeout"}),
    "AWS::SQS::QueuePolicy": Form("sqs/queuePolicy", {"queueUrl": "Queues", **_INLINE}, tags=""),
    "AWS::SQS::QueueInlinePolicy": Form("sqs/queuePolicy", {"queueUrl": "Queue", **_INLINE}, tags=""),
    "AWS::SNS::Topic": Form(
        "sns/topic", {"name": "TopicName"}, (Part("sns/topicSubscription", "Subscription[]", "topic"),)
    ),
    "AWS::SNS::TopicPolicy": Form("sns/topicPolicy", {"arn": "Topics", **_INLINE}, tags=""),
    "AWS::SNS::TopicInlinePolicy": Form("sns/topicPolicy", {"arn": "TopicArn", **_INLINE}, tags=""),
    "AWS::SNS::Subscription": Form("sns/topicSubscription", {"topic": "TopicArn"}, tags=""),
    "AWS::Events::EventBus": Form(
        "cloudwatch/eventBus", {}, (Part("cloudwatch/eventBusPolicy", "Policy", "eventBusName", {"policy": ""}),)
    ),
    "AWS::Events::EventBusPolicy": Form(
        "cloudwatch/eventBusPolicy", {"policy": Shaped("Statement", lambda value: {"Statement": [value]})}, tags=""
    ),
    "AWS::Events::Rule": Form("cloudwatch/eventRule", {}, (Part("cloudwatch/eventTarget", "Targets[]", "rule"),)),
    "AWS::Events::Archive": Form("cloudwatch/eventArchive", {"eventSourceArn": "SourceArn"}, tags=""),
    "AWS::Events::Connection": Form("cloudwatch/eventConnection", tags=""),
    "AWS::Events::ApiDestination": Form("cloudwatch/eventApiDestination", tags=""),
    "AWS::Scheduler::Schedule": Form("scheduler/schedule", tags=""),
    "AWS::CloudWatch::Alarm": Form(
        "cloudwatch/metricAlarm",
        {"name": "AlarmName", "metricQueries[].metric.namespace": "Metrics[].MetricStat.Metric.Namespace"},
    ),
    "AWS::CloudWatch::CompositeAlarm": Form("cloudwatch/compositeAlarm", {"name": "AlarmName"}),
    "AWS::Logs::LogGroup": Form("cloudwatch/logGroup", {"name": "LogGroupName"}),
    "AWS::Logs::ResourcePolicy": Form("cloudwatch/logResourcePolicy", tags=""),
    "AWS::Logs::DeliverySource": Form("cloudwatch/logDeliverySource"),
    "AWS::Logs::DeliveryDestination": Form(
        "cloudwatch/logDeliveryDestination",
        {"deliveryDestinationConfiguration.destinationResourceArn": "DestinationResourceArn"},
    ),
    "AWS::Budgets::Budget": Form("budgets/budget", {"notifications": "NotificationsWithSubscribers"}, tags=""),
    "AWS::Location::Tracker": Form("location/tracker"),
    "AWS::Location::GeofenceCollection": Form("location/geofenceCollection"),
    "AWS::Location::APIKey": Form("AWS::Location::APIKey"),
    "AWS::Lex::Bot": Form("AWS::Lex::Bot", tags="BotTags"),
    "AWS::Lex::BotAlias": Form("AWS::Lex::BotAlias", tags="BotAliasTags"),
    "AWS::Lex::BotVersion": Form("AWS::Lex::BotVersion", tags=""),
    "AWS::Lex::ResourcePolicy": Form("AWS::Lex::ResourcePolicy", tags=""),
    "AWS::SMSVOICE::PhoneNumber": Form("pinpoint/smsvoicev2PhoneNumber"),
    "AWS::SMSVOICE::ConfigurationSet": Form(
        "pinpoint/smsvoicev2ConfigurationSet",
        {},
        (Part("pinpoint/smsvoicev2EventDestination", "EventDestinations[]", "configurationSetName"),),
    ),
}
