"""Files that people write or damage: read whole, or told with name, place and reason; written whole or not at all."""

import os
import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline.errors import OfflineError
from offline.files import once, read_json, read_yaml, write

_BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10)
)
_DEEP = "a:\n" + "".join(f"{' ' * level}b:\n" for level in range(1, 200))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x: " + "9" * 5000, "is no int: Exceeds the limit"),
        ("x: 0x" + "f" * 5000, "more than 1024 bits; put it between quotes"),
        ("x: " + "[" * 800 + "]" * 800, "more than 64 lists and mappings within each other"),
        (_DEEP, "more than 64 lists and mappings within each other"),
        (_BOMB, "its aliases stand for more than"),
        ("x: &a [*a]", "an alias contains itself"),
        ("x: &a\n  <<: *a", "an alias contains itself"),
        ("x: 1\ny: 2\nx: 3", '`x` is given twice\n  in "stack.yaml", line 3, column 1'),
        ("x:\n  y: 1\n  y: 2", "line 3, column 3"),
        ("x: .inf", "infinity"),
        ("x: .nan", "infinity and `nan`"),
        ('x: "\\ud800"', "surrogate"),
        ("x: !!int abc", "`abc` is no int"),
        ("x: !!bool perhaps", "`perhaps` is no bool"),
        ("x: !!set {a, b}", "the tag tag:yaml.org,2002:set means nothing"),
        ("x: !!timestamp 2026-02-30", "timestamp means nothing"),
        ("x: !!python/object/apply:os.getcwd []", "means nothing"),
        ("? [a]\n: 1", "unhashable"),
        ("a: 1\n---\nb: 2", "single document"),
        ("x: 'a\x00b'", "special characters"),
        ("x: [", "expected the node content"),
        ("", "is empty"),
        ("# only a comment", "is empty"),
        ("- x", "holds ['x']"),
        ("2026-02-30", "holds '2026-02-30'"),
    ],
    ids=lambda value: value[:24].encode("unicode_escape").decode(),
)
def test_yaml_that_cannot_be_meant_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text(text, encoding="utf-8")
    begun = time.process_time()
    with pytest.raises(OfflineError) as caught:
        read_yaml(path)
    assert time.process_time() - begun < 5
    assert told in str(caught.value)
    assert "stack.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x: 2026-02-30", "2026-02-30"),
        ("x: 2026-02-28", "2026-02-28"),
        ("x: 2026-12-01T10:00:00Z", "2026-12-01T10:00:00Z"),
        ("\ufeffx: 1", 1),
        ("x: &a [1]\ny: *a", [1]),
        ("base: &b {x: 1}\n<<: *b", 1),
        ("x: 123456789012345678901234", 123456789012345678901234),
        ("x: '" + "9" * 5000 + "'", "9" * 5000),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_a_stack_file_may_say_is_read(tmp_path: Path, text: str, value: object) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_yaml(path)["x"] == value


_BITS = st.sampled_from(
    ("a", "b: ", "- ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "\n", "  ", "\t", "'", '"', "!!int ", "2026-02-30", "|")
)


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=80), st.lists(_BITS, max_size=30).map(lambda bits: "".join(bits).encode())))
def test_whatever_a_file_holds_it_is_a_mapping_or_one_message(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    for read in (read_yaml, read_json):
        told = ""
        try:
            read(path)
        except OfflineError as problem:
            told = str(problem)
        assert not told or "any.yaml" in told


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_folder, "is a folder, but must be a file"),
        (_loop, "it is a link to"),
        (_dangling, "it is a link to nowhere"),
        (_pipe, "is a pipe or device"),
        (lambda path: path.write_bytes(b"\xff\xfea\x00"), "not UTF-8"),
        (lambda _: None, "No such file"),
    ],
    ids=["folder", "loop", "dangling", "pipe", "UTF-16", "missing"],
)
def test_what_is_no_readable_file_is_told(tmp_path: Path, make: object, told: str) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    make(path)  # type: ignore[operator]
    for read in (read_yaml, read_json):
        with pytest.raises(OfflineError, match=told) as caught:
            read(path)
        assert "Pulumi.dev.yaml" in str(caught.value)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept" / "file"
    write(path, "old")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, "new")
    assert path.read_text() == "old"
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_of_several_that_make_a_file_all_get_the_content_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "key"
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(once(path, lambda: os.urandom(8)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) == {path.read_bytes()}
    assert [found.name for found in tmp_path.iterdir()] == ["key"]
