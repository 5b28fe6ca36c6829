"""For shops: prepared, and not offered as working before orders come in. They ask for `order.…`, which nothing fills yet."""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import email, step, ways

_CART = """
Hi {{contact.first_name|fallback:"there"}},

You left something in your basket at {{organization.name}}:

{{order.items|fallback:"what you chose"}}

It is still there. If a question kept you from ordering, reply to this e-mail; a person answers, usually within the hour.

Back to your basket: {{order.url|fallback:"our shop"}}

{{sender.signature}}
"""
_CART_AGAIN = """
Hi {{contact.first_name|fallback:"there"}},

We empty your basket tomorrow, so that others find what is in it. If you still want it: {{order.url|fallback:"our shop"}}

If not, you need not do anything, and we do not remind you again.

{{sender.signature}}
"""
_ORDERED = """
Hi {{contact.first_name|fallback:"there"}},

Thank you. Your order {{order.number|fallback:""}} is with us.

{{order.items|fallback:"The list is in your account."}}

Together: {{order.total|fallback:"as shown when you ordered"}}

We write again as soon as it is on its way. If something is wrong, reply today and we change it before it is packed.

{{sender.signature}}
"""
_SHIPPED = """
Hi {{contact.first_name|fallback:"there"}},

Your order {{order.number|fallback:""}} left us today. You can follow it here: {{order.tracking_url|fallback:"the link comes with the carrier's message"}}

It should reach you by {{order.arrives_on|fallback:"the date in your account"}}. Should it not, write to us first, not to the carrier: we are quicker.

{{sender.signature}}
"""
_ARRIVED = """
Hi {{contact.first_name|fallback:"there"}},

Your order should be with you by now. Is everything as you expected?

If yes, tell a friend. If not, tell us: reply to this e-mail, and it is our problem from then on.

{{sender.signature}}
"""

ABANDONED_CART = WrittenTemplate(
    name="Abandoned cart",
    description="Reminds people of their basket after an hour and once more after two days. An order ends it.",
    start="left",
    steps=(
        step("left", "stage", "Left a basket"),
        step("an-hour", "wait", "An hour", amount=1, unit="hours", after="entered"),
        email("reminder", "Your basket", "You left something in your basket", _CART),
        step(
            "two-days", "wait", "Two days", amount=2, unit="days", after="sent", opens="09:00", closes="20:00"
        ),
        email("last", "Last reminder", "We empty your basket tomorrow", _CART_AGAIN),
        step("done", "end", "Not ordered", reason="Did not order"),
    ),
    ways=ways("left > an-hour, an-hour > reminder, reminder > two-days, two-days > last, last > done"),
)
ORDER_CONFIRMATION = WrittenTemplate(
    name="Order confirmation",
    description="Confirms an order the moment it comes in.",
    start="ordered",
    steps=(
        email("ordered", "Thank you", 'Your order {{order.number|fallback:""}}', _ORDERED),
        step("done", "end", "Confirmed", reason="Order confirmed"),
    ),
    ways=ways("ordered > done"),
)
SHIPPING = WrittenTemplate(
    name="Shipping and arrival",
    description="Tells people that their order is on its way, and asks a week later whether all is well.",
    start="shipped",
    steps=(
        email("shipped", "On its way", "Your order is on its way", _SHIPPED),
        step("a-week", "wait", "A week", amount=1, unit="weeks", after="sent", opens="09:00", closes="18:00"),
        email("arrived", "All well?", "Is everything as you expected?", _ARRIVED),
        step("done", "end", "Arrived", reason="Order arrived"),
    ),
    ways=ways("shipped > a-week, a-week > arrived, arrived > done"),
)
