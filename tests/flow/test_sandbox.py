"""A sandbox for integrators (docs/sandbox.md): refused where it has no place; its people, clock and faults."""
import re
import subprocess
import time

import pytest
from harness.browser import Browser
from harness.oidc import Attempt, BadToken
from harness.service import CommandFailed, Person, Service
from harness.world import BUILD, new_client

SANDBOX = {"development": {"sandbox": True}}
OFFLINE = "openid profile email phone address offline_access"


@pytest.fixture(scope="module")
def sandbox(postgres):
    made = Service(postgres, BUILD, SANDBOX)
    try:
        made.migrate()
        made.start()
        made.ctl("sandbox", "reset")
        made.people = {}
        told = made.ctl("sandbox", "people")
        for row in told["rows"]:
            person = Person(row["number"], row["name"], "", "", row["level"])
            person.password, person.row = told["password"], row
            made.people[row["person"]] = person
        made.portal = new_client(made, "portal", scope=OFFLINE)
        made.other = new_client(made, "other", scope=OFFLINE, redirect_uris=["http://127.0.0.1:9999/other"])
        yield made
    finally:
        made.close()


@pytest.fixture(autouse=True)
def as_found(request):
    """No fault is left over and the clock is real."""
    yield
    if "sandbox" in request.fixturenames:
        service = request.getfixturevalue("sandbox")
        service.ctl("sandbox", "fault", "none")
        service.ctl("sandbox", "clock", "reset")
        log = service.log()
        for bad in ("event=internal.error", "event=process.died", "AddressSanitizer", "runtime error:"):
            assert bad not in log, log[-3000:]


def until(holds, seconds=30):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


# -- what is refused ---------------------------------------------------------------------------------


