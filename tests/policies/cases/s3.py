"""S3: buckets."""

from tests.policies.cases.helpers.load_balancers import balancer
from tests.policies.support import CULPRIT, DROP, KEY, UNKNOWN, Cases, edit, in_kinds, policy, res

_MEDIA = res("s3/bucket:Bucket", CULPRIT, {"bucket": "media"})
_V2 = res("s3/bucketV2:BucketV2", CULPRIT, {"bucket": "media"})
_ABORT = {"status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}
_EXPIRE = {**_ABORT, "noncurrentVersionExpiration": {"noncurrentDays": 30}}


def of(kind, name="more", bucket=_MEDIA, **props):
    token = f"s3/{kind}:{kind[0].upper()}{kind[1:]}"
    return res(token, name, {"bucket": UNKNOWN, **props}, refers={"bucket": [bucket]})


def versions(status, **options):
    return of("bucketVersioning", versioningConfiguration={"status": status}, **options)


def lifecycle(*rules):
    return of("bucketLifecycleConfiguration", rules=list(rules))


def ownership(value, name=CULPRIT):
    return of("bucketOwnershipControls", name, rule={"objectOwnership": value})


def named(name, **props):
    return res("s3/bucket:Bucket", CULPRIT, {"bucket": name, **props})


_KMS = {
    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
    "bucketKeyEnabled": True,
}


def encryption(bucket, entry=_KMS, token="s3/bucketServerSideEncryptionConfiguration", **changes):
    last = token.rsplit("/", 1)[-1]
    return res(
        f"{token}:{last[0].upper()}{last[1:]}",
        "encryption",
        {"bucket": UNKNOWN, "rules": [edit(entry, changes)]},
        refers={"bucket": [bucket]},
    )


_BLOCK = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)


def block(name="block", bucket=_MEDIA, **props):
    return res(
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        name,
        {"bucket": UNKNOWN, **_BLOCK, **props},
        refers={"bucket": [bucket]},
    )


def logging(target="logs", name="logging", of=_MEDIA):
    props = {"bucket": UNKNOWN, "targetBucket": target}
    return res("s3/bucketLogging:BucketLogging", name, props, refers={"bucket": [of]})


_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_V2_KEY = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:eu-west-1:111111111111:key/0f5a"}
_LOGS = res("s3/bucket:Bucket", CULPRIT, {"bucket": "balancer-logs"})
_ABORT_INLINE = {"abortIncompleteMultipartUploadDays": 7}


def v2(**rule):
    return res("s3/bucketV2:BucketV2", CULPRIT, {"serverSideEncryptionConfigurations": [{"rules": [rule]}]})


def media_bucket(**props):
    return res("s3/bucket:Bucket", CULPRIT, {"bucket": "media", **props})


_TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def bucket_policy(bucket, *statements, document=None):
    props = {"bucket": UNKNOWN, "policy": document if document is not None else policy(*statements)}
    return res("s3/bucketPolicy:BucketPolicy", "policy", props, refers={"bucket": [bucket]})


