"""Offline AWS runs only where no real stack can be."""

from pathlib import Path

import pytest

from offline.home import BACKEND_VARIABLE, HOME_VARIABLE, NotOfflineError, require_offline_home


def use(monkeypatch: pytest.MonkeyPatch, home: str | None, backend: str | None) -> None:
    for variable, value in ((HOME_VARIABLE, home), (BACKEND_VARIABLE, backend)):
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, value)


@pytest.mark.parametrize("backend", ["state", "state?no_tmp_dir=true", "deep/er", ""])
def test_a_file_backend_inside_the_home_is_accepted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: str
) -> None:
    use(monkeypatch, str(tmp_path), f"file://{tmp_path}/{backend}")
    assert require_offline_home() == tmp_path.resolve()


def test_blanks_in_the_path_may_be_escaped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "my store"
    use(monkeypatch, str(home), f"file://{str(home).replace(' ', '%20')}/state")
    assert require_offline_home() == home


@pytest.mark.parametrize("home", [None, "", "relative/folder"])
def test_without_a_home_it_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str | None) -> None:
    use(monkeypatch, home, f"file://{tmp_path}")
    with pytest.raises(NotOfflineError, match=HOME_VARIABLE):
        require_offline_home()


@pytest.mark.parametrize(
    "backend",
    [
        None,
        "",
        "s3://company-state",
        "https://api.pulumi.com",
        "file://~",
        "file://./state",
        "file:///somewhere/else",
        "{home}/../other",
        "{home}-not",
        "file://server{bare}/state",
    ],
)
def test_any_other_backend_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: str | None) -> None:
    home = tmp_path / "home"
    told = backend.format(home=f"file://{home}", bare=home) if backend is not None else None
    use(monkeypatch, str(home), told)
    with pytest.raises(NotOfflineError, match=BACKEND_VARIABLE):
        require_offline_home()


def test_a_link_out_of_the_home_does_not_fool_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    (home / "state").symlink_to(outside)
    use(monkeypatch, str(home), f"file://{home}/state")
    with pytest.raises(NotOfflineError):
        require_offline_home()


def test_the_message_shows_no_credentials_of_a_backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, str(tmp_path), "postgres://user:hunter2@db/state")
    with pytest.raises(NotOfflineError) as refusal:
        require_offline_home()
    assert "hunter2" not in str(refusal.value)
