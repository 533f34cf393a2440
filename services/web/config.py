"""Where the storefront is and whom it calls, from the environment."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from functions.common import names
from functions.common.aws import setting

CALLBACK_PATH = "/auth/callback"
"""Path of the store that receives the authorization code (`identity.web.callback_paths`)."""
SHARED_FILES = Path("/shared/web")
"""Folder of the shared files, as tasks mount them; its `templates` and `texts` come before those of the package."""


@dataclass(frozen=True, kw_only=True)
class Config:
    store_url: str
    """`https://<domain>`, without a slash at its end."""
    api_url: str
    """`https://api.<domain>/api`."""
    api_key: str = field(repr=False)
    """What the API asks of the web tier beside a customer's token."""
    sign_in_url: str
    """Base of the user pool's `/oauth2/authorize`, `/oauth2/token`, `/oauth2/revoke` and `/logout`."""
    issuer: str
    """Issuer of tokens; its keys are at `<issuer>/.well-known/jwks.json`."""
    client_id: str
    """App client of the web store."""
    shared_files: Path = SHARED_FILES

    @classmethod
    def read(cls) -> Self:
        """
        Raises:
            LookupError: a variable is not set.
        """
        return cls(
            store_url=setting(names.STORE_URL).rstrip("/"),
            api_url=setting(names.API_URL).rstrip("/"),
            api_key=setting(names.API_KEY),
            sign_in_url=setting(names.SIGN_IN_URL).rstrip("/"),
            issuer=setting(names.TOKEN_ISSUER).rstrip("/"),
            client_id=setting(names.CLIENT_ID),
        )

    @property
    def secure(self) -> bool:
        """Whether customers come by HTTPS; only a laptop's `http://localhost` is without."""
        return self.store_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session cookie. Browsers take the prefix as a promise: this host alone set it, over HTTPS
        (https://www.rfc-editor.org/rfc/rfc6265#section-4.1.3 of the draft 6265bis)."""
        return "__Host-session" if self.secure else "session"

    @property
    def callback_url(self) -> str:
        return self.store_url + CALLBACK_PATH
