"""Money is a whole number of the smallest unit of its currency, and the currency."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

#: Code (ISO 4217) -> digits after the point.
CURRENCIES = {
    "USD": 2, "EUR": 2, "GBP": 2, "CAD": 2, "AUD": 2, "NZD": 2, "CHF": 2, "SEK": 2, "NOK": 2, "DKK": 2, "PLN": 2, "CZK": 2,
    "HUF": 2, "RON": 2, "TRY": 2, "ILS": 2, "AED": 2, "SAR": 2, "ZAR": 2, "NGN": 2, "KES": 2, "INR": 2, "SGD": 2, "HKD": 2,
    "TWD": 2, "CNY": 2, "THB": 2, "MYR": 2, "PHP": 2, "IDR": 2, "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3,
    "JOD": 3, "MXN": 2, "BRL": 2, "ARS": 2, "COP": 2, "PEN": 2,
}  # fmt: skip
#: Of any currency, in its smallest unit: far from what a bigint holds, and from what anybody earns.
MOST = 10**14


def minor_units(typed: str, currency: str) -> int:
    """`typed` ("1,250.50", "-20") in the smallest unit. Raises ValueError with what is wrong, to follow the field's name."""
    if currency not in CURRENCIES:
        raise ValueError("needs a currency that we know")
    try:
        value = Decimal(typed.replace(",", "").strip())
    except InvalidOperation:
        raise ValueError("is not an amount such as 1,250.50") from None
    if not value.is_finite() or abs(value) * 1000 > MOST:
        raise ValueError("is not an amount that we can count")
    scaled = value.scaleb(CURRENCIES[currency])
    if scaled != scaled.to_integral_value():
        digits = CURRENCIES[currency]
        raise ValueError(
            f"has more than {digits} digits after the point" if digits else f"is whole in {currency}"
        )
    return int(scaled)


def money(amount: int, currency: str) -> str:
    """How it is written: "1,250.50 USD"."""
    digits = CURRENCIES.get(currency, 2)
    return f"{Decimal(amount).scaleb(-digits):,.{digits}f} {currency}"
