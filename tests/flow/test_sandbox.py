"""A sandbox for integrators (docs/sandbox.md): refused where it has no place; its people, clock and faults."""
import json
import os
import re
import subprocess
import time
from email.utils import parsedate_to_datetime

import pytest
from harness.browser import Browser, Left
from harness.oidc import Attempt, BadToken, jwt_parts, jwt_verify
from harness.ports import free_port
from harness.postgres import ROOT
from harness.service import CommandFailed, Person, Service
from harness.wait import until
from harness.world import BUILD, new_client

SANDBOX = {"development": {"sandbox": True}}
OFFLINE = "openid profile email phone address offline_access"


@pytest.fixture(scope="module")
def sandbox(postgres):
    made = Service(postgres, BUILD, dict(SANDBOX, metrics={"listen": f"127.0.0.1:{free_port()}"}))
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


# -- what is refused ---------------------------------------------------------------------------------


def started(service, *words):
    """authd started with these words ends at once: what it says."""
    done = subprocess.run([f"{BUILD}/authd", *words, "-c", service.conf_path], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.fixture(scope="module")
def bare(postgres):
    """A database and a configuration of production, not started; left as found."""
    made = Service(postgres, BUILD)
    made.migrate()
    yield made
    made.close()


def says(service, sandbox):
    service.options["development"]["sandbox"] = sandbox
    service.write_config()


def test_refuses_to_start_as_a_sandbox_by_half(bare):
    service, issuer = bare, bare.issuer
    assert "development.sandbox = true" in started(service, "--sandbox")
    says(service, True)
    assert "authd --sandbox" in started(service)
    service.options["issuer"] = "https://id.example.vn"
    service.write_config()
    assert "development.sandbox: is for loopback only, and the issuer is https://id.example.vn" in started(
        service, "--sandbox")
    service.options["issuer"] = issuer
    says(service, False)


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


def test_refuses_to_make_a_sandbox_of_a_database_with_people(bare):
    bare.query("INSERT INTO identity (bucket, id, kind, account_level) VALUES (1, gen_random_uuid(), 'person', 2)")
    bare.query("INSERT INTO identity_change (bucket, identity_id, to_state, account_level, actor, legal_ground) "
               "SELECT bucket, id, 'active', 2, 'root', 'Decree 69/2024' FROM identity")
    says(bare, True)
    with pytest.raises(CommandFailed, match="people who were not invented.*database of its own"):
        bare.migrate()
    assert bare.query("SELECT to_regnamespace('authd_sandbox')") == [(None,)]
    bare.query("DELETE FROM identity_change")
    bare.query("DELETE FROM identity")


def not_ready(service, reason):
    service.start(wait=False)
    service.wait_log(reason)
    assert service.get("/health/ready").status_code == 503
    service.stop()


def test_refuses_a_sandbox_on_production_s_database_and_production_on_a_sandbox_s(bare):
    says(bare, True)
    not_ready(bare, "this is a sandbox, the database is none")
    bare.migrate()
    says(bare, False)
    with pytest.raises(CommandFailed, match="belongs to a sandbox"):
        bare.migrate()
    not_ready(bare, "the database belongs to a sandbox")


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
    findings = json.loads(sandbox.ctl_run("--json", "doctor").stdout)["findings"]
    assert not [f for f in findings if "rights" in f["text"]], "a sandbox's own are no error in one"


# -- people ------------------------------------------------------------------------------------------


def test_its_numbers_say_so_to_the_alert_rules(sandbox):
    with sandbox.session() as s:
        told = s.get(f"http://{sandbox.options['metrics']['listen']}/metrics", timeout=60).text
    assert re.findall(r"^authd_sandbox\{[^}]*\} (\d+)$", told, re.M) == ["1"] * sandbox.options["processes"]["web"]


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
    dates = sandbox.get("/jwks").headers
    assert abs(parsedate_to_datetime(dates["Date"]).timestamp() - time.time() - 26 * 3600) < 60
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


# -- faults ------------------------------------------------------------------------------------------


def order(sandbox, name, client=None, **options):
    words = [w for key, value in options.items() for w in ("--" + key.replace("_", "-"), str(value))]
    return sandbox.ctl("sandbox", "fault", name, "--client", client or sandbox.portal.id, *words)


def begun(sandbox, **over):
    """A login up to the code."""
    return sandbox.portal.authorize(sandbox.portal.browser(), sandbox.people["level2"], scope=OFFLINE, **over)


@pytest.mark.parametrize("words,reason", [
    (["no_such"], "sandbox faults lists"), (["slow"], "--client"), (["slow", "--client", "nobody"], "no client nobody"),
    (["slow", "--client", "portal", "--times", "100000"], "--times up to"),
    (["slow", "--client", "portal", "--amount", "100000"], "--amount of 1 to 3600"),
    (["outage", "--client", "portal", "--amount", "5"], "has no --amount")])
def test_refuses_a_fault_that_makes_no_sense(sandbox, words, reason):
    done = sandbox.ctl_run("sandbox", "fault", *words)
    assert done.returncode == 1 and reason in done.stderr
    assert all(row["ordered"] == [] for row in sandbox.ctl("sandbox", "faults"))


def test_a_fault_meets_only_the_client_it_was_ordered_for_and_only_as_often(sandbox):
    order(sandbox, "outage", times=2)
    for client, statuses in ((sandbox.other, [400, 400]), (sandbox.portal, [503, 503, 400])):
        for status in statuses:
            answer = client.token({"grant_type": "authorization_code", "code": "x"})
            assert answer.status_code == status
            assert (answer.headers.get("Retry-After") == "5") == (status == 503)
    row = next(r for r in sandbox.ctl("sandbox", "faults") if r["fault"] == "outage")
    assert row["ordered"] == []


@pytest.mark.parametrize("name,reason", [("expired_code", "expired"), ("used_code", "used")])
def test_a_code_is_refused_as_ordered(sandbox, name, reason):
    attempt, left = begun(sandbox)
    order(sandbox, name)
    answer = sandbox.portal.redeem(attempt, left)
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant"
    assert reason in answer.json()["error_description"]
    told = sandbox.ctl("sandbox", "requests", "--client", "portal")
    until(lambda: sandbox.ctl("sandbox", "requests", "--client", "portal")[0]["fault"] == name)
    told = sandbox.ctl("sandbox", "requests", "--client", "portal")[0]
    assert told["path"] == "/token" and told["status"] == 400 and reason in told["cause_and_cure"]


def test_a_fault_waits_for_the_request_it_can_come_true_in(sandbox):
    order(sandbox, "consent_withdrawn")
    attempt, left = begun(sandbox)
    tokens = sandbox.portal.redeem(attempt, left).json()
    assert sandbox.portal.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    page = sandbox.portal.browser()
    again = sandbox.portal.authorize(page, sandbox.people["level2"], scope=OFFLINE)
    assert again[1].parameters["code"], "asked again, agreed again"


@pytest.mark.parametrize("name,error", [("refusal", "access_denied"), ("unavailable", "temporarily_unavailable")])
def test_the_redirect_brings_the_error_ordered(sandbox, name, error):
    order(sandbox, name)
    attempt, left = begun(sandbox)
    assert left.parameters["error"] == error and left.parameters["state"] == attempt.state
    assert left.parameters["iss"] == sandbox.issuer and "code" not in left.parameters


def test_a_pushed_request_is_declined_as_well(sandbox):
    attempt = Attempt()
    pushed = sandbox.portal.push(attempt).json()["request_uri"]
    order(sandbox, "refusal")
    with pytest.raises(Left) as left:
        sandbox.portal.browser().open(f"{sandbox.issuer}/authorize?client_id=portal&request_uri={pushed}")
    assert left.value.base == sandbox.portal.redirect_uri and left.value.parameters["error"] == "access_denied"
    assert left.value.parameters["state"] == attempt.state


@pytest.mark.parametrize("name,parameter", [("wrong_state", "state"), ("wrong_response_iss", "iss")])
def test_the_redirect_is_another_s(sandbox, name, parameter):
    order(sandbox, name)
    attempt, left = begun(sandbox)
    right = {"state": attempt.state, "iss": sandbox.issuer}
    assert left.parameters["code"] and left.parameters[parameter] != right.pop(parameter)
    assert all(left.parameters[k] == v for k, v in right.items())


def id_token_with(sandbox, name, **options):
    order(sandbox, name, **options)
    attempt, left = begun(sandbox)
    tokens = sandbox.portal.redeem(attempt, left).json()
    assert sandbox.portal.userinfo(tokens["access_token"]).status_code == 200, "only the ID token is wrong"
    return attempt, tokens


@pytest.mark.parametrize("name", ["bad_signature", "unknown_key", "unsigned"])
def test_an_id_token_does_not_verify(sandbox, name):
    _, tokens = id_token_with(sandbox, name)
    with pytest.raises(BadToken):
        jwt_verify(tokens["id_token"], sandbox.portal.jwks())


def test_an_id_token_says_what_was_ordered_under_a_good_signature(sandbox):
    now = time.time()

    def claims(name, **options):
        attempt, tokens = id_token_with(sandbox, name, **options)
        return attempt, jwt_verify(tokens["id_token"], sandbox.portal.jwks())[1]
    assert claims("wrong_issuer")[1]["iss"] != sandbox.issuer
    assert claims("wrong_audience")[1]["aud"] != "portal"
    attempt, wrong = claims("wrong_nonce")
    assert wrong["nonce"] != attempt.nonce
    assert "sub" not in claims("missing_sub")[1]
    assert claims("lower_level")[1]["acr"] == "urn:authd:acr:1:1"
    assert claims("expired_id_token", amount=1000)[1]["exp"] < now - 900
    assert claims("clock_ahead", amount=500)[1]["iat"] > now + 450


def test_userinfo_is_somebody_else_s(sandbox):
    tokens = sandbox.portal.log_in(sandbox.people["level2"])
    order(sandbox, "other_sub")
    assert sandbox.portal.userinfo(tokens["access_token"]).json()["sub"] != sandbox.portal.id_token(tokens)["sub"]
    assert sandbox.portal.userinfo(tokens["access_token"]).json()["sub"] == sandbox.portal.id_token(tokens)["sub"]


def test_a_lost_answer_can_be_asked_for_again(sandbox):
    tokens = sandbox.portal.log_in(sandbox.people["level2"], scope=OFFLINE)
    order(sandbox, "lost_answer")
    assert sandbox.portal.refresh(tokens["refresh_token"]).status_code == 503
    assert sandbox.portal.refresh(tokens["refresh_token"]).status_code == 200


def test_a_slow_answer_is_slow(sandbox):
    order(sandbox, "slow", amount=1)
    began = time.monotonic()
    assert sandbox.portal.token({"grant_type": "authorization_code", "code": "x"}).status_code == 400
    assert time.monotonic() - began >= 1


def test_a_key_nobody_has_seen_signs_and_old_tokens_still_verify(sandbox):
    tokens = sandbox.portal.log_in(sandbox.people["level2"])
    cached = sandbox.portal.jwks()
    sandbox.ctl("sandbox", "fault", "rotated_key")
    fresh = sandbox.portal.log_in(sandbox.people["level2"])
    with pytest.raises(BadToken, match="unknown kid"):
        jwt_verify(fresh["id_token"], cached)
    now = sandbox.portal.jwks()
    assert jwt_verify(fresh["id_token"], now) and jwt_verify(tokens["id_token"], now)
    assert sandbox.portal.introspect(tokens["access_token"])["active"] is True


def test_a_logout_comes_twice_or_late(sandbox, receiver):
    listening = new_client(sandbox, "listening", scope=OFFLINE, backchannel_logout_uri=receiver.url + "/bcl")
    who = sandbox.people["namesake"]
    sandbox.ctl("sandbox", "fault", "logout_twice", "--client", "listening")
    listening.log_in(who)
    sandbox.ctl_text("--yes", "session", "end", who.number)
    first, second = [fields["logout_token"] for _, _, _, fields in receiver.wait(2)]
    assert jwt_parts(first)[1]["jti"] == jwt_parts(second)[1]["jti"]
    sandbox.ctl("sandbox", "fault", "logout_late", "--client", "listening", "--amount", "2")
    listening.log_in(who)
    ended = time.time()
    sandbox.ctl_text("--yes", "session", "end", who.number)
    assert receiver.wait(3)[2][0] - ended >= 1.5


# -- the page ----------------------------------------------------------------------------------------


def test_the_page_refuses_forms_of_other_sites(sandbox):
    with sandbox.session() as stranger:
        for fields in ({"clock": "day"}, {"clock": "day", "csrf": "x" * 43}, {"fault": "slow", "client": "portal"}):
            assert stranger.post(sandbox.issuer + "/sandbox", data=fields, timeout=60).status_code == 403
    assert sandbox.ctl("sandbox", "clock")["ahead_s"] == 0


def test_the_page_moves_the_clock_and_orders_faults(sandbox):
    browser = Browser(sandbox.issuer, language="en")
    page = browser.open(sandbox.issuer + "/sandbox")
    for person in sandbox.people.values():
        assert person.number in page.text
    clock = next(f for f in page.forms if f.button("hour"))
    moved = browser.submit(page, clock, {"clock": "hour"})
    assert "The clock was moved" in moved.text and sandbox.ctl("sandbox", "clock")["ahead_s"] == 3600
    assert sandbox.get("/sandbox/clock").json()["ahead_s"] == 3600
    back = browser.submit(moved, clock, {"clock": "reset"})
    assert sandbox.ctl("sandbox", "clock")["ahead_s"] == 0
    order_form = next(f for f in back.forms if "times" in f.names())
    for bad in ({"fault": "none"}, {"times": "0"}, {"times": "x"}, {"client": ""}):
        refused = browser.submit(back, order_form, dict({"fault": "outage", "client": "portal", "times": "1"}, **bad))
        assert refused.status == 400, bad
    done = browser.submit(back, order_form, {"fault": "outage", "client": "portal", "times": "1"})
    assert "The fault is ordered" in done.text
    assert sandbox.portal.token({"grant_type": "authorization_code", "code": "x"}).status_code == 503
    assert sandbox.portal.token({"grant_type": "authorization_code", "code": "x"}).status_code == 400
    until(lambda: "temporarily_unavailable" in browser.open(sandbox.issuer + "/sandbox?client=portal").text)
    assert "The code is unknown" in browser.open(sandbox.issuer + "/sandbox?client=portal").text
    of_others = browser.open(sandbox.issuer + "/sandbox?client=other").text
    assert "other · " in of_others and "portal · " not in of_others


def test_a_request_that_a_person_was_shown_is_written_down_too(sandbox):
    sandbox.get("/authorize?client_id=portal&redirect_uri=https://wrong.example/")
    until(lambda: any(r["path"] == "/authorize" and r["status"] == 400
                      for r in sandbox.ctl("sandbox", "requests", "--client", "portal")))


# -- the document ------------------------------------------------------------------------------------


def test_the_document_lists_everybody_and_every_fault(sandbox):
    with open(os.path.join(ROOT, "docs", "sandbox.md")) as file:
        text = file.read()
    rows = dict(re.findall(r"^\| ([a-z_0-9]+) \| (.*) \|$", text, re.M))
    for row in sandbox.ctl("sandbox", "people")["rows"]:
        assert rows.pop(row["person"]) == f"{row['number']} | {row['purpose']}"
    for row in sandbox.ctl("sandbox", "faults"):
        assert rows.pop(row["fault"]) == f"{row['what']} | {row['a_good_portal']}"
    assert set(rows) == {"person", "fault"} and sandbox.people["level2"].password in text


def test_every_command_of_the_document_and_of_the_help_runs(sandbox):
    with open(os.path.join(ROOT, "docs", "sandbox.md")) as file:
        scripts = re.findall(r"^```sh run\n(.*?)^```", file.read(), re.M | re.S)
    for words in ("people", "reset", "clock", "faults", "fault", "requests"):
        told = subprocess.run([BUILD + "/authctl", "sandbox", words, "--help"], capture_output=True, text=True,
                              check=True).stdout
        scripts.append(re.search(r"\nExamples:\n((?:  .*\n)+)", told).group(1).replace("  authctl", "$AUTHCTL"))
    for script in scripts:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=False,
                              env=dict(os.environ, AUTHCTL=f"{BUILD}/authctl -c {sandbox.conf_path}",
                                       OP_ISSUER=sandbox.issuer, OP_CLIENT_ID="portal"))
        assert done.returncode == 0, script + done.stderr
