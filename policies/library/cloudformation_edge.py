"""CloudFormation: the network, and everything reachable from the internet."""

from collections.abc import Mapping
from typing import Any, Final

from policies.library.forms import Form, Part, Shaped
from policies.library.values import MISSING, UNKNOWN, as_list, read

_GROUP_RULE: Final = {
    "protocol": "IpProtocol",
    "cidrBlocks": "CidrIp",
    "ipv6CidrBlocks": "CidrIpv6",
}


def _inline(direction: str, own: str, peer: str) -> dict[str, str | Shaped]:
    """Rules inside a security group, of which CloudFormation writes one per address."""
    names = {**_GROUP_RULE, "prefixListIds": f"{peer}PrefixListId", "securityGroups": f"{peer}SecurityGroupId"}
    return {direction: own, **{f"{direction}[].{ours}": f"{own}[].{theirs}" for ours, theirs in names.items()}}


def _attribute(name: str) -> Shaped:
    """One of a load balancer's attributes, which are a list of keys and values."""

    def shape(value: Any) -> Any:
        keys = [read(item, "Key") for item in as_list(value)]
        if name in keys:
            return read(as_list(value)[keys.index(name)], "Value")
        return UNKNOWN if UNKNOWN in keys else MISSING

    return Shaped("LoadBalancerAttributes", shape)


def _number_text(value: Any) -> Any:
    return str(int(value)) if isinstance(value, int | float) else value


