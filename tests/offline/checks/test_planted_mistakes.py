"""The checks agree with the real provider on a whole store and on sixty planted mistakes (data/README.md)."""

import time

import pytest

from offline.checks import Planned, problems
from tests.offline.checks.samples import Sample, load

STORE = load("store.json")
MISTAKES = {sample.name[:3]: sample for sample in load("mistakes.json")}

# The inputs that the message must name.
REJECTED_BY_THE_PROVIDER = {
    "m01": ["billingMode"],
    "m02": ["cidrBlock"],
    "m03": ["cidrBlock"],
    "m04": ["name"],
    "m05": ["contentBasedDeduplication"],
    "m06": ["kmsMasterKeyId"],
    "m07": ["priority"],
    "m08": ["visibilityConfig.metricName"],
    "m09": ["scope"],
    "m10": ["numCacheClusters"],
    "m11": ["name"],
    "m12": ["policy"],
    "m13": ["ttl.attributeName"],
    "m14": ["hashKey"],
    "m15": ["attributes[1].name"],
    "m16": ["retentionInDays"],
    "m17": ["deletionWindowInDays"],
    "m18": ["name"],
    "m19": ["timeout"],
    "m21": ["runtime"],
    "m23": ["containerDefinitions"],
    "m25": ["eventPattern"],
    "m26": ["eventPattern"],
    "m27": ["cidrIpv4"],
    "m28": ["cidrIpv4"],
    "m29": ["defaultCacheBehavior.viewerProtocolPolicy"],
    "m31": ["passwordPolicy.minimumLength"],
    "m32": ["allowedOauthFlows[0]"],
    "m33": ["rules[0].ruleName", "rules[0].targetVaultName"],
    "m35": ["rules[0].status"],
    "m37": ["domainName", "engineVersion"],
    "m38": ["brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"],
    "m39": ["name"],
    "m40": ["comparisonOperator"],
    "m43": ["type"],
    "m44": ["minimumCompressionSize"],
    "m46": ["healthCheck.path", "healthCheck.timeout"],
    "m48": ["recoveryWindowInDays"],
    "m50": ["positionFiltering"],
    "m51": ["budgetType", "timeUnit"],
    "m52": ["flexibleTimeWindow.mode"],
    "m53": ["assumeRolePolicy"],
    "m54": ["allocationId"],
    "m55": ["redrivePolicy"],
    "m56": ["visibilityTimeoutSeconds"],
    "m57": ["records"],
    "m58": ["validationMethod"],
    "m59": ["clusterEndpointEncryptionType"],
}
LEFT_TO_AWS_BY_THE_PROVIDER = {
    "m20": ["role"],
    "m22": ["memory"],
    "m24": ["scheduleExpression"],
    "m30": ["defaultCacheBehavior.targetOriginId"],
    "m34": ["bucket"],
    "m36": ["clusterConfig.instanceType"],
    "m41": ["provisionedThroughputInMibps"],
    "m42": ["minCapacity"],
    "m45": ["certificateArn"],
    "m47": ["cidrBlock"],
    "m49": ["idleSessionTtlInSeconds"],
    "m60": ["findingPublishingFrequency"],
}
EXPECTED = {**REJECTED_BY_THE_PROVIDER, **LEFT_TO_AWS_BY_THE_PROVIDER}


def planned(*samples: Sample) -> Planned:
    registry = Planned()
    for sample in samples:
        registry.add(sample.urn, sample.token, sample.inputs)
    return registry


def test_every_planted_mistake_has_its_expectation():
    assert sorted(MISTAKES) == sorted(EXPECTED)
    assert len(REJECTED_BY_THE_PROVIDER) == 48


@pytest.mark.parametrize("mistake", sorted(EXPECTED))
def test_a_planted_mistake_is_rejected_by_the_name_of_its_property(mistake: str):
    sample = MISTAKES[mistake]
    found = problems(sample.token, sample.inputs, planned(*STORE))
    assert set(EXPECTED[mistake]) <= {problem.path for problem in found}, found
    assert all(len(problem.reason) > 10 for problem in found)


@pytest.mark.parametrize("sample", STORE, ids=lambda sample: f"{sample.token.split(':')[-1]}-{sample.name}")
def test_nothing_in_the_sample_store_is_rejected(sample: Sample):
    everything_else = planned(*(other for other in STORE if other.urn != sample.urn))
    assert problems(sample.token, sample.inputs, everything_else) == []


def test_a_check_costs_less_than_half_a_millisecond_a_resource():
    registry = planned(*STORE)

    def seconds() -> float:
        start = time.perf_counter()
        for sample in STORE:
            problems(sample.token, sample.inputs, registry.without(sample.urn, {}))
        return time.perf_counter() - start

    seconds()
    assert min(seconds() for _ in range(3)) / len(STORE) < 0.0005
