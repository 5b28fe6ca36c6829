"""People whom somebody adds, or an import brings. Always there."""

from __future__ import annotations

from loumass.campaigns.triggers.base import Names, NoSettings, TriggerKind


class ByHand(TriggerKind[NoSettings]):
    name = "by_hand"
    label = "By hand or import"
    icon = "user-plus"
    hint = "Somebody adds them: one by one, by tag, from a list."
    is_given = True
    Config = NoSettings

    def words(self, config: NoSettings, names: Names) -> str:
        return "by hand or import"
