"""Answers get their kind as they arrive: shown, corrected, counted, told, and judged by others where somebody wants that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date

import pytest

from loumass.accounts.models import AuditEntry
from loumass.analytics.figure_pages.rows import CLASSES
from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.models import Suppression
from loumass.inbox.desk.models import Notification
from loumass.messages import jobs as message_jobs
from loumass.messages.models import Conversation, Message, OptOutProposal
from loumass.messages.sorting.accounts import SORTERS, is_asked
from loumass.messages.sorting.kinds import KINDS
from loumass.messages.sorting.models import SortedReply, SorterAccount
from loumass.providers.errors import Disconnected
from loumass.providers.own_service.client import OwnService
from loumass.providers.own_service.credentials import OwnServiceCredentials
from tests.campaigns.cast import Run, running, send, step, wait
from tests.fakes.forms import HANG, FakeVendor, Reply
from tests.inbox.desk import PRIYA, change, channel_of, names, replied
from tests.messages.letters import brings, email, mailbox, number, one, rows, sms, told, written
from tests.voicemail.calls import reaching
from tests.world import World

FUNNEL = [send("hello"), wait("pause", amount=1, unit="days"), send("again"), step("done", "end")]


class FakeJudge(FakeVendor):
    """A service of the customer's: says what `says` tells, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []
        self.says: list[Reply | str] = []
        super().__init__()

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply | str:
        with self.lock:
            if headers.get("authorization", headers.get("Authorization")) != "Bearer not-a-real-key":
                return Reply(401)
            self.asked.append(json.loads(body))
            return self.says.pop(0) if self.says else verdict("question", "They wonder")


def verdict(kind: str, reason: str) -> Reply:
    told_as = json.dumps({"kind": kind, "reason": reason}).encode()
    return Reply(200, told_as, {"Content-Type": "application/json"})


@pytest.fixture
def judge(world: World) -> Iterator[FakeJudge]:
    """Acme has a service that judges."""
    with FakeJudge() as fake, reaching(own_service=fake.base_url):
        connected = world.acme.admin.post(
            "/inbox/sorting/judge", {"url": f"{fake.base_url}/judge", "api_key": "not-a-real-key"}
        )
        assert connected.status_code == 303, connected.text
        fake.asked.clear()
        yield fake


def kinds(world: World) -> list[str]:
    """What Acme's answers are, the oldest first."""
    return [row.kind for row in rows(world.acme, SortedReply)]


def heard(world: World) -> list[str]:
    """What was told of answers, in order."""
    return [fact.facts["class"] for fact in told(world.acme, "message.classified")]


def walking(world: World, **details: object) -> tuple[Run, Message]:
    run = running(world.acme, FUNNEL, world.acme.contact(), owner_id=world.acme.agent.id, **details)
    run.told("sent")
    [message] = [each for each in run.messages() if each.direction == "out"]
    change(world, Message, message.id, rfc_message_id=f"{message.id}@acme.example")
    return run, message


def answers(world: World, run: Run, message: Message, said: str) -> None:
    with world.acme.acting() as session:
        box = session.get_one(type(run.email), (world.acme.id, run.email.id))
    brings(world.acme, box, email(PRIYA, said, in_reply_to=f"{message.id}@acme.example"))
    world.work()


def status(world: World) -> str:
    return one(world.acme, Enrollment).status


def test_figures_have_a_word_for_every_kind() -> None:
    assert set(KINDS) == set(CLASSES)


def test_an_answer_shows_its_kind_and_why_and_lists_are_narrowed_by_it(world: World) -> None:
    talk = replied(world, "Count me in\n> Would you like to unsubscribe?")
    agent = world.acme.agent
    assert (kinds(world), heard(world)) == (["positive"], ["positive"])
    page = agent.get(f"/inbox/{talk.id}").text
    assert "They wrote “Count me in”." in page
    assert names(agent.get("/inbox?view=everything&reply=positive")) == ["Priya Raman"]
    assert names(agent.get("/inbox?view=everything&reply=question")) == []
    assert names(agent.get("/inbox?view=everything&reply=unsorted")) == []
    assert agent.get("/api/v1/conversations?reply=positive").get_json()["items"][0]["reply"] == "positive"
    said = agent.get(f"/api/v1/conversations/{talk.id}/messages").get_json()["messages"][-1]
    assert (said["reply"], said["reply_why"]) == ("positive", "They wrote “Count me in”.")
    kept = agent.post("/inbox/views?reply=positive&view=everything", {"name": "Yes"})
    assert kept.status_code in (302, 303)
    assert "<b>1</b>" in agent.get("/inbox").text


