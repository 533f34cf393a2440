"""Distributions and what stands behind them: buckets, load balancers, functions, records, web ACLs in all spellings."""

import json

import pulumi
import pulumi_aws as aws

FAULTS = {
    "clear": {"cloudfront-distribution-viewer-https"},
    "one-path": {"cloudfront-distribution-viewer-https"},
    "default-certificate": {"cloudfront-distribution-modern-certificate"},
    "old-certificate": {"cloudfront-distribution-modern-certificate"},
    "plain-origin": {"cloudfront-distribution-origin-https"},
    "old-origin": {"cloudfront-distribution-origin-https"},
    "identity": {"cloudfront-distribution-private-s3-origin"},
    "website": {"cloudfront-distribution-private-s3-origin", "cloudfront-distribution-origin-https"},
    "bare": {"cloudfront-distribution-web-acl"},
    "no-root": {"cloudfront-distribution-root-object"},
    "unsigned": {"cloudfront-distribution-function-origin-signed"},
    "any-distribution": {"cloudfront-distribution-private-s3-origin"},
    "counting": {"wafv2-web-acl-blocking"},
    "empty": {"wafv2-web-acl-baseline"},
    "json-short": {"wafv2-web-acl-baseline"},
    "home": {"wafv2-web-acl-scope"},
    "open-balancer": {"lb-load-balancer-only-through-cloudfront"},
    "no-header": {"lb-load-balancer-only-through-cloudfront"},
    "shop-dangling": {"route53-record-alias-target"},
}
LATER = {"any-distribution": {"cloudfront-distribution-private-s3-origin"}}

GROUPS = tuple(
    f"AWSManagedRules{name}"
    for name in ("CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "AmazonIpReputationList")
)
VISIBLE = {"cloudwatch_metrics_enabled": True, "metric_name": "shop", "sampled_requests_enabled": True}


def rules(override, groups=GROUPS):
    return [
        aws.wafv2.WebAclRuleArgs(
            name=group,
            priority=n,
            override_action=override,
            statement=aws.wafv2.WebAclRuleStatementArgs(
                managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                    name=group, vendor_name="AWS"
                )
            ),
            visibility_config=aws.wafv2.WebAclRuleVisibilityConfigArgs(**VISIBLE),
        )
        for n, group in enumerate(groups)
    ]


def web_acls():
    none = aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs())
    count = aws.wafv2.WebAclRuleOverrideActionArgs(count=aws.wafv2.WebAclRuleOverrideActionCountArgs())
    common = {"scope": "CLOUDFRONT", "default_action": {"allow": {}}, "visibility_config": VISIBLE}
    blocked = aws.wafv2.IpSet(
        "blocked", scope="CLOUDFRONT", ip_address_version="IPV4", addresses=["192.0.2.0/24"], region="us-east-1"
    )
    by_set = {
        "name": "blocked",
        "priority": 9,
        "action": {"block": {}},
        "statement": {"ipSetReferenceStatement": {"arn": blocked.arn}},
        "visibilityConfig": VISIBLE,
    }
    edge = aws.wafv2.WebAcl("edge", region="us-east-1", rules=[*rules(none), by_set], **common)
    aws.wafv2.WebAcl("counting", region="us-east-1", rules=rules(count), **common)
    aws.wafv2.WebAcl("empty", region="us-east-1", rules=[by_set], **common)
    aws.wafv2.WebAcl("home", rules=rules(none), **common)
    for name, groups in (("json", GROUPS), ("json-short", GROUPS[:2])):
        text = [
            {
                "Name": group,
                "Priority": n,
                "OverrideAction": {"None": {}},
                "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group}},
            }
            for n, group in enumerate(groups)
        ]
        aws.wafv2.WebAcl(name, region="us-east-1", rule_json=json.dumps(text), **common)
    return edge


