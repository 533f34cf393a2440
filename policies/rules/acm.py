"""ACM: certificates."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import as_text, read


@rule(
    "acm-certificate-strong",
    control="TLS-21",
    pack="encryption",
    title="ACM certificates have strong keys, are validated by DNS, and have no wildcard names",
    why="ACM cannot renew by e-mail, weak keys can be broken, and a wildcard is valid for every host",
    fix="set validation_method DNS, leave key_algorithm out (RSA_2048) or set EC_prime256v1, and list the host names",
    severity="medium",
    dev="advisory",
    kinds=("acm/certificate",),
    paths=("keyAlgorithm", "validationMethod", "domainName", "subjectAlternativeNames"),
    references=("fsbp:ACM.2", "checkov:CKV2_AWS_71", "prowler:acm_certificates_with_secure_key_algorithms"),
    settings={"wildcards": Setting(False, {"type": "boolean"}, "Whether wildcard names are accepted.")},
)
def certificate(subject: Subject) -> Iterator[Problem]:
    if subject.text("keyAlgorithm") in ("RSA_1024",):
        yield subject.problem("keyAlgorithm", "must be RSA_2048 or stronger")
    if subject.text("validationMethod") == "EMAIL":
        yield subject.problem("validationMethod", "must be DNS")
    names = [as_text(read(subject.resource.props, "domainName")), *subject.items("subjectAlternativeNames")]
    wild = sorted({name for name in names if isinstance(name, str) and name.startswith("*.")})
    if wild and not subject.config["wildcards"]:
        yield subject.problem("domainName", f"must name single hosts instead of {', '.join(wild)}")
