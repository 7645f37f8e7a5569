"""A running service with the seed story, and a browser that reports every fault of a page."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

SEED = Path(__file__).parents[3] / "seed_data" / "01-story-january-2025.json"
ATTEST = [sys.executable, "-c", "from app.cli.main import main; main()"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with the seed story, in a process of its own."""
    folder = tmp_path_factory.mktemp("site")
    variables = {**os.environ, "ATTEST_DATA_DIR": str(folder), "ATTEST_DATABASE_URL": f"sqlite:///{folder}/attest.db"}
    for command in (["db", "upgrade"], ["import", str(SEED)]):
        subprocess.run([*ATTEST, *command], env=variables, check=True, capture_output=True)
    out = folder / "out"
    with out.open("w") as stream:
        process = subprocess.Popen([*ATTEST, "serve", "--port", "0"], stdout=stream, stderr=stream, env=variables)
    try:
        deadline = time.monotonic() + 60
        while not (match := re.search(r"running on (http://127\.0\.0\.1:\d+)", out.read_text())):
            assert process.poll() is None, out.read_text()
            assert time.monotonic() < deadline, out.read_text()
            time.sleep(0.1)
        yield match[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, of the system."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian, Ubuntu: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def faults() -> list[str]:
    """What went wrong in the browser. Every test that opens a page requires it to be empty."""
    return []


def watch(page: Page, site: str, faults: list[str]) -> None:
    """Note errors of the page, violations of its policy, failed requests, and requests to anybody else."""

    def on_message(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            faults.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith(site):
            faults.append(f"third party: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            faults.append(f"{response.status} {response.url}")

    page.on("console", on_message)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", on_request)
    page.on("response", on_response)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile, which may use the clipboard."""
    context = browser.new_context(accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site: str, faults: list[str]) -> Iterator[Page]:
    """A page that is watched; the test fails if anything went wrong in it."""
    page = context.new_page()
    watch(page, site, faults)
    yield page
    assert faults == []
