"""Encryption at rest and in transit."""

from tests.policies.cases.waf import balancer, distribution, listener_rule
from tests.policies.support import CULPRIT, DROP, KEY, UNKNOWN, Cases, edit, policy, res

_TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_BUCKET = res("s3/bucket:Bucket", CULPRIT, {"bucket": "media"})
_V2 = res("s3/bucketV2:BucketV2", CULPRIT, {"bucket": "media"})
_KMS = {
    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
    "bucketKeyEnabled": True,
}
_DOMAIN = {
    "encryptAtRest": {"enabled": True, "kmsKeyId": KEY},
    "domainEndpointOptions": {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
    "nodeToNodeEncryption": {"enabled": True},
}
_CACHE = {
    "engine": "redis",
    "atRestEncryptionEnabled": True,
    "kmsKeyId": KEY,
    "transitEncryptionEnabled": True,
    "transitEncryptionMode": "required",
}
_DAX = {"serverSideEncryption": {"enabled": True}, "clusterEndpointEncryptionType": "TLS"}
_HTTPS = {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
_REDIRECT = {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
_VOLUME = {
    "name": "shared",
    "efsVolumeConfiguration": {
        "fileSystemId": UNKNOWN,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"iam": "ENABLED"},
    },
}


def encryption(bucket, entry=_KMS, token="s3/bucketServerSideEncryptionConfiguration", **changes):
    last = token.rsplit("/", 1)[-1]
    return res(
        f"{token}:{last[0].upper()}{last[1:]}",
        "encryption",
        {"bucket": UNKNOWN, "rules": [edit(entry, changes)]},
        refers={"bucket": [bucket]},
    )


def bucket_policy(bucket, *statements, document=None):
    props = {"bucket": UNKNOWN, "policy": document if document is not None else policy(*statements)}
    return res("s3/bucketPolicy:BucketPolicy", "policy", props, refers={"bucket": [bucket]})


def domain(changes=None, token="opensearch/domain:Domain"):
    return res(token, CULPRIT, edit(_DOMAIN, changes or {}))


def cache(changes=None):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, edit(_CACHE, changes or {}))


def dax(changes=None):
    return res("dax/cluster:Cluster", CULPRIT, edit(_DAX, changes or {}))


def listener(token="lb/listener:Listener", **props):
    return res(token, CULPRIT, props)


def table(props=None):
    return res("dynamodb/table:Table", CULPRIT, props or {})


def queue(name=CULPRIT, **props):
    return res("sqs/queue:Queue", name, props)


def key(**props):
    return res("kms/key:Key", CULPRIT, props)


def msk(**info):
    return res("msk/cluster:Cluster", CULPRIT, {"encryptionInfo": info} if info else {})


def task(**changes):
    return res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"volumes": [edit(_VOLUME, changes)]})


def efs(**props):
    return res("efs/fileSystem:FileSystem", CULPRIT, props)