CASES = {
    "s3-bucket-access-logs": Cases(
        good={
            "logged": [_MEDIA, logging()],
            "inline": [res("s3/bucket:Bucket", "media", {"loggings": [{"targetBucket": "logs"}]})],
            "log bucket": [
                _MEDIA,
                res("cloudtrail/trail:Trail", "trail", {"s3BucketName": UNKNOWN}, refers={"s3BucketName": [_MEDIA]}),
            ],
            "keeps logs by its policy": [
                _MEDIA,
                res(
                    "s3/bucketPolicy:BucketPolicy",
                    "policy",
                    {
                        "bucket": UNKNOWN,
                        "policy": policy(
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                                "Action": "s3:PutObject",
                                "Resource": "arn:aws:s3:::media/*",
                            }
                        ),
                    },
                    refers={"bucket": [_MEDIA]},
                ),
            ],
        },
        bad={
            "none": [_MEDIA],
            "V2 token": [res("s3/bucketV2:BucketV2", CULPRIT)],
            "into itself": [
                res("s3/bucketLogging:BucketLogging", CULPRIT, {"bucket": "media", "targetBucket": "media"})
            ],
        },
    ),
    "s3-bucket-bucket-key": Cases(
        good={
            "on": [_MEDIA, encryption(_MEDIA)],
            "no KMS": [_MEDIA, encryption(_MEDIA, **{"applyServerSideEncryptionByDefault.sseAlgorithm": "AES256"})],
            "dual layer": [
                _MEDIA,
                encryption(
                    _MEDIA, bucketKeyEnabled=DROP, **{"applyServerSideEncryptionByDefault.sseAlgorithm": "aws:kms:dsse"}
                ),
            ],
        },
        bad={
            "not set": [_MEDIA, encryption(_MEDIA, bucketKeyEnabled=DROP)],
            "off": [_MEDIA, encryption(_MEDIA, bucketKeyEnabled=False)],
        },
    ),
    "s3-bucket-customer-key": Cases(
        good={
            "customer managed key": [_MEDIA, encryption(_MEDIA)],
            "V2 tokens": [_V2, encryption(_V2, token="s3/bucketServerSideEncryptionConfigurationV2")],
            "key made in the same run": [
                _MEDIA,
                encryption(_MEDIA, **{"applyServerSideEncryptionByDefault.kmsMasterKeyId": UNKNOWN}),
            ],
            "inline": [res("s3/bucket:Bucket", CULPRIT, {"serverSideEncryptionConfiguration": {"rule": _KMS}})],
            "target of load balancer logs": [
                _MEDIA,
                balancer(
                    "web",
                    props={"accessLogs": {"bucket": UNKNOWN, "enabled": True}},
                    refers={"accessLogs": [_MEDIA]},
                ),
            ],
            "target of S3 logs": [
                _MEDIA,
                res(
                    "s3/bucketLogging:BucketLogging",
                    "logging",
                    {"targetBucket": UNKNOWN},
                    refers={"targetBucket": [_MEDIA]},
                ),
            ],
            "V2 token, inline": [v2(applyServerSideEncryptionByDefaults=[_V2_KEY])],
            "logs of load balancers of other stacks": [
                _LOGS,
                res(
                    "s3/bucketPolicy:BucketPolicy",
                    "policy",
                    {
                        "bucket": UNKNOWN,
                        "policy": policy(
                            {
                                "Effect": "Allow",
                                "Principal": {"AWS": "arn:aws:iam::156460612806:root"},
                                "Action": "s3:PutObject",
                                "Resource": "*",
                            }
                        ),
                    },
                    refers={"bucket": [_LOGS]},
                ),
            ],
        },
        bad={
            "nothing configured": [_MEDIA],
            "V2 token": [_V2],
            "key of S3": [
                _MEDIA,
                encryption(_MEDIA, {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}),
            ],
            "AWS-managed key": [
                _MEDIA,
                encryption(_MEDIA, **{"applyServerSideEncryptionByDefault.kmsMasterKeyId": DROP}),
            ],
            "configuration of another bucket": [
                _MEDIA,
                encryption(res("s3/bucket:Bucket", "other", {"bucket": "other"})),
            ],
            "V2 token, key of S3": [v2(applyServerSideEncryptionByDefaults=[{"sseAlgorithm": "AES256"}])],
            "V2 token, key of AWS": [
                v2(applyServerSideEncryptionByDefaults=[{**_V2_KEY, "kmsMasterKeyId": "alias/aws/s3"}])
            ],
        },
    ),
    "s3-bucket-lifecycle": Cases(
        good={
            "both": [_MEDIA, versions("Enabled"), lifecycle(_EXPIRE)],
            "in two rules": [_MEDIA, versions("Enabled"), lifecycle(_ABORT, {**_EXPIRE, "prefix": "old/"})],
            "no versions": [_MEDIA, lifecycle(_ABORT)],
            "inline": [named("media", lifecycleRules=[{"enabled": True, "abortIncompleteMultipartUploadDays": 7}])],
            "inline, versions": [
                media_bucket(
                    versioning={"enabled": True},
                    lifecycleRules=[
                        {
                            "enabled": True,
                            "abortIncompleteMultipartUploadDays": 7,
                            "noncurrentVersionExpiration": {"days": 30},
                        }
                    ],
                )
            ],
        },
        bad={
            "none": [_MEDIA],
            "no expiry of uploads": [_MEDIA, lifecycle({"status": "Enabled", "expiration": {"days": 30}})],
            "no expiry of versions": [_MEDIA, versions("Enabled"), lifecycle(_ABORT)],
            "switched off": [_MEDIA, lifecycle({**_EXPIRE, "status": "Disabled"})],
            "inline, no expiry of uploads": [
                media_bucket(lifecycleRules=[{"enabled": True, "expiration": {"days": 9}}])
            ],
            "inline, switched off": [media_bucket(lifecycleRules=[{"enabled": False, **_ABORT_INLINE}])],
        },
    ),
    "s3-bucket-no-acl": Cases(
        good={
            "none": [_MEDIA, ownership("BucketOwnerEnforced")],
            "private": [of("bucketAcl", acl="private")],
            "redirects": [named("www", website={"redirectAllRequestsTo": "https://store.example"})],
            "redirects, apart": [
                _MEDIA,
                of("bucketWebsiteConfiguration", redirectAllRequestsTo={"hostName": "store.example"}),
            ],
            "logs of CloudFront": [
                _MEDIA,
                ownership("ObjectWriter"),
                res(
                    "cloudfront/distribution:Distribution",
                    "cdn",
                    {"loggingConfig": {"bucket": UNKNOWN}},
                    refers={"loggingConfig": [_MEDIA]},
                ),
            ],
            "grant to the owner": [media_bucket(grants=[{"id": "1f", "type": "CanonicalUser"}])],
        },
        bad={
            "public": [of("bucketAcl", CULPRIT, acl="public-read")],
            "inline": [named("media", acl="public-read-write")],
            "ACLs on": [_MEDIA, ownership("BucketOwnerPreferred")],
            "website": [named("media", website={"indexDocument": "index.html"})],
            "website apart": [of("bucketWebsiteConfiguration", CULPRIT)],
            "V2 token": [res("s3/bucketAclV2:BucketAclV2", CULPRIT, {"acl": "authenticated-read"})],
            **in_kinds({"acl": "public-read"}, "s3/bucketObject", "s3/bucketObjectv2", "s3/objectCopy"),
            "grant to everyone": [media_bucket(grants=[{"uri": _USERS, "type": "Group", "permissions": ["READ"]}])],
            "policy of grants": [
                res(
                    "s3/bucketAcl:BucketAcl",
                    CULPRIT,
                    {"accessControlPolicy": {"grants": [{"grantee": {"uri": _USERS}, "permission": "READ"}]}},
                )
            ],
            "V2 token, website": [
                res("s3/bucketV2:BucketV2", CULPRIT, {"websites": [{"indexDocument": "index.html"}]})
            ],
        },
    ),
    "s3-bucket-object-lock": Cases(
        good={
            "another purpose": [_MEDIA],
            "locked": [named("audit-trail", objectLockEnabled=True)],
            "locked apart": [named("audit"), of("bucketObjectLockConfiguration", bucket=named("audit"))],
        },
        bad={"audit": [named("store-audit")], "off": [named("trail", objectLockEnabled=False)]},
        config=[({"buckets": ["media"]}, [_MEDIA], True)],
    ),
    "s3-bucket-public-access-block": Cases(
        good={
            "all four": [_MEDIA, block()],
            "V2 token": [_V2, block(bucket=_V2)],
            "of the account": [
                _MEDIA,
                res(
                    "s3/accountPublicAccessBlock:AccountPublicAccessBlock",
                    "account",
                    dict.fromkeys(
                        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
                    ),
                ),
            ],
        },
        bad={
            "none": [_MEDIA],
            "of another bucket": [_MEDIA, block(bucket=res("s3/bucket:Bucket", "other"))],
            "one off": [block(CULPRIT, blockPublicPolicy=False)],
            "one not set": [block(CULPRIT, restrictPublicBuckets=None)],
            "of the account, one setting off": [
                _MEDIA,
                res("s3/accountPublicAccessBlock:AccountPublicAccessBlock", "account", {"blockPublicAcls": True}),
            ],
        },
    ),
    "s3-bucket-replication": Cases(
        good={
            "another purpose": [_MEDIA],
            "replicated": [named("orders"), of("bucketReplicationConfig", bucket=named("orders"))],
        },
        bad={"orders": [named("store-orders")]},
        config=[({"buckets": ["media"]}, [_MEDIA], True)],
    ),
    "s3-bucket-tls-only": Cases(
        good={
            "denied": [_MEDIA, bucket_policy(_MEDIA, _TLS_ONLY)],
            "V2 token": [_V2, bucket_policy(_V2, _TLS_ONLY)],
            "object, single statement, other case": [
                _MEDIA,
                bucket_policy(
                    _MEDIA,
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
            "policy from outputs": [_MEDIA, bucket_policy(_MEDIA, document=UNKNOWN)],
        },
        bad={
            "no policy": [_MEDIA],
            "policy without it": [_MEDIA, bucket_policy(_MEDIA, edit(_TLS_ONLY, {"Effect": "Allow"}))],
            "objects only": [_MEDIA, bucket_policy(_MEDIA, edit(_TLS_ONLY, {"Resource": "arn:aws:s3:::media/*"}))],
            "some actions": [_MEDIA, bucket_policy(_MEDIA, edit(_TLS_ONLY, {"Action": ["s3:GetObject"]}))],
            "one principal": [
                _MEDIA,
                bucket_policy(_MEDIA, edit(_TLS_ONLY, {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}})),
            ],
            "wrong way round": [
                _MEDIA,
                bucket_policy(_MEDIA, edit(_TLS_ONLY, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})),
            ],
            "with another condition": [
                _MEDIA,
                bucket_policy(
                    _MEDIA, edit(_TLS_ONLY, {"Condition.StringEquals": {"aws:PrincipalAccount": "111111111111"}})
                ),
            ],
        },
    ),
    "s3-bucket-versioning": Cases(
        good={
            "on": [_MEDIA, versions("Enabled")],
            "inline": [named("media", versioning={"enabled": True})],
            "V2 token": [_V2, versions("Enabled", bucket=_V2)],
        },
        bad={
            "none": [_MEDIA],
            "suspended": [_MEDIA, versions("Suspended")],
            "of another": [_MEDIA, versions("Enabled", bucket=res("s3/bucket:Bucket", "other"))],
        },
    ),
}
