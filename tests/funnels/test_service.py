"""Templates and graphs in the database: cloned whole, published for good, each organization's own."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from loumass.content.composing import Draft
from loumass.content.models import Content, ContentVersion
from loumass.content.segments import segments
from loumass.core.database import db, engine
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.funnels import contents, editing, exchange, models, queries, service, templates
from loumass.funnels.csv_format import UnreadableTemplate, WrittenStep, WrittenTemplate, read, written
from loumass.funnels.decisions import Go
from loumass.funnels.seeds import EXAMPLES, add_written
from loumass.funnels.seeds.gallery import GALLERY, Example
from loumass.funnels.validation import is_ready, problems
from tests.world import World

INVITATION, COLD, NO_SHOW = EXAMPLES


def steps(graph_id: UUID) -> dict[str, models.Node]:
    return {
        node.key: node for node in db().scalars(select(models.Node).where(models.Node.graph_id == graph_id))
    }


@pytest.mark.parametrize("example", [one for one in GALLERY if one.is_offered], ids=lambda one: one.slug)
def test_every_template_of_the_gallery_is_ready_but_for_a_voice_and_its_file_round_trips(
    world: World, example: Example
):
    lacks = ["6. Voicemail has a script and no voice to speak it."] if example.slug == "multi-channel" else []
    with world.acme.acting():
        template = service.use_example(example)
        found = service.problems_of(template.draft_graph_id, has_event=True)
        assert [problem.sentence for problem in found] == lacks
        assert (template.published_graph_id is None) == bool(lacks)
        left = exchange.written_template(template, template.draft_graph_id)
        again = add_written(read(written(left)))
        assert exchange.written_template(again, again.draft_graph_id) == left
        assert {step.key: step for step in left.steps} == {step.key: step for step in example.written.steps}


@pytest.mark.parametrize("example", GALLERY, ids=lambda one: one.slug)
def test_every_text_of_the_gallery_is_cheap_to_send(example: Example):
    for step in example.written.steps:
        if step.kind == "sms_send" and step.content:
            assert segments(step.content.text).encoding == "GSM-7"


@pytest.mark.parametrize("example", [one for one in GALLERY if not one.is_offered], ids=lambda one: one.slug)
def test_what_waits_for_shops_is_whole_and_not_offered(world: World, example: Example):
    with world.acme.acting():
        template = add_written(example.written)
        found = service.problems_of(template.draft_graph_id)
        assert {problem.code for problem in found} <= {"unknown_tag"}
        with pytest.raises(Refused, match="Comes with shops"):
            service.use_example(example)


def test_the_examples_are_added_once(world: World):
    with world.acme.acting():
        assert len(service.add_examples()) == 3
        assert service.add_examples() == []


class TestCloning:
    def test_steps_ways_and_words_are_copied(self, world: World):
        with world.acme.acting():
            original = add_written(INVITATION).draft_graph_id
            clone = service.clone_graph(original)
            before, after = service.graph_of(original), service.graph_of(clone)
            assert [node.key for node in after.nodes] == [node.key for node in before.nodes]
            assert after.node(after.start or UUID(int=0)).key == "inviting"
            assert len(after.edges) == len(before.edges) == len(INVITATION.ways)
            assert {node.id for node in after.nodes}.isdisjoint(node.id for node in before.nodes)
            said = [queries.written_in(clone)[node.content_id] for node in after.nodes if node.content_id]
            assert said == [
                queries.written_in(original)[node.content_id] for node in before.nodes if node.content_id
            ]

    def test_what_the_clone_says_can_change_without_the_original(self, world: World):
        with world.acme.acting():
            original = add_written(COLD).draft_graph_id
            clone = service.clone_graph(original)
            contents.write(steps(clone)["last"], Draft(subject="Changed", text="Changed"), None)
            theirs, ours = queries.written_in(original), queries.written_in(clone)
            assert ours[steps(clone)["last"].content_id or UUID(int=0)].subject == "Changed"
            assert (
                theirs[steps(original)["last"].content_id or UUID(int=0)].subject
                == "My last e-mail about this"
            )

    def test_only_the_newest_words_are_copied(self, world: World):
        with world.acme.acting():
            original = add_written(COLD).draft_graph_id
            contents.write(steps(original)["last"], Draft(subject="Newer", text="Newer"), None)
            clone = service.clone_graph(original)
            content = db().get_one(Content, (world.acme.id, steps(clone)["last"].content_id))
            assert (content.version_number, content.graph_id) == (1, clone)
            versions = select(ContentVersion.subject).where(ContentVersion.content_id == content.id)
            assert list(db().scalars(versions)) == ["Newer"]

    def test_it_takes_as_many_statements_for_many_steps_as_for_few(self, world: World):
        few = WrittenTemplate("Few", steps=(WrittenStep("a", "end", "End"),), start="a")
        with world.acme.acting():
            small, large = add_written(few).draft_graph_id, add_written(INVITATION).draft_graph_id
            assert counted(small) == counted(large)

    def test_globex_cannot_clone_what_is_acmes(self, world: World):
        with world.acme.acting() as session:
            graph_id = add_written(COLD).draft_graph_id
            session.commit()
        with world.globex.acting(), pytest.raises(NotFound):
            service.clone_graph(graph_id)


def counted(graph_id: UUID) -> int:
    """How many statements cloning takes."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    db().flush()
    db().expunge_all()
    event.listen(engine(), "before_cursor_execute", note)
    try:
        service.clone_graph(graph_id)
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return len(seen)


