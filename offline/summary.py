"""Resources of a deployed stack, counted by point of the AWS Guidance for Web Store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

# Type token of a box -> point of the guidance that it realises; boxes without one serve all points.
POINTS: Mapping[str, str] = {
    "webstore:edge:Dns": "1",
    "webstore:edge:Edge": "1",
    "webstore:app:IdentityTriggers": "2",
    "webstore:identity:Identity": "2",
    "webstore:identity:SignIn": "2",
    "webstore:media:Media": "3",
    "webstore:web:WebTier": "4, 6",
    "webstore:api:Api": "5",
    "webstore:app:AppTier": "7",
    "webstore:data:Data": "7",
    "webstore:events:Events": "8",
    "webstore:files:SharedFiles": "9",
    "webstore:search:Search": "10",
    "webstore:fraud:Fraud": "10",
    "webstore:location:Location": "10",
    "webstore:personalization:Personalization": "10",
    "webstore:chat:Chat": "10",
    "webstore:engagement:Engagement": "10",
    "webstore:orders:Orders": "11",
    "webstore:feeds:Feeds": "12",
}
_STORE = "webstore:index:Store"
# The engine's own provider, which answers the SDK when it reads a resource by its URN, that of dynamic providers, and
# what it reads of stacks.
_OF_ENGINE = ("pulumi:providers:pulumi", "pulumi:providers:pulumi-python", "pulumi:pulumi:StackReference")


def built_per_box(resources: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, int]]:
    """Yield (point, box, number of custom resources) for every box, in the order of the points."""
    counts = Counter(box for entry in resources if _is_made(entry) for box in [_box(entry["urn"])])
    for box, count in sorted(counts.items(), key=lambda item: (int(POINTS.get(item[0], "0").split(",")[0]), item[0])):
        yield POINTS.get(box, "all"), box.rpartition(":")[2], count


def components(resources: Iterable[Mapping[str, Any]]) -> int:
    """How many components group the resources of a stack, the stack itself among them: the engine counts them, too."""
    return sum(not entry.get("custom") for entry in resources)


def orphans(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """URNs of custom resources that belong to no component of ours."""
    return [entry["urn"] for entry in resources if _is_made(entry) and not _box(entry["urn"])]


def _is_made(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("custom")) and entry["type"] not in _OF_ENGINE


def _box(urn: str) -> str:
    """The component right below the store, or the store itself; empty outside both."""
    types = urn.split("::")[2].split("$")[:-1]
    ours = [token for token in types if token.startswith("webstore:")]
    below = [token for token in ours if token != _STORE]
    return next(iter(below or ours), "")
