"""News per organization: written to a log in Redis once it is committed, heard through Server-Sent Events (docs/live.md)."""

from loumass.core.live.hub import Hub
from loumass.core.live.listening import Listener
from loumass.core.live.news import Later, announce, end_streams, tell, tell_all, use

#: A stream is cut after about so long, and comes back by itself: rights are proved anew each time. Those that change end it at
#: once (`end_streams`), and so does whatever may hide that they did (`listening.frames_for`). Opening one costs as much as a hundred
#: events that it is told. Hosts that cut whole answers do so after five minutes, or sooner, which is a cut like ours.
STREAM_SECONDS = 240.0

__all__ = ["STREAM_SECONDS", "Hub", "Later", "Listener", "announce", "end_streams", "tell", "tell_all", "use"]
