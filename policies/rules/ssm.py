"""Systems Manager: parameters."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import UNKNOWN, read
from policies.rules.helpers.secrets import is_secret


@rule(
    "ssm-parameter-secure",
    control="SEC-07",
    pack="guardrails",
    title="Parameters with secrets are SecureString under a customer managed key",
    why="anyone who can read parameters can read a String, and the AWS managed key allows the whole account",
    fix="set type to SecureString and key_id to a customer managed key",
    severity="medium",
    dev="advisory",
    kinds=("ssm/parameter",),
    paths=("type", "keyId", "insecureValue"),
    references=("checkov:CKV2_AWS_34", "checkov:CKV_AWS_337"),
    url="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
    limits="A String is judged by the parameter's name and the pattern of its value; the value is never shown.",
)
def secure_parameter(subject: Subject) -> Iterator[Problem]:
    kind = subject.text("type")
    if kind == "SecureString":
        if subject.lacks_customer_key("keyId"):
            yield subject.problem("keyId", "must be a customer managed key")
    elif kind is not UNKNOWN:
        name = subject.text("name")
        called = name.rstrip("/").rsplit("/", 1)[-1] if isinstance(name, str) else subject.resource.name
        values = [read(subject.resource.props, path) for path in ("value", "insecureValue")]
        if UNKNOWN in values:
            subject.defer("value")
        elif any(is_secret(called, value) for value in values):
            yield subject.problem("type", "must be SecureString: the parameter holds a secret")
