"""What every provider must keep to. A provider's test module says how its fake is made to behave,
then inherits the classes that fit: all take `ProviderContract`, those with a network
`NetworkContract`, those that are called `CalledContract` (`ProvenContract` where a header proves the call, `HookContract`
where the vendor signs it), those that are polled `PollContract`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from loumass.core import clock
from loumass.providers.base import (
    Capability,
    HookRequest,
    StoredItem,
)
from loumass.providers.credentials import fields_of, problems
from loumass.providers.errors import (
    Disconnected,
    Forged,
    Rejected,
    Sent,
    Throttled,
    Unavailable,
    Unknown,
)
from tests.providers.vendor import Behaviour, Vendor, guarded_context, outcomes


class ProviderContract:
    """For every provider. Modules define the fixture `vendor`."""

    def test_what_is_accepted_is_sent_once(self, vendor: Vendor) -> None:
        message = vendor.message()
        with vendor.open() as provider:
            assert [type(outcome) for outcome in outcomes(provider, message)] == [Sent]
        assert vendor.accepted() == [message.to]

    def test_a_batch_arrives_whole_and_in_order(self, vendor: Vendor) -> None:
        messages = [vendor.message() for _ in range(12)]
        with vendor.open() as provider:
            assert all(isinstance(outcome, Sent) for outcome in outcomes(provider, *messages))
        assert vendor.accepted() == [message.to for message in messages]

    def test_send_and_deliver_tell_the_same(self, vendor: Vendor) -> None:
        with vendor.open() as provider:
            assert isinstance(provider.send(vendor.message()), Sent)
            with pytest.raises(Rejected):
                provider.send(vendor.message(vendor.address_that(Behaviour.REJECTS)))

    def test_unicode_arrives_unharmed(self, vendor: Vendor) -> None:
        text = "Grüße aus Zürich, 東京 and مرحبا 🎉"
        message = vendor.message(text=text)
        with vendor.open() as provider:
            assert isinstance(outcomes(provider, message)[0], Sent)
        assert text in vendor.text_received(message.to)

    def test_a_rejected_message_stops_nobody_else(self, vendor: Vendor) -> None:
        bad = vendor.message(vendor.address_that(Behaviour.REJECTS))
        good = [vendor.message(), vendor.message()]
        with vendor.open() as provider:
            first, refused, last = outcomes(provider, good[0], bad, good[1])
        assert isinstance(first, Sent)
        assert isinstance(refused, Rejected)
        assert refused.code
        assert not refused.address_is_dead
        assert isinstance(last, Sent)
        assert vendor.accepted() == [message.to for message in good]

    def test_an_address_that_does_not_exist_is_called_dead(self, vendor: Vendor) -> None:
        if not vendor.tells_dead_addresses:
            nonsense = "nobody" if vendor.provider.medium == "email" else "12"
            message = vendor.message(nonsense)
        else:
            message = vendor.message(vendor.address_that(Behaviour.KNOWS_NOBODY))
        with vendor.open() as provider:
            (refused,) = outcomes(provider, message)
        assert isinstance(refused, Rejected)
        assert refused.address_is_dead

    def test_a_throttled_message_says_when_to_come_back(self, vendor: Vendor) -> None:
        with vendor.open() as provider:
            (refused,) = outcomes(provider, vendor.message(vendor.address_that(Behaviour.THROTTLES)))
        assert isinstance(refused, Throttled)
        assert timedelta() < refused.retry_after <= timedelta(days=1)
        assert vendor.accepted() == []

    def test_an_unavailable_vendor_leaves_nothing_in_doubt(self, vendor: Vendor) -> None:
        with vendor.open() as provider:
            (refused,) = outcomes(provider, vendor.message(vendor.address_that(Behaviour.IS_UNAVAILABLE)))
        assert isinstance(refused, Unavailable)
        assert vendor.accepted() == []

    def test_after_a_disconnection_the_rest_is_not_tried(self, vendor: Vendor) -> None:
        bad = vendor.message(vendor.address_that(Behaviour.IS_DISCONNECTED))
        with vendor.open() as provider:
            told = outcomes(provider, bad, vendor.message(), vendor.message())
        assert [type(outcome) for outcome in told] == [Disconnected] * 3
        assert vendor.accepted() == []

    def test_silence_after_the_hand_over_is_doubt(self, vendor: Vendor) -> None:
        message = vendor.message(vendor.address_that(Behaviour.ACCEPTS_AND_HANGS))
        with vendor.open() as provider:
            (outcome,) = outcomes(provider, message)
        assert isinstance(outcome, Unknown)

    def test_what_went_in_doubt_is_found(self, vendor: Vendor) -> None:
        message = vendor.message(vendor.address_that(Behaviour.ACCEPTS_AND_HANGS))
        with vendor.open() as provider:
            outcomes(provider, message)
            if Capability.FINDS not in provider.capabilities:
                with pytest.raises(NotImplementedError):
                    provider.find(message)
                return
            found = provider.find(vendor.noted(message))
        assert isinstance(found, Sent)
        assert found.message_id in ("", message.message_id)

    def test_what_was_lost_in_doubt_is_not_found(self, vendor: Vendor) -> None:
        message = vendor.message(vendor.address_that(Behaviour.LOSES_AND_CUTS))
        with vendor.open() as provider:
            (outcome,) = outcomes(provider, message)
            assert isinstance(outcome, Unknown)
            if Capability.FINDS in provider.capabilities:
                assert not isinstance(provider.find(vendor.noted(message)), Sent)

    @pytest.mark.parametrize("breaking", ["\r\nBcc: victim@example.com", "\nX: y", "\x00", "\r", "\x7f"])
    @pytest.mark.parametrize("field", ["to", "sender", "sender_name", "message_id", "envelope_sender"])
    def test_no_line_can_be_smuggled_in(self, vendor: Vendor, field: str, breaking: str) -> None:
        message = vendor.message()
        smuggling = replace(message, **{field: getattr(message, field) + breaking})
        with vendor.open() as provider:
            assert isinstance(outcomes(provider, smuggling)[0], Rejected)
            with pytest.raises(Rejected):
                provider.send(smuggling)
        assert vendor.accepted() == []

    def test_an_oversized_message_is_rejected_and_its_address_lives(self, vendor: Vendor) -> None:
        message = vendor.message(text="x" * 26_000_000)
        with vendor.open() as provider:
            (refused,) = outcomes(provider, message)
        assert isinstance(refused, Rejected)
        assert not refused.address_is_dead
        assert vendor.accepted() == []

    def test_checking_the_connection_sends_nothing(self, vendor: Vendor) -> None:
        with vendor.open() as provider:
            assert provider.check().endswith(".")
        assert vendor.accepted() == []

    def test_every_field_of_the_form_has_a_name_for_people(self, vendor: Vendor) -> None:
        for field in fields_of(vendor.provider.Credentials):
            assert field.label != field.name
            if field.widget == "select":
                assert field.default in dict(field.choices)

    def test_credentials_survive_sealing_and_secrets_stay_out_of_sight(self, vendor: Vendor) -> None:
        credentials = vendor.open().credentials
        again = vendor.provider.Credentials.model_validate_json(credentials.to_json())
        assert again == credentials
        for field in fields_of(vendor.provider.Credentials):
            if field.is_secret and (secret := getattr(credentials, field.name).get_secret_value()):
                assert secret not in repr(credentials)
                assert secret not in str(credentials)
                assert secret in credentials.to_json().decode()

    def test_credentials_with_a_line_break_are_refused(self, vendor: Vendor) -> None:
        name = fields_of(vendor.provider.Credentials)[0].name
        with pytest.raises(ValidationError) as caught:
            vendor.open(**{name: str(vendor.good_credentials[name])[:3] + "\r\nx"})
        assert problems(caught.value, vendor.provider.Credentials)

    def test_missing_credentials_are_named(self, vendor: Vendor) -> None:
        with pytest.raises(ValidationError) as caught:
            vendor.provider.Credentials.model_validate({})
        told = problems(caught.value, vendor.provider.Credentials)
        required = {field.name for field in fields_of(vendor.provider.Credentials) if field.is_required}
        assert required <= set(told)
        assert all(sentence.endswith(".") for sentence in told.values())


class NetworkContract:
    """For providers that open connections."""

    def test_a_cut_after_the_hand_over_is_doubt_for_that_message_alone(self, vendor: Vendor) -> None:
        before = vendor.message()
        cut = vendor.message(vendor.address_that(Behaviour.ACCEPTS_AND_CUTS))
        after = [vendor.message(), vendor.message()]
        with vendor.open() as provider:
            told = outcomes(provider, before, cut, *after)
        assert isinstance(told[0], Sent)
        assert isinstance(told[1], Unknown)
        sent_after = [
            message.to for message, outcome in zip(after, told[2:], strict=True) if outcome.__class__ is Sent
        ]
        assert all(isinstance(outcome, Sent | Unavailable) for outcome in told[2:])
        assert vendor.accepted() == [before.to, cut.to, *sent_after]

    def test_accepted_then_cut_is_sent_and_the_next_goes_on(self, vendor: Vendor) -> None:
        cut = vendor.message(vendor.address_that(Behaviour.ANSWERS_AND_CUTS))
        after = vendor.message()
        with vendor.open() as provider:
            told = outcomes(provider, cut, after)
        assert [type(outcome) for outcome in told] == [Sent, Sent]
        assert vendor.accepted() == [cut.to, after.to]

    def test_refused_then_cut_is_rejected_not_doubted(self, vendor: Vendor) -> None:
        cut = vendor.message(vendor.address_that(Behaviour.REFUSES_AND_CUTS))
        with vendor.open() as provider:
            (outcome,) = outcomes(provider, cut)
        assert isinstance(outcome, Rejected)
        assert vendor.accepted() == []

    def test_wrong_credentials_are_told_by_check_and_by_sending(self, vendor: Vendor) -> None:
        vendor.refuse_login()
        with vendor.open() as provider:
            with pytest.raises(Disconnected):
                provider.check()
            assert isinstance(outcomes(provider, vendor.message())[0], Disconnected)

    def test_an_address_inside_the_house_is_not_dialled(self, vendor: Vendor) -> None:
        inside = vendor.provider(
            vendor.open().credentials, guarded_context(base_urls=vendor.context().base_urls)
        )
        with inside as provider:
            (outcome,) = outcomes(provider, vendor.message())
            assert isinstance(outcome, Disconnected)
            with pytest.raises(Disconnected):
                provider.check()
        assert vendor.accepted() == []


class CalledContract:
    """For providers that call us. Modules also define the fixture `call`, a good inbound call.

    Whose vendor proves nothing has a secret address instead, and keeps to this part alone.
    """

    def test_a_signed_call_is_believed(self, vendor: Vendor, call: HookRequest) -> None:
        assert Capability.HOOKS in vendor.provider.capabilities
        vendor.open().verify(call)

    def test_a_replayed_call_has_the_same_identity_whatever_is_unsigned(
        self, vendor: Vendor, call: HookRequest
    ) -> None:
        provider = vendor.open()
        headers = {
            name: value if name == "content-type" or vendor.proof_header in name else f"{value}-again"
            for name, value in call.headers.items()
        }
        assert headers != dict(call.headers)
        replayed = replace(call, headers=headers)
        provider.verify(replayed)
        assert provider.identity(replayed) == provider.identity(call)

    def test_understanding_a_call_twice_tells_the_same(self, vendor: Vendor, call: HookRequest) -> None:
        provider, item = vendor.open(), stored(vendor, call)
        assert provider.parse(item) == provider.parse(item) != []

    @pytest.mark.parametrize("seed", range(40))
    def test_garbage_is_stored_and_means_nothing(self, vendor: Vendor, call: HookRequest, seed: int) -> None:
        garbage = replace(call, body=mangled(call.body, seed))
        provider = vendor.open()
        assert provider.identity(garbage)
        provider.parse(stored(vendor, garbage))


class ProvenContract(CalledContract):
    """For those whose vendor proves each call: by a token, or a secret that was agreed."""

    def test_a_call_without_signature_is_forged(self, vendor: Vendor, call: HookRequest) -> None:
        unsigned = vendor.resigned(call, None)
        assert unsigned != call
        with pytest.raises(Forged):
            vendor.open().verify(unsigned)

    @pytest.mark.parametrize("nonsense", ["", "x", "é", "A" * 10_000, "====", "\udcff"])
    def test_a_nonsense_signature_is_forged(self, vendor: Vendor, call: HookRequest, nonsense: str) -> None:
        with pytest.raises(Forged):
            vendor.open().verify(vendor.resigned(call, nonsense))


class HookContract(ProvenContract):
    """For those whose vendor signs each call."""

    def test_a_changed_body_is_forged(self, vendor: Vendor, call: HookRequest) -> None:
        with pytest.raises(Forged):
            vendor.open().verify(replace(call, body=call.body + b"&x=1"))

    def test_another_address_is_forged(self, vendor: Vendor, call: HookRequest) -> None:
        with pytest.raises(Forged):
            vendor.open().verify(replace(call, target=call.target + "x"))


class PollContract:
    """For providers that are polled. Modules also define `arrivals(vendor)`: items fetched from the fake."""

    def test_understanding_an_item_twice_tells_the_same(
        self, vendor: Vendor, arrivals: list[StoredItem]
    ) -> None:
        provider = vendor.open()
        assert arrivals
        for item in arrivals:
            assert provider.parse(item) == provider.parse(item)

    def test_identities_are_unique_and_items_fit_into_json(self, arrivals: list[StoredItem]) -> None:
        assert len({item.identity for item in arrivals}) == len(arrivals)
        for item in arrivals:
            assert json.loads(json.dumps(dict(item.meta))) == dict(item.meta)


def stored(vendor: Vendor, call: HookRequest) -> StoredItem:
    """The call as a delivery."""
    identity = vendor.open().identity(call)
    headers: Mapping[str, str] = dict(call.headers)
    return StoredItem(identity=identity, body=call.body, received_at=clock.now(), headers=headers)


def mangled(content: bytes, seed: int) -> bytes:
    """`content` damaged in one of many ways, the same for the same seed."""
    dice = random.Random(seed)
    damaged = bytearray(content)
    for _ in range(dice.randint(1, 20)):
        position = dice.randrange(len(damaged) + 1)
        match dice.randrange(4):
            case 0:
                damaged[position:position] = dice.randbytes(dice.randint(1, 8))
            case 1:
                del damaged[position : position + dice.randint(1, 40)]
            case 2:
                damaged[position:position] = damaged[: dice.randint(1, 60)]
            case _:
                damaged[position : position + 1] = b"\x00"
    return bytes(damaged)
