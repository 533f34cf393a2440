"""Our tables speak of types, properties and outputs that pulumi_aws has."""

import re

import pytest

from offline.aws.creation import UNIQUE_NAMES
from offline.aws.diff import REPLACED_INPUTS
from offline.aws.ids import SPECIAL_WORDS, kind_of
from offline.aws.tables import rows
from offline.schema import TypeSchema, all_tokens, schema_of


def _types() -> dict[str, TypeSchema]:
    kinds = {line[0] for line in rows("ids.txt", 4)} | {*REPLACED_INPUTS, *UNIQUE_NAMES}
    kinds |= {line[0] for line in rows("in_use.txt", 3)} | {line[0] for line in rows("protected.txt", 4)}
    tokens = {kind_of(token): token for token in sorted(all_tokens(), reverse=True)}
    missing = kinds - tokens.keys()
    assert not missing, f"no such types: {missing}"
    return {kind: schema_of(tokens[kind]) for kind in kinds}


@pytest.fixture(scope="module")
def types() -> dict[str, TypeSchema]:
    return _types()


def test_every_output_of_the_table_exists(types):
    for kind, _, _, outputs in rows("ids.txt", 4):
        named = {item.split("=")[0].strip() for item in re.split(r";(?:\s+|$)", outputs) if item.strip()}
        assert not named - types[kind].outputs.types.keys(), kind


def test_every_form_of_the_table_can_be_filled(types):
    minted = re.compile(r"(hex|low|up|dec)\d+[a-z]?")
    for kind, *forms in rows("ids.txt", 4):
        known = types[kind].inputs.types.keys() | types[kind].outputs.types.keys()
        for word in re.findall(r"(?<!\$)\{([^{}]+)\}", " ".join(forms)):
            name = re.split(r"[|?.]", word)[0]
            assert word in SPECIAL_WORDS or minted.fullmatch(word) or name in known, f"{kind}: {{{word}}}"


def test_every_user_of_the_table_exists():
    everything = {kind_of(token) for token in all_tokens()}
    for held, _, users in rows("in_use.txt", 3):
        assert set(users.split()) - {"NETWORKED"} <= everything, held


def test_every_flag_that_protects_exists(types):
    for kind, flag, _, _ in rows("protected.txt", 4):
        assert flag in types[kind].inputs.types, kind


def test_every_property_that_replaces_or_is_unique_exists(types):
    for kind, keys in REPLACED_INPUTS.items():
        assert keys <= types[kind].inputs.types.keys(), kind
    for kind, key in UNIQUE_NAMES.items():
        assert key in types[kind].inputs.types, kind
