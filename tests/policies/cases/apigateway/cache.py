"""API Gateway, REST APIs: caches of stages."""

from tests.policies.support import CULPRIT, Cases, res


def settings(**values):
    return res("apigateway/methodSettings:MethodSettings", CULPRIT, {"settings": values})


CASES = {
    "apigateway-cache-encrypted": Cases(
        good={
            "encrypted": [settings(cachingEnabled=True, cacheDataEncrypted=True)],
            "no cache": [settings(cachingEnabled=False)],
            "not set": [settings()],
        },
        bad={
            "not set": [settings(cachingEnabled=True)],
            "off": [settings(cachingEnabled="true", cacheDataEncrypted=False)],
        },
    ),
}
