"""Resource types under one name each: several tokens stand for the same AWS resource."""

import re
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"^aws:(?P<module>[^:/]+)/(?P<member>[^:]+):[^:]+$")
_TWIN_MODULES: Final = {
    "alb": "lb",
    "applicationloadbalancing": "lb",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "lb",
    "elasticsearch": "opensearch",
}
_TWIN_KINDS: Final = {
    f"s3/{name}V2": f"s3/{name}"
    for name in (
        "bucket",
        "bucketAccelerateConfiguration",
        "bucketAcl",
        "bucketCorsConfiguration",
        "bucketLifecycleConfiguration",
        "bucketLogging",
        "bucketObjectLockConfiguration",
        "bucketRequestPaymentConfiguration",
        "bucketServerSideEncryptionConfiguration",
        "bucketVersioning",
        "bucketWebsiteConfiguration",
    )
}


@lru_cache(maxsize=4096)
def kind_of(token: str) -> str:
    """The kind that rules name: `lb/listener` for `aws:lb/listener:Listener` and `aws:alb/listener:Listener`.

    Tokens of other providers are kinds themselves.
    """
    match = _TOKEN.match(token)
    if match is None:
        return token
    kind = f"{_TWIN_MODULES.get(match['module'], match['module'])}/{match['member']}"
    return _TWIN_KINDS.get(kind, kind)
