"""What signing in at Microsoft gave, and how it is asked for."""

from __future__ import annotations

from loumass.providers.credentials import asked
from loumass.providers.oauth import SignedIn, SignIn

GRAPH = "https://graph.microsoft.com"
#: Anybody's account, of a company or a person's own.
COMMON = "common"

#: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow. Without `offline_access` there is no refresh
#: token; each renewal gives a new one.
MICROSOFT = SignIn(
    vendor="microsoft",
    label="Microsoft",
    base_url="https://login.microsoftonline.com",
    authorize_path="/{tenant}/oauth2/v2.0/authorize",
    token_path="/{tenant}/oauth2/v2.0/token",  # noqa: S106  a path
    scopes=("offline_access", f"{GRAPH}/Mail.ReadWrite", f"{GRAPH}/Mail.Send", f"{GRAPH}/User.Read"),
    parameters={"response_mode": "query", "prompt": "select_account"},
)


class OutlookCredentials(SignedIn):
    """One mailbox at Microsoft."""

    #: Whose accounts the application takes: a directory's id or domain, `organizations`, `consumers` or `common`.
    tenant: str = asked("Directory", default=COMMON)

    @property
    def options(self) -> dict[str, str]:
        """The directory, which is part of the addresses where people sign in."""
        return {"tenant": self.tenant or COMMON}
