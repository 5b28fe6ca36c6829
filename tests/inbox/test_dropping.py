"""Voicemail by hand, from the answer box: a recording of the library, or a script that a voice speaks."""

from __future__ import annotations

import pytest

from loumass.contacts.models import Contact
from loumass.content.composing import Draft
from loumass.content.models import Content, ContentVersion
from loumass.content.service import create
from loumass.content.sounding import Recording
from loumass.core.secrets import keyed_hash
from loumass.inbox.dropping import BY_HAND
from loumass.inbox.permissions import SYNTHETIC
from loumass.messages.models import Conversation, Message, OptOutProposal
from loumass.speech.models import VoiceAccount
from tests.fakes.elevenlabs import VOICE, FakeElevenLabs
from tests.fakes.slybroadcast import FakeSlybroadcast
from tests.inbox.desk import change, replied
from tests.messages.letters import count_of, one, rows
from tests.voicemail.calls import agreed, caller_id, recording, voices
from tests.voicemail.conftest import drops, voice
from tests.world import World

__all__ = ["drops", "voice"]
PHONE = "+13035550164"
SCRIPT = (
    "Hi {{contact.first_name}}, this is Maya of Acme. Call me back at 303 555 0199 whenever it suits you."
)


@pytest.fixture
def talk(world: World, drops: FakeSlybroadcast, voice: FakeElevenLabs) -> Conversation:
    """Priya wrote by e-mail, has a number, and agreed to voicemail; a caller ID and voices are connected."""
    asked = replied(world, "Call me")
    change(
        world, Contact, asked.contact_id, phone=PHONE, phone_hash=keyed_hash(PHONE), timezone="America/Denver"
    )
    priya = one(world.acme, Contact)
    caller_id(world.acme)
    connected = voices(world.acme)
    with world.acme.acting() as session:
        account = session.get_one(VoiceAccount, (world.acme.id, connected.id))
        account.voices = [{"id": VOICE, "name": "Rachel"}]
        session.commit()
    agreed(world.acme, priya)
    agreed(world.acme, priya, technique=SYNTHETIC)
    return asked


def test_a_script_is_spoken_and_dropped_once_and_stands_in_the_thread(
    world: World, talk: Conversation, drops: FakeSlybroadcast, voice: FakeElevenLabs
) -> None:
    agent = world.acme.agent
    box = agent.get(f"/inbox/{talk.id}?way=voicemail").text
    assert "A script, spoken by Rachel" in box
    form = {"kind": "voicemail", "act": "send", "text": SCRIPT, "drop": f"voice:{VOICE}"}
    assert agent.post(f"/inbox/{talk.id}/replies", form).status_code == 302
    world.later(seconds=11)
    world.work()
    world.later(seconds=11)
    message = one(world.acme, Message, medium="voicemail")
    assert (message.state, message.is_synthetic, message.author_id) == ("sent", True, agent.id)
    assert [spoken["text"] for spoken in voice.spoken] == [SCRIPT.replace("{{contact.first_name}}", "Priya")]
    assert len(drops.drops) == 1
    thread = agent.get(f"/inbox/{talk.id}").text
    assert "Hi Priya, this is Maya of Acme." in thread
    assert "Accepted" in thread
    assert one(world.acme, Content, name=BY_HAND).archived_at is not None
    again = {**form, "text": "This is Maya again. Nothing of importance, I only wanted to say thank you."}
    assert agent.post(f"/inbox/{talk.id}/replies", again).status_code == 302
    assert (count_of(world.acme, ContentVersion), count_of(world.acme, OptOutProposal)) == (1, 0)


def test_a_recording_needs_no_words_and_what_cannot_be_dropped_is_refused(
    world: World, talk: Conversation
) -> None:
    agent = world.acme.agent

    def drop(text: str, what: str):
        return agent.post(
            f"/inbox/{talk.id}/replies", {"kind": "voicemail", "act": "send", "text": text, "drop": what}
        )

    assert "Choose a recording, or a voice" in drop("Hello", "").text
    assert "Choose a recording, or a voice" in drop("Hello", "voice:nobody").text
    assert "more than 5" in drop("Hello there", f"voice:{VOICE}").text
    assert "nothing to say yet" in drop("", f"voice:{VOICE}").text
    assert "not in the library" in drop("", f"recording:{talk.id}").text
    assert rows(world.acme, Message, medium="voicemail") == []
    sound = recording(world.acme)
    with world.acme.acting() as session:
        words = Draft(recording=Recording(sound["recording_id"], "hello.mp3", 12.0))
        library = create("A hello", "voicemail", words, world.acme.admin.id)
        session.commit()
    assert drop("", f"recording:{library.id}").status_code == 302
    message = one(world.acme, Message, medium="voicemail")
    assert (message.sound_id, message.is_synthetic, message.to_address) == (
        sound["recording_id"],
        False,
        PHONE,
    )


def test_who_did_not_agree_is_not_called(world: World, drops: FakeSlybroadcast) -> None:
    talk = replied(world, "Call me")
    change(world, Contact, talk.contact_id, phone=PHONE, phone_hash=keyed_hash(PHONE))
    caller_id(world.acme)
    assert "They have not agreed to voicemail" in world.acme.agent.get(f"/inbox/{talk.id}?way=voicemail").text
    assert 'aria-current="true">' in world.acme.agent.get(f"/inbox/{talk.id}").text
    assert drops.drops == []
