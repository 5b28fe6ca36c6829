"""Send an e-mail."""

from typing import Literal

from loumass.funnels.kinds.sending import SendConfig, Sending
from loumass.funnels.kinds.settings import setting

Tracks = Literal["campaign", "on", "off"]
TRACKS = {"campaign": "as the campaign does", "on": "yes", "off": "no"}
_GROUP = "Tracking"


class EmailConfig(SendConfig):
    """What of it is tracked, where that differs from the rest of the campaign."""

    opens: Tracks = setting("campaign", "Tell who opened it", choices=TRACKS, group=_GROUP)
    clicks: Tracks = setting("campaign", "Tell who clicked", choices=TRACKS, group=_GROUP)


class EmailSend(Sending):
    Config = EmailConfig
    name = "email_send"
    label = "E-mail"
    icon = "mail"
    hint = "Sends an e-mail and goes on once it has really left."
    medium = "email"
