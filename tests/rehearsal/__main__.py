"""`make rehearsal [PORT=8000]`. PORT is the one that `make up` listens on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from loumass.embedded import Broken
from loumass.starting.own_settings import own_settings
from tests.fakes.loopback import HOST
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.rehearsal.post import MAILBOX, SECRET, NotYet, Post, shown
from tests.rehearsal.telephone import Telephone

CHECKOUT = Path(__file__).parents[2]
SMTP_PORT, IMAP_PORT, TWILIO_PORT = 2525, 2143, 2080
WELCOME = f"""\
A mailbox and a Twilio are here, and reach nobody outside. If you have not yet, do

  cp docs/rehearsal.env .env

and start `make up` (again) in another terminal. Then connect, under Channels,

  a mailbox     E-mail address {MAILBOX}
                SMTP server {HOST}, port {SMTP_PORT}, encryption None, no user name
                IMAP server {HOST}, port {IMAP_PORT}, encryption None, user name {MAILBOX}, password {SECRET}
  a number      {NUMBER}
                Account SID {ACCOUNT_SID}, auth token {AUTH_TOKEN}

What leaves is shown here. You play the people:

"""
HELP = """\
  reply ADDRESS WORDS   the person answers the last e-mail they got
  away ADDRESS          their mailbox answers that they are away
  bounce ADDRESS        the e-mail comes back: nobody lives there
  text NUMBER WORDS     somebody texts to the number (STOP and START, too)
  show ADDRESS          the last e-mail they got, with its unsubscribe link
  quit                  or Ctrl-C
"""


def main() -> int:
    """Runs the servers and does what is typed, until `quit` or Ctrl-C; returns the exit status."""
    try:
        with ExitStack() as stack:
            told = own_settings(CHECKOUT / ".env") | os.environ
            loumass = told.get("PUBLIC_URL") or f"http://localhost:{told.get('PORT') or 8000}"
            post = stack.enter_context(Post(SMTP_PORT, IMAP_PORT, say))
            telephone = stack.enter_context(Telephone(TWILIO_PORT, loumass, say))
            say(WELCOME + HELP)
            obey(sys.stdin, post, telephone)
    except Broken as problem:
        print(problem.sentence, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"The rehearsal cannot start: {problem.strerror}. Does another one run?", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("")
    return 0


def obey(lines: Iterable[str], post: Post, telephone: Telephone) -> None:
    """Does what each line says until `quit`. A closed input changes nothing for the servers."""
    commands: dict[str, Callable[[str, str], object]] = {
        "reply": post.answers,
        "away": lambda address, _: post.answers(address, ""),
        "bounce": lambda address, _: post.bounces(address),
        "text": telephone.says,
        "show": lambda address, _: say(shown(post.last_to(address))),
    }
    for line in lines:
        word, who, words = [*line.split(maxsplit=2), "", "", ""][:3]
        if word == "quit":
            return
        if word in commands and who and (words.strip() or word not in ("reply", "text")):
            try:
                commands[word](who, words.strip())
            except NotYet as nothing:
                say(str(nothing))
        elif word:
            say(HELP)
    telephone.stopping.wait()


def say(line: str) -> None:
    """Tells the person at the terminal."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
