"""The demo portals' pages in a real browser: the whole story of a citizen, and no page with a barrier (WCAG 2.2 AA by
axe-core), in both languages, light and dark, on narrow and wide screens."""
import os

import pytest
from harness import node
from harness.portal import FORM
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
PAGES = 14


class Walk:
    """A citizen's clicks; look(name) is called on every page."""

    def __init__(self, service, driver, look):
        self.service, self.driver, self.look = service, driver, look

    def press(self, selector):
        old = self.driver.find_element(By.TAG_NAME, "html")
        self.driver.find_element(By.CSS_SELECTOR, selector).click()
        WebDriverWait(self.driver, 60).until(lambda d: d.find_element(By.TAG_NAME, "html") != old)

    def open(self, url, name=None):
        self.driver.get(url)
        self.provider()
        if name:
            self.look(name)

    def provider(self):
        """Answers what the provider asks, until the browser is back at a portal."""
        for _ in range(4):
            if not self.driver.current_url.startswith(self.service.issuer + "/"):
                return
            if self.driver.find_elements(By.CSS_SELECTOR, "input[type=password]"):
                self.driver.find_element(By.NAME, "username").clear()
                self.driver.find_element(By.NAME, "username").send_keys(self.service.an.number)
                self.driver.find_element(By.CSS_SELECTOR, "input[type=password]").send_keys(self.service.an.password)
                self.press("form button[type=submit]")
            else:
                self.press("button[value=allow]")

    def fill(self, values):
        for name, value in values.items():
            field = self.driver.find_element(By.ID, name)
            if field.tag_name == "select":
                Select(field).select_by_value(value)
            else:
                field.clear()
                field.send_keys(value)

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def story(self, town):
        home, business = town.residence.url, town.business.url
        self.open(home + "/", "visitor")
        self.press("a[href='/login']")
        self.provider()
        assert "Nguyễn Văn An" in self.text()
        self.look("home")
        self.press("a[href='/apply']")
        self.look("details")
        self.press("main form button")
        self.look("mistakes")
        self.fill(FORM["residence"])
        self.press("main form button")
        self.look("review")
        self.press("form[action='/apply/submit'] button")
        receipt = self.driver.find_element(By.CSS_SELECTOR, ".receipt").text
        self.look("done")
        self.press("a.button[href='/applications']")
        assert receipt in self.text()
        self.look("applications")
        self.open(home + "/identity", "identity")
        self.open(business + "/", "second visitor")
        self.press("a[href='/login']")
        if self.driver.current_url.startswith(self.service.issuer):
            assert not self.driver.find_elements(By.CSS_SELECTOR, "input[type=password]"), "one login does for both"
        self.provider()
        self.open(business + "/apply", "second details")
        self.fill(FORM["business"])
        self.press("main form button")
        self.open(business + "/apply/confirm", "confirm")
        self.press("a[href='/login?for=submit']")
        self.provider()
        self.press("form[action='/apply/submit'] button")
        assert self.driver.find_elements(By.CSS_SELECTOR, ".receipt"), self.text()
        self.open(business + "/")
        self.press("form[action='/logout'] button")
        self.look("logged out")
        WebDriverWait(self.driver, 60).until(lambda d: (d.get(home + "/"), "Nguyễn Văn An" not in self.text())[1])
        self.open(home + "/callback?error=access_denied&state=x", "failure")
        self.open(home + "/nowhere", "not found")


@pytest.fixture(scope="module")
def axe():
    with open(os.path.join(node.modules(), "axe-core", "axe.min.js"), encoding="utf-8") as file:
        return file.read()


def violations(driver, axe):
    driver.execute_script(axe)
    result = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: {type: 'tag', values: arguments[0]}, preload: false})"
        ".then(r => done({found: r.violations, passes: r.passes.length}), e => done({error: String(e)}));", TAGS)
    assert "error" not in result, result
    assert result["passes"] > 5, "axe has looked at a page"
    return [f"{v['id']}: {v['help']}: " + "; ".join(n["html"] for n in v["nodes"]) for v in result["found"]]


@pytest.mark.parametrize("language, width, scheme", [("vi", 360, "light"), ("en", 1280, "dark")])
def test_a_citizens_way_through_both_portals_has_no_barrier(town, service, chromium, axe, picture, language, width,
                                                           scheme):
    driver = chromium(language)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})
    found, titles = [], {}

    def look(name):
        root = driver.find_element(By.TAG_NAME, "html")
        assert root.get_attribute("lang") == language, name
        assert len(driver.find_elements(By.TAG_NAME, "h1")) == 1, name
        titles[name] = driver.title
        picture(driver, f"portal-{name.replace(' ', '-')}-{language}-{width}")
        found.extend(f"{name}: {text}" for text in violations(driver, axe))
        driver.execute_script("document.documentElement.style.fontSize = '200%'" if width > 1000 else "")
        over = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        driver.execute_script("document.documentElement.style.fontSize = ''")
        assert over <= 0, f"{name} scrolls sideways"
    Walk(service, driver, look).story(town)
    assert not found, "\n".join(found)
    assert len(titles) >= PAGES and len(set(titles.values())) >= PAGES - 4, titles
    lines = [entry["message"] for entry in driver.get_log("browser")]
    assert not [line for line in lines if "Content Security Policy" in line], lines
