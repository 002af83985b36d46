"""A real Chromium, headless, with a fresh profile for each test, and a sandbox of ./dev up of its own."""
import os
import shutil
import subprocess
import tempfile

import pytest
from harness.ports import free_block
from harness.postgres import ROOT
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as Driver

RESULTS = os.environ.get("RESULTS_DIR") or os.path.join(ROOT, "build", "results")


def read_env(path):
    """dev.env as a shell reads it."""
    done = subprocess.run(["sh", "-c", 'set -a; . "$0"; env -0', path], check=True, capture_output=True,
                          env={})
    return dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if "=" in line)


class Sandbox:
    """./dev up on ports and in a directory of its own."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="authd-dev-")
        os.chmod(self.directory, 0o711)
        self.environment = dict(os.environ, DEV_DIR=self.directory + "/var", DEV_PORT=str(free_block()))
        self.env = {}

    def dev(self, *arguments):
        done = subprocess.run([ROOT + "/dev", *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              timeout=600)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def up(self, *options):
        out = self.dev("up", "--detach", *options)
        self.env = read_env(self.directory + "/var/dev.env")
        return out

    def close(self):
        self.dev("down")
        place = subprocess.run([ROOT + "/dev.d/cluster", "drop", self.directory + "/var"], check=False)
        assert place.returncode == 0
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def sandbox():
    made = Sandbox()
    try:
        made.up()
        yield made
    finally:
        made.close()


@pytest.fixture
def chromium():
    """chromium("vi") opens a browser that prefers that language."""
    opened = []

    def open_browser(language="vi", width=1280, insecure=False):
        profile = tempfile.mkdtemp(prefix="authd-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                         "--no-first-run", "--disable-background-networking", "--no-proxy-server",
                         f"--user-data-dir={profile}", f"--window-size={width},900",
                         f"--lang={language}", f"--accept-lang={language}"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        if insecure:
            options.set_capability("acceptInsecureCerts", True)
        driver = webdriver.Chrome(service=Driver("/usr/bin/chromedriver"), options=options)
        driver.set_page_load_timeout(60)
        opened.append((driver, profile))
        return driver
    yield open_browser
    for driver, profile in opened:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def picture(request):
    """picture(driver, "name") leaves a screenshot with the results."""
    folder = os.path.join(RESULTS, "screenshots")
    os.makedirs(folder, exist_ok=True)

    def take(driver, name):
        driver.save_screenshot(os.path.join(folder, f"{name}.png"))
    return take
