"""Promise 6: a citizen sees every use, and can lock the account at once."""
import html
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from harness.browser import Left
from harness.oidc import Attempt, ec_jwk
from harness.receiver import Receiver
from harness.service import Person, Service
from harness.world import BUILD, SCOPES, new_client, populate


@pytest.fixture(scope="module")
def used(postgres):
    service = Service(postgres, BUILD)
    try:
        service.migrate()
        service.start()
        populate(service)
        service.heard = Receiver()
        yield service
        assert "event=internal.error" not in service.log() and "AddressSanitizer" not in service.log()
    finally:
        service.close()


def own_pages(service, person):
    browser = service.first.browser("en")
    page = browser.log_in(browser.open(service.issuer + "/account/login"), person.number, person.password)
    assert page.status == 200 and person.name in page.text
    return browser


def history(service, browser):
    """[(what, service or None)], latest first."""
    page = browser.open(service.issuer + "/account/history")
    assert page.status == 200
    return [(what, hints[0] if hints else None) for what, hints in lines(page)]


def lines(page):
    """[(what, [hints…])]"""
    items = re.findall(r'<li>\s*<p class="name">(.*?)</p>(.*?)</li>', page.text, re.S)
    return [(html.unescape(what), re.findall(r'<p class="hint">(.*?)</p>', rest)) for what, rest in items]


def whole_history(service, browser):
    """Every page of it, from the latest to where no link leads on: [[(what, [hints…])]…]."""
    pages, path = [], "/account/history"
    while path:
        page = browser.open(service.issuer + path)
        assert page.status == 200 and len(pages) < 100
        pages.append(lines(page))
        path = (re.findall(r'<a class="button" rel="next" href="([^"]+)"', page.text) + [None])[0]
    return pages


def times(line):
    told = re.findall(r"(\d+) times that day", line[1][-1])
    return int(told[0]) if told else 1


def test_every_kind_of_use_is_in_the_history(used):
    """Whatever reads, proves, renews, ends or looks at an identity: the audit is asked which kinds there were."""
    who, client = used.an, new_client(used, "seen", client_name="Cổng thử nghiệm", scope=SCOPES)
    tokens = client.log_in(who, scope=SCOPES)
    assert client.userinfo(tokens["access_token"]).status_code == 200
    second = client.refresh(tokens["refresh_token"]).json()
    client.refresh(second["refresh_token"])
    assert client.refresh(tokens["refresh_token"]).status_code == 400, "reuse"
    assert client.redeem(tokens["attempt"], Left(client.redirect_uri + "?code=none", None)).status_code == 400
    browser = client.browser()
    page = browser.log_in(browser.open(client.url(Attempt())), who.number, "mật khẩu sai hoàn toàn")
    assert page.kind == "login"
    attempt, left = client.authorize(client.browser(), who, scope=SCOPES, consent="deny", prompt="consent")
    assert left.parameters["error"] == "access_denied" and attempt
    client.revoke(client.log_in(who, scope=SCOPES)["refresh_token"])
    used.ctl("identity", "show", "--personal-number", who.number, "--reason", "a counter's question")
    used.identity("lock", who)
    used.identity("unlock", who)
    used.set_password(who, who.password + " mới")
    assert client.log_in(who, scope=SCOPES)
    seen = history(used, own_pages(used, who))
    texts = {what for what, _ in seen}
    kinds = used.query("SELECT DISTINCT event, outcome FROM audit WHERE subject_id = %s "
                       "AND event <> 'credential.accepted'", who.answer["id"])
    assert {"login", "login.refused", "consent.given", "consent.refused", "token.code", "token.refresh", "token.reuse",
            "userinfo", "grant.revoked", "identity.shown", "identity.locked", "identity.unlocked",
            "credential.set"} <= {event for event, _ in kinds}, kinds
    with open(BUILD + "/../authd/page/texts_en.txt", encoding="utf-8") as file:
        words = dict(line.rstrip("\n").split(" = ", 1) for line in file if line.startswith("use."))
    for event, outcome in kinds:
        key = event.replace(".", "_")
        no = words.get("use." + key + "_no") if outcome == "refused" else None
        assert (no or words["use." + key]) in texts, (event, outcome)
    assert ("A service read your information", "Cổng thử nghiệm") in seen
    assert ("Logged in at a service", "Cổng thử nghiệm") in seen
    assert "a counter's question" not in str(seen), "the reason is for the audit"


