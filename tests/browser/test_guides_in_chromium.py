"""Two guides' portals in front of a real Chromium, in the sandbox their readers have: cookies, policies, redirects.
Everything else about guides is tested in tests/interop."""
import os

import pytest
from harness import node
from harness.guide import Guide
from harness.ports import free_port
from harness.postgres import ROOT
from selenium.webdriver.common.by import By
from test_portals import agree_if_asked, log_in, on, text, wait


@pytest.fixture
def follow(sandbox):
    """The guide's portal, for a reader whose clone is the sandbox."""
    guides = []
    build = os.environ.get("BUILD_DIR") or os.path.join(ROOT, "build")
    if not os.path.lexists(sandbox.directory + "/build"):
        os.symlink(os.path.abspath(build), sandbox.directory + "/build")

    def follow(name, modules=False):
        port = free_port()
        guides.append(Guide("guides/" + name, CLONE=sandbox.directory, PORT=port))
        if modules:
            os.symlink(node.modules(), guides[-1].directory + "/node_modules")
        guides[-1].follow(until=f"http://localhost:{port}/")
        return f"http://localhost:{port}/"
    yield follow
    for guide in guides:
        guide.close()


@pytest.mark.parametrize("name, modules", [("portal-c.md", False), ("node.md", True)], ids=["c", "node"])
def test_a_person_logs_in_and_out(sandbox, follow, chromium, picture, name, modules):
    portal, driver = follow(name, modules), chromium("vi")
    driver.get(portal)
    driver.find_element(By.LINK_TEXT, "Đăng nhập").click()
    log_in(driver, sandbox.env)
    agree_if_asked(driver, portal, sandbox.env["OP_ISSUER"])
    wait(driver, lambda d: "Nguyễn Văn An" in text(d))
    picture(driver, "guide-" + name.removesuffix(".md"))
    driver.find_element(By.TAG_NAME, "button").click()
    for button in driver.find_elements(By.CSS_SELECTOR, "button[value=logout]"):
        button.click()
    on(driver, portal)
    assert "Nguyễn Văn An" not in text(driver)
    assert not [entry for entry in driver.get_log("browser") if "Content Security Policy" in entry["message"]]