def balancers():
    vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")
    aws.ec2.DefaultSecurityGroup("closed", vpc_id=vpc.id)
    subnets = [
        aws.ec2.Subnet(f"public-{z}", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24", availability_zone=f"eu-west-1{z}")
        for n, z in enumerate("abc")
    ]
    listed = aws.ec2.get_managed_prefix_list(name="com.amazonaws.global.cloudfront.origin-facing").id
    https = {"protocol": "tcp", "from_port": 443, "to_port": 443}
    edge_only = aws.ec2.SecurityGroup("edge-only", vpc_id=vpc.id, ingress=[{**https, "prefix_list_ids": [listed]}])
    world = aws.ec2.SecurityGroup("world", vpc_id=vpc.id, ingress=[{**https, "cidr_blocks": ["0.0.0.0/0"]}])
    acl = aws.wafv2.WebAcl(
        "regional",
        scope="REGIONAL",
        default_action={"allow": {}},
        visibility_config=VISIBLE,
        rules=rules(aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs())),
    )
    made = {}
    for name, group in (("guarded", edge_only), ("no-header", edge_only), ("open-balancer", world), ("direct", world)):
        made[name] = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            security_groups=[group.id],
            subnets=[subnet.id for subnet in subnets],
            drop_invalid_header_fields=True,
        )
        aws.wafv2.WebAclAssociation(name, resource_arn=made[name].arn, web_acl_arn=acl.arn)
        secure = aws.lb.Listener(
            name,
            load_balancer_arn=made[name].arn,
            port=443,
            protocol="HTTPS",
            ssl_policy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            default_actions=[{"type": "forward" if name != "guarded" else "fixed-response"}],
        )
        if name == "guarded":
            aws.lb.ListenerRule(
                name,
                listener_arn=secure.arn,
                actions=[{"type": "forward"}],
                conditions=[{"httpHeader": {"httpHeaderName": "x-edge", "values": [pulumi.Output.secret("s")]}}],
            )
    return made


def own_bucket(name):
    bucket = aws.s3.Bucket(name)
    blocks = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    aws.s3.BucketPublicAccessBlock(name, bucket=bucket.id, **dict.fromkeys(blocks, True))
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": "arn:aws:kms:eu-west-1:111111111111:key/1",
                }
            }
        ],
    )
    return bucket


def admit(name, bucket, distribution, *, bounded):
    def document(arns):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": ["cloudfront.amazonaws.com"]},
            "Action": "s3:GetObject",
            "Resource": f"{arns[0]}/*",
        }
        if bounded:
            statement["Condition"] = {"StringEquals": {"aws:SourceArn": arns[1]}}
        deny = {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["s3:*"],
            "Resource": [arns[0], f"{arns[0]}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": False}},
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement, deny]})

    aws.s3.BucketPolicy(
        name, bucket=bucket.bucket, policy=pulumi.Output.all(bucket.arn, distribution.arn).apply(document)
    )


