"""ACM: certificates."""

from tests.policies.support import CULPRIT, Cases, res


def certificate(**props):
    return res("acm/certificate:Certificate", CULPRIT, {"domainName": "store.example.com", **props})


CASES = {
    "acm-certificate-strong": Cases(
        good={
            "by DNS": [certificate(validationMethod="DNS")],
            "elliptic": [certificate(validationMethod="DNS", keyAlgorithm="EC_prime256v1")],
            "imported": [certificate(certificateBody="x")],
        },
        bad={
            "by mail": [certificate(validationMethod="EMAIL")],
            "short key": [certificate(keyAlgorithm="RSA_1024")],
            "wildcard": [certificate(domainName="*.example.com")],
            "wildcard besides": [certificate(subjectAlternativeNames=["*.example.com"])],
        },
        config=[({"wildcards": True}, [certificate(domainName="*.example.com")], False)],
    ),
}
