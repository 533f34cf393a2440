"""Versions of AWS's engines: `3.9.x.kraft`, `OpenSearch_2.19`, `8.0.mysql_aurora.3.05.2`."""

import re


def is_older(version: str, *, than: str) -> bool:
    """As far as both say it: `7` is not older than `7.1`."""
    mine, theirs = ([int(part) for part in re.findall(r"\d+", text)] for text in (version, than))
    return mine[: len(theirs)] < theirs[: len(mine)]
