"""Personalize: dataset groups."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.rules.helpers.customer_keys import no_customer_key


@rule(
    "personalize-dataset-group-customer-key",
    control="ENC-19",
    pack="encryption",
    title="Dataset groups of Personalize are encrypted with a customer managed key",
    why="dataset groups hold each customer's views and purchases",
    fix="set KmsKeyArn, and RoleArn of a role that can use the key (the group is replaced)",
    severity="medium",
    dev="advisory",
    kinds=("AWS::Personalize::DatasetGroup",),
    paths=("kmsKeyArn", "roleArn"),
    url="https://docs.aws.amazon.com/personalize/latest/dg/data-encryption.html",
    limits="Judged in Cloud Control, aws-native, templates and dynamic providers only.",
)
def dataset_group(subject: Subject) -> Iterator[Problem]:
    yield from no_customer_key(subject, "kmsKeyArn")
    if subject.has("kmsKeyArn") and not subject.has("roleArn"):
        yield subject.problem("roleArn", "must be a role: without it Personalize cannot use the key")
