"""Our tables speak of types, properties and outputs that pulumi_aws has."""

import re

import pytest

from offline.aws.diff import REPLACED_INPUTS
from offline.aws.ids import SPECIAL_WORDS
from offline.aws.steps.step import RULES
from offline.aws.steps.transitions import transitions
from offline.checks.rules.names import unique_names
from offline.kinds import kind_of, tokens_of
from offline.schema import TypeSchema, all_tokens, schema_of
from offline.tables import rows


def _types() -> dict[str, TypeSchema]:
    kinds = {line[0] for line in rows("aws/ids.txt", 4)} | {*REPLACED_INPUTS, *unique_names(), *transitions()}
    kinds |= {line[0] for line in rows("aws/in_use.txt", 3)} | {line[0] for line in rows("aws/protected.txt", 4)}
    tokens = {kind_of(token): token for token in sorted(all_tokens(), reverse=True)}
    missing = kinds - tokens.keys()
    assert not missing, f"no such types: {missing}"
    return {kind: schema_of(tokens[kind]) for kind in kinds}


@pytest.fixture(scope="module")
def types() -> dict[str, TypeSchema]:
    return _types()


def test_every_output_of_the_table_exists(types):
    for kind, _, _, outputs in rows("aws/ids.txt", 4):
        named = {item.split("=")[0].strip() for item in re.split(r";(?:\s+|$)", outputs) if item.strip()}
        assert not named - types[kind].outputs.types.keys(), kind


def test_every_form_of_the_table_can_be_filled(types):
    minted = re.compile(r"(hex|low|up|dec)\d+[a-z]?")
    for kind, *forms in rows("aws/ids.txt", 4):
        known = types[kind].inputs.types.keys() | types[kind].outputs.types.keys()
        for word in re.findall(r"(?<!\$)\{([^{}]+)\}", " ".join(forms)):
            name = re.split(r"[|?.]", word)[0]
            assert word in SPECIAL_WORDS or minted.fullmatch(word) or name in known, f"{kind}: {{{word}}}"


def test_every_user_of_the_table_exists():
    everything = {kind_of(token) for token in all_tokens()}
    for held, _, users in rows("aws/in_use.txt", 3):
        assert set(users.split()) - {"NETWORKED"} <= everything, held


def test_every_flag_that_protects_exists(types):
    for kind, flag, _, _ in rows("aws/protected.txt", 4):
        assert flag in types[kind].inputs.types, kind


def test_every_property_that_replaces_or_names_exists(types):
    for kind, keys in REPLACED_INPUTS.items():
        assert keys <= types[kind].inputs.types.keys(), kind
    for kind, unique in unique_names().items():
        assert {path.split(".")[0] for path in unique.inputs} <= types[kind].inputs.types.keys(), kind
        assert unique.is_global is not types[kind].is_regional or kind == "s3/bucket", kind


def test_every_path_that_goes_one_way_exists(types):
    for kind, lines in transitions().items():
        for path, _, _ in lines:
            fields = types[kind].inputs
            for name in path.split("."):
                assert name in fields.types, f"{kind}: {path}"
                node = fields.types[name]
                if node.kind == "object":
                    fields = types[kind].object(node.name)


def test_every_type_that_goes_with_its_owner_exists_and_names_it():
    tokens = {kind_of(token): token for token in sorted(all_tokens(), reverse=True)}
    for owner, inputs, inside in rows("aws/contents.txt", 3):
        assert owner in tokens
        for kind in inside.split():
            assert set(inputs.split()) & schema_of(tokens[kind]).inputs.types.keys(), f"{owner}: {kind}"


def test_every_step_rule_is_for_a_type_and_names_its_source():
    everything = {kind_of(token) for token in all_tokens()}
    for (kind, _), rules in RULES.items():
        assert kind in everything
        for rule in rules:
            assert re.search(r"https://|\w+/[\w-]+#\d+", rule.__doc__ or ""), rule.__name__


def test_the_tokens_of_a_type_are_those_of_pulumi_aws():
    everything = all_tokens()
    for kind in {*unique_names(), *transitions(), *(kind for kind, _ in RULES)}:
        assert set(tokens_of(kind)) & set(everything), kind
        assert {kind_of(token) for token in tokens_of(kind)} == {kind}
