"""A reader's way through the pages, in a real browser: with and without scripts, by keyboard, in both themes."""

from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web.browser.conftest import watch

pytestmark = pytest.mark.slow

QUESTION = "North Korean"
STATEMENT = "About 11,000 North Korean soldiers are deployed in Russia's Kursk region to support Moscow."


def read(site: str, path: str) -> Any:
    response = httpx2.get(f"{site}/api/v1/{path}")
    assert response.status_code == 200, response.text
    return response.json()


def claim_path(site: str) -> str:
    return f"/claims/{read(site, 'claims?q=deployed+Kursk')['items'][0]['id']}"


def test_from_the_front_page_to_a_reference(page: Page, site: str, tmp_path: Path) -> None:
    page.goto(site)
    page.get_by_label("Search claims").fill(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_label("Troop estimate").check()
    expect(page.locator("ol.claims > li")).to_have_count(1)
    page.get_by_role("link", name=STATEMENT).click()
    expect(page.locator("h1")).to_have_text(STATEMENT)
    expect(page.locator(".verdict .badge").first).to_have_text("Unconfirmed")

    page.locator("[data-copy=line] button").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#line").inner_text()
    assert "unconfirmed" in copied
    page.get_by_label("Format").select_option("bibtex")
    expect(page.locator("#reference")).to_contain_text("@misc{")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    saved = tmp_path / "reference.bib"
    download.value.save_as(saved)
    assert " ".join(saved.read_text().split()) == " ".join(page.locator("#reference").inner_text().split())

    page.get_by_role("link", name="Beside other figures").click()
    topic = page.url.rpartition("/")[2]
    marks = page.locator("svg.wide a")
    assert marks.count() == read(site, f"topics/{topic}/series")["figure_count"]
    page.go_back()
    page.get_by_role("link", name="Western intelligence").first.click()
    expect(page.locator("h1")).to_have_text("Western intelligence")
    page.go_back()
    page.get_by_role("link", name="Summary of reporting").first.click()
    expect(page.locator("h1")).to_contain_text("Summary of reporting")
    page.go_back()
    page.get_by_role("link", name="version 1", exact=True).first.click()
    expect(page.locator(".notice.past")).to_be_visible()


def test_everything_works_without_scripts(browser: Browser, site: str, faults: list[str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    watch(page, site, faults)
    page.goto(f"{site}/search?q=North+Korean")
    page.get_by_label("Troop estimate").check()
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator("ol.claims > li")).to_have_count(1)
    page.get_by_role("link", name=STATEMENT).click()
    assert page.locator("button:has-text('Copy')").count() == 0
    page.get_by_label("Format").select_option("ris")
    page.get_by_role("button", name="Show reference").click()
    expect(page.locator("#reference")).to_contain_text("TY  - ELEC")
    context.close()
    assert faults == []


def test_the_keyboard_alone_reaches_a_claim(page: Page, site: str) -> None:
    page.goto(f"{site}/topics")
    page.keyboard.press("/")
    page.wait_for_url("**/search*")
    page.keyboard.press("/")
    page.keyboard.type("Kursk")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*q=Kursk*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/*")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


PAGES = (
    *("/", "/search?q=North+Korean", "/search?q=nothing+of+the+kind", "/topics", "/sources", "/documents"),
    *("/corrections", "/how-we-decide", "/words", "/record", "/uk"),
)


def object_paths(site: str) -> tuple[str, ...]:
    """A page of each kind of object."""
    claim = read(site, claim_path(site).removeprefix("/"))
    document = next(row["document"] for row in claim["attributions"] if row["document"])
    return (
        *(f"/claims/{claim['id']}", f"/claims/{claim['id']}/versions/1", f"/uk/claims/{claim['id']}"),
        *(f"/topics/{claim['topic']['id']}", f"/sources/{claim['attributions'][0]['source']['id']}"),
        f"/documents/{document['id']}",
    )


def test_every_page_obeys_its_policy(page: Page, site: str) -> None:
    for path in (*PAGES, *object_paths(site)):
        page.goto(site + path)
        expect(page.locator("h1")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(
    browser: Browser, site: str, faults: list[str], width: int, theme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    watch(page, site, faults)
    violations = []
    for path in (*PAGES, *object_paths(site)):
        page.goto(site + path)
        found = Axe().run(page).response["violations"]
        violations += [(path, item["id"], [node["target"] for node in item["nodes"]][:3]) for item in found]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} scrolls sideways by {overflow} px"
    context.close()
    assert violations == []
    assert faults == []
