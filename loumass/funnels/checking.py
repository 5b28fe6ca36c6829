"""A stored graph held against what it needs: words, merge tags, channels, an event."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from loumass.content.composing import Draft
from loumass.content.queries import vocabulary
from loumass.funnels import contents, queries
from loumass.funnels.choices import chosen_in, gone_in, offered
from loumass.funnels.facts import KNOWN_FIELDS
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.validation import Problem, Surroundings, problems


def problems_of(
    graph_id: UUID, *, dead_media: Mapping[str, str] | None = None, has_event: bool | None = None
) -> list[Problem]:
    """Everything wrong with the graph as it stands, merge tags and missing words included. Raises NotFound.

    ``dead_media`` names media that nothing can be sent on, with the reason in a sentence; ``has_event`` tells
    whether the campaign has an event date (None: not asked, as for a template).
    """
    graph = queries.graph_of(graph_id)
    return check(graph, queries.written_in(graph_id), dead_media=dead_media, has_event=has_event)


def check(
    graph: Graph,
    words: Mapping[UUID, Draft],
    *,
    dead_media: Mapping[str, str] | None = None,
    has_event: bool | None = None,
) -> list[Problem]:
    """The same for a graph and words that were read already."""
    known = vocabulary()
    media = {node.content_id: KINDS[node.kind].medium for node in graph.nodes if node.kind in KINDS}
    around = Surroundings(
        content_lacks=lambda content_id: contents.lack(media.get(content_id), words.get(content_id)),
        unknown_tags=lambda content_id: contents.unknown_tags(words.get(content_id, Draft()), known),
        dead_media=dead_media or {},
        has_event=has_event,
        fields={*KNOWN_FIELDS, *known.custom},
        gone_in_rules=gone_in(graph),
        choices={name: {value for value, _ in one} for name, one in offered(chosen_in(graph)).items()},
    )
    return problems(graph, around)