class TestPublishing:
    def test_versions_are_numbered_and_keep_what_they_were(self, world: World):
        with world.acme.acting():
            template = add_written(COLD, is_published=True)
            first = template.published_graph_id
            assert first is not None
            contents.write(
                steps(template.draft_graph_id)["last"], Draft(subject="Better", text="Better"), None
            )
            second = service.publish(template.id)
            assert second.number == 2
            assert template.published_graph_id == second.id
            assert [version.number for version in queries.versions_of(template.id)] == [2, 1]
            assert "My last e-mail about this" in {
                draft.subject for draft in queries.written_in(first).values()
            }

    def test_a_draft_with_problems_is_refused_with_the_first_of_them(self, world: World):
        with world.acme.acting():
            template = service.create("Half done")
            editing.add_step(template.draft_graph_id, "email_send", "Hello")
            with pytest.raises(Refused, match=r"problems keep Half done .* Hello leads nowhere"):
                service.publish(template.id)
            assert template.published_graph_id is None

    def test_a_merge_tag_that_means_nothing_is_a_problem(self, world: World):
        with world.acme.acting():
            template = add_written(COLD)
            contents.write(
                steps(template.draft_graph_id)["last"],
                Draft(subject="Hi {{contact.frist_name}}", text="x"),
                None,
            )
            (problem,) = service.problems_of(template.draft_graph_id)
            assert problem.sentence == "5. Last e-mail uses contact.frist_name, which means nothing."
            assert problem.remedy == "Did you mean contact.first_name?"

    def test_nothing_new_is_not_published_again(self, world: World):
        with world.acme.acting():
            template = add_written(COLD, is_published=True)
            with pytest.raises(Refused, match="Nothing has changed"):
                service.publish(template.id)

    def test_an_archived_template_is_not_published(self, world: World):
        with world.acme.acting():
            template = add_written(COLD)
            templates.archive(template.id)
            with pytest.raises(Conflict, match="Restore it first"):
                service.publish(template.id)

    def test_a_version_never_changes(self, world: World):
        with world.acme.acting():
            version = add_written(COLD, is_published=True).published_graph_id
            assert version is not None
            with pytest.raises(Conflict, match="never changes"):
                editing.add_step(version, "wait")
            with pytest.raises(Conflict, match="never changes"):
                editing.open_graph(version, None, only_words=True)


def test_a_duplicate_is_a_template_of_its_own(world: World):
    with world.acme.acting():
        original = add_written(COLD, is_published=True)
        copy = templates.duplicate(original.id)
        assert copy.name == "Five-touch cold e-mail copy"
        assert copy.published_graph_id is None
        assert len(steps(copy.draft_graph_id)) == len(COLD.steps)
        assert queries.template_of(copy.draft_graph_id) == copy


def test_a_frozen_campaign_keeps_its_steps_but_not_its_words(world: World):
    with world.acme.acting():
        clone = service.clone_graph(add_written(COLD).draft_graph_id)
        service.freeze(clone)
        with pytest.raises(Conflict, match="People walk this funnel now"):
            editing.remove_step(clone, steps(clone)["last"].id)
        assert editing.open_graph(clone, None, only_words=True).id == clone


