"""What an answer says: seven kinds, judged by the words that its writer wrote, corrected by people."""
