"""Encryption in transit."""

from tests.policies.cases.encryption import BUCKET, V2, cache, dax, domain, msk
from tests.policies.cases.waf import distribution, listener_rule
from tests.policies.support import CULPRIT, DROP, UNKNOWN, Cases, edit, policy, res

_TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_HTTPS = {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
_REDIRECT = {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}


def bucket_policy(bucket, *statements, document=None):
    props = {"bucket": UNKNOWN, "policy": document if document is not None else policy(*statements)}
    return res("s3/bucketPolicy:BucketPolicy", "policy", props, refers={"bucket": [bucket]})


def listener(token="lb/listener:Listener", **props):
    return res(token, CULPRIT, props)


_VOLUME = {
    "name": "shared",
    "efsVolumeConfiguration": {
        "fileSystemId": UNKNOWN,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"iam": "ENABLED"},
    },
}


def task(**changes):
    return res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"volumes": [edit(_VOLUME, changes)]})


_CUSTOM = "origins.1.customOriginConfig"
CASES = {
    "cloudfront-distribution-viewer-https": Cases(
        good={"https": [distribution()]},
        bad={
            "default behaviour": [distribution(changes={"defaultCacheBehavior.viewerProtocolPolicy": "allow-all"})],
            "another behaviour": [distribution(changes={"orderedCacheBehaviors.0.viewerProtocolPolicy": "allow-all"})],
            "not set": [distribution(changes={"defaultCacheBehavior.viewerProtocolPolicy": DROP})],
        },
    ),
    "cloudfront-distribution-modern-certificate": Cases(
        good={
            "modern": [distribution()],
            "newer": [distribution(changes={"viewerCertificate.minimumProtocolVersion": "TLSv1.3_2025"})],
        },
        bad={
            "none": [distribution(changes={"viewerCertificate": DROP})],
            "default certificate": [
                distribution(changes={"viewerCertificate": {"cloudfrontDefaultCertificate": True}})
            ],
            "old": [distribution(changes={"viewerCertificate.minimumProtocolVersion": "TLSv1.1_2016"})],
            "version not set": [distribution(changes={"viewerCertificate.minimumProtocolVersion": DROP})],
        },
        config=[({"accepted": ["TLSv1.3_2025"]}, [distribution()], True)],
    ),
    "cloudfront-distribution-sni": Cases(
        good={"SNI": [distribution()]},
        bad={"dedicated address": [distribution(changes={"viewerCertificate.sslSupportMethod": "vip"})]},
    ),
    "cloudfront-distribution-origin-https": Cases(
        good={
            "https": [distribution()],
            "VPC origin": [
                res(
                    "cloudfront/vpcOrigin:VpcOrigin",
                    CULPRIT,
                    {
                        "vpcOriginEndpointConfig": {
                            "originProtocolPolicy": "https-only",
                            "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1},
                        }
                    },
                )
            ],
        },
        bad={
            "http": [distribution(changes={f"{_CUSTOM}.originProtocolPolicy": "http-only"})],
            "as the viewer": [distribution(changes={f"{_CUSTOM}.originProtocolPolicy": "match-viewer"})],
            "old protocol": [distribution(changes={f"{_CUSTOM}.originSslProtocols": ["TLSv1.2", "TLSv1.1"]})],
            "VPC origin": [
                res(
                    "cloudfront/vpcOrigin:VpcOrigin",
                    CULPRIT,
                    {"vpcOriginEndpointConfig": {"originProtocolPolicy": "http-only"}},
                )
            ],
        },
    ),
    "lb-listener-https": Cases(
        good={
            "https": [listener(**_HTTPS, defaultActions=[{"type": "forward"}])],
            "redirect": [listener(protocol="HTTP", defaultActions=[_REDIRECT])],
            "TCP": [listener(protocol="TCP", defaultActions=[{"type": "forward"}])],
        },
        bad={
            "http forward": [listener(protocol="HTTP", defaultActions=[{"type": "forward"}])],
            "redirect to http": [
                listener(
                    protocol="HTTP",
                    defaultActions=[{"type": "redirect", "redirect": {"protocol": "HTTP", "port": "8080"}}],
                )
            ],
            "single action, twin token": [
                listener("alb/listener:Listener", protocol="HTTP", defaultActions={"type": "fixed-response"})
            ],
            "rule forwards": [
                listener(protocol="HTTP", defaultActions=[_REDIRECT]),
                listener_rule(listener(protocol="HTTP")),
            ],
        },
    ),
    "lb-listener-modern-tls": Cases(
        good={
            "modern": [listener(**_HTTPS)],
            "restricted": [listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06")],
            "post-quantum": [listener(protocol="TLS", sslPolicy="ELBSecurityPolicy-TLS13-1-3-PQ-2025-09")],
            "http": [listener(protocol="HTTP")],
        },
        bad={
            "default": [listener(protocol="HTTPS")],
            "old": [listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-2016-08")],
            "extended": [listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06")],
            "twin token": [
                listener("alb/listener:Listener", protocol="HTTPS", sslPolicy="ELBSecurityPolicy-FS-2018-06")
            ],
        },
        config=[({"accepted": ["ELBSecurityPolicy-TLS13-1-3-*"]}, [listener(**_HTTPS)], True)],
    ),
    "apigateway-domain-name-modern-tls": Cases(
        good={
            "TLS 1.2": [res("apigateway/domainName:DomainName", CULPRIT, {"securityPolicy": "TLS_1_2"})],
            "enhanced": [
                res(
                    "apigatewayv2/domainName:DomainName",
                    CULPRIT,
                    {"domainNameConfiguration": {"securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}},
                )
            ],
        },
        bad={
            "not set": [res("apigateway/domainName:DomainName", CULPRIT)],
            "TLS 1.0": [
                res(
                    "apigatewayv2/domainName:DomainName",
                    CULPRIT,
                    {"domainNameConfiguration": {"securityPolicy": "TLS_1_0"}},
                )
            ],
        },
    ),
    "s3-bucket-tls-only": Cases(
        good={
            "denied": [BUCKET, bucket_policy(BUCKET, _TLS_ONLY)],
            "V2 token": [V2, bucket_policy(V2, _TLS_ONLY)],
            "object, single statement, other case": [
                BUCKET,
                bucket_policy(
                    BUCKET,
                    document={
                        "Statement": {
                            "Effect": "Deny",
                            "Principal": {"AWS": ["*"]},
                            "Action": ["S3:*"],
                            "Resource": "*",
                            "Condition": {"Bool": {"AWS:SecureTransport": False}},
                        }
                    },
                ),
            ],
            "policy from outputs": [BUCKET, bucket_policy(BUCKET, document=UNKNOWN)],
        },
        bad={
            "no policy": [BUCKET],
            "policy without it": [BUCKET, bucket_policy(BUCKET, edit(_TLS_ONLY, {"Effect": "Allow"}))],
            "objects only": [BUCKET, bucket_policy(BUCKET, edit(_TLS_ONLY, {"Resource": "arn:aws:s3:::media/*"}))],
            "some actions": [BUCKET, bucket_policy(BUCKET, edit(_TLS_ONLY, {"Action": ["s3:GetObject"]}))],
            "one principal": [
                BUCKET,
                bucket_policy(BUCKET, edit(_TLS_ONLY, {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}})),
            ],
            "wrong way round": [
                BUCKET,
                bucket_policy(BUCKET, edit(_TLS_ONLY, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})),
            ],
            "with another condition": [
                BUCKET,
                bucket_policy(
                    BUCKET, edit(_TLS_ONLY, {"Condition.StringEquals": {"aws:PrincipalAccount": "111111111111"}})
                ),
            ],
        },
    ),
    "ecs-task-definition-efs-tls": Cases(
        good={
            "on": [task()],
            "no EFS": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"volumes": [{"name": "x"}]})],
        },
        bad={
            "TLS off": [task(**{"efsVolumeConfiguration.transitEncryption": "DISABLED"})],
            "TLS not set": [task(**{"efsVolumeConfiguration.transitEncryption": DROP})],
            "no IAM": [task(**{"efsVolumeConfiguration.authorizationConfig": DROP})],
        },
    ),
    "elasticache-cache-encryption-in-transit": Cases(
        good={"required": [cache()], "mode by default": [cache({"transitEncryptionMode": DROP})]},
        bad={
            "off": [cache({"transitEncryptionEnabled": False})],
            "not set": [cache({"transitEncryptionEnabled": DROP})],
            "preferred": [cache({"transitEncryptionMode": "preferred"})],
        },
    ),
    "dax-cluster-encryption-in-transit": Cases(
        good={"TLS": [dax()]},
        bad={
            "not set": [dax({"clusterEndpointEncryptionType": DROP})],
            "none": [dax({"clusterEndpointEncryptionType": "NONE"})],
        },
    ),
    "opensearch-domain-https": Cases(
        good={"modern": [domain()], "by default": [domain({"domainEndpointOptions.enforceHttps": DROP})]},
        bad={
            "not set": [domain({"domainEndpointOptions": DROP})],
            "off": [domain({"domainEndpointOptions.enforceHttps": False})],
            "old TLS": [domain({"domainEndpointOptions.tlsSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"})],
            "TLS not set": [domain({"domainEndpointOptions.tlsSecurityPolicy": DROP})],
        },
        config=[({"accepted": ["Policy-Min-TLS-1-3-*"]}, [domain()], True)],
    ),
    "opensearch-domain-node-to-node-encryption": Cases(
        good={"on": [domain()]},
        bad={
            "not set": [domain({"nodeToNodeEncryption": DROP})],
            "off": [domain({"nodeToNodeEncryption.enabled": False})],
        },
    ),
    "msk-cluster-tls": Cases(
        good={
            "by default": [msk()],
            "TLS": [msk(encryptionInTransit={"clientBroker": "TLS", "inCluster": True})],
        },
        bad={
            "plain text too": [msk(encryptionInTransit={"clientBroker": "TLS_PLAINTEXT"})],
            "plain text": [msk(encryptionInTransit={"clientBroker": "PLAINTEXT"})],
            "between brokers": [msk(encryptionInTransit={"clientBroker": "TLS", "inCluster": False})],
        },
    ),
}
