"""Whether our mail is welcome: what the domains say of us, what comes back, and the brakes."""
