"""docs/portal-quickstart.md, followed to the letter in a sandbox of its own."""
import os
import re

import pytest
from harness.browser import Browser
from harness.guide import Guide
from harness.postgres import ROOT
from harness.visitor import Visitor


class Sandbox:
    """What a visitor must know of the sandbox, from dev.env."""

    def __init__(self, env):
        self.issuer, self.ca_file = env["OP_ISSUER"], env.get("OP_CA_FILE")

        class An:
            number, password, name = env["OP_USER"], env["OP_PASSWORD"], "Nguyễn Văn An"
        self.an = An


@pytest.fixture
def guide(sandbox):
    made = Guide("portal-quickstart.md", moved={". var/dev.env": f". {sandbox.directory}/var/dev.env",
                                                "cmake --install build": f"cmake --install {os.environ.get('BUILD_DIR') or ROOT + '/build'}"},
                 cwd=ROOT, DEV_DIR=sandbox.environment["DEV_DIR"], DEV_PORT=sandbox.environment["DEV_PORT"],
                 BUILD_DIR=os.environ.get("BUILD_DIR") or ROOT + "/build")
    made.files = made.home + "/hello"
    yield made
    made.close()
    sandbox.up()


def test_the_quickstart_ends_with_a_citizen_logged_in(sandbox, guide):
    here = Sandbox(sandbox.env)
    portal = Visitor(here).go(sandbox.env["PORTAL_URL"] + "/login")
    assert here.an.name in portal.text, "step 2"

    def reader(process):
        said = process.stdout.readline()
        browser = Browser(here.issuer, here.ca_file)
        left = browser.finish(browser.open(re.search(r"http\S+", said)[0]), here.an)
        said += process.communicate(left.url + "\n", timeout=60)[0]
        assert process.returncode == 0, said
        return said
    guide.follow(by_hand=reader)
    with open(sandbox.directory + "/var/dev.env", encoding="utf-8") as file:
        pid = int(re.search(r"^AUTHD_PID=(\d+)$", file.read(), re.M)[1])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