def test_a_correction_takes_one_press_stays_and_is_counted(world: World) -> None:
    talk = replied(world, "Count me in")
    answer, agent = one(world.acme, Message, direction="in"), world.acme.agent
    assert agent.post(f"/inbox/messages/{answer.id}/kind", {"kind": "question"}).status_code == 303
    assert agent.post(f"/inbox/messages/{answer.id}/kind", {"kind": "great"}).status_code == 422
    row = one(world.acme, SortedReply)
    assert (row.kind, row.first_kind, row.corrected_by_id) == ("question", "positive", agent.id)
    assert heard(world) == ["positive", "question"]
    assert {fact.happened_at for fact in told(world.acme, "message.classified")} == {answer.occurred_at}
    why = f"{agent.user.name} said so. It was taken for “Positive” before."
    assert why in agent.get(f"/inbox/{talk.id}").text
    assert one(world.acme, AuditEntry, action="reply.corrected").user_id == agent.id
    assert one(world.acme, Conversation).reply_kind == "question"
    bulk = agent.post("/inbox/chosen", {"act": "sort:not_now", "ids": [str(talk.id)]})
    assert bulk.status_code == 302
    assert kinds(world) == ["not_now"]
    sorted_by_api = agent.browser.put(f"/api/v1/messages/{answer.id}/kind", json={"kind": "unsorted"})
    assert (sorted_by_api.status_code, kinds(world), heard(world)[-1]) == (200, [""], "unsorted")
    assert world.acme.viewer.post(f"/inbox/messages/{answer.id}/kind", {"kind": "question"}).status_code in (
        403,
        404,
    )


def test_machines_are_out_of_office_or_nothing_and_never_hide_what_a_person_said(world: World) -> None:
    talk = replied(world, "Count me in")
    box = channel_of(world, talk)
    away = email(PRIYA, "I am out of office until March 12.", is_automatic=True, subject="Automatic reply")
    brings(world.acme, box, away, email(PRIYA, "Ticket 17 was opened", is_automatic=True))
    assert kinds(world) == ["positive", "out_of_office", ""]
    row = next(one_ for one_ in rows(world.acme, SortedReply) if one_.kind == "out_of_office")
    assert row.back_on is not None
    assert (row.back_on.month, row.back_on.day) == (date(2026, 3, 12).month, 12)
    page = world.acme.agent.get(f"/inbox/{talk.id}").text
    assert "It says “out of office”. Back on 12 March." in page
    assert one(world.acme, Conversation, id=talk.id).reply_kind == "positive"
    line = number(world.acme)
    brings(world.acme, line, sms("+13035550177", "STOP"))
    assert kinds(world)[-1] == "opt_out"


def test_an_opt_out_is_asked_about_and_a_correction_decides(world: World) -> None:
    replied(world, "Please remove me from your list")
    answer, agent = one(world.acme, Message, direction="in"), world.acme.agent
    assert one(world.acme, OptOutProposal).decided_at is None
    agent.post(f"/inbox/messages/{answer.id}/kind", {"kind": "question"})
    assert one(world.acme, OptOutProposal).decision == "dismissed"
    written(world.acme, box := mailbox(world.acme, "other@acme.example"), None, to_address="a@b.example")
    brings(world.acme, box, email("a@b.example", "I would rather you did not write"))
    other = one(world.acme, Message, from_address="a@b.example")
    agent.post(f"/inbox/messages/{other.id}/kind", {"kind": "opt_out"})
    assert [row.decided_at is None for row in rows(world.acme, OptOutProposal)] == [False, True]
    assert rows(world.acme, Suppression) == []
    asked = rows(world.acme, OptOutProposal)[-1]
    agent.post(f"/inbox/opt-outs/{asked.id}/dismissal")
    assert kinds(world)[-1] == ""


