"""Templates between the database and files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from loumass.content.blocks.document import read as blocks_read
from loumass.content.composing import Draft
from loumass.content.composing_blocks import as_plain, composed, document_of
from loumass.content.models import Content, ContentVersion
from loumass.content.pictures import addresses_of, note_pictures
from loumass.content.service import columns_of
from loumass.content.sounding import Voice
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.ids import uuid7
from loumass.funnels import models, queries
from loumass.funnels.csv_format import (
    LineProblem,
    UnreadableTemplate,
    WrittenContent,
    WrittenStep,
    WrittenTemplate,
    WrittenWay,
)
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Node

MOST_STEPS = 300


def written_template(template: models.Template, graph_id: UUID) -> WrittenTemplate:
    """One graph of the template (its draft or a version) as plain values, everything by key."""
    graph, words = queries.graph_of(graph_id), queries.written_in(graph_id)
    places = queries.places_in(graph_id)
    keys = {node.id: node.key for node in graph.nodes}
    return WrittenTemplate(
        name=template.name,
        description=template.description,
        start=keys.get(graph.start, "") if graph.start else "",
        steps=tuple(
            _written_step(node, words.get(node.content_id) if node.content_id else None, places[node.id])
            for node in graph.nodes
        ),
        ways=tuple(WrittenWay(keys[edge.source], edge.branch, keys[edge.target]) for edge in graph.edges),
    )


def _written_step(node: Node, words: Draft | None, place: queries.Place) -> WrittenStep:
    content = _written_content(words) if words else None
    said = None if content == WrittenContent() else content
    return WrittenStep(node.key, node.kind, node.name, dict(node.config), said, *place)


def _written_content(words: Draft) -> WrittenContent:
    voice = words.voice.stored if words.voice else None
    blocks = json.loads(words.blocks) if words.blocks else None
    return WrittenContent(
        words.subject, words.preheader, words.html, words.text, voice, blocks, words.is_plain
    )


def refuse_foreign(written: WrittenTemplate) -> None:
    """Nothing when this installation can hold the template. Raises UnreadableTemplate, naming every step it cannot."""
    found = [(step.line, _foreign(step)) for step in written.steps]
    if len(written.steps) > MOST_STEPS:
        found.append((0, f"The template has {len(written.steps)} steps; {MOST_STEPS} is the most we take."))
    drawn: set[tuple[str, str]] = set()
    for way in written.ways:
        if (way.source, way.branch) in drawn:
            sentence = (
                f"The step {way.source!r} leads by {way.branch!r} to two steps. Keep one way for each branch."
            )
            found.append((way.line, sentence))
        drawn.add((way.source, way.branch))
    problems = [LineProblem(line, sentence) for line, sentence in found if sentence]
    if problems:
        raise UnreadableTemplate(problems)


def _foreign(step: WrittenStep) -> str | None:
    if step.kind not in KINDS:
        return f"The step {step.key!r} is of the kind {step.kind!r}. The kinds are {', '.join(KINDS)}."
    if step.content is not None and KINDS[step.kind].medium is None:
        return f"The step {step.key!r} has words to send, but a step of the kind {step.kind!r} sends nothing."
    if step.content and step.content.blocks and (problem := _unreadable(step, step.content.blocks)):
        return problem
    return _unspeakable(step) if step.content and step.content.voice else None


def _unreadable(step: WrittenStep, blocks: Mapping[str, Any]) -> str | None:
    if KINDS[step.kind].medium != "email":
        return f"The step {step.key!r} has blocks, but only an e-mail is made of them."
    try:
        composed("", "", blocks_read(dict(blocks)), {})
    except Refused as refused:
        return f"The step {step.key!r}: {refused.sentence}"
    return None


def _unspeakable(step: WrittenStep) -> str | None:
    if KINDS[step.kind].medium != "voicemail":
        return f"The step {step.key!r} has a voice, but only what is dropped as voicemail is spoken."
    try:
        Voice.read((step.content and step.content.voice) or {})
    except ValueError:
        return f"The voice of the step {step.key!r} cannot be read. Export a template to see the shape."
    return None


def fill(graph: models.Graph, written: WrittenTemplate, author_id: UUID | None = None) -> None:
    """Put the steps, ways and words of ``written`` into an empty graph. Raises UnreadableTemplate."""
    refuse_foreign(written)
    ids = {step.key: uuid7() for step in written.steps}
    contents = {step.key: _content(step, graph.id) for step in written.steps if step.content}
    db().add_all(contents.values())
    db().flush()
    drafts = _drafts(written.steps)
    versions = {key: _version(contents[key].id, draft, author_id) for key, draft in drafts.items()}
    db().add_all(versions.values())
    db().flush()
    documents = {key: document_of(draft) for key, draft in drafts.items()}
    note_pictures({versions[key].id: document.media_ids for key, document in documents.items() if document})
    db().add_all(
        models.Node(
            id=ids[step.key],
            graph_id=graph.id,
            key=step.key,
            kind=step.kind,
            name=step.name.strip() or KINDS[step.kind].label,
            config=dict(step.settings),
            position=place,
            x=step.x,
            y=step.y,
            content_id=contents[step.key].id if step.key in contents else None,
        )
        for place, step in enumerate(written.steps)
    )
    db().flush()
    db().add_all(
        models.Edge(
            graph_id=graph.id, source_id=ids[way.source], branch=way.branch, target_id=ids[way.target]
        )
        for way in written.ways
    )
    graph.start_node_id = ids[written.start] if written.start else None
    db().flush()


def _content(step: WrittenStep, graph_id: UUID) -> Content:
    medium = KINDS[step.kind].medium or ""
    return Content(id=uuid7(), name=step.name, medium=medium, graph_id=graph_id, version_number=1)


def _drafts(steps: Iterable[WrittenStep]) -> dict[str, Draft]:
    """What the steps say, by key. Blocks are made into HTML and text anew, with the pictures that are here."""
    contents = {step.key: step.content for step in steps if step.content}
    documents = {key: blocks_read(dict(one.blocks)) for key, one in contents.items() if one.blocks}
    addresses = addresses_of({media_id for one in documents.values() for media_id in one.media_ids})
    return {
        key: composed(one.subject, one.preheader, documents[key].with_pictures(addresses), addresses)
        if key in documents
        else _written_by_hand(one)
        for key, one in contents.items()
    }


def _written_by_hand(words: WrittenContent) -> Draft:
    voice = Voice.read(words.voice) if words.voice else None
    draft = Draft(words.subject, words.preheader, words.html, words.text, voice=voice)
    return as_plain(draft) if words.is_plain else draft


def _version(content_id: UUID, words: Draft, author_id: UUID | None) -> ContentVersion:
    return ContentVersion(
        id=uuid7(), content_id=content_id, number=1, created_by_id=author_id, **columns_of(words)
    )