_CUSTOM = "origins.1.customOriginConfig"
_SSE = {"enabled": True, "kmsKeyArn": KEY}
CASES = {
    "s3-bucket-customer-key": Cases(
        good={
            "customer key": [_BUCKET, encryption(_BUCKET)],
            "V2 tokens": [_V2, encryption(_V2, token="s3/bucketServerSideEncryptionConfigurationV2")],
            "key made in the same run": [
                _BUCKET,
                encryption(_BUCKET, **{"applyServerSideEncryptionByDefault.kmsMasterKeyId": UNKNOWN}),
            ],
            "inline": [res("s3/bucket:Bucket", CULPRIT, {"serverSideEncryptionConfiguration": {"rule": _KMS}})],
            "target of load balancer logs": [
                _BUCKET,
                balancer(
                    "web",
                    props={"accessLogs": {"bucket": UNKNOWN, "enabled": True}},
                    refers={"accessLogs": [_BUCKET]},
                ),
            ],
            "target of S3 logs": [
                _BUCKET,
                res(
                    "s3/bucketLogging:BucketLogging",
                    "logging",
                    {"targetBucket": UNKNOWN},
                    refers={"targetBucket": [_BUCKET]},
                ),
            ],
        },
        bad={
            "nothing configured": [_BUCKET],
            "V2 token": [_V2],
            "key of S3": [
                _BUCKET,
                encryption(_BUCKET, {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}),
            ],
            "AWS-managed key": [
                _BUCKET,
                encryption(_BUCKET, **{"applyServerSideEncryptionByDefault.kmsMasterKeyId": DROP}),
            ],
            "no bucket key": [_BUCKET, encryption(_BUCKET, bucketKeyEnabled=DROP)],
            "configuration of another bucket": [
                _BUCKET,
                encryption(res("s3/bucket:Bucket", "other", {"bucket": "other"})),
            ],
        },
    ),
    "dynamodb-table-customer-key": Cases(
        good={
            "customer key": [table({"serverSideEncryption": _SSE})],
            "replica too": [table({"serverSideEncryption": _SSE, "replicas": [{"kmsKeyArn": UNKNOWN}]})],
            "replica resource": [res("dynamodb/tableReplica:TableReplica", CULPRIT, {"kmsKeyArn": KEY})],
        },
        bad={
            "nothing set": [table()],
            "off": [table({"serverSideEncryption": {"enabled": False, "kmsKeyArn": KEY}})],
            "no key": [table({"serverSideEncryption": {"enabled": True}})],
            "replica without key": [
                table({"serverSideEncryption": _SSE, "replicas": [{"regionName": "eu-central-1"}]})
            ],
            "replica resource without key": [res("dynamodb/tableReplica:TableReplica", CULPRIT)],
        },
    ),
    "dax-cluster-encryption-at-rest": Cases(
        good={"on": [dax()]},
        bad={
            "not set": [dax({"serverSideEncryption": DROP})],
            "off": [dax({"serverSideEncryption.enabled": False})],
            "off as text": [dax({"serverSideEncryption.enabled": "false"})],
        },
    ),
    "elasticache-cache-encryption-at-rest": Cases(
        good={
            "customer key": [cache()],
            "Valkey by default": [cache({"engine": "valkey", "atRestEncryptionEnabled": DROP})],
            "serverless": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT, {"kmsKeyId": KEY})],
            "member of a group": [
                res("elasticache/cluster:Cluster", CULPRIT, {"engine": "redis", "replicationGroupId": UNKNOWN})
            ],
            "memcached": [res("elasticache/cluster:Cluster", CULPRIT, {"engine": "memcached"})],
        },
        bad={
            "off": [cache({"atRestEncryptionEnabled": False})],
            "not set": [cache({"atRestEncryptionEnabled": DROP})],
            "Valkey, off": [cache({"engine": "valkey", "atRestEncryptionEnabled": False})],
            "no customer key": [cache({"kmsKeyId": DROP})],
            "serverless without key": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT)],
            "single cluster": [res("elasticache/cluster:Cluster", CULPRIT, {"engine": "redis"})],
        },
        config=[({"customer_key": False}, [cache({"kmsKeyId": DROP})], False)],
    ),
    "efs-file-system-customer-key": Cases(
        good={"customer key": [efs(encrypted=True, kmsKeyId=KEY)]},
        bad={
            "not set": [efs(kmsKeyId=KEY)],
            "off": [efs(encrypted=False)],
            "no customer key": [efs(encrypted=True)],
        },
        config=[({"customer_key": False}, [efs(encrypted=True)], False)],
    ),
    "opensearch-domain-encryption-at-rest": Cases(
        good={"customer key": [domain()], "twin token": [domain(token="elasticsearch/domain:Domain")]},
        bad={
            "not set": [domain({"encryptAtRest": DROP})],
            "off": [domain({"encryptAtRest.enabled": False})],
            "no customer key": [domain({"encryptAtRest.kmsKeyId": DROP})],
            "twin token": [domain({"encryptAtRest": DROP}, "elasticsearch/domain:Domain")],
        },
        config=[({"customer_key": False}, [domain({"encryptAtRest.kmsKeyId": DROP})], False)],
    ),
    "msk-cluster-customer-key": Cases(
        good={"customer key": [msk(encryptionAtRestKmsKeyArn=KEY)]},
        bad={"no block": [msk()], "no key": [msk(encryptionInTransit={"clientBroker": "TLS"})]},
    ),
    "sqs-queue-encryption": Cases(
        good={
            "customer key": [queue(kmsMasterKeyId=KEY)],
            "managed by default": [queue()],
            "order queue with a key": [queue("orders", kmsMasterKeyId=UNKNOWN)],
        },
        bad={
            "managed encryption off": [queue(sqsManagedSseEnabled=False)],
            "order queue without key": [res("sqs/queue:Queue", CULPRIT, {"name": "new-orders.fifo"})],
            "order queue with AWS's key": [
                res("sqs/queue:Queue", CULPRIT, {"name": "orders", "kmsMasterKeyId": "alias/aws/sqs"})
            ],
        },
        config=[({"customer_key_names": ["*"]}, [queue()], True)],
    ),
    "kms-key-rotation": Cases(
        good={
            "on": [key(enableKeyRotation=True)],
            "asymmetric": [key(customerMasterKeySpec="RSA_2048", keyUsage="SIGN_VERIFY")],
            "HMAC": [key(customerMasterKeySpec="HMAC_256", keyUsage="GENERATE_VERIFY_MAC")],
            "custom store": [key(customKeyStoreId="cks-1")],
            "replica": [res("kms/replicaKey:ReplicaKey", CULPRIT)],
        },
        bad={"not set": [key()], "off": [key(enableKeyRotation=False, customerMasterKeySpec="SYMMETRIC_DEFAULT")]},
    ),
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
            "denied": [_BUCKET, bucket_policy(_BUCKET, _TLS_ONLY)],
            "V2 token": [_V2, bucket_policy(_V2, _TLS_ONLY)],
            "object, single statement, other case": [
                _BUCKET,
                bucket_policy(
                    _BUCKET,
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
            "policy from outputs": [_BUCKET, bucket_policy(_BUCKET, document=UNKNOWN)],
        },
        bad={
            "no policy": [_BUCKET],
            "policy without it": [_BUCKET, bucket_policy(_BUCKET, edit(_TLS_ONLY, {"Effect": "Allow"}))],
            "objects only": [_BUCKET, bucket_policy(_BUCKET, edit(_TLS_ONLY, {"Resource": "arn:aws:s3:::media/*"}))],
            "some actions": [_BUCKET, bucket_policy(_BUCKET, edit(_TLS_ONLY, {"Action": ["s3:GetObject"]}))],
            "one principal": [
                _BUCKET,
                bucket_policy(_BUCKET, edit(_TLS_ONLY, {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}})),
            ],
            "wrong way round": [
                _BUCKET,
                bucket_policy(_BUCKET, edit(_TLS_ONLY, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})),
            ],
            "with another condition": [
                _BUCKET,
                bucket_policy(
                    _BUCKET, edit(_TLS_ONLY, {"Condition.StringEquals": {"aws:PrincipalAccount": "111111111111"}})
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
