"""How `make up` tells that there is nothing to do."""

import pytest

from offline.commands import changes_nothing

_SAME = "Previewing update (dev):\n\nResources:\n    360 unchanged\n"


@pytest.mark.parametrize(
    ("preview", "nothing"),
    [
        (_SAME, True),
        ("Resources:\n    \x1b[1m360 unchanged\x1b[0m\n", True),
        ("Resources:\n    + 3 to create\n    357 unchanged\n", False),
        ("Resources:\n    ~ 1 to update\n    +-2 to replace\n    357 unchanged\n", False),
        ("Resources:\n    \x1b[33m~ 1 to update\x1b[0m\n    359 unchanged\n", False),
        ("Resources:\n    +-2 to replace\n    358 unchanged\n", False),
        ('Outputs:\n  + dns_url: "https://x"\n\nResources:\n    360 unchanged\n', False),
        ("Resources:\n    + 220 to create\n", False),
        ("", False),
    ],
)
def test_only_a_preview_without_any_change_leaves_the_update_out(preview: str, nothing: bool) -> None:
    assert changes_nothing(preview) is nothing
