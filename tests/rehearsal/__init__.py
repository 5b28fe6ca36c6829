"""`make rehearsal`: a mailbox and a Twilio on this machine, to try everything for real with nobody outside."""
