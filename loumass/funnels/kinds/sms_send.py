"""Send a text."""

from loumass.funnels.kinds.sending import Sending


class SmsSend(Sending):
    name = "sms_send"
    label = "Text"
    icon = "message-2"
    hint = "Sends a text and goes on once it has really left."
    medium = "sms"
