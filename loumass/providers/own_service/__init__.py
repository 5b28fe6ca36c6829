"""A service of the customer's own that judges answers: a small program before a model of theirs, or anybody's."""
