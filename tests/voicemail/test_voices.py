"""A script becomes sound: only for who agreed, only when nothing else stands in the way, and once for the same words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from loumass.core import clock, storage
from loumass.core.tenancy import serving
from loumass.media.jobs import forget
from loumass.messages.models import Message
from loumass.messages.service import why_wait
from loumass.messages.speaking import forget_unwanted
from loumass.speech.service import VOICES
from loumass.speech.speaking import Words, spoken
from tests.campaigns.cast import Run, drop, running, step, wait
from tests.fakes.elevenlabs import VOICE, FakeElevenLabs, refusal
from tests.fakes.slybroadcast import FakeSlybroadcast
from tests.voicemail.calls import SPOKEN, agreed, caller_id, path_of, somebody, voices
from tests.world import Tenant, World

SYNTHETIC = "synthetic_voice"
_TRIED = Words(VOICE, "eleven_multilingual_v2", 50, 75, "")


def _run(world: World, *people, says: str = "Hi {{contact.first_name}}, Maya of Acme here.", **limits) -> Run:
    channel = caller_id(world.acme, **limits)
    steps = [drop("call", says, voice=SPOKEN), wait("pause", amount=3, unit="days"), step("done", "end")]
    return running(world.acme, steps, *people, voicemail_channel_id=channel.id)


def _willing(tenant: Tenant, number: str = "+17205550100", **also):
    contact = somebody(tenant, number, **also)
    agreed(tenant, contact, technique=SYNTHETIC)
    return contact


def _waits(run: Run) -> list[str]:
    (message,) = run.messages()
    with run.tenant.acting():
        return [one.gate for one in why_wait([message.id])[message.id]]


def test_the_same_words_are_spoken_once_and_others_for_themselves(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    people = [_willing(world.acme, f"+1720555010{n}") for n in range(3)]
    run = _run(world, *people, says="Maya of Acme here, call me back.")
    assert [one.state for one in run.messages()] == ["sent"] * 3
    (spoken,) = voice.spoken
    assert (spoken["voice"], spoken["model_id"], spoken["format"]) == (
        VOICE,
        "eleven_multilingual_v2",
        "mp3_44100_128",
    )
    assert spoken["voice_settings"] == {"stability": 0.5, "similarity_boost": 0.75}
    assert spoken["text"] == "Maya of Acme here, call me back."
    sounds = {world.stranger().get(path_of(one["c_url"])).data for one in drops.drops}
    assert len(sounds) == 1
    run = _run(world, *people)
    assert [one["text"] for one in voice.spoken[1:]] == ["Hi Priya, Maya of Acme here."]
    assert len(drops.drops) == 6


def test_without_consent_to_the_technique_people_are_skipped_and_it_says_why(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    willing, ordinary = _willing(world.acme), somebody(world.acme, "+17205550101")
    taken_back = _willing(world.acme, "+17205550102")
    agreed(world.acme, taken_back, technique=SYNTHETIC, is_granted=False)
    run = _run(world, willing, ordinary, taken_back)
    assert [one["c_phone"] for one in drops.drops] == ["7205550100"]
    assert len(voice.spoken) == 1
    for one in (ordinary, taken_back):
        assert run.at(one) == "pause"
        assert ("call", "skipped: no consent to a synthetic voice") in run.path(one)
    page = world.acme.agent.get(f"/contacts/{ordinary.id}").get_data(as_text=True)
    assert "Synthetic voice" in page


def test_consent_withdrawn_after_planning_stops_it_in_the_attempt(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    priya = _willing(world.acme)
    clock.advance(timedelta(hours=14))  # 23:00 in Denver
    run = _run(world, priya)
    assert _waits(run) == ["quiet_hours", "unspoken"]
    assert voice.spoken == []
    agreed(world.acme, priya, technique=SYNTHETIC, is_granted=False)
    world.later(hours=10)
    (message,) = run.messages()
    assert (message.state, message.reason_code) == ("cancelled", "no_voice_consent")
    assert message.reason == "The person has not agreed to hear a synthetic voice."
    assert (voice.spoken, drops.drops) == ([], [])


def test_who_takes_back_the_synthetic_voice_still_hears_recordings(
    world: World, drops: FakeSlybroadcast
) -> None:
    from tests.voicemail.calls import recording

    priya = _willing(world.acme)
    agreed(world.acme, priya, technique=SYNTHETIC, is_granted=False)
    channel = caller_id(world.acme)
    running(
        world.acme,
        [drop("call", **recording(world.acme)), step("done", "end")],
        priya,
        voicemail_channel_id=channel.id,
    )
    assert len(drops.drops) == 1


def test_a_full_account_waits_for_its_turn_and_a_busy_one_longer(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    voice.on_speak = [
        refusal(429, "too_many_concurrent_requests"),
        refusal(429, "system_busy"),
        refusal(503, "system_busy"),
    ]
    priya = _willing(world.acme)
    run = _run(world, priya)
    assert _waits(run) == ["unspoken"]
    with world.acme.acting():
        found = VOICES.account()
        assert found is not None
        assert found.resting_until is not None
        assert found.resting_until - clock.now() <= timedelta(seconds=5)
    page = world.acme.agent.get(f"/contacts/{priya.id}").get_data(as_text=True)
    assert "Its words are not spoken yet: ElevenLabs speaks as much at once as the account may." in page
    world.later(seconds=6)
    assert voice.spoken == []
    world.later(seconds=16)
    world.later(seconds=40)
    (message,) = run.messages()
    assert message.state == "sent"
    assert len(voice.spoken) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal(404, "voice_not_found"), "voice_not_found"),
        (refusal(400, "text_too_long", "Too long"), "text_too_long"),
    ],
)
def test_words_that_are_refused_fail_with_their_reason(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs, answer, code: str
) -> None:
    voices(world.acme)
    voice.on_speak = [answer]
    priya = _willing(world.acme)
    run = _run(world, priya)
    (message,) = run.messages()
    assert (message.state, message.reason_code) == ("failed", code)
    assert run.at(priya) == "pause"
    assert drops.drops == []


def test_what_sounds_too_short_is_not_dropped_and_not_paid_for_again(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    voice.seconds = 4.9
    for number in ("+17205550100", "+17205550101"):
        run = _run(world, _willing(world.acme, number), says="Hi.")
        (message,) = run.messages()
        assert (message.state, message.reason_code) == ("failed", "too_short")
        assert "and a drop needs more than 5 seconds" in (message.reason or "")
    assert len(voice.spoken) == 1
    assert drops.drops == []


def test_a_withdrawn_key_waits_for_a_person_and_recovers(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    voice.on_everything = refusal(401, "quota_exceeded")
    run = _run(world, _willing(world.acme))
    with world.acme.acting():
        found = VOICES.account()
        assert found is not None
        assert (found.state, found.state_reason) == (
            "disconnected",
            "The ElevenLabs account has no characters left.",
        )
    assert _waits(run) == ["unspoken"]
    assert "no characters left" in world.acme.admin.get("/channels/voices").get_data(as_text=True)
    voice.on_everything = None
    answer = world.acme.admin.post("/channels/voices/test", follow_redirects=True).get_data(as_text=True)
    assert "8,800 of 10,000 characters are left" in answer
    world.later(minutes=2)
    (message,) = run.messages()
    assert message.state == "sent"


def test_a_worker_that_died_while_speaking_is_replaced(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loumass.speech import speaking

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    voices(world.acme)
    with monkeypatch.context() as patch:
        patch.setattr(speaking, "_kept", die)
        patch.setattr(
            speaking, "_LET_GO", text("SELECT :organization_id, :key")
        )  # nobody tidies up after a kill
        with pytest.raises(Killed):
            _run(world, _willing(world.acme))
    world.later(minutes=1)
    assert drops.drops == []
    world.later(minutes=4)
    assert len(drops.drops) == 1


def test_globex_hears_nothing_of_acmes_words(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    voices(world.globex)
    _run(world, _willing(world.acme))
    priya = _willing(world.globex)
    channel = caller_id(world.globex)
    steps = [drop("call", "Hi {{contact.first_name}}, Maya of Acme here.", voice=SPOKEN), step("done", "end")]
    running(world.globex, steps, priya, voicemail_channel_id=channel.id)
    assert len(voice.spoken) == 2
    with world.globex.acting() as session:
        assert session.query(Message).count() == 1


def test_whoever_is_erased_takes_the_words_along_that_only_they_heard(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    voices(world.acme)
    priya = _willing(world.acme)
    tom = world.acme.contact("Tom Osborn", None, "+17205550101", timezone="America/Denver")
    for technique in ("", SYNTHETIC):
        agreed(world.acme, tom, technique=technique)
    _run(world, priya, tom, says="Hi {{contact.first_name}}, Maya of Acme here.")
    _run(world, priya, tom, says="Maya of Acme here, call me back.")
    before = set(storage.every_key())
    assert world.acme.admin.post(f"/contacts/{priya.id}/erasure").status_code == 303
    assert len(before - set(storage.every_key())) == 1, "what both heard stays"
    _run(world, tom, says="Hi {{contact.first_name}}, Maya of Acme here.")
    assert len(voice.spoken) == 3, "nothing that Tom heard is paid for again"


def test_words_that_nobody_wants_any_more_are_forgotten_those_that_were_said_stay(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    speaker = voices(world.acme)
    _run(world, _willing(world.acme))
    said = set(storage.every_key())
    with serving(world.acme.organization.id):
        for words in ("Never dropped", "Wanted again"):
            spoken(speaker, replace(_TRIED, script=words))
        clock.advance(timedelta(days=20))
        spoken(speaker, replace(_TRIED, script="Wanted again"))
        clock.advance(timedelta(days=15))
        assert not forget_unwanted()
        assert not forget()
        assert len(set(storage.every_key()) - said) == 1
        spoken(speaker, replace(_TRIED, script="Wanted again"))
        assert len(voice.spoken) == 3
        spoken(speaker, replace(_TRIED, script="Never dropped"))
        assert len(voice.spoken) == 4
    assert said <= set(storage.every_key())
