"""Names of resource types in our tables: the middle part of the token, `sqs/queue` of `aws:sqs/queue:Queue`."""

from functools import cache

# Types that pulumi_aws has under several names.
_TWINS = (
    ("alb/", "lb/"),
    ("applicationloadbalancing/", "lb/"),
    ("elasticloadbalancingv2/", "lb/"),
    ("s3/bucketV2", "s3/bucket"),
)


def kind_of(token: str) -> str:
    """`aws:alb/listener:Listener` is `lb/listener`."""
    kind = token.split(":")[1]
    for twin, name in _TWINS:
        if kind.startswith(twin):
            return name + kind.removeprefix(twin)
    return kind


@cache
def tokens_of(kind: str) -> tuple[str, ...]:
    """The tokens of a type, under all its names."""
    names = [kind, *(twin + kind.removeprefix(name) for twin, name in _TWINS if kind.startswith(name))]
    return tuple(f"aws:{name}:{part[0].upper()}{part[1:]}" for name in names for part in [name.split("/")[1]])
