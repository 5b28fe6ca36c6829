"""Orders and tickets: known already, so that templates may name them, and switched off until commerce is there."""

from __future__ import annotations

from loumass.campaigns.triggers.base import Names, NoSettings, TriggerKind

WITH_COMMERCE = "Comes with commerce: connect a store then."
WITH_HELPDESK = "Comes with the helpdesk."


class OrderPlaced(TriggerKind[NoSettings]):
    name = "order_placed"
    label = "An order is placed"
    icon = "table"
    hint = "In a connected store."
    why_not = WITH_COMMERCE
    Config = NoSettings

    def words(self, config: NoSettings, names: Names) -> str:
        return "when they place an order"


class CartAbandoned(TriggerKind[NoSettings]):
    name = "cart_abandoned"
    label = "A cart is left behind"
    icon = "table"
    hint = "In a connected store."
    why_not = WITH_COMMERCE
    Config = NoSettings

    def words(self, config: NoSettings, names: Names) -> str:
        return "when they leave a cart behind"


class OrderShipped(TriggerKind[NoSettings]):
    name = "order_shipped"
    label = "An order is shipped"
    icon = "table"
    hint = "In a connected store."
    why_not = WITH_COMMERCE
    Config = NoSettings

    def words(self, config: NoSettings, names: Names) -> str:
        return "when their order is shipped"


class TicketClosed(TriggerKind[NoSettings]):
    name = "ticket_closed"
    label = "A ticket is closed"
    icon = "note"
    hint = "In the helpdesk."
    why_not = WITH_HELPDESK
    Config = NoSettings

    def words(self, config: NoSettings, names: Names) -> str:
        return "when a ticket of theirs is closed"
