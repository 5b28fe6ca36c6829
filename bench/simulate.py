"""Seconds to simulate 100,000 people on a funnel of ten steps, from the first statement that reads them to the kept report.

Ten mailboxes with caps, warm-up, pace and hours share it; people of four time zones open, click, reply and bounce by chance.
The limit is what is promised for an idle machine: 20 seconds, so much less for fewer. `reading` and `walking` are its two
halves. SIZE=full: 100,000, else 10,000.
"""

from __future__ import annotations

from sqlalchemy import insert, text

from bench import seeding
from bench.installation import House, installed
from bench.measuring import forget_peak, peak_mib, print_line, size
from loumass.campaigns.models import Campaign, CampaignSender
from loumass.campaigns.simulating.reading import read
from loumass.campaigns.simulating.reports import report_of
from loumass.campaigns.simulating.wishes import Wish

MAILBOXES, FULL, PROMISED_SECONDS = 10, 100_000, 20.0
STEPS = [
    ("stage", {}),
    ("email_send", {}),
    ("wait", {"amount": 3, "unit": "days", "weekdays": [1, 2, 3], "opens": "09:00", "closes": "16:00"}),
    ("condition", {"test": "opened"}),
    ("email_send", {}),
    ("wait", {"amount": 2, "unit": "days", "after": "sent"}),
    ("condition", {"test": "field", "field": "city", "operator": "is", "value": "Denver"}),
    ("email_send", {}),
    ("set_status", {"status": "No Show"}),
    ("end", {}),
]
_ZONES = ("America/Denver", "America/New_York", "America/Los_Angeles", "America/Chicago")
_LIVE_THERE = text("""
    UPDATE contact SET timezone = (CAST(:zones AS text[]))[1 + abs(hashtext(contact.id::text)) % 4]
    WHERE contact.organization_id = :organization_id
""")


def main() -> None:
    """Prints one line. Raises AssertionError when somebody was forgotten, or simulated otherwise by the same seed."""
    count = size(10_000, FULL)
    with installed() as house:
        wish = _prepared(house, count)
        forget_peak()
        with house.timed() as reading, house.acting():
            ready = read(wish)
        with house.timed() as walking:
            ready.simulation.run()
            report = report_of(ready, 0)
        seconds, peak = reading.seconds + walking.seconds, peak_mib()
        assert report["inside"] == count == report["left"], f"{report['left']} of {count} have left"
        with house.acting():
            again = read(wish)
        again.simulation.run()
        assert report_of(again, 0)["sent"] == report["sent"], "the same seed gave another result"
        promised = PROMISED_SECONDS * count / FULL
        print_line(
            "simulate", seconds, "s", promised, promised / seconds, peak=peak, count=count,
            reading=round(reading.seconds, 2), walking=round(walking.seconds, 2), steps=ready.simulation.steps,
            cpu=round(reading.all_cpu + walking.all_cpu, 2),
            messages=sum(one for _, _, one in report["sent"]), replied=report["did"].get("replied", 0),
        )  # fmt: skip


def _prepared(house: House, count: int) -> Wish:
    mailboxes = [
        seeding.mailbox(house, 25, daily_cap=count // 100 + 50, address=f"maya{number}@acme.example")
        for number in range(MAILBOXES)
    ]
    people = seeding.people(house, count)
    campaign_id = seeding.campaign(house, mailboxes[0], STEPS)
    seeding.entered(house, campaign_id, people)
    with house.acting() as session:
        session.execute(_LIVE_THERE, {"organization_id": house.organization_id, "zones": list(_ZONES)})
        session.execute(
            insert(CampaignSender),
            [{"campaign_id": campaign_id, "channel_id": one.id} for one in mailboxes[1:]],
        )
        for one in mailboxes:
            mine = session.merge(one)
            mine.per_minute, mine.window_weekdays, mine.window_from, mine.window_until = (
                30,
                [1, 2, 3, 4, 5],
                540,
                1020,
            )
            mine.warmup_start, mine.warmup_step, mine.warmup_ceiling = (
                count // 200 + 20,
                count // 1000 + 5,
                count // 100 + 50,
            )
            mine.warmup_since = one.created_at.date()
        graph_id = session.get_one(Campaign, (house.organization_id, campaign_id)).graph_id
        session.commit()
    house.analyze(*seeding.TABLES)
    return Wish(graph_id=graph_id, reply=0.05, open=0.4, click=0.05, bounce=0.01, seed=7)


if __name__ == "__main__":
    main()
