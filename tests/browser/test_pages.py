"""Every page in a real browser: WCAG 2.2 AA by axe-core, both languages, both colour schemes; narrow, enlarged,
by keyboard; nothing from elsewhere, nothing inline."""
import json
import os
import shutil
import tempfile

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness import node, tour
from harness.oidc import Attempt
from harness.service import Service
from harness.world import BUILD, populate

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
FEWEST_PAGES = 24


@pytest.fixture(scope="module")
def service(postgres):
    # a sandbox: its pages are production's, with a mark and one page more
    made = Service(postgres, BUILD, {"development": {"sandbox": True}})
    try:
        made.migrate()
        made.start()
        yield tour.prepare(populate(made))
    finally:
        made.close()


@pytest.fixture(scope="module")
def driver():
    profile = tempfile.mkdtemp(prefix="authd-chromium-")
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
                     "--disable-background-networking", "--no-proxy-server", f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(service=Driver("/usr/bin/chromedriver"), options=options)
    made.set_page_load_timeout(30)
    made.set_script_timeout(30)
    yield made
    made.quit()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="module")
def axe():
    with open(os.path.join(node.modules(), "axe-core", "axe.min.js"), encoding="utf-8") as file:
        return file.read()


def seen_as(driver, width=360, height=800, scheme="light", **features):
    wanted = dict({"prefers-color-scheme": scheme}, **features)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": name, "value": value} for name, value in wanted.items()]})
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})


def requests_of(driver):
    """URLs asked for since the last look, and what the console said meanwhile."""
    urls = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            urls.append(message["params"]["request"]["url"])
    return urls, [e["message"] for e in driver.get_log("browser")]


def violations(driver, axe):
    driver.execute_script(axe)
    result = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: {type: 'tag', values: arguments[0]}, preload: false})"
        ".then(r => done({found: r.violations, passes: r.passes.length}), e => done({error: String(e)}));", TAGS)
    assert "error" not in result, result
    assert result["passes"] > 5, "axe has looked at a page"
    return [f"{v['id']}: {v['help']}: " + "; ".join(n["html"] for n in v["nodes"]) for v in result["found"]]


def test_axe_finds_what_is_wrong(driver, axe):
    """The instrument itself: a page with faults on it has violations."""
    driver.get("data:text/html,<html><body><img src='x'><input><p style='color:%23999'>pale</p>")
    assert len(violations(driver, axe)) >= 4


