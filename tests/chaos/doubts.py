"""What is in doubt: settled by a look into Sent, or listed on a page for a person who knows."""

from __future__ import annotations

from uuid import UUID

from tests.chaos.office import SUBJECTS, Campaign
from tests.chaos.postoffice import Letter, files_a_copy_for
from tests.waiting import until

_IN_DOUBT = """
    SELECT m.id, m.to_address, n.key FROM message m JOIN node n ON n.id = m.node_id
    WHERE m.stream_id = CAST(:id AS uuid) AND m.state = 'in_doubt'
"""
_EVER = """
    SELECT DISTINCT message_id AS id FROM event
    WHERE campaign_id = CAST(:id AS uuid) AND kind = 'message.in_doubt'
"""
_SUBJECT = dict(zip(("first", "second"), SUBJECTS, strict=True))


def ever_in_doubt(campaign: Campaign) -> set[UUID]:
    """The messages that were said to be in doubt at some time."""
    return {row.id for row in campaign.house.rows(_EVER, id=campaign.id)}


def in_doubt(campaign: Campaign) -> dict[UUID, Letter]:
    """The letters that are in doubt now, by the ids of their messages."""
    rows = campaign.house.rows(_IN_DOUBT, id=campaign.id)
    return {row.id: (row.to_address, _SUBJECT[row.key]) for row in rows}


def settle_all(campaign: Campaign) -> set[UUID]:
    """Bring the campaign to its end: Sent is looked into, a person decides on the rest. What was left to them."""
    listed: set[UUID] = set()
    campaign.comes_to_rest()
    while not campaign.is_finished:
        assert campaign.house.mail.falls_silent()
        campaign.house.time_passes()
        sent_is_looked_into(campaign)
        listed |= _a_person_decides(campaign)
        campaign.comes_to_rest()
        until(lambda: campaign.is_finished or in_doubt(campaign), "the campaign finishes or doubts are left")
    return listed


def sent_is_looked_into(campaign: Campaign) -> None:
    """Wait until everything is settled that lies in Sent; only standing still fails, however many there are."""
    left = to_be_found(campaign)

    def moves_on() -> bool:
        return to_be_found(campaign) < left

    while left:
        until(moves_on, f"{len(left)} letters that lie in Sent are settled")
        left = to_be_found(campaign)


def to_be_found(campaign: Campaign) -> set[UUID]:
    """What is in doubt although its copy lies in Sent."""
    got = campaign.house.mail.got
    doubts = in_doubt(campaign).items()
    return {one for one, letter in doubts if got[letter] and files_a_copy_for(letter[0])}


def _a_person_decides(campaign: Campaign) -> set[UUID]:
    """By what the mail server knows. The page lists each of them, and nothing else; which they were."""
    left, got = in_doubt(campaign), campaign.house.mail.got
    listed: set[str] = set()
    while shown := _shown(campaign):
        assert listed.isdisjoint(shown)
        listed |= set(shown)
        _press(campaign, "They were sent", [one for one in shown if got[left[UUID(one)]]])
        _press(campaign, "Send them", [one for one in shown if not got[left[UUID(one)]]])
    assert listed == {str(one) for one in left}
    return set(left)


def _shown(campaign: Campaign) -> list[str]:
    """The ids on the first page of what is in doubt."""
    page = campaign.office.browser.get("/messages/in-doubt")
    return list(page.form(button="Send them").choices("ids")) if page.tree.xpath("//table") else []


def _press(campaign: Campaign, button: str, ids: list[str]) -> None:
    """Choose `ids` and press `button`; yes, really."""
    if not ids:
        return
    page = campaign.office.browser.get("/messages/in-doubt")
    page = page.form(button=button).send(button=button, ids=ids)
    if page.tree.xpath("//input[@name='confirmed']"):
        page.form("/send").send()
