"""The components in a real Chromium under the real content policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fitting import fits

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 375, 320])
def test_the_style_sheet_fits_its_window(
    style_sheet: str, open_page: OpenPage, picture: Picture, theme: str, width: int
) -> None:
    page = open_page(width=width, theme=theme)
    page.goto(style_sheet)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    assert fits(page)
    picture(page, f"style-sheet-{theme}-{width}")


def test_it_reads_without_a_script(style_sheet: str, open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.goto(style_sheet)
    expect(page.get_by_role("table").first).to_be_visible()
    expect(page.get_by_role("button", name="Chart")).to_be_hidden()
    page.get_by_label("Choose Luis Ortega").check()
    expect(page.get_by_role("button", name="Enroll")).to_be_visible()
    page.locator("summary[aria-label='More']").first.click()
    expect(page.get_by_role("link", name="Duplicate")).to_be_visible()


def test_choosing_rows_raises_the_bar_and_counts(style_sheet: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(style_sheet)
    expect(page.get_by_role("button", name="Enroll")).to_be_hidden()
    page.get_by_label("Choose Hannah Weiss").check()
    page.get_by_label("Choose Marcus Bell").click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    expect(page.get_by_label("Choose all on this page")).to_be_checked()
    page.get_by_label("Choose nobody").click()
    expect(page.get_by_role("button", name="Enroll")).to_be_hidden()


def test_letters_move_and_choose_but_rest_while_typing(style_sheet: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(style_sheet)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.row-now")).to_contain_text("Luis Ortega")
    page.keyboard.press("x")
    expect(page.get_by_label("Choose Luis Ortega")).to_be_checked()
    page.keyboard.press("k")
    expect(page.locator("tr.row-now")).to_contain_text("Hannah Weiss")
    page.keyboard.press("/")
    expect(page.get_by_placeholder("Name, e-mail, company, phone")).to_be_focused()
    page.keyboard.type("jx")
    expect(page.get_by_placeholder("Name, e-mail, company, phone")).to_have_value("jx")
    expect(page.get_by_label("Choose Hannah Weiss")).not_to_be_checked()
    page.keyboard.press("Control+k")
    expect(page.get_by_placeholder("Search or jump to")).to_be_focused()


def test_a_dialog_asks_with_the_number_and_gives_the_focus_back(
    style_sheet: str, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page()
    page.goto(style_sheet)
    opener = page.get_by_role("link", name="Cancel campaign")
    opener.click()
    dialog = page.get_by_role("dialog", name="Cancel Denver Broker Night?")
    expect(dialog).to_contain_text("117 queued messages")
    picture(page, "dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_table_behind_the_chart_is_one_press_away(style_sheet: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(style_sheet)
    table = page.get_by_role("region", name="Messages per day, as a table")
    expect(table).to_be_hidden()
    page.get_by_role("button", name="Table").click()
    expect(table).to_contain_text("2 Feb")


def test_the_chosen_look_is_kept(style_sheet: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(style_sheet)
    page.get_by_title("Maya Lindqvist").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_note_leaves_by_itself_and_an_error_stays(style_sheet: str, open_page: OpenPage) -> None:
    page = open_page()
    page.clock.install()
    page.goto(style_sheet)
    say = "detail => document.body.dispatchEvent(new CustomEvent('toast', {detail}))"
    page.evaluate(say, {"text": "3 people tagged"})
    page.evaluate(say, {"text": "Not saved", "bad": True})
    notes = page.locator("#toasts [data-toast]")
    expect(notes).to_have_count(2)
    page.clock.run_for(7000)
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("Not saved")


def test_both_themes_pass_the_contrast_that_people_need(style_sheet: str, open_page: OpenPage) -> None:
    for theme in ("light", "dark"):
        page = open_page(theme=theme)
        page.goto(style_sheet)
        weak = page.evaluate(CONTRAST)
        assert weak == [], f"{theme}: {weak[:8]}"


#: Text whose contrast with what lies behind it is under WCAG 2.2 AA (4.5, large 3).
CONTRAST = """() => {
  const probe = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const rgba = colour => { probe.clearRect(0, 0, 1, 1); probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const luminance = rgb => { const [r, g, b] = rgb.map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const behind = element => { const layers = [];
    for (let e = element; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 1) break; }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]); };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue;
    if (element.closest('progress, .visually-hidden, [disabled], .disabled, canvas, .skip-link')) continue;
    const style = getComputedStyle(element), back = behind(element);
    const a = luminance(over(rgba(style.color), back)), b = luminance(back);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) weak.push(`${text.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return weak; }"""
