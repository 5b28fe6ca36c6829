"""Any mailbox: sending by SMTP, receiving by IMAP."""