def test_nobody_sees_the_history_of_somebody_else(used):
    mine = history(used, own_pages(used, used.cuong))
    assert not any("read your information" in what for what, _ in mine)
    assert used.get("/account/history", allow_redirects=False).headers["Location"] == "/account/login"
    # the process that shows it could not read it by itself
    rights = used.query("SELECT has_table_privilege('authd_web', 'audit', 'SELECT')")
    columns = used.query("SELECT has_column_privilege('authd_web', 'audit', 'subject_id', 'SELECT')")
    assert rights == [(False,)] and columns == [(False,)]


def test_the_history_goes_back_to_the_first_use_and_tells_each_once(used):
    who = used.new_person(Person("001092000745", "Trần Thị Lâu", "1992-06-02", "lau@example.vn"))
    browser = own_pages(used, who)
    used.query("INSERT INTO audit (bucket, at, event, outcome, subject_id, actor_id, client_id, request_id) "
               "SELECT bucket, timestamptz '2026-03-01 10:00+07' - d * interval '1 day' - h * interval '10 minutes', "
               "'token.refresh', 'ok', id, id, 'seen' || c, gen_random_uuid() "
               "FROM identity, generate_series(1, 100) d, generate_series(1, 3) c, generate_series(0, 4) h "
               "WHERE id = %s", who.answer["id"])
    used.query("INSERT INTO audit (bucket, at, event, outcome, subject_id, actor_id, client_id, request_id) "
               "SELECT bucket, timestamptz '2022-11-05 10:00+07', 'userinfo', 'ok', id, id, 'first', gen_random_uuid() "
               "FROM identity WHERE id = %s", who.answer["id"])
    pages = whole_history(used, browser)
    refreshed = [one for page in pages for one in page if one[0] == "A service renewed its access"]
    assert len(refreshed) == 300 and {times(one) for one in refreshed} == {5}
    assert len({(one[1][0], one[1][-1]) for one in refreshed}) == 300, "each day of each service once"
    assert len(pages) > 4 and all(len(page) <= 102 for page in pages)
    assert pages[-1] == [("A service read your information", ["Test first", "10:00, 05/11/2022"])]
    moment = browser.open(used.issuer + "/account/history?before=1667617200000001")
    assert lines(moment) == pages[-1] and "Back to the latest" in moment.text
    nothing = browser.open(used.issuer + "/account/history?before=1667617200000000")
    assert lines(nothing) == [] and 'rel="next"' not in nothing.text


@pytest.mark.parametrize("before", ["0", "-1", "now", "1e3", "01667617200000000", "4102444800000001", "9223372036854775808",
                                    "1667617200000001&before=1667617200000001"])
def test_a_history_before_no_moment_is_refused(used, before):
    browser = own_pages(used, used.cuong)
    assert browser.open(used.issuer + "/account/history?before=" + before).status == 400


def test_somebody_with_very_many_entries_keeps_no_verifier_busy(used):
    who = used.new_person(Person("001092000744", "Lê Thị Nhiều", "1992-05-02", "nhieu@example.vn"))
    browser = own_pages(used, who)
    used.query("INSERT INTO audit (bucket, at, event, outcome, subject_id, actor_id, client_id, request_id) "
               "SELECT bucket, timestamptz '2026-03-01 20:00+07' - n * interval '1 second', 'token.refresh', 'ok', id, id, "
               "'seen', gen_random_uuid() FROM identity, generate_series(1, 21000) n WHERE id = %s", who.answer["id"])
    used.query("DELETE FROM audit WHERE at > now() - interval '1 day' AND subject_id = %s", who.answer["id"])
    pages = whole_history(used, browser)
    assert [[times(one) for one in page] for page in pages] == [[20000], [1000]], "one look counts 20,000 and no more"


def test_a_day_of_very_many_services_hides_nothing(used):
    """Whoever knows a number can be refused in its name at every service there is: the person still sees each line."""
    who = used.new_person(Person("001092000746", "Võ Thị Đông", "1992-07-02", "dong@example.vn"))
    browser = own_pages(used, who)
    used.query("INSERT INTO audit (bucket, at, event, outcome, subject_id, actor_id, client_id, request_id) "
               "SELECT bucket, timestamptz '2026-03-01 20:00+07' - n * interval '1 second' - h * interval '1 hour', "
               "'login.refused', 'refused', id, id, 'an-ordinary-service-of-the-state-' || n, gen_random_uuid() "
               "FROM identity, generate_series(1, 2500) n, generate_series(0, 2) h WHERE id = %s", who.answer["id"])
    used.query("DELETE FROM audit WHERE at > now() - interval '1 day' AND subject_id = %s", who.answer["id"])
    pages = whole_history(used, browser)
    assert all(len(page) <= 300 for page in pages)
    seen = {}
    for line in sum(pages, []):
        seen[line[1][0]] = seen.get(line[1][0], 0) + times(line)
    assert len(seen) == 2500 and set(seen.values()) == {3}, "every use once, on whichever page"


