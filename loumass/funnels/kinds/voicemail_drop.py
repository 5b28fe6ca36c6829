"""Drop a voicemail: a recording, or a script that a voice speaks."""

from loumass.funnels.kinds.sending import Sending


class VoicemailDrop(Sending):
    name = "voicemail_drop"
    label = "Voicemail"
    icon = "microphone"
    hint = "Drops a recording or a spoken script into the voicemail box and goes on once it was accepted."
    medium = "voicemail"
