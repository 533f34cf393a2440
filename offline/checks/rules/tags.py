"""Tags, of whatever type takes them.

https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
"""

import unicodedata
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.problem import Problem

_MOST = 50
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
_MOST_OF_OBJECT = 10
_OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/objectCopy:ObjectCopy")


def tag_problems(token: str, args: Block) -> Iterator[Problem]:
    tags = dict(args.entries("tags"))
    most = _MOST_OF_OBJECT if token in _OBJECTS else _MOST
    if len(tags) > most:
        yield Problem("tags", f"a resource must have at most {most} tags; received {len(tags)}")
    for key, value in tags.items():
        path = f"tags.{key}"
        if key.lower().startswith("aws:"):
            yield Problem(path, "tag keys cannot start with aws:, which is reserved")
        elif not 1 <= len(key) <= 128:
            yield Problem(path[:80], f"a tag key must have 1 to 128 characters; received {len(key)}")
        elif isinstance(value, str) and len(value) > 256:
            yield Problem(path, f"a tag value must have at most 256 characters; received {len(value)}")
        refused = sorted({letter for letter in f"{key}{value}" if isinstance(value, str) and not _is_taken(letter)})
        if refused:
            # IAM's letters (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html); nobody takes others.
            letters = " ".join(map(ascii, refused))
            yield Problem(path[:80], f"a tag must have only letters, digits, spaces and _.:/=+-@; received {letters}")


def _is_taken(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNZ" or letter in "_.:/=+-@"
