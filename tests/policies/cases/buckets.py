"""Care of buckets: ACLs, versions, lifecycles, locks, replicas."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

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


CASES = {
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
        },
        bad={
            "public": [of("bucketAcl", CULPRIT, acl="public-read")],
            "inline": [named("media", acl="public-read-write")],
            "ACLs on": [_MEDIA, ownership("BucketOwnerPreferred")],
            "website": [named("media", website={"indexDocument": "index.html"})],
            "website apart": [of("bucketWebsiteConfiguration", CULPRIT)],
            "V2 token": [res("s3/bucketAclV2:BucketAclV2", CULPRIT, {"acl": "authenticated-read"})],
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
    "s3-bucket-lifecycle": Cases(
        good={
            "both": [_MEDIA, versions("Enabled"), lifecycle(_EXPIRE)],
            "in two rules": [_MEDIA, versions("Enabled"), lifecycle(_ABORT, {**_EXPIRE, "prefix": "old/"})],
            "no versions": [_MEDIA, lifecycle(_ABORT)],
            "inline": [named("media", lifecycleRules=[{"enabled": True, "abortIncompleteMultipartUploadDays": 7}])],
        },
        bad={
            "none": [_MEDIA],
            "uploads stay": [_MEDIA, lifecycle({"status": "Enabled", "expiration": {"days": 30}})],
            "versions stay": [_MEDIA, versions("Enabled"), lifecycle(_ABORT)],
            "switched off": [_MEDIA, lifecycle({**_EXPIRE, "status": "Disabled"})],
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
    "s3-bucket-replication": Cases(
        good={
            "another purpose": [_MEDIA],
            "replicated": [named("orders"), of("bucketReplicationConfig", bucket=named("orders"))],
        },
        bad={"orders": [named("store-orders")]},
        config=[({"buckets": ["media"]}, [_MEDIA], True)],
    ),
}
