"""The registry of node kinds. A new kind is its own file and one line here."""

from typing import Any

from loumass.funnels.kinds.assign import AssignStep
from loumass.funnels.kinds.base import Kind
from loumass.funnels.kinds.condition import Condition
from loumass.funnels.kinds.email_send import EmailSend
from loumass.funnels.kinds.end import EndStep
from loumass.funnels.kinds.enroll import EnrollStep
from loumass.funnels.kinds.set_field import SetFieldStep
from loumass.funnels.kinds.set_status import SetStatusStep
from loumass.funnels.kinds.sms_send import SmsSend
from loumass.funnels.kinds.split import Split
from loumass.funnels.kinds.stage import Stage
from loumass.funnels.kinds.tag import Tag
from loumass.funnels.kinds.voicemail_drop import VoicemailDrop
from loumass.funnels.kinds.wait import Wait

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        EmailSend(),
        SmsSend(),
        VoicemailDrop(),
        Wait(),
        Condition(),
        Split(),
        Stage(),
        SetStatusStep(),
        SetFieldStep(),
        Tag(),
        AssignStep(),
        EnrollStep(),
        EndStep(),
    )
}


class UnknownKind(LookupError):
    """A node names a kind that this installation does not have."""


def kind_of(name: str) -> Kind[Any]:
    """The kind called ``name``. Raises UnknownKind."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(f"There is no kind of step called {name}.") from None
