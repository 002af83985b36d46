"""The contract of ./dev up: dev.env, --tls on the same directory, what persists."""
import json
import os
import re
import shlex
import subprocess
import time

import psycopg2
import pytest
import requests
from harness.browser import Browser
from harness.oidc import Client, jwt_parts, jwt_verify
from harness.postgres import ROOT

NAMES = ("OP_ISSUER OP_CLIENT_ID OP_CLIENT_SECRET OP_REDIRECT_URI OP_CLIENT2_ID OP_CLIENT2_SECRET "
         "OP_CLIENT2_REDIRECT_URI OP_POST_LOGOUT_URI OP_USER OP_PASSWORD OP_USER2 OP_PASSWORD2 PORTAL_URL "
         "PORTAL2_URL API_URL AUTHCTL DATABASE_URL AUTHD_PID POSTGRES_PID").split()


class Dev:
    """What Client needs to know of the service, from dev.env."""

    def __init__(self, env):
        self.env, self.issuer, self.ca_file = env, env["OP_ISSUER"], env.get("OP_CA_FILE")

    def session(self):
        s = requests.Session()
        s.trust_env, s.verify = False, self.ca_file or True
        return s

    def client(self, which=""):
        e = self.env
        return Client(self, {"client_id": e[f"OP_CLIENT{which}_ID"],
                             "client_secret": e[f"OP_CLIENT{which}_SECRET"],
                             "redirect_uris": [e[f"OP_CLIENT{which}_REDIRECT_URI" if which
                                                 else "OP_REDIRECT_URI"]]})

    def person(self, which=""):
        class Person:
            number, password = self.env[f"OP_USER{which}"], self.env[f"OP_PASSWORD{which}"]
        return Person


def ctl(env, *arguments):
    return subprocess.run(shlex.split(env["AUTHCTL"]) + list(arguments), check=True, capture_output=True,
                          text=True).stdout


def test_every_command_helps_and_does_nothing_else(tmp_path):
    def dev(*arguments):
        return subprocess.run([ROOT + "/dev", *arguments], capture_output=True, text=True, check=True,
                              env=dict(os.environ, BUILD_DIR=str(tmp_path / "build"), DEV_DIR=str(tmp_path / "var"))).stdout
    commands = re.findall(r"^  (\w+) ", dev("--help"), re.M)
    assert len(commands) >= 15
    for command in commands:
        assert dev(command, "--help").startswith(f"usage: ./dev {command}"), command
    assert not list(tmp_path.iterdir())


def test_dev_env_names_everything(sandbox):
    for name in NAMES:
        assert sandbox.env.get(name), name
    for name in ("AUTHD_PID", "POSTGRES_PID"):
        os.kill(int(sandbox.env[name]), 0)
    with psycopg2.connect(sandbox.env["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser'), count(*) FROM authd.identity")
        powerful, people = cursor.fetchone()
    assert powerful == "on" and people >= 1000
    assert "ES256" in ctl(sandbox.env, "keys", "list")


def test_both_clients_log_both_people_in(sandbox):
    dev = Dev(sandbox.env)
    for which in ("", "2"):
        client = dev.client(which)
        tokens = client.log_in(dev.person(which), Browser(dev.issuer, dev.ca_file),
                               scope="openid profile email offline_access", prompt="consent")
        assert client.id_token(tokens, tokens["attempt"].nonce)["sub"]
        assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_portals_send_strict_headers(sandbox):
    for url in (sandbox.env["PORTAL_URL"], sandbox.env["PORTAL2_URL"]):
        with Dev(sandbox.env).session() as http:
            for language in ("vi", "en"):
                answer = http.get(url + "/", headers={"Accept-Language": language}, timeout=60)
                assert f'lang="{language}' in answer.text
                h = answer.headers
                assert "base-uri" in h["Content-Security-Policy"]
                assert "frame-ancestors" in h["Content-Security-Policy"]
                assert "no-store" in h["Cache-Control"] and h["X-Content-Type-Options"] == "nosniff"
                assert "Referrer-Policy" in h
            login = http.get(url + "/login", allow_redirects=False, timeout=60)
            for cookie in login.raw.headers.getlist("Set-Cookie"):
                assert "HttpOnly" in cookie and "SameSite" in cookie


def test_a_planned_rotation_takes_effect_within_90_seconds_and_not_too_early(sandbox):
    dev = Dev(sandbox.env)
    client = dev.client()
    jwks_uri = client.discovery["jwks_uri"]

    def published():
        answer = client.http.get(jwks_uri, timeout=60)
        return {k["kid"] for k in answer.json()["keys"]}

    def signs():
        tokens = client.log_in(dev.person(), Browser(dev.issuer, dev.ca_file))
        return jwt_parts(tokens["id_token"])[0]["kid"], tokens["id_token"]
    seen = {kid: 0.0 for kid in published()}
    before, token = signs()
    start = time.monotonic()
    ctl(sandbox.env, "keys", "rotate")
    plan = ctl(sandbox.env, "keys", "schedule")
    ctl(sandbox.env, "keys", "rotate")
    assert ctl(sandbox.env, "keys", "schedule") == plan, "asked again meanwhile it changes nothing"
    kid = before
    while kid == before:
        assert time.monotonic() - start < 90
        for one in published():
            seen.setdefault(one, time.monotonic() - start)
        kid, token2 = signs()
        time.sleep(0.5)
    assert kid in seen and (seen[kid] == 0.0 or time.monotonic() - start - seen[kid] >= 35)
    jwt_verify(token, client.jwks())
    jwt_verify(token2, client.jwks())


def test_status_and_logs_tell_what_runs(sandbox):
    assert sandbox.env["AUTHD_PID"] in sandbox.dev("status")
    assert "event=" in sandbox.dev("logs")


def test_down_up_and_tls_follow_one_another(sandbox):
    dev = Dev(sandbox.env)
    before = dict(sandbox.env)
    token = dev.client().log_in(dev.person(), Browser(dev.issuer, dev.ca_file),
                                scope="openid offline_access")["refresh_token"]
    sandbox.up("--tls")
    tls = Dev(sandbox.env)
    assert tls.issuer.startswith("https://localhost:") and tls.ca_file
    assert tls.client().log_in(tls.person(), Browser(tls.issuer, tls.ca_file))["id_token"]
    assert "ES256" in ctl(sandbox.env, "keys", "list")
    assert requests.get(sandbox.env["PORTAL_URL"], timeout=60).status_code == 200
    with pytest.raises(requests.RequestException):
        requests.get(before["OP_ISSUER"] + "/health/live", timeout=60)
    sandbox.dev("down")
    with pytest.raises(ProcessLookupError):
        os.kill(int(sandbox.env["AUTHD_PID"]), 0)
    sandbox.up()
    for name in NAMES:
        if not name.endswith("_PID"):
            assert sandbox.env[name] == before[name], name
    assert "OP_CA_FILE" not in sandbox.env
    again = Dev(sandbox.env)
    assert again.client().refresh(token).status_code == 200, "tokens stay valid"
    assert json.dumps(again.client().discovery)