EDGE: Final[Mapping[str, Form]] = {
    "AWS::EC2::VPC": Form("ec2/vpc"),
    "AWS::EC2::Subnet": Form("ec2/subnet"),
    "AWS::EC2::InternetGateway": Form("ec2/internetGateway"),
    "AWS::EC2::NatGateway": Form("ec2/natGateway"),
    "AWS::EC2::RouteTable": Form("ec2/routeTable"),
    "AWS::EC2::Route": Form("ec2/route", tags=""),
    "AWS::EC2::SubnetRouteTableAssociation": Form("ec2/routeTableAssociation", tags=""),
    "AWS::EC2::VPCEndpoint": Form("ec2/vpcEndpoint"),
    "AWS::EC2::FlowLog": Form("ec2/flowLog", {"vpcId": "ResourceId"}),
    "AWS::EC2::PrefixList": Form("ec2/managedPrefixList", {"name": "PrefixListName"}),
    "AWS::EC2::NetworkAclEntry": Form(
        "ec2/networkAclRule",
        {"protocol": Shaped("Protocol", _number_text), "fromPort": "PortRange.From", "toPort": "PortRange.To"},
        tags="",
    ),
    "AWS::EC2::SecurityGroup": Form(
        "ec2/securityGroup",
        {
            "description": "GroupDescription",
            "name": "GroupName",
            **_inline("ingress", "SecurityGroupIngress", "Source"),
            **_inline("egress", "SecurityGroupEgress", "Destination"),
        },
    ),
    "AWS::EC2::SecurityGroupIngress": Form(
        "vpc/securityGroupIngressRule",
        {
            "cidrIpv4": "CidrIp",
            "securityGroupId": "GroupId",
            "prefixListId": "SourcePrefixListId",
            "referencedSecurityGroupId": "SourceSecurityGroupId",
        },
        tags="",
    ),
    "AWS::EC2::SecurityGroupEgress": Form(
        "vpc/securityGroupEgressRule",
        {
            "cidrIpv4": "CidrIp",
            "securityGroupId": "GroupId",
            "prefixListId": "DestinationPrefixListId",
            "referencedSecurityGroupId": "DestinationSecurityGroupId",
        },
        tags="",
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Form(
        "lb/loadBalancer",
        {
            "internal": Shaped("Scheme", lambda value: value == "internal"),
            "loadBalancerType": "Type",
            "accessLogs.enabled": _attribute("access_logs.s3.enabled"),
            "accessLogs.bucket": _attribute("access_logs.s3.bucket"),
            "connectionLogs.bucket": _attribute("connection_logs.s3.bucket"),
            "dropInvalidHeaderFields": _attribute("routing.http.drop_invalid_header_fields.enabled"),
            "desyncMitigationMode": _attribute("routing.http.desync_mitigation_mode"),
            "enableDeletionProtection": _attribute("deletion_protection.enabled"),
        },
    ),
    "AWS::ElasticLoadBalancing::LoadBalancer": Form(
        "elb/loadBalancer",
        {"listeners[].lbProtocol": "Listeners[].Protocol", "listeners[].lbPort": "Listeners[].LoadBalancerPort"},
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Form(
        "lb/listener", {"defaultActions[].redirect": "DefaultActions[].RedirectConfig"}, tags=""
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Form(
        "lb/listenerRule", {"conditions[].httpHeader": "Conditions[].HttpHeaderConfig"}, tags=""
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Form("lb/targetGroup", {"healthCheck.protocol": "HealthCheckProtocol"}),
    "AWS::CloudFront::Distribution": Form(
        "cloudfront/distribution",
        {
            "origins[].originId": "Origins[].Id",
            "orderedCacheBehaviors": "CacheBehaviors",
            "loggingConfig": "Logging",
            "originGroups": "OriginGroups.Items",
        },
        lift="DistributionConfig",
    ),
    "AWS::CloudFront::VpcOrigin": Form(
        "cloudfront/vpcOrigin",
        {"vpcOriginEndpointConfig.originSslProtocols.items": "VpcOriginEndpointConfig.OriginSSLProtocols"},
    ),
    "AWS::CloudFront::ResponseHeadersPolicy": Form(
        "cloudfront/responseHeadersPolicy", lift="ResponseHeadersPolicyConfig", tags=""
    ),
    "AWS::WAFv2::WebACL": Form("wafv2/webAcl"),
    "AWS::WAFv2::WebACLAssociation": Form("wafv2/webAclAssociation", tags=""),
    "AWS::WAFv2::LoggingConfiguration": Form("wafv2/webAclLoggingConfiguration", tags=""),
    "AWS::ApiGateway::RestApi": Form("apigateway/restApi"),
    "AWS::ApiGateway::Stage": Form(
        "apigateway/stage",
        {
            "restApi": "RestApiId",
            "accessLogSettings": "AccessLogSetting",
            "xrayTracingEnabled": "TracingEnabled",
        },
        (
            Part(
                "apigateway/methodSettings",
                "MethodSettings[]",
                "stageName",
                {
                    "settings.loggingLevel": "LoggingLevel",
                    "settings.dataTraceEnabled": "DataTraceEnabled",
                    "settings.cachingEnabled": "CachingEnabled",
                    "settings.cacheDataEncrypted": "CacheDataEncrypted",
                    "settings.throttlingRateLimit": "ThrottlingRateLimit",
                    "settings.throttlingBurstLimit": "ThrottlingBurstLimit",
                    "methodPath": "ResourcePath",
                },
                {"restApi": "RestApiId"},
            ),
        ),
    ),
    "AWS::ApiGateway::Method": Form(
        "apigateway/method", {"authorization": "AuthorizationType", "restApi": "RestApiId"}, tags=""
    ),
    "AWS::ApiGateway::DomainName": Form("apigateway/domainName"),
    "AWS::ApiGateway::BasePathMapping": Form("apigateway/basePathMapping", {"restApi": "RestApiId"}, tags=""),
    "AWS::ApiGatewayV2::Api": Form("apigatewayv2/api"),
    "AWS::ApiGatewayV2::Stage": Form("apigatewayv2/stage", {"name": "StageName"}),
    "AWS::ApiGatewayV2::Route": Form("apigatewayv2/route", tags=""),
    "AWS::ApiGatewayV2::Integration": Form("apigatewayv2/integration", tags=""),
    "AWS::ApiGatewayV2::DomainName": Form(
        "apigatewayv2/domainName", {"domainNameConfiguration": "DomainNameConfigurations[0]"}
    ),
    "AWS::CertificateManager::Certificate": Form("acm/certificate"),
    "AWS::Route53::HostedZone": Form(
        "route53/zone",
        {},
        (Part("route53/queryLog", "QueryLoggingConfig", "zoneId"),),
        tags="HostedZoneTags",
    ),
    "AWS::Route53::RecordSet": Form(
        "route53/record",
        {
            "aliases.name": "AliasTarget.DNSName",
            "aliases.evaluateTargetHealth": "AliasTarget.EvaluateTargetHealth",
            "failoverRoutingPolicies.type": "Failover",
            "latencyRoutingPolicies.region": "Region",
        },
        tags="",
    ),
    "AWS::Route53::DNSSEC": Form("route53/hostedZoneDnsSec", tags=""),
    "AWS::Route53::QueryLoggingConfig": Form("route53/queryLog", {"zoneId": "HostedZoneId"}, tags=""),
}
