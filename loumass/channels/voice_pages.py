"""The voices that speak scripts: connecting the account, testing it, disconnecting it. No channel, but beside them."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import permitted, requires
from loumass.channels.forms import CredentialsForm, credentials_form
from loumass.channels.pages import pages
from loumass.core.database import db
from loumass.core.errors import Conflict, Forbidden
from loumass.providers.credentials import fields_of
from loumass.providers.elevenlabs.client import ElevenLabs
from loumass.speech.models import VoiceAccount
from loumass.speech.service import VOICES


@pages.get("/channels/voices")
@requires("channels.read")
def voices() -> ResponseReturnValue:
    """Who speaks, whether it works, and which voices there are."""
    found = VOICES.account()
    form = _form(found) if permitted("channels.write") else None
    return _page(found, form), 200


@pages.post("/channels/voices")
@requires("channels.write")
def connect_voices() -> ResponseReturnValue:
    """Try the key, keep it. An empty key keeps the one that is stored."""
    found = VOICES.account()
    form = _form(found)
    credentials = form.credentials() if form.validate_on_submit() else None
    if credentials is None:
        return _page(found, form), 422
    _, tried = VOICES.try_and_keep(ElevenLabs, credentials)
    db().commit()
    kept = "" if tried.is_well else " The key is kept; nothing is spoken until this is mended."
    flash(f"{tried.sentence}{kept}", "done" if tried.is_well else "error")
    return redirect(url_for(".voices"))


@pages.post("/channels/voices/test")
@requires("channels.write")
def test_voices() -> ResponseReturnValue:
    """Log in and list the voices; nothing is spoken."""
    stored = VOICES.readable_credentials(VOICES.account())
    if stored is None:
        raise Conflict("There is no API key to test. Enter it first.")
    _, tried = VOICES.try_again(ElevenLabs, stored)
    db().commit()
    flash(tried.sentence, "done" if tried.is_well else "error")
    return redirect(url_for(".voices"))


@pages.post("/channels/voices/disconnect")
@requires("channels.write")
def disconnect_voices() -> ResponseReturnValue:
    """Forget the key; what was spoken stays."""
    found = VOICES.account(lock=True)
    if found is None:
        raise Forbidden("No voice is connected.")
    VOICES.disconnect(found, g.user.name)
    db().commit()
    flash("ElevenLabs is disconnected. What is yet to be spoken waits; what was spoken stays.", "done")
    return redirect(url_for(".voices"))


def _form(found: VoiceAccount | None) -> CredentialsForm:
    return credentials_form(ElevenLabs, VOICES.readable_credentials(found), has_names=False)


def _page(found: VoiceAccount | None, form: CredentialsForm | None) -> str:
    return render_template(
        "channels/voices.html",
        account=found,
        form=form,
        has_names=False,
        groups={"": [asked.name for asked in fields_of(ElevenLabs.Credentials)]},
        folded=ElevenLabs.Credentials.folded,
        speaker=ElevenLabs,
    )