def started(service, *words):
    """authd started with these words ends at once: what it says."""
    done = subprocess.run([f"{BUILD}/authd", *words, "-c", service.conf_path], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 1
    return done.stderr


def test_refuses_to_start_as_a_sandbox_by_half(make_service):
    service = make_service(start=False)
    assert "development.sandbox = true" in started(service, "--sandbox")
    service.options["development"]["sandbox"] = True
    service.write_config()
    assert "authd --sandbox" in started(service)
    service.options["issuer"] = "https://id.example.vn"
    service.write_config()
    assert "development.sandbox: is for loopback only, and the issuer is https://id.example.vn" in started(
        service, "--sandbox")


def test_refuses_to_become_a_sandbox_or_to_cease_to_be_one_by_a_reload(sandbox):
    sandbox.options["development"]["sandbox"] = False
    sandbox.write_config()
    mark = sandbox.log_mark()
    try:
        sandbox.process.send_signal(1)
        sandbox.wait_log("event=config.refused")
        assert "--sandbox needs development.sandbox" in sandbox.log()[mark:]
    finally:
        sandbox.options["development"]["sandbox"] = True
        sandbox.write_config()
    assert sandbox.ctl("sandbox", "clock")["ahead_s"] == 0


def test_refuses_to_make_a_sandbox_of_a_database_with_people(make_service):
    service = make_service(start=False)
    service.query("INSERT INTO identity (bucket, id, kind, account_level) VALUES (1, gen_random_uuid(), 'person', 2)")
    service.query("INSERT INTO identity_change (bucket, identity_id, to_state, account_level, actor, legal_ground) "
                  "SELECT bucket, id, 'active', 2, 'root', 'Decree 69/2024' FROM identity")
    service.options["development"]["sandbox"] = True
    service.write_config()
    with pytest.raises(CommandFailed, match="people who were not invented.*database of its own"):
        service.migrate()
    assert service.query("SELECT to_regnamespace('authd_sandbox')") == [(None,)]


def not_ready(service, reason):
    service.start(wait=False)
    service.wait_log(reason)
    assert service.get("/health/ready").status_code == 503
    service.stop()


def test_refuses_a_sandbox_on_production_s_database_and_production_on_a_sandbox_s(make_service):
    service = make_service(start=False)
    service.options["development"]["sandbox"] = True
    service.write_config()
    not_ready(service, "this is a sandbox, the database is none")
    service.migrate()
    service.options["development"]["sandbox"] = False
    service.write_config()
    with pytest.raises(CommandFailed, match="belongs to a sandbox"):
        service.migrate()
    not_ready(service, "the database belongs to a sandbox")


def test_where_there_is_no_sandbox_nothing_of_it_is_there(service):
    assert service.get("/sandbox").status_code == 404
    assert "sandbox" not in service.get("/safety").text
    assert "urn:authd:sandbox" not in service.get("/.well-known/openid-configuration").json()
    for words in (["people"], ["reset"], ["clock", "+1h"], ["faults"], ["fault", "slow", "--client", "first"],
                  ["requests"]):
        done = service.ctl_run("sandbox", *words)
        assert done.returncode == 1 and "authd --sandbox" in done.stderr, words


# -- what can be seen --------------------------------------------------------------------------------


def test_a_sandbox_says_so_on_every_page_in_discovery_and_status(sandbox):
    for path in ("/", "/safety", "/account/first", "/nowhere"):
        for language, words in (("vi", "Môi trường thử nghiệm (sandbox)"), ("en", "Sandbox for developers")):
            page = sandbox.get(path, headers={"Accept-Language": language}).text
            assert words in page, path
    assert sandbox.get("/.well-known/openid-configuration").json()["urn:authd:sandbox"] is True
    assert sandbox.ctl("status")["sandbox"] is True
    assert "sandbox for integrators" in sandbox.ctl_text("status")
    assert sandbox.ctl("status")["warnings"] == []


# -- people ------------------------------------------------------------------------------------------


def test_the_people_who_log_in_do(sandbox):
    levels = {}
    for key in ("level2", "level1", "minor", "foreigner", "representative", "longname", "sparse", "namesake"):
        person = sandbox.people[key]
        tokens = sandbox.portal.log_in(person, scope="openid profile email")
        claims = sandbox.portal.userinfo(tokens["access_token"]).json()
        assert claims["name"] == person.name
        levels[key] = claims["urn:authd:account_level"]
    assert levels["level2"] == 2 and levels["level1"] == 1


def answer_to(sandbox, person, password=None):
    browser = Browser(sandbox.issuer, language="en")
    page = browser.open(sandbox.portal.url(Attempt()))
    return browser.log_in(page, person.number, password or person.password).text


@pytest.mark.parametrize("key", ["issued", "locked", "closed"])
def test_the_people_who_are_barred_are_told_so(sandbox, key):
    assert "not active at present" in answer_to(sandbox, sandbox.people[key])
    assert "not active at present" not in answer_to(sandbox, sandbox.people[key], "another password")


def test_who_must_wait_is_told_so_whatever_is_typed(sandbox):
    assert "Too many attempts" in answer_to(sandbox, sandbox.people["throttled"])
    assert "Too many attempts" in answer_to(sandbox, sandbox.people["throttled"], "another password")


def test_a_reset_brings_everybody_back_and_keeps_their_names(sandbox):
    who = sandbox.people["level1"]
    tokens = sandbox.portal.log_in(who, scope=OFFLINE)
    sub = sandbox.portal.id_token(tokens)["sub"]
    sandbox.ctl_text("--yes", "identity", "close", who.number, "--ground", "test")
    sandbox.ctl_text("identity", "unlock", sandbox.people["locked"].number, "--ground", "test")
    told = {row["person"]: row for row in sandbox.ctl("sandbox", "reset")["rows"]}
    assert told["level1"]["state"] == "active" and told["locked"]["state"] == "locked"
    assert sandbox.portal.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    again = sandbox.portal.log_in(who, scope=OFFLINE)
    assert sandbox.portal.id_token(again)["sub"] == sub
    assert told["first"]["code"] and told["first"]["code"] != sandbox.people["first"].row["code"]


# -- clock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move", ["2h", "+", "+h", "+2x", "+1h2d", "-1h", "+99999999999d"])
def test_refuses_what_is_no_move_of_the_clock(sandbox, move):
    done = sandbox.ctl_run("sandbox", "clock", move)
    assert done.returncode in (1, 2) and sandbox.ctl("sandbox", "clock")["ahead_s"] == 0


def test_what_is_issued_follows_the_clock_and_what_was_issued_expires(sandbox):
    before = sandbox.portal.log_in(sandbox.people["level2"], scope=OFFLINE)
    assert sandbox.portal.introspect(before["access_token"])["active"] is True
    assert sandbox.ctl("sandbox", "clock", "+1d2h")["ahead_s"] == 26 * 3600
    assert sandbox.portal.introspect(before["access_token"]) == {"active": False}
    assert sandbox.portal.userinfo(before["access_token"]).status_code == 401
    tokens = sandbox.portal.log_in(sandbox.people["level2"], scope=OFFLINE)
    claims = sandbox.portal.id_token(tokens)
    ahead = claims["iat"] - time.time()
    assert abs(ahead - 26 * 3600) < 60 and claims["exp"] > claims["iat"]
    assert sandbox.portal.introspect(tokens["access_token"])["active"] is True
    assert sandbox.get("/health/ready").status_code == 200
    until(lambda: sandbox.ctl("status")["warnings"] == [])


def test_a_code_a_session_and_a_refresh_token_end_when_their_time_comes(sandbox):
    browser = sandbox.portal.browser()
    attempt, left = sandbox.portal.authorize(browser, sandbox.people["level2"], scope=OFFLINE)
    kept = sandbox.portal.log_in(sandbox.people["level2"], scope=OFFLINE)["refresh_token"]
    sandbox.ctl("sandbox", "clock", "+11m")
    assert sandbox.portal.redeem(attempt, left).json()["error"] == "invalid_grant"
    sandbox.ctl("sandbox", "clock", "+400d")
    assert sandbox.portal.refresh(kept).json()["error"] == "invalid_grant"
    assert browser.open(sandbox.portal.url(Attempt())).kind == "login", "the session is over"


def test_keys_rotate_when_their_time_comes_and_nobody_is_locked_out(sandbox):
    def active():
        return {k["alg"]: k["kid"] for k in sandbox.ctl("keys", "list")
                if k["use"] == "sign" and k["state"] == "active"}
    before = active()
    sandbox.ctl("sandbox", "clock", "+1000d")
    until(lambda: active()["ES256"] != before["ES256"])
    tokens = sandbox.portal.log_in(sandbox.people["level2"])
    assert sandbox.portal.id_token(tokens)
    sandbox.ctl("sandbox", "clock", "reset")
    assert sandbox.portal.id_token(sandbox.portal.log_in(sandbox.people["level2"]))
