"""The storefront's files in the bucket that answers for them, as a release puts them there."""

import json
from pathlib import Path
from typing import Any, Final

from local.front.edge import Edge
from offline.project import PROJECT

_SERVICE: Final = PROJECT / "services" / "web"


def publish_assets(edge: Edge, client: Any, folder: Path = _SERVICE) -> int:
    """Put each file of `manifest.json` whose path a bucket of the edge answers; the service answers the others itself.

    Args:
        client: boto3's, of S3.
        folder: With `manifest.json` and the files that it names; one without it has nothing to publish.

    Returns:
        Number of files.
    """
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return 0
    given = json.loads(manifest.read_text())
    found = [(edge.bucket_of(f"/{key}"), key, about) for key, about in given["files"].items()]
    for bucket, key, about in found:
        if bucket is not None:
            client.put_object(
                Bucket=bucket,
                Key=key,
                Body=(folder / about["file"]).read_bytes(),
                ContentType=about["content_type"],
                CacheControl=given["cache_control"],
            )
    return sum(bucket is not None for bucket, _, _ in found)
