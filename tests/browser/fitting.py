"""Whether a page fits its window, and whether whoever comes by keyboard sees where they are."""

from __future__ import annotations

from playwright.sync_api import Page

#: Each stop in turn; its ring may be worn by what stands around it. What can be scrolled into sight is not cut.
_RINGS = """() => {
    const wears = (one) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        const { width, height } = one.getBoundingClientRect();
        return outlineStyle !== "none" && parseFloat(outlineWidth) > 0 && width > 4 && height > 4;
    };
    const around = (stop) => [stop, stop.nextElementSibling, stop.parentElement, stop.parentElement.parentElement].find((one) => one && wears(one));
    const isCut = (one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        const { outlineOffset, outlineWidth } = getComputedStyle(one);
        const grown = parseFloat(outlineOffset) + parseFloat(outlineWidth) - 0.6;
        if (left - grown < 0 || right + grown > innerWidth) return true;
        for (let box = one.parentElement; box && box !== document.body; box = box.parentElement) {
            if (getComputedStyle(box).overflowX === "visible") continue;
            const x = box.getBoundingClientRect().left + box.clientLeft - box.scrollLeft;
            const y = box.getBoundingClientRect().top + box.clientTop - box.scrollTop;
            return left - grown < x || right + grown > x + box.scrollWidth || top - grown < y || bottom + grown > y + box.scrollHeight;
        }
        return false;
    };
    const found = [];
    // Where the words are written a caret says it, and the box around them changes its colour; drawn steps change theirs.
    for (const stop of document.querySelectorAll("a[href]:not(.funnel-step), button, summary, input, select, textarea")) {
        if (stop.disabled || stop.tabIndex < 0 || !stop.checkVisibility({ visibilityProperty: true })) continue;
        stop.focus();
        if (document.activeElement !== stop || getComputedStyle(stop, "::after").outlineStyle !== "none") continue;
        if (getComputedStyle(stop).borderStyle === "none" && stop.matches("input, textarea, select") && !stop.matches(".visually-hidden")) continue;
        const ring = around(stop);
        if (!ring || isCut(ring)) found.push(`${ring ? "cut" : "none"}: ${stop.outerHTML.slice(0, 120)}`);
    }
    document.activeElement.blur();
    return found;
}"""
_MENUS = """async () => {
    const found = [];
    for (const menu of document.querySelectorAll("details.menu")) {
        if (!menu.checkVisibility()) continue;
        const told = new Promise((done) => menu.addEventListener("toggle", done, { once: true }));
        menu.open = true;
        await told;
        const { left, right } = menu.querySelector(".menu-items").getBoundingClientRect();
        if (left < 0 || right > innerWidth) found.push(`${Math.round(left)} to ${Math.round(right)}: ${menu.querySelector("summary").outerHTML.slice(0, 120)}`);
        menu.open = false;
    }
    return found;
}"""
_UNTITLED = """() => [...document.querySelectorAll("main *, .page-header *")]
    .filter((one) => getComputedStyle(one).textOverflow === "ellipsis" && one.clientWidth > 8 && one.checkVisibility())
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.innerText.trim() && !one.closest("[title]") && !one.querySelector("[title]"))
    .map((one) => one.outerHTML.slice(0, 120))
"""


def fits(page: Page) -> bool:
    """True where nothing has to be scrolled sideways; asked once the style sheets have come."""
    page.wait_for_load_state("load")
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def hidden_rings(page: Page) -> list[str]:
    """Stops of the keyboard that show no whole ring around them."""
    page.wait_for_load_state("load")
    # What is focused by a script shows its ring to whoever used the keyboard last.
    page.keyboard.press("Tab")
    return page.evaluate(_RINGS)


def lost_menus(page: Page) -> list[str]:
    """Menus that the side of the window cuts."""
    page.wait_for_load_state("load")
    return page.evaluate(_MENUS)


def untitled(page: Page) -> list[str]:
    """Words that are cut, and that nothing says whole."""
    page.wait_for_load_state("load")
    return page.evaluate(_UNTITLED)
