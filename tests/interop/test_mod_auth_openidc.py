"""Debian's libapache2-mod-auth-openidc in front of a page: an unmodified client of another author."""
import os
import shutil
import subprocess
import tempfile
import time

import pytest
import requests
from harness.browser import Left, Page
from harness.ports import free_port

MODULES = "/usr/lib/apache2/modules"


class Apache:
    def __init__(self, service, port, client):
        self.directory = tempfile.mkdtemp(prefix="authd-apache-")
        os.chmod(self.directory, 0o755)
        self.url = f"http://localhost:{port}"
        os.makedirs(self.directory + "/www/private")
        with open(self.directory + "/www/private/index.html", "w") as out:
            out.write("the protected page")
        modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc"]
        lines = [f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in modules]
        lines += [
            f"ServerRoot {self.directory}", f"Listen 127.0.0.1:{port}", "ServerName localhost",
            f"PidFile {self.directory}/pid", f"ErrorLog {self.directory}/error.log",
            f"Mutex file:{self.directory} default", f"DocumentRoot {self.directory}/www",
            "User www-data", "Group www-data",
            f"OIDCProviderMetadataURL {service.issuer}/.well-known/openid-configuration",
            f"OIDCClientID {client.id}", f"OIDCClientSecret {client.secret}",
            f"OIDCRedirectURI {self.url}/private/callback", "OIDCCryptoPassphrase a-test-passphrase",
            "OIDCScope \"openid profile email\"", "OIDCPKCEMethod S256", "OIDCResponseType code",
            "OIDCProviderTokenEndpointAuth client_secret_basic", "OIDCCookieSameSite On",
            "OIDCPassUserInfoAs json", "OIDCRemoteUserClaim sub", "OIDCCacheType shm",
            f"OIDCCABundlePath {service.ca_file or '/etc/ssl/certs/ca-certificates.crt'}",
            "<Location /private>", "AuthType openid-connect", "Require valid-user", "</Location>",
            "LogLevel auth_openidc:info",
        ]
        with open(self.directory + "/apache.conf", "w") as out:
            out.write("\n".join(lines) + "\n")
        self.process = subprocess.Popen(["/usr/sbin/apache2", "-f", self.directory + "/apache.conf",
                                         "-DFOREGROUND"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                requests.get(self.url + "/", timeout=2)
                return
            except requests.RequestException:
                assert self.process.poll() is None, self.log()
                time.sleep(0.1)
        raise AssertionError(self.log())

    def log(self):
        try:
            with open(self.directory + "/error.log") as file:
                return file.read()
        except FileNotFoundError:
            return "no log"

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture
def apache(service, register):
    port = free_port()
    client = register(service, f"apache-{port}", redirect_uris=[f"http://localhost:{port}/private/callback"],
                      post_logout_redirect_uris=[f"http://localhost:{port}/"])
    made = Apache(service, port, client)
    yield made
    made.close()


def test_a_page_behind_mod_auth_openidc_opens_after_login(service, apache):
    browser = service.first.browser()
    start = browser.session.get(apache.url + "/private/index.html", allow_redirects=False, timeout=60)
    assert start.status_code == 302, apache.log()
    assert start.headers["Location"].startswith(service.first.discovery["authorization_endpoint"])
    try:
        left = browser.finish(browser.open(start.headers["Location"]), service.an)
    except Left as end:
        left = end
    assert left.base == apache.url + "/private/callback"
    page = Page(browser.session.get(left.url, timeout=60))
    assert page.status == 200 and "the protected page" in page.text, apache.log()


def test_a_forged_answer_opens_nothing(service, apache):
    browser = service.first.browser()
    browser.session.get(apache.url + "/private/index.html", allow_redirects=False, timeout=60)
    answer = browser.session.get(apache.url + "/private/callback?code=x&state=y", timeout=60)
    assert "the protected page" not in answer.text
