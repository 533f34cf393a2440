"""Sizes of nodes that AWS offers: caches, the accelerator, brokers, search."""

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from settings.meant import nearest_word
from settings.problems import NOTHING, refuse

_GRAVITON = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
_INTEL = "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge"
_SMALL = "micro small medium"

# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
CACHE: Mapping[str, str] = {
    "cache.t2": _SMALL,
    "cache.t3": _SMALL,
    "cache.t4g": _SMALL,
    "cache.m4": "large xlarge 2xlarge 4xlarge 10xlarge",
    "cache.m5": _INTEL,
    "cache.m6g": _GRAVITON,
    "cache.m7g": _GRAVITON,
    "cache.m8g": _GRAVITON,
    "cache.r4": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
    "cache.r5": _INTEL,
    "cache.r6g": _GRAVITON,
    "cache.r6gd": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "cache.r7g": _GRAVITON,
    "cache.r8g": _GRAVITON,
    "cache.c7gn": _GRAVITON,
    "cache.c8gn": _GRAVITON,
}
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.concepts.cluster.html
DAX: Mapping[str, str] = {
    "dax.t2": "small medium",
    "dax.t3": "small medium",
    "dax.r3": "large xlarge 2xlarge 4xlarge 8xlarge",
    "dax.r4": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
    "dax.r5": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge",
    "dax.r7i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge",
}
# https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
BROKERS: Mapping[str, str] = {
    "kafka.t3": "small",
    "kafka.m5": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge",
    "kafka.m7g": _GRAVITON,
    "express.m7g": _GRAVITON,
}
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/supported-instance-types.html
SEARCH: Mapping[str, str] = {
    "t3": "small medium",
    "c6g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge",
    "c7g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "m6g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge",
    "m7g": "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "r6g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge",
    "r7g": "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "or1": "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
}


def types_of(families: Mapping[str, str], ending: str = "") -> tuple[str, ...]:
    return tuple(f"{family}.{size}{ending}" for family, sizes in families.items() for size in sizes.split())


def _offered(families: Mapping[str, str], ending: str = "") -> Callable[[str], str]:
    known = types_of(families, ending)

    def check(given: str) -> str:
        if given in known:
            return given
        family, _, _ = given.removesuffix(ending).rpartition(".")
        near = nearest_word(given, known)
        offered = f"{family} has {', '.join(families[family].split())}" if family in families else ", ".join(families)
        raise refuse(
            f"must be a type that AWS offers: {offered}",
            fix="" if near else "a type that AWS offers since goes into settings/node_types.py",
            write=NOTHING if near is None else near,
        )

    return check


CacheNodeType = Annotated[str, AfterValidator(_offered(CACHE)), Field(examples=["cache.m7g.large"])]
DaxNodeType = Annotated[str, AfterValidator(_offered(DAX)), Field(examples=["dax.r5.large"])]
SearchNodeType = Annotated[str, AfterValidator(_offered(SEARCH, ".search")), Field(examples=["m7g.large.search"])]
BrokerType = Annotated[str, AfterValidator(_offered(BROKERS)), Field(examples=["kafka.m7g.large"])]
