"""The generated reader that other teams copy."""

import pulumi
import pytest

from offline.workspace import PROJECT


def test_a_reader_of_another_major_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT / "examples" / "consumer"))
    from web_store import WebStore

    reader = WebStore.__new__(WebStore)
    reader._stack = "organization/web-store/prod"
    assert reader._same_major("1.7.0") == "1.7.0"
    with pytest.raises(pulumi.RunError, match=r"organization/web-store/prod publishes contract version 2\.0\.0"):
        reader._same_major("2.0.0")
