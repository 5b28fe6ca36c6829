"""Every provider, by kind and medium. A new one is one folder and one line here."""

from __future__ import annotations

from loumass.providers.base import Capability, Provider
from loumass.providers.bonzo.client import Bonzo
from loumass.providers.gmail.client import Gmail
from loumass.providers.outlook.client import Outlook
from loumass.providers.sandbox.client import SandboxEmail, SandboxSms
from loumass.providers.slybroadcast.client import Slybroadcast
from loumass.providers.smtp.client import Smtp
from loumass.providers.twilio.client import Twilio

PROVIDERS: tuple[type[Provider], ...] = (
    Gmail, Outlook, Smtp, Twilio, Bonzo, Slybroadcast, SandboxEmail, SandboxSms,
)  # fmt: skip


def provider_class(kind: str, medium: str) -> type[Provider]:
    """The provider's class. Raises KeyError when this installation does not know it."""
    for provider in PROVIDERS:
        if (provider.kind, provider.medium) == (kind, medium):
            return provider
    raise KeyError(kind, medium)


def all_providers() -> tuple[type[Provider], ...]:
    """Every provider, in the order in which people choose."""
    return PROVIDERS


def called_providers() -> list[type[Provider]]:
    """Every provider whose vendor calls us."""
    return that_can(Capability.HOOKS)


def kinds_that_can(capability: Capability) -> list[str]:
    """The kinds of providers with `capability`, each once."""
    return sorted({provider.kind for provider in that_can(capability)})


def that_can(capability: Capability) -> list[type[Provider]]:
    """Every provider with `capability`."""
    return [provider for provider in PROVIDERS if capability in provider.capabilities]
