"""Handing letters over a kept connection, with one in doubt at most.

Where the server pipelines (RFC 2920), the content of one letter and the envelope of the next travel
together: one round trip per letter. A letter counts as handed over from the moment its final dot is
written; without an answer it is Unknown from then on. After an Unknown nothing more is tried, on any connection
that shares the barrier.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from loumass.providers.base import OVERTAKEN, OutgoingMessage, as_outcome
from loumass.providers.errors import (
    Disconnected,
    Outcome,
    ProviderError,
    Rejected,
    Sent,
    Throttled,
    Unavailable,
    Unknown,
)
from loumass.providers.smtp import replies
from loumass.providers.smtp.connection import Connection, Cut
from loumass.providers.smtp.letter import END, Letter, letter
from loumass.providers.smtp.replies import Reply

#: Servers may look into the content before they answer (RFC 5321 section 4.5.3.2.6).
_PATIENCE = 3.0

Result = tuple[UUID, Outcome]
#: None: the server is at work, and somebody else may have a turn.
Step = Result | None


@dataclass(slots=True)
class Barrier:
    """Why nothing more is tried, once that is so: what is left shares this outcome."""

    reason: ProviderError | None = None


class Transmission:
    """One run over a batch. `connection` is what may be kept afterwards."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        envelope_sender: Callable[[OutgoingMessage], str],
        kept: Connection | None,
        may_write: Callable[[], bool],
        barrier: Barrier,
        put_back: Callable[[OutgoingMessage], None] | None = None,
    ) -> None:
        self.connection = kept
        self._connect = connect
        self._envelope_sender = envelope_sender
        self._may_write = may_write
        self._awaited: Letter | None = None  # the server said 354 and waits for its content
        self._shared = barrier
        self._put_back = put_back  # where a spare leaves the message that it could not begin with

    def is_proven(self, letters: int) -> bool:
        """Whether the connection pipelines and has taken so many."""
        return self.connection is not None and self.connection.pipelines and self.connection.taken >= letters

    @property
    def _barrier(self) -> ProviderError | None:
        return self._shared.reason

    def run(self, messages: Iterable[OutgoingMessage]) -> Generator[Step]:
        """The outcome of each message, in order, and a None wherever an answer is to be waited for."""
        is_complete = False
        try:
            for message in messages:
                if self._barrier is not None:
                    yield message.id, as_outcome(self._barrier)
                elif self._put_back is None:
                    yield from self._take(message)
                elif not self._begins_with(message, self._put_back):
                    return
            yield from self._finish()
            is_complete = True
        finally:
            if not is_complete:
                self._hang_up()  # an envelope may be open: the next content must not go to its recipient

    def _begins_with(self, message: OutgoingMessage, put_back: Callable[[OutgoingMessage], None]) -> bool:
        """Whether a spare connection takes an envelope at all; if not, `message` goes to another."""
        self._put_back = None
        try:
            connection = self._open()
            addressed = letter(message, self._envelope_sender(message), connection.extensions)
            if connection.pipelines and self._offer(addressed, written=False) is None:
                return True
        except (ProviderError, Cut):
            pass  # whoever gets the message meets the same, if it was not about the connection
        self._shared.reason = None
        put_back(message)
        return False

    def _take(self, message: OutgoingMessage) -> Iterator[Step]:
        """Offer one message; a second time when a kept connection turns out to be stale."""
        cut = Cut("")
        for _ in range(2):
            try:
                connection = self._open()
                addressed = letter(message, self._envelope_sender(message), connection.extensions)
            except ProviderError as error:
                yield from self._finish()
                yield message.id, self._refused_before_envelope(error)
                return
            written = self._awaited is not None
            if written:
                yield from self._hand_over(following=b"".join(self._envelope(addressed)))
            if self._barrier is not None:
                self._hang_up()  # this message's envelope may be written: what comes next must not be its content
                yield message.id, as_outcome(self._barrier)
                return
            try:
                outcome = self._offer(addressed, written)
            except Cut as problem:
                cut = problem
                self._hang_up()
                if connection.taken == 0:
                    break
                continue
            yield from self._settled(message.id, outcome, connection)
            return
        self._shared.reason = barrier = _closed_on_us(cut)
        yield message.id, as_outcome(barrier)

    def _settled(self, message_id: UUID, outcome: Outcome | None, connection: Connection) -> Iterator[Step]:
        if outcome is not None:
            yield message_id, outcome
        elif not connection.pipelines:
            yield from self._finish()

    def _refused_before_envelope(self, error: ProviderError) -> Outcome:
        if not isinstance(error, Rejected):
            self._shared.reason = error
        return as_outcome(error)

    def _open(self) -> Connection:
        if self.connection is None:
            self.connection = self._connect()
        return self.connection

    def _finish(self) -> Iterator[Step]:
        if self._awaited is None:
            return
        if self._barrier is None:
            yield from self._hand_over(following=b"")
        else:
            not_tried, self._awaited = self._awaited.id, None
            self._hang_up()
            yield not_tried, as_outcome(self._barrier)

    def _hand_over(self, following: bytes) -> Iterator[Step]:
        """Write the awaited content and what follows it; read what the server says of the content."""
        handed, self._awaited = self._awaited, None
        connection = self.connection
        if handed is None or connection is None:
            raise RuntimeError("There is nothing to hand over.")
        if not self._may_write():
            self._hang_up()
            self._shared.reason = OVERTAKEN
            yield handed.id, OVERTAKEN
            return
        try:
            connection.write(handed.content, END + following)
            yield None
            reply = connection.reply(_PATIENCE)
        except Cut as cut:
            is_whole = cut.written is None or cut.written >= len(handed.content)
            silence = Unknown(f"It was handed over, then no answer came: {cut}")
            in_the_middle = Unavailable("The connection broke in mid-message.")
            yield handed.id, self._stopped(connection) or (silence if is_whole else in_the_middle)
        else:
            yield handed.id, self._verdict(handed, reply, connection)

    def _verdict(self, handed: Letter, reply: Reply, connection: Connection) -> Outcome:
        if reply.is_good:
            connection.taken += 1
            return Sent(provider_message_id="", message_id=handed.message_id)
        if 400 <= reply.code < 600:
            return self._refusal(replies.content_refused(reply), is_about_sender=False)
        self._stopped(connection)
        return Unknown(f"It was handed over, then the server gave no clear answer: {reply}")

    def _stopped(self, connection: Connection) -> Outcome | None:
        """Try nothing more. A refusal sent before the cut can sometimes still be read: it is returned."""
        self._shared.reason = Unavailable("Not tried: the connection broke at the message before.")
        try:
            reply = connection.reply()
        except Cut:
            reply = None
        self._hang_up()
        if reply is None or not 400 <= reply.code < 600:
            return None
        return as_outcome(replies.content_refused(reply))

    def _envelope(self, addressed: Letter) -> list[bytes]:
        lines = [addressed.mail, *addressed.rcpts, b"DATA\r\n"]
        return [b"RSET\r\n", *lines] if self._open().needs_reset else lines

    def _offer(self, addressed: Letter, written: bool) -> Outcome | None:
        """None when the server now awaits the content. Raises Cut: the content was never sent."""
        lines = self._envelope(addressed)
        answers = self._answers(lines, written)
        if self._open().needs_reset:
            answers = answers[1:]
            self._open().needs_reset = False
        copies = (replies.copy_refused,) * (len(addressed.rcpts) - 1)
        stages = (replies.sender_refused, replies.recipient_refused, *copies, replies.content_refused)
        for position, (answer, refused) in enumerate(zip(answers, stages, strict=False)):
            if not (answer.code == 354 if position == len(stages) - 1 else answer.is_good):
                self._withdraw(answers)
                return self._refusal(refused(answer), is_about_sender=position == 0)
        self._awaited = addressed
        return None

    def _answers(self, lines: list[bytes], written: bool) -> list[Reply]:
        connection = self._open()
        at_once = written or connection.pipelines
        if at_once and not written:
            connection.write(b"".join(lines))
        answers: list[Reply] = []
        for line in lines:
            if not at_once:
                connection.write(line)
            answer = connection.reply()
            if answer.says_goodbye:
                raise Cut(str(answer), answer)
            answers.append(answer)
            if not (at_once or answer.is_good):
                break
        return answers

    def _withdraw(self, answers: list[Reply]) -> None:
        """Leave the transaction: an eager server may await content although it took no recipient."""
        self._open().needs_reset = True
        if answers[-1].code == 354:
            self._hang_up()

    def _refusal(self, error: ProviderError, *, is_about_sender: bool) -> Outcome:
        is_throttled = isinstance(error, Throttled) and (is_about_sender or error.is_about_us)
        if isinstance(error, Disconnected) or is_throttled:
            self._shared.reason = error
        return as_outcome(error)

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def _closed_on_us(cut: Cut) -> ProviderError:
    if cut.goodbye is not None:
        return replies.greeting_refused(cut.goodbye)
    return Unavailable("The server closed the connection before it took the message.")
