"""The page at / in a headless Chromium: as a newcomer, on a phone, by keyboard alone."""

import json
import re
import shutil
import urllib.parse
import uuid

import pytest

from browser import Browser
from http_api import Api
from programs import Provider, Server, eventually

pytestmark = pytest.mark.skipif(not shutil.which("chromedriver") or not shutil.which("chromium"), reason="chromium-driver is not installed")

TAB, ENTER = "\ue004", "\ue007"

# Installed before the page's own script: keeps the lengths that the answer had while it grew, and every error.
WATCH = """
window.seen = []; window.faults = [];
window.addEventListener("error", (event) => faults.push(String(event.message)));
window.addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
new MutationObserver(() => {
  const answers = document.querySelectorAll("#messages .assistant .answer");
  if (answers.length) seen.push(answers[answers.length - 1].textContent.length);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path) as opened:
        opened.call("POST", "/goog/cdp/execute", {"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": WATCH}})
        yield opened


def finished(browser):
    """Until the answer is whole: the button to ask is there again."""
    eventually(lambda: browser.run("return !document.querySelector('#send').hidden && document.querySelectorAll('#messages .assistant').length > 0"
                                   " && !document.querySelector('#messages .waiting')"))


def sources_of(browser):
    return [link.attribute("href") for link in browser.find_all("#messages .assistant .sources li a")]


def no_faults(browser):
    assert browser.run("return window.faults") == []
    violations = [entry["message"] for entry in browser.call("POST", "/se/log", {"type": "browser"})
                  if entry["level"] == "SEVERE" and "Content Security Policy" in entry["message"]]
    assert violations == []


def test_a_newcomer_tries_asks_and_opens_the_sources(wwhd, browser):
    browser.open(wwhd.url + "/")
    assert browser.call("GET", "/title") == "What Would Herman Do?"
    browser.find("#demo").click()
    # Asked one by one while the page changes, so until all three are there.
    starters = eventually(lambda: (shown := [button for button in browser.find_all("#starters button") if button.shown])
                          and len(shown) == 3 and shown)
    question = starters[1].text
    starters[1].click()
    finished(browser)
    assert browser.find("#messages .user").text == question
    answer = browser.find("#messages .assistant .answer").text
    assert len(answer) > 100
    links = sources_of(browser)
    assert links and len(links) == len(browser.find_all("#messages .assistant .sources .snippet"))
    opened = 0
    for link in links:
        whole = urllib.parse.urljoin(wwhd.url, link)
        if whole.startswith(wwhd.url):
            assert Api(wwhd.url).get(whole.removeprefix(wwhd.url).split("#")[0]).body, "opens without a header"
            opened += 1
    cites = browser.find_all("#messages .assistant .answer a.cite")
    assert cites and re.fullmatch(r"\[\d+\]", cites[0].text)
    assert cites[0].attribute("target") == "_blank" and "noopener" in cites[0].attribute("rel")
    no_faults(browser)
    assert opened or all(link.startswith("https://") for link in links)


def test_a_local_source_opens_in_the_browser(small, browser):
    browser.open(small.url + "/")
    browser.find("#demo").click()
    browser.find("#question").type("How does breath counting work?" + ENTER)
    finished(browser)
    local = [link for link in sources_of(browser) if link.startswith("/")]
    if not local:
        pytest.fail(f"every source points elsewhere: {sources_of(browser)}")
    handles = browser.call("GET", "/window/handles")
    browser.find(f'#messages .sources a[href="{local[0]}"]').click()
    opened = eventually(lambda: [handle for handle in browser.call("GET", "/window/handles") if handle not in handles])
    browser.call("POST", "/window", {"handle": opened[0]})
    eventually(lambda: "reath" in browser.run("return document.body ? document.body.innerText : ''"))


def test_the_answer_grows(tmp_path, small_application, browser):
    words = " ".join(f"word{number}" for number in range(80)) + " [1]."
    rules = [{"when": {"path": "/chat/completions", "stream": True}, "answer": words, "chunk_delay_ms": 20}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        browser.open(server.url + "/")
        browser.find("#demo").click()
        browser.find("#question").type("Should I pay off my debts before I save?" + ENTER)
        finished(browser)
        lengths = [length for length in browser.run("return window.seen") if length > 0]
        assert len(set(lengths)) > 3 and max(lengths) >= len(words) - 10
        assert "word79" in browser.find("#messages .assistant .answer").text
        no_faults(browser)


def test_cited_sources_come_first_and_the_others_are_folded_away(tmp_path, small_application, browser):
    rules = [{"when": {"path": "/chat/completions", "stream": True}, "answer": "Pay it first [3]. Then save [1, 3]. Perhaps [99]."}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        browser.open(server.url + "/")
        browser.find("#demo").click()
        browser.find("#question").type("Should I pay off my debts before I save?" + ENTER)
        finished(browser)
        assert [cite.text for cite in browser.find_all("#messages .answer a.cite")] == ["[3]", "[1]", "[3]"]
        assert "Perhaps [99]" in browser.find("#messages .assistant .answer").text
        shown = browser.run("return [...document.querySelectorAll('#messages .sources > ol > li')].map((item) => item.value)")
        folded = browser.run("return [...document.querySelectorAll('#messages .sources details.uncited li')].map((item) => item.value)")
        assert shown == [1, 3] and folded and not set(folded) & {1, 3}
        assert not any(link.shown for link in browser.find_all("#messages .sources details li a"))
        summary = browser.find("#messages .sources details summary")
        assert summary.text.endswith(str(len(folded)))
        summary.click()
        assert browser.find("#messages .sources details li a").shown
        no_faults(browser)


def test_stop_keeps_what_came(tmp_path, small_application, browser):
    rules = [{"when": {"path": "/chat/completions", "stream": True}, "answer": "on and on [1] ", "chunk_delay_ms": 30, "endless": True}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        browser.open(server.url + "/")
        browser.find("#demo").click()
        browser.find("#question").type("Should I pay off my debts before I save?" + ENTER)
        eventually(lambda: "on and on" in browser.run("return document.querySelector('#messages .assistant .answer')?.textContent || ''"))
        browser.find("#stop").click()
        finished(browser)
        assert "on and on" in browser.find("#messages .assistant .answer").text
        eventually(lambda: any(entry["client_gone"] for entry in provider.record()))


def test_by_keyboard_alone(wwhd, browser):
    """Register, ask, sign out: Tab and Enter are enough, and the focus is where one writes next."""
    name = "keys" + uuid.uuid4().hex[:8]
    browser.open(wwhd.url + "/")
    browser.find("#sign-in")

    def tab_to(identity):
        for _ in range(30):
            if browser.active.value_of("id") == identity or browser.active.value_of("name") == identity:
                return
            browser.press(TAB)
        raise AssertionError(f"{identity} is not reached with Tab")
    tab_to("toggle-register")
    browser.press(ENTER)
    browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    for field, value in (("name", name), ("email", name + "@example.org"), ("password", "a long password")):
        tab_to(field)
        browser.active.type(value)
    browser.press(ENTER)
    eventually(lambda: browser.active.value_of("id") == "question")
    assert browser.find("#who").text == name
    browser.active.type("hello")
    browser.press(ENTER)
    finished(browser)
    assert browser.active.value_of("id") == "question"
    tab_to("sign-out")
    browser.press(ENTER)
    assert browser.find("#sign-in-form").shown
    no_faults(browser)


def test_on_a_phone(wwhd, browser):
    browser.size(360, 640)
    browser.open(wwhd.url + "/")
    browser.find("#demo").click()
    browser.find("#question").type("Should I pay off my debts before I save?" + ENTER)
    finished(browser)
    width = browser.run("return document.documentElement.scrollWidth")
    assert width <= 360, f"the page is {width} wide: it scrolls sideways"
    composer = browser.run("const box = document.querySelector('#question').getBoundingClientRect(); return [box.top, box.bottom, innerHeight]")
    assert 0 <= composer[0] and composer[1] <= composer[2], "the question can be reached without scrolling"
    send = browser.find("#send").box
    assert send["height"] >= 40 and send["width"] >= 40, "large enough for a thumb"


def test_signed_in_after_a_reload_and_chats_are_found_again(wwhd, browser):
    browser.open(wwhd.url + "/")
    browser.find("#demo").click()
    question = "How does breath counting work? " + uuid.uuid4().hex[:6]
    browser.find("#question").type(question + ENTER)
    finished(browser)
    browser.call("POST", "/refresh", {})
    browser.find("#history summary").click()
    chat = eventually(lambda: next((button for button in browser.find_all("#chats button") if button.text.startswith("How does breath")), None))
    chat.click()
    eventually(lambda: [message for message in browser.find_all("#messages .user") if message.text == question])
    assert sources_of(browser)
    no_faults(browser)


def test_wrong_password_is_told_in_the_form(wwhd, browser):
    browser.open(wwhd.url + "/")
    form = browser.find("#sign-in-form")
    assert form
    browser.find("input[name=name]").type("nobody" + uuid.uuid4().hex[:6])
    browser.find("input[name=password]").type("wrong password" + ENTER)
    eventually(lambda: browser.find("#sign-in-failure").text)
    assert "wrong" in browser.find("#sign-in-failure").text


def test_the_password_is_masked_and_may_be_pasted(wwhd, browser):
    browser.open(wwhd.url + "/")
    field = browser.find("input[name=password]")
    assert field.attribute("type") == "password" and field.attribute("autocomplete") == "current-password"
    # Pasted text arrives by the same event that a password manager makes.
    pasted = browser.run("""
      const field = document.querySelector("input[name=password]");
      field.focus();
      const event = new ClipboardEvent("paste", {cancelable: true, bubbles: true, clipboardData: new DataTransfer()});
      const allowed = field.dispatchEvent(event);
      document.execCommand("insertText", false, "correct horse battery");
      return [allowed, field.value];""")
    assert pasted == [True, "correct horse battery"]
    no_faults(browser)


def test_nothing_from_a_document_runs_as_a_page(tmp_path, small_application, browser):
    """Markup in an answer and in a title is text."""
    rules = [{"when": {"path": "/chat/completions", "stream": True}, "answer": "<img src=x onerror=\"faults.push('ran')\"><b>bold</b> [1]"}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        browser.open(server.url + "/")
        browser.find("#demo").click()
        browser.find("#question").type("Should I pay off my debts before I save?" + ENTER)
        finished(browser)
        assert "<b>bold</b>" in browser.find("#messages .assistant .answer").text
        assert browser.find_all("#messages img") == [] and browser.run("return window.faults") == []
        assert json.loads(Api(server.url).get("/page.json").body)["demo"] is True
