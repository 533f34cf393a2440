"""Systems Manager: parameters."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import UNKNOWN, read
from policies.rules.helpers.secrets import is_secret


@rule(
    "ssm-parameter-secure",
    control="SEC-07",
    pack="guardrails",
    title="Parameters that hold secrets are SecureString under a customer key",
    why="a String is readable by whoever may list parameters, and the key of AWS admits the whole account",
    fix="set type SecureString and key_id of a customer key",
    severity="medium",
    dev="advisory",
    kinds=("ssm/parameter",),
    paths=("type", "keyId", "insecureValue"),
    references=("checkov:CKV2_AWS_34", "checkov:CKV_AWS_337"),
    url="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
    limits="A String is judged by the parameter's name and the form of its value; the value is never shown.",
)
def secure_parameter(subject: Subject) -> Iterator[Problem]:
    kind = subject.text("type")
    if kind == "SecureString":
        if subject.lacks_customer_key("keyId"):
            yield subject.problem("keyId", "names no customer key")
    elif kind is not UNKNOWN:
        name = subject.text("name")
        called = name.rstrip("/").rsplit("/", 1)[-1] if isinstance(name, str) else subject.resource.name
        values = [read(subject.resource.props, path) for path in ("value", "insecureValue")]
        if UNKNOWN in values:
            subject.defer("value")
        elif any(is_secret(called, value) for value in values):
            yield subject.problem("type", "it holds a secret: must be SecureString")
