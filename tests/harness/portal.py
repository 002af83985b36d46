"""A demo portal (client-lib/examples/portal) on a free port, and a citizen's browser that knows forms and cookies of
several services at once."""
import html
import os
import re
import secrets
import subprocess
import tempfile
import time
from urllib.parse import urljoin

import requests

from harness.browser import Forms
from harness.ports import free_port
from harness.world import BUILD, new_client

SCOPE = "openid profile phone address records.read records.write"
FORM = {"residence": {"address": "12 phố <Hàng> Bài", "kind": "permanent", "home": "own",
                      "householder": "Nguyễn Văn An", "phone": "024 3943 0000"},
        "business": {"business_name": "Phở Hương", "trade": "food", "place": "45 Lê Lợi",
                     "capital": "50 000 000", "phone": "024 3943 0000"}}


class Portal:
    """One process; settings as in portal --help.  Another host is another sector, and has other cookies."""

    def __init__(self, host="localhost", **settings):
        port = free_port()
        self.url = f"http://{host}:{port}"
        self.settings = dict(LISTEN=f"127.0.0.1:{port}", BASE_URL=self.url, **settings)
        self.directory = tempfile.TemporaryDirectory(prefix="authd-portal-")
        self.log_path = self.directory.name + "/log"
        self.process = None

    def start(self, **over):
        self.settings.update(over)
        with open(self.directory.name + "/conf", "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in self.settings.items())
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([BUILD + "/portal", "--config", self.directory.name + "/conf"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while True:
            try:
                requests.get(self.url + "/", timeout=60)
                return self
            except requests.ConnectionError:
                assert self.process.poll() is None and time.monotonic() < end, self.log()
                time.sleep(0.05)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        log = self.log() if os.path.exists(self.log_path) else ""
        self.directory.cleanup()
        assert "AddressSanitizer" not in log and "runtime error:" not in log, log[-4000:]


def registered(service, portal, **over):
    """The portal's client, as ./dev up registers it."""
    return new_client(service, "demo-" + secrets.token_hex(3), **dict({
        "redirect_uris": [portal.url + "/callback"], "post_logout_redirect_uris": [portal.url + "/logged-out"],
        "backchannel_logout_uri": portal.url + "/backchannel-logout", "scope": SCOPE,
        "backchannel_logout_session_required": True}, **over))


def settings(service, client, **over):
    return dict({"ISSUER": service.issuer, "CLIENT_ID": client.id, "CLIENT_SECRET": client.secret,
                 "SCOPE": SCOPE}, **over)


class Town:
    """Two portals and the API on one authd."""

    def __init__(self, service):
        self.api = Portal(SERVICE="records")
        self.residence = Portal(SERVICE="residence", API_URL=self.api.url)
        self.business = Portal(host="127.0.0.1", SERVICE="business", API_URL=self.api.url)
        self.api_client = new_client(service, "api-" + secrets.token_hex(3), redirect_uris=[],
                                     post_logout_redirect_uris=None, response_types=[],
                                     grant_types=["client_credentials"], scope=None)
        service.ctl_text("resource", "add", "--audience", self.api.url, "--name", "Kho hồ sơ",
                         "--scopes", "records.read records.write", "--client", self.api_client.id)
        self.api.start(**settings(service, self.api_client))
        self.residence_client = registered(service, self.residence)
        self.residence.start(**settings(service, self.residence_client, ACCOUNT_LEVEL="2"))
        self.business_client = registered(service, self.business)
        self.business.start(**settings(service, self.business_client, SUBMIT_MAX_AGE_S="1"))

    def close(self):
        for portal in (self.residence, self.business, self.api):
            portal.close()


class View:
    """A page as a person sees it."""

    def __init__(self, response):
        self.response, self.status, self.url = response, response.status_code, response.url
        parser = Forms()
        parser.feed(response.text)
        self.forms = parser.forms
        text = re.sub(r"<(style|title)[^>]*>.*?</\1>", " ", response.text, flags=re.S)
        self.text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())

    def form(self, action):
        return next(f for f in self.forms if urljoin(self.url, f.action or self.url).endswith(action))

    def link(self, label):
        for href, inner in re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', self.response.text, re.S):
            if label in html.unescape(re.sub(r"<[^>]+>", "", inner)):
                return urljoin(self.url, html.unescape(href))
        raise AssertionError(f"no link {label!r} on {self.url}: {self.text[:800]}")


class Citizen:
    """Follows redirects between portals and provider; answers the provider's login and consent pages."""

    def __init__(self, person, language="vi", ca_file=None):
        self.person = person
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, ca_file or True
        self.session.headers["Accept-Language"] = language
        self.asked = []   # "login", "consent": what the provider asked
        self.cancel = False
        self.trace = []

    def _send(self, method, url, **other):
        for _ in range(25):
            r = self.session.request(method, url, allow_redirects=False, timeout=60, **other)
            self.trace.append((method, url, r.status_code))
            if r.status_code not in (302, 303):
                return View(r)
            method, url, other = "GET", urljoin(url, r.headers["Location"]), {}
        raise AssertionError(self.trace)

    def open(self, url):
        return self._answer(self._send("GET", url))

    def post(self, url, **fields):
        return self._answer(self._send("POST", url, data=fields))

    def submit(self, page, action, **fields):
        form = page.form(action)
        return self.post(urljoin(page.url, form.action or page.url), **dict(form.hidden(), **fields))

    def _answer(self, page):
        for _ in range(6):
            kind = next((f for f in page.forms if f.has_type("password") or f.button("allow")), None)
            if kind is None:
                return page
            fields = kind.hidden()
            if kind.has_type("password"):
                self.asked.append("login")
                if self.cancel:
                    return self._cancel(page)
                name = next(i["name"] for i in kind.inputs if i.get("type") in (None, "text", "tel"))
                secret = next(i["name"] for i in kind.inputs if i.get("type") == "password")
                fields.update({name: self.person.number, secret: self.person.password})
            else:
                self.asked.append("consent")
                value = "deny" if self.cancel else "allow"
                fields[kind.button(value)] = value
                fields.update({i["name"]: i.get("value") or "on" for i in kind.inputs
                               if i.get("type") == "checkbox" and "checked" in i})
            page = self._send("POST", urljoin(page.url, kind.action or page.url), data=fields)
        return page

    def _cancel(self, page):
        form = next(f for f in page.forms if f.method == "post" and not f.has_type("password"))
        return self._send("POST", urljoin(page.url, form.action), data=form.hidden())

    def asked_since(self):
        """What the provider asked since the last call."""
        asked, self.asked = self.asked, []
        return asked
