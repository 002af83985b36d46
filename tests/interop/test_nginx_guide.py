"""docs/guides/nginx.md with Debian's nginx: what people and portals see through it."""
import os
import re

import pytest
import requests
from harness.guide import Guide
from harness.ports import free_port
from harness.service import Service
from harness.visitor import Visitor
from harness.world import BUILD, populate


def options_of(text):
    """The options of a piece of authd.conf, as Service takes them."""
    top, into = {}, None
    for line in text.splitlines():
        if match := re.fullmatch(r"(\w+) \{", line):
            into = top[match[1]] = {}
        elif line == "}":
            into = None
        elif match := re.fullmatch(r' *(\w+) = (?:"(.*)"|(\d+))', line):
            (top if into is None else into)[match[1]] = match[2] if match[3] is None else int(match[3])
        else:
            assert not line.strip(), line
    return top


class FromAddress(requests.adapters.HTTPAdapter):
    """Connections from another address of loopback: another client."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kw):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kw)


class Front:
    """nginx as the guide says, with the addresses and files a test can have."""

    def __init__(self, postgres):
        self.https, self.http, self.plain, self.passing, self.tls = (free_port() for _ in range(5))
        # its certificate is nginx's
        self.service = Service(postgres, BUILD, {}, tls=True)
        certificate, key = (self.service.options["server"][name]
                            for name in ("tls_certificate_file", "tls_key_file"))
        self.guide = Guide("guides/nginx.md", moved={
            "https://id.example.vn": f"https://localhost:{self.https}", "server_name id.example.vn": "server_name localhost",
            "listen 80;": f"listen 127.0.0.1:{self.http};", "listen 443 ssl": f"listen 127.0.0.1:{self.https} ssl",
            "listen 8443;": f"listen 127.0.0.1:{self.passing};", "127.0.0.1:8444": f"127.0.0.1:{self.tls}",
            "127.0.0.1:8080": f"127.0.0.1:{self.plain}",
            "/etc/ssl/id.example.vn.pem": certificate, "/etc/ssl/private/id.example.vn.key": key})

    def start(self):
        self.guide.follow(until=f"http://127.0.0.1:{self.http}/")
        with open(os.path.join(self.guide.directory, "authd.conf"), encoding="utf-8") as file:
            said = options_of(file.read())
        self.restart(said["issuer"], dict(said["server"], tls_certificate_file="", tls_key_file=""))
        return self

    def restart(self, issuer, server):
        s = self.service
        s.stop()
        s.options["issuer"] = s.issuer = issuer
        s.options["server"].update(server)
        s.options["development"]["login_throttle"] = bool(server["trusted_proxy"])
        s.options["passwords"].update(
            {"failures_per_account": 100, "failures_per_address": 4, "failure_window_s": 600})
        s.write_config()
        if s.process is None:
            s.migrate()
            s.start()
            populate(s)
        else:
            s.start()

    def close(self):
        self.service.close()
        self.guide.close()


@pytest.fixture(scope="module")
def front(postgres):
    made = Front(postgres)
    try:
        yield made.start()
    finally:
        made.close()


def test_plain_http_leads_to_https(front):
    answer = requests.get(f"http://localhost:{front.http}/login?x=1", allow_redirects=False, timeout=60)
    assert answer.status_code == 308 and answer.headers["Location"] == f"{front.service.issuer}/login?x=1"


def test_a_person_logs_in_through_nginx_as_over_tls(front):
    service, browser = front.service, front.service.first.browser()
    tokens = service.first.log_in(service.an, browser)
    assert service.first.id_token(tokens, tokens["attempt"].nonce)["iss"] == f"https://localhost:{front.https}"
    assert all(str(v).startswith(service.issuer) for k, v in service.first.discovery.items()
               if k.endswith("_endpoint") or k == "jwks_uri")
    cookies = [c for r in browser.seen for c in r.raw.headers.getlist("Set-Cookie")]
    assert cookies and all(c.startswith("__Host-") and "Secure" in c for c in cookies), cookies
    for answer in browser.seen:
        assert answer.raw.headers.getlist("Strict-Transport-Security") == ["max-age=63072000"]


def test_a_client_cannot_write_its_own_address(front):
    service = front.service
    for number in range(4):
        browser = service.first.browser()
        browser.session.headers.update({"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": "for=198.51.100.9"})
        guess(service, browser, f"00109000{number:04d}", "wrong")
    mark = service.log_mark()
    browser = service.first.browser()
    browser.session.headers["X-Forwarded-For"] = "198.51.100.77"
    guess(service, browser, service.an.number, service.an.password)
    assert service.log_lines("login.throttled", mark), "four wrong passwords from one address"
    mark = service.log_mark()
    browser = service.first.browser()
    browser.session.mount("https://", FromAddress("127.0.0.2"))
    guess(service, browser, service.an.number, service.an.password)
    assert not service.log_lines("login.throttled", mark), "another client has another address"


def guess(service, browser, number, password):
    from harness.browser import Left
    from harness.oidc import Attempt
    try:
        return browser.log_in(browser.open(service.first.url(Attempt())), number, password)
    except Left as left:
        return left


def test_its_log_holds_no_codes_and_hints(front):
    with open(os.path.join(front.guide.directory, "access.log"), encoding="utf-8") as file:
        lines = file.read()
    assert "/authorize" in lines and "?" not in lines and "state=" not in lines


def test_a_body_too_large_is_refused_before_authd(front):
    with front.service.session() as http:
        answer = http.post(front.service.issuer + "/token", data={"code": "x" * 70000}, timeout=60)
    assert answer.status_code == 413


def test_tls_can_pass_through(front):
    """Last: authd is started again as the guide's second way wants it."""
    service = front.service
    service.first._discovery = service.second._discovery = None
    front.restart(f"https://localhost:{front.passing}", {
        "listen": f"127.0.0.1:{front.tls}", "trusted_proxy": "", "connections_per_address": 0,
        "tls_certificate_file": service.directory + "/server.pem", "tls_key_file": service.secret_path("server.key")})
    tokens = service.first.log_in(service.an)
    assert service.first.id_token(tokens)["iss"] == service.issuer
