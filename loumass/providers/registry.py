"""Every provider, by kind and medium. A new one is one folder and one line here."""

from __future__ import annotations

from loumass.providers.base import Provider
from loumass.providers.sandbox.client import SandboxEmail, SandboxSms
from loumass.providers.smtp.client import Smtp
from loumass.providers.twilio.client import Twilio

PROVIDERS: tuple[type[Provider], ...] = (Smtp, Twilio, SandboxEmail, SandboxSms)

_BY_KEY = {(provider.kind, provider.medium): provider for provider in PROVIDERS}


def provider_class(kind: str, medium: str) -> type[Provider]:
    """The provider's class. Raises KeyError when this installation does not know it."""
    return _BY_KEY[kind, medium]


def of_kind(kind: str) -> list[type[Provider]]:
    """Every medium of one vendor."""
    return [provider for provider in PROVIDERS if provider.kind == kind]