def test_a_service_with_much_to_say_of_itself_hides_nothing(used):
    """Its registration is not read again for each line: a page has room for all lines, whatever the services are."""
    who = used.new_person(Person("001092000747", "Ngô Thị Dài", "1992-08-02", "dai@example.vn"))
    keys = [dict(ec_jwk(ec.generate_private_key(ec.SECP256R1()), "k%d" % n), x5c=["MIIC" + "A" * 1996] * 2) for n in range(3)]
    new_client(used, "wordy", client_name="Cổng nhiều lời", token_endpoint_auth_method="private_key_jwt", jwks={"keys": keys})
    browser = own_pages(used, who)
    used.query("INSERT INTO audit (bucket, at, event, outcome, subject_id, actor_id, client_id, request_id) "
               "SELECT bucket, timestamptz '2026-03-01 10:00+07' - d * interval '1 day', e, 'ok', id, id, 'wordy', "
               "gen_random_uuid() FROM identity, generate_series(0, 30) d, "
               "unnest(ARRAY['login', 'token.code', 'token.refresh', 'userinfo']) e WHERE id = %s", who.answer["id"])
    told = sum(whole_history(used, browser), [])
    assert sum(one[1][0] == "Cổng nhiều lời" for one in told if one[1]) == 31 * 4


def lock(service, browser, password):
    page = browser.open(service.issuer + "/account/lock")
    form = next(f for f in page.forms if f.has_type("password"))
    return browser.submit(page, form, {"current": password})


def test_a_session_alone_locks_nobody_out(used):
    browser = own_pages(used, used.binh)
    assert "present password is not right" in lock(used, browser, "không phải mật khẩu này").text
    page = browser.open(used.issuer + "/account/lock")
    form = next(f for f in page.forms if f.has_type("password"))
    stranger = own_pages(used, used.cuong)
    fields = dict(form.hidden(), current=used.binh.password)
    refused = stranger.post(used.issuer + "/account/lock", fields, headers={"Origin": used.issuer})
    assert refused.status == 403, "the form of another browser"
    assert used.first.log_in(used.binh)["access_token"]


def test_locking_ends_everything_at_once(used):
    who = used.new_person(Person("001091000733", "Phạm Thị Khóa", "1991-05-02", "khoa@example.vn"))
    client = new_client(used, "told", backchannel_logout_uri=used.heard.url + "/bye",
                        backchannel_logout_session_required=True)
    tokens = client.log_in(who, scope="openid offline_access")
    elsewhere = own_pages(used, who)
    _, unused = client.authorize(client.browser(), who, scope="openid offline_access")
    browser = own_pages(used, who)
    page = lock(used, browser, who.password)
    assert page.status == 200 and "Your account is locked" in page.text
    # from the moment that was said:
    assert not client.introspect(tokens["access_token"])["active"]
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).status_code == 400
    assert client.redeem(Attempt(), unused).status_code == 400
    for one in (browser, elsewhere):
        answer = one.session.get(used.issuer + "/account", allow_redirects=False, timeout=60)
        assert answer.headers["Location"] == "/account/login"
    again = client.browser("en")
    page = again.log_in(again.open(client.url(Attempt())), who.number, who.password)
    assert page.kind == "login" or page.status != 200, "the right password opens nothing"
    assert used.heard.wait(1), "services were told"
    rows = used.query("SELECT from_state, to_state, actor, legal_ground FROM identity_change WHERE identity_id = %s "
                      "ORDER BY at DESC LIMIT 1", who.answer["id"])
    assert rows == [("active", "locked", "the person", "own request")]
    # and only the administrator opens it again; what was ended stays ended
    used.identity("unlock", who)
    assert not client.introspect(tokens["access_token"])["active"]
    assert client.log_in(who)["access_token"]
    assert any(
        what == "The account was locked" for what, _ in history(used, own_pages(used, who)))
