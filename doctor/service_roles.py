"""Service-linked roles that AWS makes, with the deployer's rights, the first time it needs them."""

from collections.abc import Mapping

from doctor.program import Program

# Token, or its beginning -> service of the role and name of the role
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html leads to each).
_ROLES: Mapping[str, tuple[str, str]] = {
    "aws:apigateway/domainName:": ("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"),
    "aws:apigatewayv2/vpcLink:": ("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"),
    "aws:backup/": ("backup.amazonaws.com", "AWSServiceRoleForBackup"),
    "aws:cloudfront/vpcOrigin:": ("vpcorigin.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontVPCOrigin"),
    "aws:cloudwatch/eventApiDestination:": (
        "apidestinations.events.amazonaws.com",
        "AWSServiceRoleForAmazonEventBridgeApiDestinations",
    ),
    "aws:cloudwatch/logDelivery:": ("delivery.logs.amazonaws.com", "AWSServiceRoleForLogDelivery"),
    "aws:cognito/userPool:": ("email.cognito-idp.amazonaws.com", "AWSServiceRoleForAmazonCognitoIdpEmailService"),
    "aws:dynamodb/contributorInsights:": (
        "contributorinsights.dynamodb.amazonaws.com",
        "AWSServiceRoleForDynamoDBCloudWatchContributorInsights",
    ),
    "aws:ecr/pullThroughCacheRule:": ("pullthroughcache.ecr.amazonaws.com", "AWSServiceRoleForECRPullThroughCache"),
    "aws:ecs/": ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    "aws:appautoscaling/target:": (
        "ecs.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
    ),
    "aws:efs/": ("elasticfilesystem.amazonaws.com", "AWSServiceRoleForAmazonElasticFileSystem"),
    "aws:elasticache/": ("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache"),
    "aws:lb/": ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    "aws:msk/": ("kafka.amazonaws.com", "AWSServiceRoleForKafka"),
    "aws:networkfirewall/": ("network-firewall.amazonaws.com", "AWSServiceRoleForNetworkFirewall"),
    "aws:opensearch/domain:": ("opensearchservice.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchService"),
    "aws:opensearch/serverlessCollection:": (
        "observability.aoss.amazonaws.com",
        "AWSServiceRoleForAmazonOpenSearchServerless",
    ),
    "aws:opensearchingest/": ("osis.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchIngestionService"),
    "aws:wafv2/webAclLoggingConfiguration:": ("wafv2.amazonaws.com", "AWSServiceRoleForWAFV2Logging"),
}


def role_names(program: Program) -> dict[str, str]:
    """Service to its role's name, for every type of the program."""
    found = {
        service: role for token in program.types for start, (service, role) in _ROLES.items() if token.startswith(start)
    }
    kafka_storage = any(t.inputs.get("serviceNamespace") == "kafka" for t in program.of("appautoscaling/target:Target"))
    if kafka_storage:
        found["kafka.application-autoscaling.amazonaws.com"] = "AWSServiceRoleForApplicationAutoScaling_KafkaCluster"
    return dict(sorted(found.items()))


def service_roles(program: Program) -> list[str]:
    """Services, as `aws iam create-service-linked-role --aws-service-name` takes them."""
    return list(role_names(program))
