"""The house rules of templates, styles and scripts: what the content policy and the designers rely on."""

from __future__ import annotations

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from lxml import html

from tests.house.bare import PACKAGE, bare_app

ROOT = PACKAGE.parent
TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))
STYLES = sorted((PACKAGE / "static" / "css").rglob("*.css"))
SCRIPTS = sorted((PACKAGE / "static" / "js").rglob("*.js"))


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def _icons() -> ModuleType:
    spec = spec_from_file_location("icons", ROOT / "frontend" / "icons.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sheet() -> html.HtmlElement:
    answer = bare_app().test_client().get("/")
    assert answer.status_code == 200
    return html.document_fromstring(answer.text)


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_no_template_needs_what_the_content_policy_forbids(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    forbidden = {
        "a style attribute": r"<[^>{}%]*\sstyle\s*=",
        "a style element": r"<style\b",
        "a script in the page": r"<script(?![^>]*\bsrc=)",
        "an event attribute": r"""<[^>{}%]*\son[a-z]+\s*=\s*["']""",
        "htmx that evaluates": r"""hx-on[:-]|hx-vals\s*=\s*["']js:|hx-headers\s*=\s*["']js:""",
        "an address of another host": r"""<(?:script|link|img)\b[^>]*(?:src|href)\s*=\s*["'](?:https?:)?//""",
        "a javascript address": r"javascript:",
    }
    for name, pattern in forbidden.items():
        found = re.search(pattern, text, re.IGNORECASE)
        assert not found, f"{_name(path)} has {name}: {found.group(0)[:80] if found else ''}"


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_form_that_posts_carries_its_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for form in re.findall(
        r"<form\b[^>]*method=\"post\".*?</form>|<form\b[^>]*hx-post.*?</form>",
        text,
        re.DOTALL | re.IGNORECASE,
    ):
        carries = re.search(r"csrf|hidden_tag", form)
        assert carries, f"{_name(path)}: a form that posts has no csrf token: {form[:90]}"


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_templates_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 130


def test_every_icon_that_is_named_is_drawn_and_every_drawn_one_is_named() -> None:
    icons = _icons()
    named, drawn = icons.used(), icons.drawn(icons.SPRITE.read_text(encoding="utf-8"))
    missing = {name: _name(path) for name, path in named.items() if name not in drawn}
    assert not missing, f"run `python3 frontend/icons.py`: {missing}"
    assert drawn <= set(named), f"nobody names {drawn - set(named)}: run `python3 frontend/icons.py`"


def test_a_forgotten_icon_is_found_in_every_way_of_naming_it(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        """{{ icon("one") }} {{ button("x", icon='two') }} {"icon": "three"} {{ icon_button("four", "Four") }}
        {{ button("y", icon="five" if late else "six") }} {{ tile("seven", "blue") }} {{ icon("eight" if a else "nine") }}
        {{ notice("A title", "A text", "ten", "amber") }} {{ badge("Draft", "violet", "eleven") }}""",
        encoding="utf-8",
    )
    assert set(_icons().used([page])) == {
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
    }


@pytest.mark.parametrize("path", [path for path in STYLES if path.name != "tokens.css"], ids=_name)
def test_colours_are_named_once_in_the_tokens(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    colours = [
        colour
        for colour in re.findall(r"#[0-9a-fA-F]{3,8}\b", text)
        if colour.lower() not in ("#fff", "#000")
    ]
    assert not colours, f"{_name(path)} names colours of its own: {colours}"


def test_styles_use_only_variables_that_exist() -> None:
    known = (PACKAGE / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    defined = set(re.findall(r"(--lm-[a-z0-9-]+)\s*:", known))
    for path in STYLES:
        text = path.read_text(encoding="utf-8")
        local = set(re.findall(r"(--lm-[a-z0-9-]+)\s*:", text))
        unknown = set(re.findall(r"var\((--lm-[a-z0-9-]+)", text)) - defined - local
        assert not unknown, f"{_name(path)}: {unknown}"


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_scripts_load_nothing_from_elsewhere_and_evaluate_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*=|insertAdjacentHTML|document\.write", text)
    assert not re.search(r"""https?://(?!www\.w3\.org)""", text)


def test_the_style_sheet_page_has_one_title_landmarks_and_unique_ids(sheet: html.HtmlElement) -> None:
    assert [h1.text_content().strip() for h1 in sheet.xpath("//h1")] == ["Style sheet"]
    assert sheet.findtext(".//title") == "Style sheet · Loumass"
    assert len(sheet.xpath("//main")) == 1
    assert sheet.xpath("//a[@class='skip-link']/@href") == ["#main"]
    ids = sheet.xpath("//@id")
    assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)


def test_every_control_of_the_style_sheet_has_a_name(sheet: html.HtmlElement) -> None:
    for element in sheet.xpath("//button[not(@hidden)] | //a | //summary"):
        name = element.text_content().strip() or element.get("aria-label")
        assert name, html.tostring(element)[:200]
    for field in sheet.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        label = field.get("aria-label") or sheet.xpath("//label[@for=$id]", id=field.get("id", "-"))
        assert label or field.xpath("ancestor::label"), html.tostring(field)[:200]


def test_a_wrong_field_says_so_to_everybody(sheet: html.HtmlElement) -> None:
    field = sheet.get_element_by_id("reply_address")
    assert field.get("aria-invalid") == "true"
    described = [
        sheet.get_element_by_id(one).text_content() for one in field.get("aria-describedby", "").split()
    ]
    assert any("Did you mean" in sentence for sentence in described)
    assert sheet.xpath("//div[contains(@class, 'error-summary')]//a/@href") == ["#reply_address"]
    assert field.get("value") == "maya@northgate-events", "what was typed is kept"


def test_optional_fields_are_marked_and_needed_ones_are_not(sheet: html.HtmlElement) -> None:
    labels = {label.get("for"): label.text_content() for label in sheet.xpath("//label[@for]")}
    assert "optional" in labels["script"]
    assert "optional" not in labels["daily_cap"]


def test_the_chart_stands_on_a_table_with_the_same_numbers(sheet: html.HtmlElement) -> None:
    card = sheet.get_element_by_id("per-day")
    numbers = [int(cell.get("data-number")) for cell in card.xpath(".//tbody/tr[1]/td")]
    assert numbers == [140, 12]
    assert [head.text for head in card.xpath(".//thead//th")] == ["Day", "Out", "In"]


def test_a_filter_that_is_set_is_a_chip_that_takes_itself_off_and_forgets_the_cursor() -> None:
    page = html.document_fromstring(bare_app().test_client().get("/?status=Messaged&q=a&after=xyz").text)
    chip = page.xpath("//span[contains(@class, 'chip-on')][contains(., 'Messaged')]/a/@href")
    assert chip == ["/?q=a"]


def test_a_sorted_column_turns_around() -> None:
    client = bare_app().test_client()
    page = html.document_fromstring(client.get("/?sort=name").text)
    head = page.xpath("//th[@aria-sort]")[0]
    assert head.get("aria-sort") == "ascending"
    assert head.xpath("./a/@href") == ["/?sort=-name"]


def test_what_somebody_else_typed_into_the_address_is_only_text() -> None:
    answer = bare_app().test_client().get("/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&status=%3Cb%3E")
    assert "<script>alert" not in answer.text


def test_the_error_page_names_what_happened_and_a_reference() -> None:
    page = html.document_fromstring(bare_app().test_client().get("/error").text)
    assert page.findtext(".//h1") == "This page is gone"
    assert "8f1c" in page.text_content()


def test_htmx_neither_evaluates_nor_writes_styles(sheet: html.HtmlElement) -> None:
    settings = json.loads(sheet.xpath("//meta[@name='htmx-config']/@content")[0])
    assert settings["allowEval"] is False
    assert settings["includeIndicatorStyles"] is False
    assert settings["selfRequestsOnly"] is True


def test_what_comes_from_others_has_its_licence() -> None:
    vendor = PACKAGE / "static" / "vendor"
    for folder in (path for path in vendor.iterdir() if path.is_dir()):
        assert list(folder.glob("LICENSE*")), f"static/vendor/{folder.name} has no licence"


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    packages = json.loads(lock)["packages"]
    assert packages["node_modules/htmx.org"]["version"] == "2.0.11"
    assert all("integrity" in about for name, about in packages.items() if name)


def test_sheets_and_scripts_that_the_pages_name_exist(sheet: html.HtmlElement) -> None:
    for address in sheet.xpath("//link/@href | //script/@src"):
        path = PACKAGE / address.lstrip("/").split("?")[0]
        assert path.is_file(), address
