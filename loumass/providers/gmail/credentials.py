"""What signing in at Google gave, and how it is asked for."""

from __future__ import annotations

from loumass.providers.credentials import asked
from loumass.providers.oauth import SignedIn, SignIn

#: Drafts, sending and reading. Restricted: an application for everybody needs Google's verification.
MODIFY = "https://www.googleapis.com/auth/gmail.modify"

#: https://developers.google.com/identity/protocols/oauth2/web-server. Without a new consent Google gives no refresh token.
GOOGLE = SignIn(
    vendor="google",
    label="Google",
    base_url="https://accounts.google.com",
    authorize_path="/o/oauth2/v2/auth",
    token_path="/o/oauth2/token",  # noqa: S106  a path
    scopes=(MODIFY,),
    parameters={"access_type": "offline", "prompt": "consent", "include_granted_scopes": "false"},
)


class GmailCredentials(SignedIn):
    """One Gmail or Workspace mailbox."""

    #: Pub/Sub topic that Gmail tells of changes, and the service account that hands them to us. Without them mail is polled.
    topic: str = asked("Topic", default="")
    pusher: str = asked("Pusher", default="")

    @property
    def account(self) -> str:
        """What Google's calls name."""
        return self.mailbox.lower()
