"""S3.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from collections.abc import Mapping, Sequence
from typing import Final

from iam.services.forms import Account, Call, Describe, Parameters, everything, plain
from iam.text import Values

# Condition key -> parameter.
_OF_LISTS: Final = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys"}
_OF_WRITES: Final = {
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
}


def bucket(parameters: Parameters, _: Account) -> str:
    return f"arn:aws:s3:::{parameters['Bucket']}"


def _object(parameters: Parameters) -> str:
    return f"arn:aws:s3:::{parameters['Bucket']}/{parameters['Key']}"


def _keys(names: Mapping[str, str], parameters: Parameters) -> dict[str, Values]:
    return {key: str(parameters[name]) for key, name in names.items() if parameters.get(name) is not None}


def _read(parameters: Parameters, _: Account) -> Sequence[Call]:
    version = {"s3:VersionId": parameters["VersionId"]} if parameters.get("VersionId") else {}
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    return [Call(action, _object(parameters), version)]


def _write(parameters: Parameters, _: Account) -> Sequence[Call]:
    resource, context = _object(parameters), _keys(_OF_WRITES, parameters)
    found = [Call("s3:PutObject", resource, context)]
    if parameters.get("Tagging"):
        found.append(Call("s3:PutObjectTagging", resource))
    if any(parameters.get(name) for name in ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")):
        found.append(Call("s3:PutObjectAcl", resource, _keys({"s3:x-amz-acl": "ACL"}, parameters)))
    return found


def _copy(parameters: Parameters, account: Account) -> Sequence[Call]:
    source = parameters["CopySource"]
    if isinstance(source, str):
        source_bucket, _, key = source.partition("?")[0].removeprefix("/").partition("/")
        source = {"Bucket": source_bucket, "Key": key}
    return [*_read(source, account), *_write(parameters, account)]


def _delete(parameters: Parameters, _: Account) -> Sequence[Call]:
    action = "s3:DeleteObjectVersion" if parameters.get("VersionId") else "s3:DeleteObject"
    return [Call(action, _object(parameters))]


def _delete_many(parameters: Parameters, account: Account) -> Sequence[Call]:
    named = [{"Bucket": parameters["Bucket"], **entry} for entry in parameters["Delete"]["Objects"]]
    return [call for entry in named for call in _delete(entry, account)]


def _list(action: str) -> Describe:
    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        return [Call(action, bucket(parameters, account), _keys(_OF_LISTS, parameters))]

    return describe


def _on_object(action: str) -> Describe:
    return lambda parameters, _: [Call(action, _object(parameters))]


S3: Final[Mapping[str, Describe]] = {
    "GetObject": _read,
    "HeadObject": _read,
    "PutObject": _write,
    "CreateMultipartUpload": _write,
    "UploadPart": _write,
    "CompleteMultipartUpload": _write,
    "AbortMultipartUpload": _on_object("s3:AbortMultipartUpload"),
    "ListParts": _on_object("s3:ListMultipartUploadParts"),
    "CopyObject": _copy,
    "DeleteObject": _delete,
    "DeleteObjects": _delete_many,
    "GetObjectTagging": _on_object("s3:GetObjectTagging"),
    "PutObjectTagging": _on_object("s3:PutObjectTagging"),
    "HeadBucket": plain("s3:ListBucket", bucket),
    "ListObjects": _list("s3:ListBucket"),
    "ListObjectsV2": _list("s3:ListBucket"),
    "ListObjectVersions": _list("s3:ListBucketVersions"),
    "ListMultipartUploads": _list("s3:ListBucketMultipartUploads"),
    "GetBucketLocation": plain("s3:GetBucketLocation", bucket),
    "ListBuckets": plain("s3:ListAllMyBuckets", everything),
}
