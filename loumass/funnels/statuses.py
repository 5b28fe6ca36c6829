"""What a BDR calls the state of one person in one campaign. The value is the word that people read."""

from enum import StrEnum


class Status(StrEnum):
    NO_ACTIVITY = "No Activity"
    MESSAGED = "Messaged"
    NEEDS_BDR = "Needs BDR"
    RECEIVED_RSVP = "Received RSVP"
    ATTENDED = "Attended"
    NO_SHOW = "No Show"
    NOT_INTERESTED = "Not Interested"
