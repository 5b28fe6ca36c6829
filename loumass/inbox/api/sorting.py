"""What answers make of somebody's status, and who judges them beside us: the organization's settings."""

from __future__ import annotations

from typing import Annotated, Any

from flask import g
from pydantic import Field, ValidationError

from loumass.accounts.guards import requires
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.inbox import sorting_choices
from loumass.inbox.api.blueprint import api
from loumass.inbox.sorting_choices import MADE
from loumass.messages.sorting.accounts import SORTERS
from loumass.providers.own_service.client import OwnService

StatusMade = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z ]*$")]


class SortingBody(ApiModel):
    """The statuses that answers make, unless a campaign says otherwise; empty: it stays as it is."""

    positive_status: StatusMade = ""
    declined_status: StatusMade = ""


class SortingOut(ApiModel):
    """The same, and whether a service of the organization's own judges beside us."""

    positive_status: str
    declined_status: str
    has_judge: bool


class JudgeBody(ApiModel):
    """Where the service is asked, and what it knows us by. An empty key keeps the one that is stored."""

    url: Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x20\x7f]*$")]
    api_key: Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class JudgeOut(ApiModel):
    """How trying it went. Where that failed it is kept, and answers are sorted by their words until it is mended."""

    is_well: bool
    sentence: str


@endpoint(api, "GET", "/sorting", answers=SortingOut)
@requires("organization.manage")
def read_sorting() -> SortingOut:
    """The settings as they are."""
    found = SORTERS.account()
    return SortingOut(
        positive_status=g.organization.positive_status,
        declined_status=g.organization.declined_status,
        has_judge=found is not None and bool(found.sealed_credentials),
    )


@endpoint(api, "PUT", "/sorting", takes=SortingBody, answers=SortingOut)
@requires("organization.manage")
def change_sorting(body: SortingBody) -> SortingOut:
    """Other statuses from now on."""
    settings = {"positive_status": body.positive_status, "declined_status": body.declined_status}
    if unknown := sorted({one for one in settings.values() if one and one not in MADE}):
        raise Refused(f"There is no status {unknown[0]}. Use one of {', '.join(sorted(MADE))}.")
    sorting_choices.change_statuses(g.organization, settings)
    db().flush()
    return read_sorting()


@endpoint(api, "PUT", "/sorting/judge", takes=JudgeBody, answers=JudgeOut)
@requires("organization.manage")
def connect_judge(body: JudgeBody) -> JudgeOut:
    """Try a service of your own, and keep it."""
    entered: dict[str, Any] = body.model_dump()
    if not body.api_key and SORTERS.account() is not None:
        entered["api_key"] = sorting_choices.stored_key().model_dump()["api_key"]
    try:
        credentials = OwnService.Credentials.model_validate(entered)
    except ValidationError as refusal:
        sentence = str(refusal.errors()[0]["msg"]).removeprefix("Value error, ")
        raise Refused(f"{sentence} Nothing was changed.") from refusal
    tried = sorting_choices.connect_judge(credentials)
    return JudgeOut(is_well=tried.is_well, sentence=tried.sentence)


@endpoint(api, "POST", "/sorting/judge/test", answers=JudgeOut)
@requires("organization.manage")
def test_judge() -> JudgeOut:
    """Ask it about an answer that nobody wrote."""
    tried = sorting_choices.test_judge()
    return JudgeOut(is_well=tried.is_well, sentence=tried.sentence)


@endpoint(api, "DELETE", "/sorting/judge", answers=Done)
@requires("organization.manage")
def disconnect_judge() -> Done:
    """Forget it: answers are sorted by their words."""
    sorting_choices.disconnect_judge(g.user.name)
    return Done(done="Disconnected. Answers are sorted by their words.", count=1)
