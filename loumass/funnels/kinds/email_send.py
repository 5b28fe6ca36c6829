"""Send an e-mail."""

from loumass.funnels.kinds.sending import Sending


class EmailSend(Sending):
    name = "email_send"
    label = "E-mail"
    icon = "mail"
    hint = "Sends an e-mail and goes on once it has really left."
    medium = "email"
