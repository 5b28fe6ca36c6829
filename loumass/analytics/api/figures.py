"""Figures of any period against the one before: the pages under Figures, for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from loumass.accounts.guards import requires
from loumass.analytics import growth, reading
from loumass.analytics.api.blueprint import api
from loumass.analytics.api.models import (
    BarOut,
    ClassOut,
    FiguresQuery,
    PartOut,
    PeriodOut,
    SumOut,
    bars_out,
    classes_out,
    period_of,
    sums_out,
)
from loumass.analytics.figure_pages.colleagues import colleagues_in, soon_in
from loumass.analytics.figure_pages.overview import CHART, DAYS, machines_in
from loumass.analytics.figure_pages.rows import by_medium, classes_in, senders_named
from loumass.analytics.figure_pages.senders import complained_in, senders_in
from loumass.analytics.models import ContactEngagement
from loumass.contacts.models import Contact
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PageOut, PageQuery, paged


class MachinesOut(ApiModel):
    """Opens or clicks: by people, and what a machine, or something nobody can tell, fetched before any person did."""

    what: str
    by_people: int
    by_machines_first: int
    by_something_first: int


class HoursOut(ApiModel):
    """How often by weekday (Monday first) and hour."""

    sent: list[list[int]]
    replied: list[list[int]]


class OverviewFiguresOut(ApiModel):
    """Sums with those before, days, replies by what they say, people and machines, and when people reply."""

    period: PeriodOut
    sums: dict[str, SumOut]
    days: list[BarOut]
    replies: list[ClassOut]
    machines: list[MachinesOut]
    hours: HoursOut


class CampaignSumsOut(PartOut):
    """A campaign in a period; `finished`: how many came to its end, and how long they took."""

    finished: SumOut


class CampaignsOut(ApiModel):
    """Campaigns in which anything happened, those that sent most first."""

    period: PeriodOut
    items: list[CampaignSumsOut]


class SenderOut(PartOut):
    """A sender in a period."""

    address: str
    medium: str
    state: str
    complaints: int


class SendersOut(ApiModel):
    """Every sender that did anything, and media together."""

    period: PeriodOut
    items: list[SenderOut]
    media: list[PartOut]


class ColleagueOut(ApiModel):
    """What one of ours wrote themselves, how soon they answered, which tasks they closed."""

    id: UUID
    name: str
    written: SumOut
    answered: SumOut
    tasks: SumOut


class SoonOut(ApiModel):
    """How soon people were answered: answers in the period and before."""

    words: str
    now: int
    before: int


class ColleaguesOut(ApiModel):
    """Everybody who did anything, and how soon people were answered."""

    period: PeriodOut
    items: list[ColleagueOut]
    soon: list[SoonOut]


class GrowthOut(ApiModel):
    """People of a day who came (`added`) and went (`gone`)."""

    day: date
    is_week: bool
    added: int
    gone: int


class BandOut(ApiModel):
    """How many people react how often; `sent`, `read` and `replied` are messages."""

    name: str
    words: str
    people: int
    sent: int
    read: int
    replied: int


class PeopleOut(ApiModel):
    """Growth by day, how many there are and were, and how many react how often."""

    period: PeriodOut
    there: int
    there_before: int
    days: list[GrowthOut]
    bands: list[BandOut]


Band = Literal["all", "most", "some", "few", "never"]


class EngagementQuery(PageQuery):
    """Those of one band: `all`, `most`, `some`, `few` or `never`."""

    band: Band | None = None


class EngagementOut(ApiModel):
    """How somebody reacts: to how many of a hundred messages."""

    contact_id: UUID
    name: str
    sent: int
    read: int
    replied: int
    percent: float
    reacted_at: datetime | None


@endpoint(api, "GET", "/analytics/figures", asks=FiguresQuery, answers=OverviewFiguresOut)
@requires("dashboard.read")
def overview_figures(query: FiguresQuery) -> OverviewFiguresOut:
    """Everything together in a period, against the one before."""
    period = period_of(query)
    classes, kinds = reading.sums_by("class", period), [kind for _, kind in DAYS]
    sums = reading.sums_of(period)
    sent, replied = (reading.hours_of(period, kind) for kind in CHART)
    return OverviewFiguresOut(
        period=PeriodOut.of(period),
        sums=sums_out(sums),
        days=bars_out(reading.bars_of(period, kinds), kinds),
        replies=classes_out(classes_in(classes)),
        machines=machines_out(sums, classes),
        hours=HoursOut(sent=sent, replied=replied),
    )


@endpoint(
    api, "GET", "/analytics/campaigns", asks=FiguresQuery, answers=CampaignsOut, also=["/analytics/campaigns"]
)
@requires("dashboard.read")
def campaign_figures(query: FiguresQuery) -> CampaignsOut:
    """Campaigns side by side, and how long people take through them."""
    period = period_of(query)
    items = [
        CampaignSumsOut(id=one.id, name=one.name, sums=sums_out(one.sums), finished=SumOut.of(one.finished))
        for one in reading.campaigns_in(period)
    ]
    return CampaignsOut(period=PeriodOut.of(period), items=items)


@endpoint(
    api, "GET", "/analytics/senders", asks=FiguresQuery, answers=SendersOut, also=["/analytics/senders"]
)
@requires("dashboard.read")
def sender_figures(query: FiguresQuery) -> SendersOut:
    """How each sender does: what went, what came back, how many answered."""
    period = period_of(query)
    parts, complained = reading.sums_by("sender", period), complained_in(period)
    channels = senders_named(parts)
    items = [
        SenderOut(
            id=one.id,
            name=one.name,
            sums=sums_out(sums),
            address=one.address,
            medium=one.medium,
            state=one.state,
            complaints=complained.get(one.id, 0),
        )
        for one, sums in senders_in(parts, channels)
    ]
    media = [PartOut(id=None, name=row.name, sums=sums_out(row.sums)) for row in by_medium(parts, channels)]
    return SendersOut(period=PeriodOut.of(period), items=items, media=media)


@endpoint(
    api,
    "GET",
    "/analytics/colleagues",
    asks=FiguresQuery,
    answers=ColleaguesOut,
    also=["/analytics/colleagues"],
)
@requires("dashboard.read")
def colleague_figures(query: FiguresQuery) -> ColleaguesOut:
    """What colleagues did, and how soon people were answered."""
    period = period_of(query)
    items = [
        ColleagueOut(
            id=one.id,
            name=one.name,
            written=SumOut.of(one.written),
            answered=SumOut.of(one.answered),
            tasks=SumOut.of(one.tasks),
        )
        for one in colleagues_in(period)
    ]
    soon = [SoonOut(words=words, now=now, before=before) for words, now, before in soon_in(period)]
    return ColleaguesOut(period=PeriodOut.of(period), items=items, soon=soon)


@endpoint(api, "GET", "/analytics/people", asks=FiguresQuery, answers=PeopleOut, also=["/analytics/people"])
@requires("dashboard.read")
def people_figures(query: FiguresQuery) -> PeopleOut:
    """People who came and went, and how many react how often."""
    period = period_of(query)
    there, before = growth.people_there(period)
    days = [
        GrowthOut(day=bar.day, is_week=bar.is_week, added=bar.numbers[0], gone=bar.numbers[1])
        for bar in growth.growth(period)
    ]
    found = growth.bands()
    bands = [
        BandOut(name=name, words=words, people=row.people, sent=row.sent, read=row.read, replied=row.replied)
        for name, (words, *_) in growth.BANDS.items()
        if (row := found.get(name))
    ]
    return PeopleOut(period=PeriodOut.of(period), there=there, there_before=before, days=days, bands=bands)


@endpoint(api, "GET", "/analytics/engagement", asks=EngagementQuery, answers=PageOut[EngagementOut])
@requires("contacts.read")
def engagement(query: EngagementQuery) -> PageOut[EngagementOut]:
    """How everybody reacts, those who do most first."""
    return paged(
        growth.most_engaged(query.band, query.cursor, query.limit), lambda row: _engaged(*tuple(row)[:2])
    )


def machines_out(sums: reading.Sums, classes: dict[str, reading.Sums]) -> list[MachinesOut]:
    """People and machines, apart."""
    return [
        MachinesOut(
            what=words, by_people=sums[kind].now, by_machines_first=machines, by_something_first=unknown
        )
        for words, kind, _, machines, unknown in machines_in(classes)
    ]


def _engaged(one: ContactEngagement, contact: Contact) -> EngagementOut:
    counts = {name: getattr(one, name) for name in ("sent", "read", "replied", "reacted_at")}
    return EngagementOut(contact_id=contact.id, name=contact.name or "", percent=one.rate / 10, **counts)
