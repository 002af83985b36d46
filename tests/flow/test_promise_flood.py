"""Promise 9: a flood is survived.  What is let in is answered; what is not hears so at once, before any work, and
when to come back; and a flood of one kind takes nothing from the others.  The floods themselves: tests/flood."""
import os
import re
import select
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
import requests
from harness.oidc import Attempt
from harness.service import Service
from harness.world import BUILD, populate

STACKS = 32  # of which logins have 4, pages 6, pushed requests 2
LOGINS, PUSHES = 4, 2
CONNECTIONS = 24


@pytest.fixture(scope="module")
def flooded(postgres):
    """As in production: addresses are limited, and told by a proxy."""
    service = Service(postgres, BUILD, {
        "server": {"stacks": STACKS, "connections_max": CONNECTIONS, "connections_per_address": 256,
                   "trusted_proxy": "127.0.0.1"},
        "processes": {"web": 1, "signer": 1, "verifier": 1}})
    try:
        service.migrate()
        service.start()
        populate(service)
        service.tokens = service.first.log_in(service.an, scope="openid offline_access")
        yield service
        assert "event=internal.error" not in service.log() and "AddressSanitizer" not in service.log()
    finally:
        service.close()


@contextmanager
def stopped(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def waiting(service, label):
    return len([t for t in service.ctl("tasks") if t["label"] == label and t["doing"]])


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def login_form(service, address):
    """A login that only needs to be sent."""
    browser = service.first.browser()
    browser.session.headers["X-Forwarded-For"] = address
    page = browser.open(service.first.url(Attempt()))
    return browser, page


def send(service, form):
    browser, page = form
    return browser.session.post(page.url, allow_redirects=False, timeout=60, headers={"Origin": service.issuer}, data=dict(
        page.form("login").hidden(), username=service.an.number, password=service.an.password))


def fresh_post(service, path, address, **fields):
    """A request of somebody else, on a connection of its own."""
    return requests.post(service.issuer + path, data=fields, timeout=60, allow_redirects=False,
                         headers={"X-Forwarded-For": address, "Connection": "close"})


def is_turned_away(answer):
    assert answer.status_code == 503, answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= 121
    return True


def everybody_else_is_served(service):
    """What people do who are logged in, what portals do, what operators look at."""
    first, tokens = service.first, service.tokens
    again = first.refresh(tokens["refresh_token"])
    assert again.status_code == 200, again.text
    service.tokens = dict(tokens, **again.json())
    assert first.userinfo(service.tokens["access_token"]).status_code == 200
    assert first.introspect(service.tokens["access_token"])["active"]
    assert first.jwks()["keys"]
    assert service.get("/health/ready").status_code == 200
    assert service.ctl("status")


def test_the_login_after_the_last_that_fits_is_refused_before_any_work(flooded):
    forms = [login_form(flooded, f"192.0.2.{i}") for i in range(LOGINS)]
    requests_before = flooded.query("SELECT count(*) FROM audit")[0][0]
    with ThreadPoolExecutor(LOGINS) as pool:
        with stopped(flooded.roles()["verifier"]):
            sent = [pool.submit(send, flooded, form) for form in forms]
            wait_until(lambda: waiting(flooded, "POST /login/") == LOGINS)
            # nobody looked whether there is such a login
            late = fresh_post(flooded, "/login/" + "A" * 46, "192.0.2.99", username="x", password="y")
            assert is_turned_away(late)
            assert late.headers["Refresh"] == late.headers["Retry-After"]
            assert "trang sẽ tự thử lại" in late.text and "asks again by itself" in late.text
            assert "script" not in late.headers["Content-Security-Policy"]
            assert late.headers["Cache-Control"] == "no-store"
            retries = {fresh_post(flooded, "/login/" + "A" * 46, "192.0.2.99").headers["Retry-After"]
                       for _ in range(20)}
            assert len(retries) > 1, "all would come back in the same second"
            assert flooded.query("SELECT count(*) FROM audit")[0][0] == requests_before
            everybody_else_is_served(flooded)
            assert login_form(flooded, "192.0.2.98")[1].kind == "login"
        assert [one.result().status_code for one in sent] == [303] * LOGINS
    assert flooded.first.log_in(flooded.an)["access_token"]


def test_one_address_does_not_keep_the_others_out(flooded):
    forms = [login_form(flooded, "198.51.100.7") for _ in range(3)] + [login_form(flooded, "198.51.100.8")]
    with ThreadPoolExecutor(4) as pool:
        with stopped(flooded.roles()["verifier"]):
            greedy = [pool.submit(send, flooded, form) for form in forms[:2]]
            wait_until(lambda: waiting(flooded, "POST /login/") == 2)
            assert is_turned_away(send(flooded, forms[2]))
            honest = pool.submit(send, flooded, forms[3])
            wait_until(lambda: waiting(flooded, "POST /login/") == 3)
        assert [one.result().status_code for one in greedy + [honest]] == [303] * 3
    assert send(flooded, forms[2]).status_code == 303, "the form that was refused is still good"


def test_pushed_requests_that_wait_for_the_database_stop_nobody(flooded):
    first = flooded.first
    with ThreadPoolExecutor(PUSHES) as pool, closing(flooded.postgres.connect(flooded.database)) as other:
        other.autocommit = False
        other.cursor().execute("LOCK TABLE authd.authorization_request IN ACCESS EXCLUSIVE MODE")

        def push():
            return requests.post(first.discovery["pushed_authorization_request_endpoint"], timeout=60,
                                 auth=(first.id, first.secret), data=first.parameters(Attempt()))
        sent = [pool.submit(push) for _ in range(PUSHES)]
        wait_until(lambda: waiting(flooded, "POST /par") == PUSHES)
        late = push()
        assert is_turned_away(late)
        assert late.json()["error"] == "temporarily_unavailable" and "Refresh" not in late.headers
        everybody_else_is_served(flooded)
        other.rollback()
        assert [one.result().status_code for one in sent] == [201] * PUSHES


def test_connections_that_say_nothing_make_room(flooded):
    def dial():
        return socket.create_connection(("127.0.0.1", flooded.port), timeout=60)

    dripping = dial()
    held = [dripping]
    dripping.sendall(b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Le")
    answers = []
    try:
        def somebody_comes():
            held.append(dial())
            held[-1].sendall(f"GET /health/live HTTP/1.1\r\nHost: localhost:{flooded.port}\r\n\r\n".encode())
            answers.append(held[-1].recv(4096).split(b" ")[1])
            return select.select([dripping], [], [], 0)[0]
        wait_until(somebody_comes)
        assert dripping.recv(4096) == b"", "who said least for longest made room"
        assert answers[-1] == b"200" and set(answers) <= {b"200", b"503"}
    finally:
        for one in held:
            one.close()
    everybody_else_is_served(flooded)


def test_a_flood_leaves_a_line_a_second_and_no_task(flooded):
    lines = flooded.log_lines("http.overload")
    assert lines and all(re.search(r" work=(login|page|push|other) ", line) for line in lines)
    wait_until(lambda: not [t for t in flooded.ctl("tasks") if t["doing"]])
