"""What Rosa looks at: a channel's page, the people of a campaign, what left."""

from __future__ import annotations

import csv
import io
from collections import Counter

from tests.stories.browsing import Page
from tests.stories.cast import Bdr


def channel(rosa: Bdr, name: str) -> Page:
    """The page of a channel."""
    pages = (
        rosa.get(one)
        for one in rosa.get("/channels").links("/channels/")
        if len(one.rsplit("/", 1)[-1]) == 36
    )
    return next(page for page in pages if page.title == name)


def people_in(rosa: Bdr, campaign: Page) -> dict[str, dict[str, str]]:
    """Everybody in a campaign as its export tells, by address or number."""
    content = rosa.get(f"{campaign.path}/people.csv").answer.body.decode("utf-8-sig")
    return {row["E-mail"] or row["Phone"].strip("'"): row for row in csv.DictReader(io.StringIO(content))}


def sends(rosa: Bdr) -> Counter[tuple[str, str]]:
    """How often each address got each subject."""
    return Counter((str(mail["To"]), str(mail["Subject"])) for mail in rosa.vendors.letters)
