"""The pages of a list: upload, match, watch, result; what they say when something is wrong."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from loumass.contacts.importing import running
from loumass.contacts.models import Contact, ContactImport, ImportRefusal
from loumass.core import jobs
from loumass.core.tenancy import get
from tests.contacts.lists import bring_in, people, result_of, upload
from tests.contacts.test_importing import LEADS
from tests.world import Person, World


def send(person: Person, content: str | bytes, name: str = "leads.csv"):
    raw = content.encode() if isinstance(content, str) else content
    return person.post("/imports", {"file": (io.BytesIO(raw), name)}, content_type="multipart/form-data")


def id_in(location: str) -> UUID:
    return UUID(location.rsplit("/", 1)[-1])


def targets(world: World, import_id: UUID) -> list[str]:
    page = world.acme.member.get(f"/imports/{import_id}").text
    return re.findall(
        r'<option value="([^"]*)" selected>', page.partition('name="target"')[2].partition("</table>")[0]
    )


def test_a_list_goes_in_from_upload_to_result(world: World) -> None:
    ben = world.acme.member
    import_id = id_in(send(ben, LEADS).location)
    page = ben.get(f"/imports/{import_id}").text
    for said in (
        "Match columns",
        "Priya Raman",
        "+1 303 555 0164",
        "2 new contacts",
        "1 refused",
        "Import 3 rows",
        "comma separated",
    ):
        assert said in page
    answer = ben.post(
        f"/imports/{import_id}/start",
        {"target": targets(world, import_id), "existing": "fill", "tags": "denver, march", "source": "Fair"},
    )
    assert answer.status_code == 303
    assert "0 of 3 rows" in ben.get(f"/imports/{import_id}").text
    world.work()
    result = ben.get(f"/imports/{import_id}").text
    for said in (
        "2 of 3 rows",
        "went in",
        "Ben Bdr",
        "ray.dunn@@dunn",
        "Not an e-mail address: two @ signs",
        "Everyone carries",
        "Fair",
    ):
        assert said in result
    assert len(people(world.acme)) == 2


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"%PDF-1.7", "leads.csv", "This is a PDF, not a table."),
        (b"", "leads.csv", "This file is empty."),
        (b"Name,Email\n", "leads.csv", "a header but no rows"),
    ],
)
def test_a_file_that_is_no_table_is_answered_with_one_sentence(
    world: World, content: bytes, name: str, said: str
) -> None:
    answer = send(world.acme.member, content, name)
    assert answer.status_code == 422
    assert said in answer.text
    with world.acme.acting() as session:
        assert session.scalar(select(func.count(ContactImport.id))) == 0


def test_no_file_at_all_is_said(world: World) -> None:
    assert "Choose a file first." in world.acme.member.post("/imports", {}).text


def test_changing_where_a_column_goes_changes_the_preview(world: World) -> None:
    import_id = upload(world.acme, "Name,Email,Firma\nAnn,ann@keller.example,Keller AG\n")
    form = {"target": ["full_name", "email", "title"], "existing": "update", "tags": "", "source": ""}
    page = world.acme.member.post(f"/imports/{import_id}/matching", form, headers={"HX-Request": "true"})
    assert page.status_code == 200
    assert "Job title" in page.text
    assert "Keller AG" in page.text
    assert "updated from your file" in page.text


def test_without_an_address_column_the_list_does_not_start(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    form = {"target": ["full_name", "ignore", "ignore", "company", "tags", "ignore"], "existing": "fill"}
    answer = world.acme.member.post(f"/imports/{import_id}/start", form)
    assert answer.status_code == 422
    assert "Choose the column that holds the e-mail address or the mobile number." in answer.text
    assert result_of(world.acme, import_id).row.state == "uploaded"


@pytest.mark.parametrize(
    "form",
    [{"target": ["email"]}, {"target": ["nonsense"] * 6}, {"target": ["email"] * 6, "existing": "burn"}],
)
def test_a_made_up_choice_is_refused(world: World, form: dict[str, object]) -> None:
    import_id = upload(world.acme, LEADS)
    assert world.acme.member.post(f"/imports/{import_id}/matching", form).status_code == 422


def test_a_change_that_comes_after_the_start_leads_to_the_import(world: World) -> None:
    ben = world.acme.member
    import_id = upload(world.acme, "Email\nann@keller.example\n")
    ben.post(f"/imports/{import_id}/start", {})
    late = ben.post(f"/imports/{import_id}/matching", {"target": ["email"]}, headers={"HX-Request": "true"})
    assert (late.status_code, late.headers["HX-Redirect"]) == (200, f"/imports/{import_id}")
    assert ben.post(f"/imports/{import_id}/matching", {"target": ["email"]}).status_code == 409


def test_the_file_can_be_read_in_another_way(world: World) -> None:
    import_id = upload(world.acme, "Name;Email\nAnn, the first;ann@keller.example\n")
    answer = world.acme.member.post(
        f"/imports/{import_id}/shape",
        {"delimiter": ",", "has_header": "1", "quote": '"', "encoding": "utf-8"},
    )
    assert answer.status_code == 303
    assert "Name;Email" in world.acme.member.get(f"/imports/{import_id}").text
    assert world.acme.member.post(f"/imports/{import_id}/shape", {"delimiter": "ab"}).status_code == 422
    assert world.acme.member.post(f"/imports/{import_id}/shape", {"encoding": "ebcdic"}).status_code == 422


def test_the_page_shows_how_far_it_is_and_then_leads_to_the_result(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    monkeypatch.setattr(running, "SLICE_SECONDS", 0)
    ben = world.acme.member
    import_id = upload(world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(5)))
    ben.post(f"/imports/{import_id}/start", {})
    ring = next(iter(world.bell.rings))
    jobs.run(ring.job, str(ring.organization_id), ring.key)
    assert "2 of 5 rows" in ben.get(f"/imports/{import_id}/progress").text
    world.work()
    assert ben.get(f"/imports/{import_id}/progress").headers["HX-Redirect"].endswith(f"/imports/{import_id}")


def test_rows_of_enormous_values_make_no_enormous_pages(world: World) -> None:
    wide = ",".join("x" * 90_000 for _ in range(10))
    import_id = upload(
        world.acme, "Email," + ",".join(f"c{n}" for n in range(10)) + "\n" + f"a@x.example,{wide}\n" * 30
    )
    options = result_of(world.acme, import_id).row.options
    assert len(str(options["sample"])) < 700_000
    page = world.acme.member.get(f"/imports/{import_id}").text
    assert len(page) < 200_000
    assert "Longer than 10,000 characters" in page


def test_a_long_import_is_told_in_minutes(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    world.acme.member.post(f"/imports/{import_id}/start", {})
    world.work()
    assert "took 1 second" in world.acme.member.get(f"/imports/{import_id}").text
    with world.acme.acting() as session:
        row = get(ContactImport, import_id)
        assert row
        assert row.finished_at
        row.started_at = row.finished_at - timedelta(seconds=362)
        session.commit()
    assert "took 6 minutes" in world.acme.member.get(f"/imports/{import_id}").text


def test_a_list_of_unknown_length_moves_by_bytes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    monkeypatch.setattr(running, "SLICE_SECONDS", 0)
    content = "Email\n" + "".join(f"p{n}@x.example\n" for n in range(4))
    import_id = upload(world.acme, content)
    world.acme.member.post(f"/imports/{import_id}/start", {})
    with world.acme.acting() as session:
        row = get(ContactImport, import_id)
        assert row
        row.row_count = None
        session.commit()
    ring = next(iter(world.bell.rings))
    jobs.run(ring.job, str(ring.organization_id), ring.key)
    page = world.acme.member.get(f"/imports/{import_id}/progress").text
    read = content.index("p2@")
    assert f'value="{read}" max="{len(content)}"' in page
    assert "2 rows so far" in page
    assert f"<span>{100 * read // len(content)}%</span>" in page


def test_the_page_of_a_running_list_listens(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    world.acme.member.post(f"/imports/{import_id}/start", {})
    page = world.acme.member.get(f"/imports/{import_id}").text
    assert f"/live?topic=import:{import_id}" in page.replace("%3A", ":")
    assert f"sse:import:{import_id}" in page
    assert '<meta http-equiv="refresh"' in page.partition("<noscript>")[2]


def test_a_running_list_can_be_cancelled(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    world.acme.member.post(f"/imports/{import_id}/start", {})
    assert world.acme.member.post(f"/imports/{import_id}/cancellation", {}).status_code == 303
    world.work()
    assert "Cancelled after 0 rows" in world.acme.member.get(f"/imports/{import_id}").text
    assert people(world.acme) == []
    assert world.acme.member.post(f"/imports/{import_id}/cancellation", {}).status_code == 409


def test_an_uploaded_list_can_be_thrown_away(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    assert world.acme.member.post(f"/imports/{import_id}/removal", {}).status_code == 303
    assert world.acme.member.get(f"/imports/{import_id}").status_code == 404


def test_refused_rows_download_as_harmless_csv_and_come_back_mended(world: World) -> None:
    result = bring_in(
        world, world.acme, "Name,Email,Note\n=cmd|calc,ray@@dunn,@SUM(1)\nAnn,ann@keller.example,x\n"
    )
    answer = world.acme.member.get(f"/imports/{result.row.id}/refused.csv")
    text = answer.get_data().decode("utf-8-sig")
    assert text.splitlines() == [
        "Name,Email,Note,Line in the file before,Why it was refused",
        "'=cmd|calc,ray@@dunn,'@SUM(1),2,Not an e-mail address: two @ signs.",
    ]
    assert "attachment" in answer.headers["Content-Disposition"]
    mended = bring_in(world, world.acme, text.replace("ray@@dunn", "ray@dunn.example"))
    assert mended.counts == (1, 0, 0, 0)
    with world.acme.acting() as session:
        ray = session.scalars(select(Contact).where(Contact.email_key == "ray@dunn.example")).one()
    assert (ray.first_name, ray.fields) == ("=cmd|calc", {"note": "@SUM(1)"})


def test_refused_rows_are_filtered_by_reason(world: World) -> None:
    result = bring_in(world, world.acme, "Email\na@@b.example\nx@x.example\nx@x.example\nnobody\n")
    page = world.acme.member.get(f"/imports/{result.row.id}?code=repeated").text
    assert "Same e-mail as line 3" in page
    assert "a@@b.example" not in page
    assert "Repeated in the file" in page


def test_an_unreadable_rest_stops_the_list_and_says_where(world: World) -> None:
    rows = "Email,Note\n" + "".join(f"p{n}@x.example,\n" for n in range(600)) + 'x,"a" b\n' * 1001
    result = bring_in(world, world.acme, rows)
    assert result.row.state == "failed"
    page = world.acme.member.get(f"/imports/{result.row.id}").text
    assert "More than 1000 rows have a quote that is never closed." in page
    assert "Try to go on" in page


def test_the_list_of_imports_is_paged_and_named(world: World) -> None:
    assert "Bring your first list" in world.acme.member.get("/imports").text
    bring_in(world, world.acme, LEADS)
    page = world.acme.member.get("/imports").text
    assert "leads.csv" in page
    assert "Finished" in page


def test_nothing_of_the_file_is_kept_beyond_the_people(world: World) -> None:
    result = bring_in(world, world.acme, LEADS)
    assert result.row.options["sample"] == []
    assert (result.row.options["forecast"] or {}).get("problems") == []


@pytest.mark.parametrize("who", ["agent", "viewer"])
def test_only_members_bring_lists(world: World, who: str) -> None:
    person = world.acme.people[who]
    assert person.get("/imports").status_code == 403
    assert send(person, LEADS).status_code == 403


def test_globex_sees_nothing_of_it(world: World) -> None:
    result = bring_in(world, world.acme, LEADS)
    gil = world.globex.member
    assert "leads.csv" not in gil.get("/imports").text
    for path in ("", "/refused.csv", "/progress"):
        assert gil.get(f"/imports/{result.row.id}{path}").status_code == 404
    with world.globex.acting() as session:
        assert get(ContactImport, result.row.id) is None
        assert (
            session.scalar(
                select(func.count())
                .select_from(ImportRefusal)
                .where(ImportRefusal.organization_id == world.globex.id)
            )
            == 0
        )
