"""Templates to begin with, by what they are for. Which of them a new organization gets by itself, and which wait for something."""

from __future__ import annotations

from dataclasses import dataclass

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.check_in import CHECK_IN
from loumass.funnels.seeds.cold_email import COLD_EMAIL
from loumass.funnels.seeds.commerce import ABANDONED_CART, ORDER_CONFIRMATION, SHIPPING
from loumass.funnels.seeds.event_invitation import EVENT_INVITATION
from loumass.funnels.seeds.multi_channel_cold import MULTI_CHANNEL_COLD
from loumass.funnels.seeds.no_show import NO_SHOW
from loumass.funnels.seeds.re_engagement import RE_ENGAGEMENT
from loumass.funnels.seeds.referral import REFERRAL
from loumass.funnels.seeds.speed_to_lead import SPEED_TO_LEAD
from loumass.funnels.seeds.webinar import WEBINAR
from loumass.funnels.seeds.welcome import WELCOME


@dataclass(frozen=True, slots=True)
class Example:
    """A template to begin with. ``slug`` names it in addresses; ``starts`` says how people usually come in; ``needs`` what is
    missing before it can be used at all."""

    slug: str
    written: WrittenTemplate
    purpose: str
    icon: str
    starts: str
    needs: str = ""

    @property
    def is_offered(self) -> bool:
        """Whether it can be used today."""
        return not self.needs


_SHOP = "Comes with shops: it starts with an order."
GALLERY: tuple[Example, ...] = (
    Example("event", EVENT_INVITATION, "Events", "calendar-event", "By hand or import"),
    Example("webinar", WEBINAR, "Events", "video", "By hand or import"),
    Example("no-show", NO_SHOW, "Events", "user-x", "With those who did not come"),
    Example("cold-email", COLD_EMAIL, "Sales", "mail", "By hand or import"),
    Example("multi-channel", MULTI_CHANNEL_COLD, "Sales", "phone-call", "By hand or import"),
    Example("speed-to-lead", SPEED_TO_LEAD, "Sales", "bolt", "When a form is filled in"),
    Example("welcome", WELCOME, "Customers", "hand-stop", "When a tag is added"),
    Example("check-in", CHECK_IN, "Customers", "message-circle", "When somebody becomes a customer"),
    Example("referral", REFERRAL, "Customers", "users-plus", "By hand or from a segment"),
    Example("re-engagement", RE_ENGAGEMENT, "Customers", "refresh", "From a segment of quiet people"),
    Example("abandoned-cart", ABANDONED_CART, "Shop", "shopping-cart", "When a basket is left", _SHOP),
    Example("order", ORDER_CONFIRMATION, "Shop", "receipt", "When an order comes in", _SHOP),
    Example("shipping", SHIPPING, "Shop", "truck-delivery", "When an order is sent", _SHOP),
)
#: What a new organization finds: enough to see how it is done, and quick to make.
FIRST = ("event", "cold-email", "no-show")


def example_called(slug: str) -> Example | None:
    """The example with that name in addresses."""
    return next((example for example in GALLERY if example.slug == slug), None)
