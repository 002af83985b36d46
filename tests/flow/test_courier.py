"""Deliveries: where the courier does not go, whom it does not believe, what it keeps trying."""
import os
import ssl
import subprocess
import tempfile
import time

import pytest
from harness.oidc import jwt_verify
from harness.receiver import Receiver
from harness.world import new_client


def logged_in(service, url, name="portal"):
    """A client with this back-channel URL in which an has logged in."""
    client = new_client(service, name, backchannel_logout_uri=url)
    client.log_in(service.an)
    return client


def end_sessions(service):
    service.ctl_text("--yes", "session", "end", service.an.number)


def outcome(service, seconds=60, count=1):
    """(delivered, failed, attempts, last error) of the rows once as many have an attempt behind them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rows = service.query("SELECT delivered_at IS NOT NULL, failed_at IS NOT NULL, attempts, last_error "
                             "FROM outbox WHERE delivered_at IS NOT NULL OR last_error IS NOT NULL")
        if len(rows) >= count:
            return rows
        time.sleep(0.05)
    raise AssertionError(service.query("SELECT * FROM outbox"))


class TlsReceiver(Receiver):
    """The same behind TLS, with a certificate of localhost from an authority of its own."""

    def __init__(self, directory):
        super().__init__()
        key, pem = f"{directory}/key.pem", f"{directory}/localhost.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", pem],
                       check=True, stderr=subprocess.DEVNULL)
        os.chmod(pem, 0o644)
        self.ca = pem
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"


@pytest.fixture
def tls_receiver():
    with tempfile.TemporaryDirectory(prefix="authd-tls-") as directory:
        os.chmod(directory, 0o755)  # the daemon's user reads the certificate
        made = TlsReceiver(directory)
        yield made
        made.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254",
                                  "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"])
def test_nothing_is_sent_to_an_address_that_is_not_public(make_service, receiver, host):
    service = make_service({"development": {"courier_loopback": False}})
    port = receiver.url.rsplit(":", 1)[1]
    logged_in(service, f"https://{host}:{port}/backchannel")
    end_sessions(service)
    (delivered, failed, attempts, error), = outcome(service)
    assert not delivered and failed and attempts == 1
    assert "guard" in error
    assert not receiver.calls
    assert service.query("SELECT count(*) FROM audit WHERE event = 'delivery.failed'") == [(1,)]


def test_redirects_are_not_followed(make_service, receiver):
    service = make_service()
    receiver.statuses = [302, 307]
    logged_in(service, receiver.url + "/backchannel")
    end_sessions(service)
    calls = receiver.wait(3)
    assert {call[1] for call in calls} == {"/backchannel"}
    assert outcome(service)[0][0]


def test_an_unknown_certificate_is_not_believed(make_service, tls_receiver):
    service = make_service()
    logged_in(service, tls_receiver.url + "/backchannel")
    end_sessions(service)
    delivered, failed, _, error = outcome(service)[0]
    assert not delivered and not failed and "certificate" in error.lower(), error
    assert not tls_receiver.calls


def test_a_known_certificate_is(make_service, tls_receiver, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", tls_receiver.ca)
    service = make_service()
    client = logged_in(service, tls_receiver.url + "/backchannel")
    end_sessions(service)
    fields = tls_receiver.wait(1)[0][3]
    assert jwt_verify(fields["logout_token"], client.jwks())
    assert outcome(service)[0][0]


def test_deliveries_to_one_portal_keep_their_order(make_service, receiver):
    service = make_service()
    receiver.statuses = [503]
    client = new_client(service, "portal", backchannel_logout_uri=receiver.url + "/b",
                        backchannel_logout_session_required=True)
    sids = []
    for _ in range(3):
        tokens = client.log_in(service.an)
        sids.append(client.id_token(tokens)["sid"])
        end_sessions(service)
    calls = receiver.wait(4)
    told = [jwt_verify(call[3]["logout_token"], client.jwks())[1] for call in calls]
    assert [one["sid"] for one in told] == [sids[0]] + sids
    assert told[0]["jti"] == told[1]["jti"], "the same delivery has the same jti"
    assert len({one["jti"] for one in told}) == 3


def test_a_portal_that_keeps_refusing_is_believed(make_service, receiver):
    service = make_service()
    receiver.statuses = [400] * 10
    logged_in(service, receiver.url + "/b")
    end_sessions(service)
    receiver.wait(4, seconds=40)
    end = time.monotonic() + 60
    while not outcome(service)[0][1]:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert len(receiver.calls) == 4


def test_a_killed_courier_loses_nothing(make_service, receiver):
    service = make_service()
    client = logged_in(service, receiver.url + "/b")
    for pid in service.roles()["courier"]:
        os.kill(pid, 9)
    end_sessions(service)
    assert jwt_verify(receiver.wait(1)[0][3]["logout_token"], client.jwks())
