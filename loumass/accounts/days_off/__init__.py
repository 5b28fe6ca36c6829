"""The days on which an organization does not work: public holidays of a country or region, and days of its own.

They are rows, so that statements and pure steps read the same dates; nobody who keeps none pays for them.
"""
