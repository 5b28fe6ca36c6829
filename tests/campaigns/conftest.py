"""What the tests of campaigns share with the house."""

from tests.house.conftest import ledger

__all__ = ["ledger"]
