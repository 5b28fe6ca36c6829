"""Rules in the time machine as the engine asks them: what steps did before, segments, statuses, and people who are not inside yet."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from loumass.campaigns import starting
from loumass.contacts.bulk import tag
from loumass.contacts.rules.reading import read
from loumass.contacts.segment_models import Segment
from tests.campaigns.cast import Planned, ask, drafted, send, step, wait
from tests.campaigns.simulated import played, simulated, standing_still
from tests.messages.sending import mailbox
from tests.world import World

GUEST = {"ask": "tag", "tag": "Guest"}


def asks(key: str, question: dict[str, Any], yes: str, no: str) -> Planned:
    return ask(key, {"yes": yes, "no": no}, test="rule", rule={"match": "all", "rules": [question]})


def test_rules_are_answered_as_the_engine_answers_them(world: World) -> None:
    """Two of four are guests, of whom one is in Denver; the steps make everybody a guest, move them and mark them."""
    cities = ("Denver", "Boulder", "Denver", "Boulder")
    people = world.acme.contacts(
        [
            {"name": f"P{n} R", "email": f"p{n}.silent@r.example", "city": city}
            for n, city in enumerate(cities)
        ]
    )
    with world.acme.acting() as session:
        tag([one.id for one in people[:2]], "Guest")
        denver = {"ask": "field", "field": "city", "operator": "is", "value": "Denver"}
        segment = Segment(
            name="Guests here", name_key="guests here", rule=read({"rules": [GUEST, denver]}).as_json()
        )
        session.add(segment)
        session.commit()
    inside = {"ask": "segment", "segment": str(segment.id)}
    run = drafted(
        world.acme,
        [
            asks("first", inside, "early", "give"),
            send("early"),
            step("give", "tag", action="add", tag="GUEST"),
            asks("second", inside, "here", "there"),
            send("here"),
            step("there", "set_field", field="city", value="Denver"),
            asks("third", inside, "marked", "never"),
            step("marked", "set_status", status="Attended"),
            # Rows know a status when the slice is written down.
            wait("rest", amount=1, unit="hours", after="entered"),
            asks("fourth", {"ask": "status", "campaign": "any", "status": "Attended"}, "seen", "never"),
            send("seen", ways={"next": "done"}),
            send("never"),
            step("done", "end"),
        ],
        email_channel_id=mailbox(world.acme, "events@acme.example").id,
    )
    with standing_still(World.begins_at) as moment:
        outside = simulated(run, source={"everyone": ""})
        run.add(*people)
        forecast = simulated(run)
        with world.acme.acting() as session:
            starting.start(run.id)
            session.commit()
        real = Counter(key for key, _ in played(run, moment, moment[0] + timedelta(days=5)))
    assert real
    assert Counter(key for key, _ in forecast.letters) == real
    assert Counter(key for key, _ in outside.letters) == real
