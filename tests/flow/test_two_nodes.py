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
    other = Service(postgres, BUILD, beside=one)
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


def seconds(does, *arguments):
    began = time.monotonic()
    assert does(*arguments).status_code == 503
    return time.monotonic() - began


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
        with ThreadPoolExecutor(16) as crowd:
            for _ in range(2): # each web process finds out for itself
                took = list(crowd.map(lambda n: seconds(introspect, other, one.first, forge(token, "nobody%d" % n)), range(16)))
        assert sum(s > 1.5 for s in took) <= 4, ("whoever invents keys keeps one stack and not all", took)
        assert introspect(one, one.first, token).json()["active"] is True
    assert introspect(other, one.first, token).json()["active"] is True