def overflow(driver, width, size):
    """How wide a page needs to be in a window of that width, with text of that size in per cent."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})
    return driver.execute_script("document.documentElement.style.fontSize = arguments[0] + '%';"
                                 "return document.documentElement.scrollWidth", size)


SMALL = """return [...document.querySelectorAll('button, .button, input:not([type=hidden]), a')]
    .map(e => [e, e.getBoundingClientRect()])
    .filter(([e, r]) => r.width > 0 && r.left >= 0 && (r.height < 24 || r.width < 24)
            && getComputedStyle(e).display !== 'inline')
    .map(([e]) => e.outerHTML)"""
INLINE = "return [...document.querySelectorAll('script, style, [style]')].map(e => e.outerHTML)"


@pytest.fixture(scope="module")
def seen(service, driver, axe):
    """What was found on every page, in both languages and both schemes: one walk each."""
    found = []

    def visit(name):
        urls, console = requests_of(driver)
        one = {"page": (name, language, scheme), "urls": urls, "console": console, "title": driver.title,
               "inline": driver.execute_script(INLINE), "small": driver.execute_script(SMALL),
               "langs": [e.get_attribute("lang") for e in driver.find_elements(By.CSS_SELECTOR, "html, section[lang]")],
               "parts": [len(driver.find_elements(By.TAG_NAME, tag)) for tag in ("h1", "header", "main", "footer")],
               "barriers": violations(driver, axe)}
        requests_of(driver)  # what axe did is not ours
        one["narrow"] = overflow(driver, 320, 100)
        one["large"] = overflow(driver, 640, 200)
        seen_as(driver, scheme=scheme)
        found.append(one)
    for language in ("vi", "en"):
        for scheme in ("light", "dark"):
            seen_as(driver, scheme=scheme)
            requests_of(driver)
            tour.Tour(service, driver, language).walk(visit)
    assert len(found) >= 4 * FEWEST_PAGES
    return found


def test_no_page_has_a_barrier(seen):
    """WCAG 2.2 A and AA and best practice, by axe-core."""
    assert not [(one["page"], one["barriers"]) for one in seen if one["barriers"]]


def test_each_page_has_one_heading_landmarks_its_language_and_a_title_of_its_own(seen):
    titles = {}
    for one in seen:
        name, language, scheme = one["page"]
        assert one["parts"] == [1, 1, 1, 1], one["page"]
        # Refused unread: nobody knows the language, so both are there.
        assert (set(one["langs"]) == {"vi", "en"}) if name == "error_too_large" else one["langs"][0] == language, name
        if (language, scheme) == ("vi", "light"):
            titles.setdefault(one["title"], []).append(name)
    assert len(titles) >= FEWEST_PAGES - 6


def test_nothing_needs_sideways_scrolling(seen):
    """WCAG 1.4.10 at 320 pixels; 1.4.4 with text of 200 % in a window of half the width."""
    assert not [(one["page"], one["narrow"]) for one in seen if one["narrow"] > 320]
    assert not [(one["page"], one["large"]) for one in seen if one["large"] > 640]


def test_targets_are_large_enough_for_a_thumb(seen):
    """WCAG 2.5.8; links within a sentence are exempt."""
    assert not [(one["page"], one["small"]) for one in seen if one["small"]]


def test_nothing_comes_from_elsewhere_and_nothing_is_inline(service, seen):
    ours = (service.issuer + "/", "data:", "chrome")
    assert not [(one["page"], url) for one in seen for url in one["urls"] if not url.startswith(ours)]
    assert not [(one["page"], one["inline"]) for one in seen if one["inline"]]
    # A page that says 4xx is a message of its own; whatever else the console says is a defect of ours.
    assert not [(one["page"], text) for one in seen for text in one["console"]
                if "Failed to load resource: the server responded with a status of 4" not in text]


def test_the_policy_is_enforced_by_the_browser(service, driver):
    """The log the test above reads does speak up when something inline is tried."""
    driver.get(service.issuer + "/")
    requests_of(driver)
    driver.execute_script("const s = document.createElement('style'); s.textContent = 'body { color: red }';"
                          "document.head.appendChild(s);"
                          "const i = document.createElement('img'); i.src = 'https://elsewhere.example/x.png';"
                          "document.body.appendChild(i);")
    driver.get(service.issuer + "/safety")
    _, console = requests_of(driver)
    assert len([text for text in console if "Content Security Policy" in text]) >= 2, console


def focused(driver):
    return driver.switch_to.active_element


def test_a_person_logs_in_and_agrees_by_keyboard_alone(service, driver):
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    seen_as(driver, width=1280)
    driver.get(service.portal.url(Attempt(), scope="openid profile", prompt="consent"))
    keys = webdriver.ActionChains(driver)
    keys.send_keys(Keys.TAB).perform()
    assert focused(driver).get_attribute("class") == "skip"
    assert focused(driver).is_displayed() and focused(driver).rect["x"] >= 0, "seen when it has the focus"
    focused(driver).send_keys(Keys.ENTER)
    order = []
    for _ in range(3):
        webdriver.ActionChains(driver).send_keys(Keys.TAB).perform()
        order.append(focused(driver).get_attribute("id") or focused(driver).tag_name)
        outline = focused(driver).value_of_css_property("outline-width")
        assert float(outline.removesuffix("px")) >= 2, "the focus is visible"
    assert order == ["username", "password", "button"]
    tour.leave(driver, lambda: driver.find_element(By.ID, "username").send_keys(
        service.an.number, Keys.TAB, service.an.password, Keys.ENTER))
    assert "/consent/" in driver.current_url
    for _ in range(20):
        webdriver.ActionChains(driver).send_keys(Keys.TAB).perform()
        if focused(driver).get_attribute("value") == "allow":
            break
    tour.leave(driver, lambda: focused(driver).send_keys(Keys.ENTER))
    given = service.query("SELECT scope FROM consent WHERE client_id = %s", service.portal.id)
    assert given == [("openid profile",)], "nobody listens at the service's address, but the person has agreed"


def test_fields_tell_programs_and_readers_what_they_are(service, driver):
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    driver.get(service.portal.url(Attempt()))
    number, password = (driver.find_element(By.ID, name) for name in ("username", "password"))
    assert number.get_attribute("autocomplete") == "username" and number.get_attribute("inputmode") == "numeric"
    assert password.get_attribute("autocomplete") == "current-password"
    tour.type_in(driver, service.an.number, "sai")
    number, password = (driver.find_element(By.ID, name) for name in ("username", "password"))
    for field in (number, password):
        assert field.get_attribute("aria-invalid") == "true"
        assert "problem" in field.get_attribute("aria-describedby").split()
    assert driver.title.startswith(("Lỗi:", "Error:"))
    driver.find_element(By.CSS_SELECTOR, "#problem a").click()
    assert focused(driver).get_attribute("id") == "username"


def test_forced_colours_and_print_keep_the_page_whole(service, driver):
    seen_as(driver, **{"forced-colors": "active", "prefers-reduced-motion": "reduce"})
    driver.get(service.issuer + "/safety")
    assert driver.execute_script("return matchMedia('(forced-colors: active)').matches")
    link = driver.find_element(By.CSS_SELECTOR, ".switch")
    assert link.is_displayed() and link.value_of_css_property("transition-duration") == "0s"
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert not driver.find_element(By.CSS_SELECTOR, ".switch").is_displayed()
    assert driver.find_element(By.TAG_NAME, "h1").is_displayed()
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
