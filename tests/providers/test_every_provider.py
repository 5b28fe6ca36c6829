"""No provider is without its contract: whatever the registry offers is held to every case that fits it."""

from __future__ import annotations

import pytest

from loumass.providers.base import Capability, Provider
from loumass.providers.registry import PROVIDERS
from tests.providers import (
    contract,
    test_bonzo_contract,
    test_gmail_contract,
    test_outlook_contract,
    test_sandbox_contract,
    test_slybroadcast_contract,
    test_smtp_contract,
    test_twilio_contract,
)

#: Provider -> the class that holds it to the contract. The sandbox opens no connection that could be cut.
HELD = {
    "outlook": test_outlook_contract.TestOutlook,
    "smtp": test_smtp_contract.TestSmtp,
    "twilio": test_twilio_contract.TestTwilio,
    "bonzo": test_bonzo_contract.TestBonzo,
    "gmail": test_gmail_contract.TestGmail,
    "slybroadcast": test_slybroadcast_contract.TestSlybroadcast,
    "sandbox": test_sandbox_contract.TestSandbox,
}
WITHOUT_NETWORK = {"sandbox"}
#: Their vendor proves no call but by knowing our secret address.
WITHOUT_PROOF = {"slybroadcast"}
#: What the contract must prove, and the test that does.
CASES = {
    contract.ProviderContract: (
        "test_a_rejected_message_stops_nobody_else",
        "test_a_throttled_message_says_when_to_come_back",
        "test_an_unavailable_vendor_leaves_nothing_in_doubt",
        "test_after_a_disconnection_the_rest_is_not_tried",
        "test_silence_after_the_hand_over_is_doubt",
        "test_no_line_can_be_smuggled_in",
        "test_unicode_arrives_unharmed",
        "test_an_oversized_message_is_rejected_and_its_address_lives",
    ),
    contract.NetworkContract: (
        "test_accepted_then_cut_is_sent_and_the_next_goes_on",
        "test_refused_then_cut_is_rejected_not_doubted",
        "test_a_cut_after_the_hand_over_is_doubt_for_that_message_alone",
    ),
    contract.CalledContract: (
        "test_a_replayed_call_has_the_same_identity_whatever_is_unsigned",
        "test_garbage_is_stored_and_means_nothing",
    ),
    contract.ProvenContract: ("test_a_call_without_signature_is_forged",),
    contract.HookContract: ("test_a_changed_body_is_forged",),
    contract.PollContract: ("test_understanding_an_item_twice_tells_the_same",),
}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: f"{provider.kind} {provider.medium}")
def test_it_is_held_to_every_part_of_the_contract_that_fits(provider: type[Provider]) -> None:
    wanted: set[type] = {contract.ProviderContract}
    if provider.kind not in WITHOUT_NETWORK:
        wanted.add(contract.NetworkContract)
    if Capability.HOOKS in provider.capabilities:
        wanted.add(contract.HookContract if provider.signs_calls else contract.CalledContract)
        if provider.kind not in WITHOUT_PROOF:
            wanted.add(contract.ProvenContract)
    if provider.capabilities & {Capability.POLLED, Capability.NEEDS_SENT}:
        wanted.add(contract.PollContract)
    held = HELD[provider.kind]
    for part in wanted:
        assert issubclass(held, part)
        for case in CASES[part]:
            assert getattr(held, case) is getattr(part, case), f"{held.__name__} goes round {case}"
