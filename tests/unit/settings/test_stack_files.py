"""Stack files as commands read them that run without the engine."""

import pytest

from settings.problems import UnusableError
from settings.stack_files import configuration


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"config:\n  web-store:environment:\n  - a: [\n", "line 4"),
        (b"config: 3\n", "not 3"),
        (b"- a\n", "not ['a']"),
        (b"\xff\xfe", "UTF-8"),
        (b"a: &a [*a]\nb: *c\n", "undefined alias"),
    ],
)
@pytest.mark.parametrize("damaged", ["Pulumi.yaml", "Pulumi.dev.yaml"])
def test_a_damaged_file_is_told_by_its_name(tmp_path, damaged, content, said):
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        (tmp_path / name).write_bytes(content if name == damaged else b"config: {}\n")
    with pytest.raises(UnusableError) as error:
        configuration("dev", tmp_path)
    assert str(error.value).startswith(damaged)
    assert said in str(error.value)


def test_values_of_the_stack_file_win(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("config:\n  a: {value: 1}\n  b: {value: 2}\n  c: {type: string}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  b: 3\n")
    assert configuration("dev", tmp_path) == {"a": 1, "b": 3}
