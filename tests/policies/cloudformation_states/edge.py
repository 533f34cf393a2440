"""Edge, load balancers, APIs and network."""

from policies.library.rules import REGISTRY
from tests.policies.cloudformation_states.state import Written

WORLD = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}

STATES = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Written(
        {
            "Scheme": "internet-facing",
            "LoadBalancerAttributes": [{"Key": "routing.http.desync_mitigation_mode", "Value": "monitor"}],
        },
        {
            "lb-load-balancer-web-acl": "Scheme",
            "lb-load-balancer-strict-requests": "LoadBalancerAttributes",
            "lb-load-balancer-access-logs": "LoadBalancerAttributes",
            "lb-load-balancer-deletion-protection": "LoadBalancerAttributes",
        },
        {
            "Scheme": "internal",
            "LoadBalancerAttributes": [
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
                {"Key": "access_logs.s3.enabled", "Value": "true"},
                {"Key": "access_logs.s3.bucket", "Value": "logs"},
                {"Key": "deletion_protection.enabled", "Value": "true"},
            ],
        },
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Written(
        {
            "Protocol": "HTTP",
            "LoadBalancerArn": "arn:lb",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn:tg"}],
        },
        {"lb-listener-https": "Protocol"},
        {
            "Protocol": "HTTP",
            "LoadBalancerArn": "arn:lb",
            "DefaultActions": [
                {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}},
            ],
        },
    ),
    "AWS::CloudFront::Distribution": Written(
        {
            "DistributionConfig": {
                "Origins": [{"Id": "media", "DomainName": "media.s3.eu-west-1.amazonaws.com", "S3OriginConfig": {}}],
                "DefaultCacheBehavior": {"TargetOriginId": "media", "ViewerProtocolPolicy": "allow-all"},
                "CacheBehaviors": [{"TargetOriginId": "media", "ViewerProtocolPolicy": "allow-all"}],
                "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
            }
        },
        {
            "cloudfront-distribution-web-acl": "DistributionConfig.WebACLId",
            "cloudfront-distribution-viewer-https": "DistributionConfig.CacheBehaviors[0].ViewerProtocolPolicy",
            "cloudfront-distribution-private-s3-origin": "DistributionConfig.Origins[0].OriginAccessControlId",
            "cloudfront-distribution-modern-certificate": "DistributionConfig.ViewerCertificate"
            ".CloudFrontDefaultCertificate",
            "cloudfront-distribution-root-object": "DistributionConfig.DefaultRootObject",
        },
        {
            "DistributionConfig": {
                "Origins": [
                    {
                        "Id": "media",
                        "DomainName": "media.s3.eu-west-1.amazonaws.com",
                        "S3OriginConfig": {},
                        "OriginAccessControlId": "E2",
                    },
                    {
                        "Id": "web",
                        "DomainName": "web.example.com",
                        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
                    },
                ],
                "DefaultCacheBehavior": {"TargetOriginId": "media", "ViewerProtocolPolicy": "redirect-to-https"},
                "CacheBehaviors": [{"TargetOriginId": "web", "ViewerProtocolPolicy": "https-only"}],
                "ViewerCertificate": {"AcmCertificateArn": "arn:c", "MinimumProtocolVersion": "TLSv1.2_2021"},
                "WebACLId": "arn:acl",
                "DefaultRootObject": "index.html",
            }
        },
    ),
    "AWS::WAFv2::WebACL": Written(
        {"Scope": "REGIONAL", "Rules": []},
        {"wafv2-web-acl-baseline": "Rules", "wafv2-web-acl-rate-limit": "Rules"},
        {
            "Scope": "REGIONAL",
            "Rules": [
                *(
                    {
                        "Name": group,
                        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group}},
                        "OverrideAction": {"None": {}},
                    }
                    for group in REGISTRY["wafv2-web-acl-baseline"].defaults["groups"]
                ),
                {"Name": "rate", "Statement": {"RateBasedStatement": {"Limit": 2000}}, "Action": {"Block": {}}},
            ],
        },
    ),
    "AWS::WAFv2::LoggingConfiguration": Written(
        {"ResourceArn": "arn:acl", "LogDestinationConfigs": ["arn:aws:logs:eu-west-1:1:log-group:edge"]},
        {"wafv2-web-acl-logging": "LogDestinationConfigs"},
        {
            "ResourceArn": "arn:acl",
            "LogDestinationConfigs": ["arn:aws:logs:eu-west-1:1:log-group:aws-waf-logs-edge"],
            "RedactedFields": [{"SingleHeader": {"Name": name}} for name in ("authorization", "cookie")],
        },
    ),
    "AWS::ApiGateway::RestApi": Written(
        {"Body": {"openapi": "3.0.1", "paths": {"/orders": {"post": {}}}}},
        {"apigateway-method-authorized": "Body"},
        {"Body": {"openapi": "3.0.1", "paths": {"/orders": {"options": {}}}}},
    ),
    "AWS::ApiGateway::Method": Written(
        {"HttpMethod": "POST", "AuthorizationType": "NONE", "RestApiId": "api", "ResourceId": "r"},
        {"apigateway-method-authorized": "AuthorizationType"},
        {"HttpMethod": "POST", "AuthorizationType": "AWS_IAM", "RestApiId": "api", "ResourceId": "r"},
    ),
    "AWS::ApiGateway::Stage": Written(
        {
            "RestApiId": "api",
            "StageName": "v1",
            "Variables": {"API_KEY": "hunter2"},
            "MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", "DataTraceEnabled": True}],
        },
        {
            "apigateway-stage-no-secret-variables": "Variables",
            "apigateway-stage-access-logs": "AccessLogSetting.DestinationArn",
            "apigateway-stage-execution-logs": "MethodSettings[0].DataTraceEnabled",
        },
        {
            "RestApiId": "api",
            "StageName": "v1",
            "AccessLogSetting": {"DestinationArn": "arn:logs", "Format": "{}"},
            "MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "ERROR"}],
        },
    ),
    "AWS::ApiGatewayV2::Route": Written(
        {"ApiId": "api", "RouteKey": "POST /orders"},
        {"apigateway-method-authorized": "AuthorizationType"},
        {"ApiId": "api", "RouteKey": "POST /orders", "AuthorizationType": "JWT", "AuthorizerId": "a"},
    ),
    "AWS::ApiGatewayV2::DomainName": Written(
        {"DomainName": "api.example.com", "DomainNameConfigurations": [{"SecurityPolicy": "TLS_1_0"}]},
        {"apigateway-domain-name-modern-tls": "DomainNameConfigurations[0].SecurityPolicy"},
        {"DomainName": "api.example.com", "DomainNameConfigurations": [{"SecurityPolicy": "TLS_1_2"}]},
    ),
    "AWS::EC2::SecurityGroup": Written(
        {"GroupDescription": "web", "SecurityGroupIngress": [WORLD]},
        {
            "ec2-security-group-world-open": "SecurityGroupIngress[0]",
            "ec2-security-group-admin-ports": "SecurityGroupIngress[0]",
        },
        {
            "GroupDescription": "web",
            "SecurityGroupIngress": [{**WORLD, "CidrIp": "10.0.0.0/16"}, {**WORLD, "FromPort": 443, "ToPort": 443}],
        },
    ),
    "AWS::EC2::SecurityGroupIngress": Written(
        {"GroupId": "sg-1", **WORLD},
        {"ec2-security-group-world-open": "CidrIp"},
        {"GroupId": "sg-1", **WORLD, "FromPort": 443, "ToPort": 443},
    ),
    "AWS::EC2::Subnet": Written(
        {"VpcId": "vpc-1", "MapPublicIpOnLaunch": True},
        {"ec2-subnet-no-public-addresses": "MapPublicIpOnLaunch"},
        {"VpcId": "vpc-1"},
    ),
    "AWS::EC2::NetworkAclEntry": Written(
        {
            "NetworkAclId": "acl-1",
            "CidrBlock": "0.0.0.0/0",
            "Protocol": 6,
            "PortRange": {"From": 22, "To": 22},
            "RuleAction": "allow",
            "RuleNumber": 1,
        },
        {"ec2-network-acl-admin-ports": "CidrBlock"},
        {"NetworkAclId": "acl-1", "CidrBlock": "10.0.0.0/8", "Protocol": -1, "RuleAction": "allow", "RuleNumber": 1},
    ),
    "AWS::ElasticLoadBalancing::LoadBalancer": Written(
        {"Listeners": [{"InstancePort": "80", "LoadBalancerPort": "80", "Protocol": "http"}]},
        {"lb-listener-https": "Listeners[0].Protocol"},
        {"Listeners": [{"InstancePort": "443", "LoadBalancerPort": "443", "Protocol": "https"}]},
    ),
}
