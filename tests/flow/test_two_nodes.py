"""After an emergency every new token verifies at once, also at a node that has not heard of its key yet."""
import json
import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from harness.oidc import b64, jwt_parts
from harness.service import Service
from harness.world import BUILD, populate


@pytest.fixture(scope="module")
def nodes(postgres):
    one = Service(postgres, BUILD)
    other = Service(postgres, BUILD, {"processes": {"web": 1}}, beside=one)
    try:
        one.migrate()
        one.start()
        populate(one)
        shutil.copy(one.directory + "/erasures", other.directory)
        other.start()
        yield one, other
    finally:
        other.close()
        one.close()


@contextmanager
def standing_still(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def kid_of(tokens):
    return jwt_parts(tokens["access_token"])[0]["kid"]


def ask(node, client, endpoint, fields, headers=None):
    """This node, wherever the world reaches the service."""
    url = urlsplit(client.discovery[endpoint])
    return client.http.request("POST" if fields else "GET", node.address + url.path, data=fields, timeout=60,
                               auth=(client.id, client.secret) if fields else None,
                               headers=dict(headers or {}, Host=url.netloc))


def introspect(node, client, token):
    return ask(node, client, "introspection_endpoint", {"token": token})


def token_under_a_key_nobody_expected(node):
    """Signed by the successor of the successor: the first was published long ago, the second is made as the first key is
    revoked."""
    client = node.first
    tokens = client.log_in(node.an, scope="openid offline_access")
    for _ in range(2):
        revoked, end = kid_of(tokens), time.monotonic() + 60
        node.ctl_text("--yes", "keys", "revoke", revoked, "--reason", "test")
        while kid_of(tokens) == revoked:
            assert time.monotonic() < end
            tokens = client.refresh(tokens["refresh_token"]).json()
    return tokens["access_token"]


def forge(token, kid):
    _, claims, signature = token.split(".")
    return ".".join((b64(json.dumps({"typ": "at+jwt", "alg": "ES256", "kid": kid}).encode()), claims, signature))


def test_a_key_nobody_made_is_refused(nodes):
    one, other = nodes
    forged = forge(one.first.log_in(one.an)["access_token"], "nobody")
    for node in nodes:
        assert introspect(node, one.first, forged).json() == {"active": False}
        assert ask(node, one.first, "userinfo_endpoint", None, {"Authorization": "Bearer " + forged}).status_code == 401


def test_a_node_that_has_not_heard_of_a_key_does_not_call_its_tokens_bad(nodes):
    one, other = nodes
    with standing_still(other.roles()["clerk"][0]):
        token = token_under_a_key_nobody_expected(one)
        known = ask(other, one.first, "jwks_uri", None).json()["keys"]
        assert kid_of({"access_token": token}) not in [key["kid"] for key in known]
        answer = introspect(other, one.first, token)
        assert answer.status_code == 503 and "Retry-After" in answer.headers, answer.text
        with ThreadPoolExecutor(1) as beside:  # what was waited for in vain keeps one stack, and not those of all
            end, alone = time.monotonic() + 60, True
            while alone:
                assert time.monotonic() < end, "whoever invents keys waits beside others"
                waits = beside.submit(introspect, other, one.first, forge(token, "nobody"))
                while not waits.done() and "POST /introspect" not in [t["label"] for t in other.ctl("tasks")]:
                    pass
                for who in ("nobody else", "nobody at all"):
                    assert introspect(other, one.first, forge(token, who)).status_code == 503
                alone = waits.done()
                assert waits.result().status_code == 503
        assert introspect(one, one.first, token).json()["active"] is True
    assert introspect(other, one.first, token).json()["active"] is True