def program():
    acl = web_acls()
    made = balancers()
    media, others = own_bucket("media"), own_bucket("others")
    access = aws.cloudfront.OriginAccessControl(
        "media", origin_access_control_origin_type="s3", signing_behavior="always", signing_protocol="sigv4"
    )
    headers = aws.cloudfront.ResponseHeadersPolicy(
        "strict",
        security_headers_config={
            "strict_transport_security": {"access_control_max_age_sec": 63072000, "override": True}
        },
    )
    bucket = {
        "origin_id": "media",
        "domain_name": media.bucket_regional_domain_name,
        "origin_access_control_id": access.id,
    }
    https = {
        "http_port": 80,
        "https_port": 443,
        "origin_protocol_policy": "https-only",
        "origin_ssl_protocols": ["TLSv1.2"],
    }

    def custom(domain, **changes):
        return {"origin_id": "web", "domain_name": domain, "custom_origin_config": {**https, **changes}}

    behaviour = {
        "target_origin_id": "media",
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": ["GET", "HEAD"],
        "cached_methods": ["GET", "HEAD"],
        "response_headers_policy_id": headers.id,
    }
    sound = {
        "enabled": True,
        "web_acl_id": acl.arn,
        "default_root_object": "index.html",
        "origins": [bucket],
        "default_cache_behavior": behaviour,
        "viewer_certificate": {
            "acm_certificate_arn": "arn:aws:acm:us-east-1:111111111111:certificate/1",
            "minimum_protocol_version": "TLSv1.2_2021",
            "ssl_support_method": "sni-only",
        },
        "restrictions": {"geo_restriction": {"restriction_type": "none"}},
    }

    def cdn(name, **changes):
        return aws.cloudfront.Distribution(name, **{**sound, **changes})

    def path(policy):
        return {**behaviour, "path_pattern": "/api/*", "viewer_protocol_policy": policy}

    shop = cdn(
        "shop",
        origins=[
            bucket,
            custom(made["guarded"].dns_name),
            {**custom(made["no-header"].dns_name), "origin_id": "two"},
            {**custom(made["open-balancer"].dns_name), "origin_id": "three"},
        ],
        ordered_cache_behaviors=[path("https-only")],
    )
    admit("media", media, shop, bounded=True)
    admit("any-distribution", others, shop, bounded=False)
    cdn("clear", default_cache_behavior={**behaviour, "viewer_protocol_policy": "allow-all"})
    cdn("one-path", ordered_cache_behaviors=[path("https-only"), path("allow-all")])
    cdn("default-certificate", viewer_certificate={"cloudfront_default_certificate": True})
    cdn(
        "old-certificate",
        viewer_certificate={**sound["viewer_certificate"], "minimum_protocol_version": "TLSv1.1_2016"},
    )
    elsewhere = "api.partner.execute-api.eu-west-1.amazonaws.com"
    cdn("plain-origin", origins=[bucket, custom(elsewhere, origin_protocol_policy="match-viewer")])
    cdn("old-origin", origins=[bucket, custom(elsewhere, origin_ssl_protocols=["TLSv1", "TLSv1.2"])])
    cdn(
        "identity",
        origins=[
            {
                "origin_id": "media",
                "domain_name": media.bucket_regional_domain_name,
                "s3_origin_config": {"origin_access_identity": "origin-access-identity/cloudfront/E1"},
            }
        ],
    )
    cdn(
        "website",
        origins=[bucket, custom("media.s3-website-eu-west-1.amazonaws.com", origin_protocol_policy="http-only")],
    )
    cdn("bare", web_acl_id=None)
    cdn("no-root", default_root_object=None)
    function = "abc123.lambda-url.eu-west-1.on.aws"
    cdn("signed", origins=[bucket, {**custom(function), "origin_access_control_id": access.id}])
    cdn("unsigned", origins=[bucket, custom(function)])
    cdn(
        "api",
        origins=[bucket, custom(elsewhere)],
        default_root_object=None,
        default_cache_behavior={**behaviour, "target_origin_id": "web"},
    )
    aws.cloudwatch.MetricAlarm(
        "errors",
        namespace="AWS/ApplicationELB",
        metric_name="HTTPCode_ELB_5XX_Count",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        statistic="Sum",
        threshold=1,
        alarm_actions=["arn:aws:sns:eu-west-1:111111111111:ops"],
    )
    zone = aws.route53.Zone("shop", name="shop.example.com")
    records(zone, shop)


def records(zone, shop):
    def alias(name, target):
        aws.route53.Record(
            name,
            zone_id=zone.zone_id,
            name=f"{name}.example.com",
            type="A",
            aliases=[{"name": target, "zone_id": "Z2FDTNDATAQYW2", "evaluate_target_health": False}],
        )

    alias("shop", shop.domain_name)
    alias("shop-dangling", "old-shop.s3-website-eu-west-1.amazonaws.com")
    aws.route53.Record(
        "mail", zone_id=zone.zone_id, name="mail.example.com", type="CNAME", ttl=60, records=["mail.partner.example"]
    )
