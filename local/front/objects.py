"""Objects of the emulated S3, as origins of the edge."""

import asyncio
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.front.messages import Answer, Unreachable

_HEADERS = {
    "ContentType": "content-type",
    "CacheControl": "cache-control",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ETag": "etag",
}
_MISSING = ("NoSuchKey", "NoSuchBucket", "404")


class Bucket:
    """Reads objects."""

    def __init__(self, client: Any) -> None:
        """
        Args:
            client: boto3's, of S3.
        """
        self._client = client

    async def get(self, bucket: str, key: str, *, head: bool) -> Answer | None:
        """An object with its headers; None if there is none.

        Args:
            head: Without the body.

        Raises:
            Unreachable: S3 does not answer, or refuses.
        """
        try:
            return await asyncio.to_thread(self._get, bucket, key, head)
        except ClientError as problem:
            if problem.response["Error"]["Code"] in _MISSING:
                return None
            raise Unreachable(str(problem)) from problem
        except BotoCoreError as problem:
            raise Unreachable(str(problem)) from problem

    def _get(self, bucket: str, key: str, head: bool) -> Answer:
        given = (self._client.head_object if head else self._client.get_object)(Bucket=bucket, Key=key)
        headers = [(name, given[field]) for field, name in _HEADERS.items() if given.get(field)]
        headers.append(("last-modified", given["LastModified"].strftime("%a, %d %b %Y %H:%M:%S GMT")))
        return Answer(status=200, headers=tuple(headers), body=b"" if head else given["Body"].read())