def test_a_positive_answer_makes_the_status_and_tells_the_owner(world: World) -> None:
    run, message = walking(world)
    world.acme.admin.post(
        "/inbox/sorting", {"positive_status": "Received RSVP", "declined_status": "Not Interested"}
    )
    answers(world, run, message, "Count me in")
    assert status(world) == "Received RSVP"
    [news] = rows(world.acme, Notification)
    assert (news.user_id, news.kind) == (world.acme.agent.id, "positive")
    assert "A positive answer from" in world.acme.agent.get("/notifications").text
    answer = one(world.acme, Message, direction="in")
    world.acme.agent.post(f"/inbox/messages/{answer.id}/kind", {"kind": "not_interested"})
    world.work()
    assert status(world) == "Not Interested"
    change(world, Campaign, run.id, declined_status="", positive_status="Attended")
    world.acme.admin.post(f"/inbox/messages/{answer.id}/kind", {"kind": "question"})
    world.acme.admin.post(f"/inbox/messages/{answer.id}/kind", {"kind": "positive"})
    world.work()
    assert (status(world), len(rows(world.acme, Notification))) == ("Attended", 1)


def test_another_judge_is_asked_with_nothing_open_and_has_the_last_word_but_for_people(
    world: World, judge: FakeJudge
) -> None:
    run, message = walking(world)
    judge.says = [verdict("question", "They wonder whether it is free")]
    with world.acme.acting() as session:
        box = session.get_one(type(run.email), (world.acme.id, run.email.id))
    brings(world.acme, box, email(PRIYA, "Count me in\n\n> stop", in_reply_to=f"{message.id}@acme.example"))
    assert (kinds(world), heard(world), judge.asked) == (["positive"], [], [])
    world.work()
    assert (kinds(world), heard(world), status(world)) == (["question"], ["question"], "Needs BDR")
    assert rows(world.acme, Notification) == []
    judge.says = [verdict("opt_out", "They have had enough")]
    brings(world.acme, box, email(PRIYA, "Enough of this, Maya"))
    world.work()
    assert one(world.acme, OptOutProposal).phrase == "They have had enough"
    assert (judge.asked[0]["text"], judge.asked[0]["kinds"]) == ("Count me in", dict(KINDS))
    talk = one(world.acme, Conversation)
    assert (
        "A service of yours says: They wonder whether it is free."
        in world.acme.agent.get(f"/inbox/{talk.id}").text
    )


@pytest.mark.parametrize(
    ("broken", "state"),
    [
        (HANG, "active"),
        (Reply(500), "active"),
        (Reply(401), "disconnected"),
        (Reply(429), "active"),
        (Reply(200, b"no json"), "active"),
        (verdict("ecstatic", ""), "active"),
    ],
)
def test_where_another_judge_fails_the_words_decide(
    world: World, judge: FakeJudge, broken: Reply | str, state: str
) -> None:
    judge.says = [broken]
    replied(world, "Count me in")
    world.work()
    assert (kinds(world), heard(world)) == (["positive"], ["positive"])
    row = one(world.acme, SorterAccount)
    assert row.state == state
    with world.acme.acting():
        assert message_jobs.asking.is_waiting() is False
        # It rests, so that nobody waits for it again and again; an odd answer alone is no reason.
        assert is_asked() == (broken == verdict("ecstatic", ""))


def test_a_judge_is_disconnected_and_its_key_forgotten(world: World, judge: FakeJudge) -> None:
    admin = world.acme.admin
    assert "It answers" in admin.post("/inbox/sorting/judge/test", follow_redirects=True).text
    admin.post("/inbox/sorting/judge/disconnect")
    row = one(world.acme, SorterAccount)
    assert (row.state, row.sealed_credentials) == ("disconnected", b"")
    with world.acme.acting(), pytest.raises(Disconnected):
        SORTERS.credentials_of(row)
    assert admin.post("/inbox/sorting/judge/test").status_code == 409
    assert "not-a-real-key" not in admin.get("/inbox/sorting").text
    assert world.acme.agent.get("/inbox/sorting").status_code == 403
    assert judge.asked
    with pytest.raises(ValueError, match="no web address"):
        OwnServiceCredentials.model_validate({"url": "ftp://x", "api_key": "k"})
    assert list(SORTERS.vendors.values()) == [OwnService]