class TestEditing:
    @pytest.fixture
    def draft(self, world: World):
        """hello -> end, in a template of Acme's."""
        with world.acme.acting():
            template = service.create("Draft")
            graph_id = template.draft_graph_id
            hello = editing.add_step(graph_id, "email_send", "Hello")
            end = editing.add_step(graph_id, "end")
            editing.connect(graph_id, hello.id, {"next": end.id})
            yield graph_id

    def test_the_first_step_is_where_people_begin(self, draft: UUID):
        assert service.graph_of(draft).start == steps(draft)["hello"].id

    def test_a_step_put_into_a_way_leaves_nothing_apart(self, draft: UUID):
        hello = steps(draft)["hello"].id
        asks = editing.add_step(draft, "condition", "Replied?", way=editing.Way(hello, "next"))
        graph = service.graph_of(draft)
        assert graph.ways_out(hello) == {"next": asks.id}
        assert graph.ways_out(asks.id) == {"yes": steps(draft)["end"].id, "no": steps(draft)["end"].id}
        assert [node.key for node in graph.nodes] == ["hello", "replied", "end"]
        assert {problem.code for problem in problems(graph)} == {"missing_content"}

    def test_a_step_put_before_the_first_is_where_people_begin(self, draft: UUID):
        wait = editing.add_step(draft, "wait", way=editing.Way())
        graph = service.graph_of(draft)
        assert graph.start == wait.id
        assert graph.follow(wait.id, onward()) == steps(draft)["hello"].id

    def test_keys_and_names_are_never_doubled(self, draft: UUID):
        editing.add_step(draft, "wait")
        editing.add_step(draft, "wait")
        editing.add_step(draft, "wait", "Wait")
        assert {"wait", "wait-2", "wait-3"} <= set(steps(draft))

    def test_taking_a_step_out_closes_the_gap(self, draft: UUID):
        hello = steps(draft)["hello"].id
        wait = editing.add_step(draft, "wait", way=editing.Way(hello, "next"))
        editing.remove_step(draft, wait.id)
        assert service.graph_of(draft).ways_out(hello) == {"next": steps(draft)["end"].id}

    def test_taking_the_first_step_out_moves_the_beginning(self, draft: UUID):
        editing.remove_step(draft, steps(draft)["hello"].id)
        assert service.graph_of(draft).start == steps(draft)["end"].id

    def test_a_branch_that_changes_its_name_keeps_its_way(self, draft: UUID):
        hello, end = steps(draft)["hello"], steps(draft)["end"]
        asks = editing.add_step(draft, "condition", way=editing.Way(hello.id, "next"))
        editing.save_step(asks, "Asks", {"test": "replied", "wait_up_to": 2}, {"yes": end.id, "no": end.id})
        assert service.graph_of(draft).ways_out(asks.id) == {"yes": end.id, "timeout": end.id}

    def test_a_share_that_is_gone_takes_its_way_along(self, draft: UUID):
        end = steps(draft)["end"]
        split = editing.add_step(draft, "split", way=editing.Way(steps(draft)["hello"].id, "next"))
        editing.save_step(split, "Split", {"a": 100, "b": None}, {"a": end.id, "b": end.id})
        assert service.graph_of(draft).ways_out(split.id) == {"a": end.id}

    def test_two_people_who_edit_notice_each_other(self, draft: UUID):
        seen = db().scalars(select(models.Graph.revision).where(models.Graph.id == draft)).one()
        editing.add_step(draft, "wait", revision=seen)
        with pytest.raises(Conflict, match="Somebody else changed"):
            editing.add_step(draft, "wait", revision=seen)

    def test_a_way_never_leads_to_another_funnels_step(self, draft: UUID):
        other = service.create("Other").draft_graph_id
        foreign = editing.add_step(other, "end")
        with pytest.raises(NotFound):
            editing.connect(draft, steps(draft)["hello"].id, {"next": foreign.id})
        with pytest.raises(NotFound):
            editing.remove_step(draft, foreign.id)

    def test_saving_the_same_words_makes_no_new_version(self, draft: UUID):
        hello = steps(draft)["hello"]
        for _ in range(2):
            contents.write(hello, Draft(subject="Hi", text="There"), None)
        assert db().scalar(select(func.count()).select_from(ContentVersion)) == 1

    def test_words_of_the_library_are_never_changed_from_a_step(self, draft: UUID):
        hello = steps(draft)["hello"]
        shared = Content(name="Shared", medium="email", version_number=1)
        db().add(shared)
        db().flush()
        db().add(ContentVersion(content_id=shared.id, number=1, subject="Shared", text="Shared"))
        hello.content_id = shared.id
        contents.write(hello, Draft(subject="Mine", text="Mine"), None)
        own = db().get_one(Content, (hello.organization_id, hello.content_id))
        assert (own.graph_id, own.origin_id) == (draft, shared.id)
        assert queries.newest_words(shared.id) == Draft(subject="Shared", text="Shared")


def onward() -> Go:

    return Go()


class TestForeignFiles:
    @pytest.mark.parametrize(
        ("template", "sentence"),
        [
            (WrittenTemplate("A", steps=(WrittenStep("x", "pigeon", "X"),)), "of the kind 'pigeon'"),
            (
                WrittenTemplate("A", steps=tuple(WrittenStep(str(n), "end", "E") for n in range(301))),
                "300 is the most",
            ),
        ],
    )
    def test_what_we_cannot_hold_is_refused_by_name(
        self, world: World, template: WrittenTemplate, sentence: str
    ):
        with world.acme.acting(), pytest.raises(UnreadableTemplate) as refusal:
            add_written(template)
        assert sentence in refusal.value.problems[0].sentence

    def test_a_template_with_problems_comes_in_and_shows_them(self, world: World):
        with world.acme.acting():
            template = add_written(
                WrittenTemplate("Odd", steps=(WrittenStep("w", "wait", "W", {"amount": "soon"}),))
            )
            assert not is_ready(service.problems_of(template.draft_graph_id))
