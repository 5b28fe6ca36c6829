"""Recording, scripting, connecting and agreeing, as people do it on pages."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight import findings_of
from loumass.contacts.models import Consent
from loumass.content.models import ContentVersion
from loumass.funnels.models import Node
from loumass.media.models import Media
from loumass.speech.service import VOICES
from tests.campaigns.cast import drafted, drop, step
from tests.fakes.elevenlabs import API_KEY, VOICE, FakeElevenLabs
from tests.fakes.slybroadcast import FakeSlybroadcast
from tests.fakes.sounds import m4a, mp3, wav
from tests.voicemail.calls import SPOKEN, agreed, caller_id, recording, somebody, voices
from tests.world import World


def _upload(content: bytes, name: str = "Broker night.mp3", **fields: Any) -> dict[str, Any]:
    return {"name": "Front desk", "says": "recording", "recording_file": (BytesIO(content), name), **fields}


def _newest(world: World) -> ContentVersion:
    with world.acme.acting() as session:
        return session.scalars(select(ContentVersion).order_by(ContentVersion.id.desc()).limit(1)).one()


@pytest.mark.parametrize("make", [mp3, wav, m4a])
def test_a_recording_is_kept_with_its_name_only_shown(world: World, make) -> None:
    name = "..\\..\\<b>Broker</b> night.exe"
    answer = world.acme.member.post("/content/new/voicemail", _upload(make(6), name), follow_redirects=True)
    assert answer.status_code == 200
    kept = _newest(world)
    assert kept.recording_name == ["<b>Broker<", "b> night.exe"][-1]
    assert kept.recording_seconds == pytest.approx(6, abs=0.03)
    page = answer.get_data(as_text=True)
    assert "<b>Broker" not in page
    source = re.search(r'<audio[^>]* src="([^"]+)"', page)
    assert source is not None
    assert world.stranger().get(source[1]).data == make(6)


def test_saving_again_keeps_the_recording_and_makes_no_version(world: World) -> None:
    world.acme.member.post("/content/new/voicemail", _upload(mp3(6)))
    kept = _newest(world)
    same = {
        "name": "Front desk",
        "says": "recording",
        "recording": str(kept.recording_id),
        "recording_name": kept.recording_name,
    }
    answer = world.acme.member.post(f"/content/{kept.content_id}", same, follow_redirects=True)
    assert "it says the same" in answer.get_data(as_text=True)
    assert _newest(world).id == kept.id


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (mp3(4.9), "seconds long, and a drop needs more than 5"),
        (b"<html>" + mp3(9), "This is no MP3, WAV or M4A file"),
        (b"", "This is no MP3, WAV or M4A file"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(2000), "cannot be read to its end"),
    ],
)
def test_what_cannot_be_dropped_is_refused_in_a_sentence(world: World, content: bytes, sentence: str) -> None:
    answer = world.acme.member.post("/content/new/voicemail", _upload(content))
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    with world.acme.acting() as session:
        assert session.scalars(select(Media)).all() == []


def test_somebody_elses_recording_is_none(world: World) -> None:
    theirs = recording(world.globex)["recording_id"]
    fields = {"name": "Front desk", "says": "recording", "recording": str(theirs), "recording_name": "x"}
    answer = world.acme.member.post("/content/new/voicemail", fields)
    assert answer.status_code == 422
    assert "Choose an MP3, WAV or M4A file" in answer.get_data(as_text=True)


def test_a_step_takes_a_script_and_a_voice_or_a_recording(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    world.acme.admin.post("/channels/voices", {"api_key": API_KEY})
    run = drafted(world.acme, [drop("call", "Hello"), step("done", "end")])
    with world.acme.acting() as session:
        campaign = session.get_one(Campaign, (world.acme.id, run.id))
    address = f"/funnels/{campaign.graph_id}/steps/{run.nodes['call']}"
    page = world.acme.member.get(address).get_data(as_text=True)
    assert "Rachel" in page
    assert "has a script and no voice to speak it" in page
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision is not None
    common = {"name": "Call", "revision": revision[1], "way-next": str(run.nodes["done"])}
    script = {
        **common,
        "says": "script",
        "text": "Hi {{contact.first_nam}}",
        "voice": VOICE,
        "steadiness": "30",
    }
    refused = world.acme.member.post(address, script)
    assert refused.status_code == 422
    assert "first_name" in refused.get_data(as_text=True)
    saved = world.acme.member.post(address, script | {"text": "Hi {{contact.first_name}}"})
    assert saved.status_code == 302
    kept = _newest(world)
    assert kept.voice == {**SPOKEN, "steadiness": 30}
    assert kept.text == "Hi {{contact.first_name}}"
    page = world.acme.member.get(address).get_data(as_text=True)
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision is not None
    common["revision"] = revision[1]
    file = (BytesIO(mp3(7)), "desk.mp3")
    assert (
        world.acme.member.post(address, {**common, "says": "recording", "recording_file": file}).status_code
        == 302
    )
    kept = _newest(world)
    assert (kept.recording_name, kept.voice, kept.text) == ("desk.mp3", None, "")
    assert "desk.mp3, 0:07" in world.acme.member.get(address).get_data(as_text=True)


def test_a_copied_funnel_keeps_its_recording_and_its_voice(world: World) -> None:
    from loumass.funnels.service import clone_graph

    sound = recording(world.acme)
    run = drafted(
        world.acme, [drop("call", **sound), drop("again", "Hello", voice=SPOKEN), step("done", "end")]
    )
    with world.acme.acting() as session:
        graph_id = clone_graph(session.get_one(Campaign, (world.acme.id, run.id)).graph_id)
        nodes = session.scalars(select(Node).where(Node.graph_id == graph_id, Node.content_id.is_not(None)))
        copies = {
            node.key: session.scalars(
                select(ContentVersion).where(ContentVersion.content_id == node.content_id)
            ).one()
            for node in nodes
        }
        assert copies["call"].recording_id == sound["recording_id"]
        assert copies["again"].voice == SPOKEN


def _findings(world: World, campaign_id: UUID) -> dict[str, str]:
    with world.acme.acting() as session:
        campaign = session.get_one(Campaign, (world.acme.id, campaign_id))
        return {one.code: one.sentence for one in findings_of(campaign)}


def test_preflight_knows_what_voicemail_lacks(world: World, drops: FakeSlybroadcast) -> None:
    short: dict[str, Any] = recording(world.acme) | {"recording_seconds": 4.0}
    run = drafted(
        world.acme,
        [drop("call", "", None, **short), drop("again", "Hello", voice=SPOKEN), step("done", "end")],
    )
    priya = somebody(world.acme)
    tom = world.acme.contact("Tom Okafor", None, "+17205550109")
    run.add(priya, tom)
    found = _findings(world, run.id)
    assert found["no_channel"] == "No caller ID is chosen to send its voicemails from."
    assert found["no_voice"] == "A voicemail is to be spoken, and no voice is connected."
    assert found["voicemail_unasked"] == "1 person has not agreed to voicemail: theirs are skipped."
    assert (
        found["voice_unasked"]
        == "2 people have not agreed to hear a synthetic voice: spoken voicemail is skipped."
    )
    assert any("4.0 seconds long" in sentence for sentence in found.values())
    voices(world.acme)
    agreed(world.acme, priya, tom, technique="synthetic_voice")
    channel = caller_id(world.acme)
    settings = world.acme.member.get(f"/campaigns/{run.id}/settings").get_data(as_text=True)
    assert "Caller ID" in settings
    with world.acme.acting() as session:
        session.get_one(Campaign, (world.acme.id, run.id)).voicemail_channel_id = channel.id
        session.commit()
    assert not {"no_channel", "no_voice", "voicemail_unasked", "voice_unasked"} & set(
        _findings(world, run.id)
    )


def test_voices_are_connected_tested_and_disconnected(
    world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    admin = world.acme.admin
    assert "Connect ElevenLabs" in admin.get("/channels/voices").get_data(as_text=True)
    assert world.acme.member.post("/channels/voices", {"api_key": API_KEY}).status_code == 403
    wrong = admin.post("/channels/voices", {"api_key": "an old key"}, follow_redirects=True).get_data(
        as_text=True
    )
    assert "ElevenLabs refused the API key." in wrong
    assert "an old key" not in wrong
    page = admin.post("/channels/voices", {"api_key": API_KEY}, follow_redirects=True).get_data(as_text=True)
    assert "Domi, Rachel" in page
    assert API_KEY not in page
    kept = admin.post("/channels/voices", {"api_key": ""}, follow_redirects=True).get_data(as_text=True)
    assert "8,800 of 10,000 characters are left" in kept
    admin.post("/channels/voices/disconnect")
    with world.acme.acting():
        found = VOICES.account()
        assert found is not None
        assert (found.state, found.sealed_credentials) == ("disconnected", b"")
    assert "Disconnected by Ada Admin" in admin.get("/channels/voices").get_data(as_text=True)
    assert admin.post("/channels/voices/test").status_code == 409


def test_a_caller_id_is_connected_on_the_page_of_channels(world: World, drops: FakeSlybroadcast) -> None:
    from tests.fakes.slybroadcast import CALLER_ID, LOGIN, PASSWORD

    fields = {
        "email": LOGIN,
        "password": PASSWORD,
        "caller_id": CALLER_ID,
        "mobile_only": "y",
        "channel_name": "Desk",
    }
    answer = world.acme.admin.post("/channels/connect/slybroadcast/voicemail", fields, follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "1,234 drops are left" in page
    assert PASSWORD not in page
    assert drops.drops == []


def test_a_synthetic_voice_is_agreed_to_on_the_persons_page(world: World) -> None:
    priya = world.acme.contact("Priya Raman", None, "+17205550100")
    for is_granted in ("1", "0"):
        fields = {"medium": "synthetic_voice", "is_granted": is_granted, "source": "by phone on 3 March"}
        world.acme.member.post(f"/contacts/{priya.id}/consent", fields)
    with world.acme.acting() as session:
        lines = session.scalars(select(Consent).order_by(Consent.recorded_at, Consent.id)).all()
        assert [(one.medium, one.technique, one.is_granted) for one in lines] == [
            ("voicemail", "synthetic_voice", True), ("voicemail", "synthetic_voice", False),
        ]  # fmt: skip
    page = world.acme.member.get(f"/contacts/{priya.id}").get_data(as_text=True)
    assert "they said no" in page
