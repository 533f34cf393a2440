"""API Gateway, REST APIs: caches of stages."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING


@rule(
    "apigateway-cache-encrypted",
    control="ENC-15",
    pack="encryption",
    title="Caches of API stages are encrypted",
    why="cached responses hold customers' data",
    fix="set settings.cache_data_encrypted to true wherever caching_enabled is true",
    severity="medium",
    dev="mandatory",
    kinds=("apigateway/methodSettings",),
    paths=("settings.cachingEnabled", "settings.cacheDataEncrypted"),
    references=("fsbp:APIGateway.5", "checkov:CKV_AWS_308", "trivy:AVD-AWS-0002"),
)
def api_cache(subject: Subject) -> Iterator[Problem]:
    if subject.flag("settings.cachingEnabled") is not True:
        return
    if subject.flag("settings.cacheDataEncrypted") in (False, MISSING):
        yield subject.problem("settings.cacheDataEncrypted", "must be true")
