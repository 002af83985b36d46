"""Processes: a dead child is restarted, reload keeps connections, SIGTERM drains, certificates change."""
import hashlib
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings

import pytest
import requests


@pytest.mark.parametrize("role", ["web", "verifier", "signer", "courier", "clerk", "admin"])
def test_a_killed_child_is_restarted_and_nobody_notices(make_service, role):
    service = make_service()
    before = service.roles()
    assert role in before, before
    tokens = service.first.log_in(service.an, scope="openid offline_access")
    for pid in before[role]:
        os.kill(pid, signal.SIGKILL)
    if role == "web":
        service.wait_log("event=process.died")
        service.wait_ready()
        service.first.http.close()
    answer = service.first.refresh(tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert service.first.log_in(service.an)["access_token"]
    assert service.ctl("status")
    service.wait_log("event=process.died", len(before[role]))
    end = time.monotonic() + 60
    while time.monotonic() < end and len(service.roles().get(role, [])) < len(before[role]):
        time.sleep(0.05)
    after = service.roles()
    assert len(after[role]) == len(before[role])
    assert not set(after[role]) & set(before[role])


def test_where_the_only_web_process_dies_new_connections_wait_and_are_served(make_service):
    service = make_service({"processes": {"web": 1}}, fill=False)
    (pid,) = service.roles()["web"]
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end and pid in service.children():
        time.sleep(0.001)
    with service.session() as http:
        answer = http.get(service.issuer + "/.well-known/openid-configuration", timeout=60)
    assert answer.status_code == 200
    assert service.roles()["web"] != [pid]


def test_children_end_with_the_parent(make_service):
    service = make_service(fill=False)
    children = service.children()
    assert children
    service.process.kill()
    service.process.wait()
    end = time.monotonic() + 60
    while time.monotonic() < end and any(os.path.exists(f"/proc/{pid}") for pid in children):
        time.sleep(0.05)
    left = [pid for pid in children if os.path.exists(f"/proc/{pid}")]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def test_reload_drops_no_connection_and_takes_effect(make_service):
    service = make_service()
    with service.session() as http:
        url = service.issuer + "/.well-known/openid-configuration"
        first = http.get(url, timeout=60, stream=True)
        first.content
        jwks_uri = first.json()["jwks_uri"]
        assert "max-age=2" in http.get(jwks_uri, timeout=60).headers["Cache-Control"]
        sock_before = http.get(url, timeout=60, stream=True).raw._connection
        service.options["keys"]["jwks_max_age_s"] = 7
        service.write_config()
        service.reload()
        for _ in range(20):
            assert http.get(url, timeout=60).status_code == 200
        end = time.monotonic() + 60
        while "max-age=7" not in http.get(jwks_uri, timeout=60).headers["Cache-Control"]:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert sock_before is not None


def test_a_kept_connection_survives_a_reload(make_service):
    service = make_service(fill=False)
    request = (f"GET /health/live HTTP/1.1\r\nHost: localhost:{service.port}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as s:
        for _ in range(3):
            s.sendall(request)
            assert s.recv(65536).startswith(b"HTTP/1.1 200")
            service.reload()


def test_a_bad_configuration_is_refused_and_the_old_one_stays(make_service):
    service = make_service(fill=False)
    service.options["server"]["no_such_option"] = 1
    service.write_config()
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("event=config.refused")
    assert "no_such_option" in service.log()
    assert service.get("/health/ready").status_code == 200


def test_sigterm_finishes_what_is_in_progress(make_service):
    service = make_service({"passwords": {"argon2_memory_kib": 262144, "argon2_time": 3}})
    service.set_password(service.an, service.an.password)
    from harness.oidc import Attempt
    browser = service.first.browser()
    page = browser.open(service.first.url(Attempt()))
    outcome = {}

    def log_in():
        try:
            outcome["page"] = browser.session.post(
                page.url, data=dict(page.form("login").hidden(), **{
                    i["name"]: service.an.number if i.get("type") != "password" else service.an.password
                    for i in page.form("login").inputs if i.get("type") not in ("hidden", "checkbox")}),
                headers={"Origin": service.issuer}, allow_redirects=False, timeout=60)
        except requests.RequestException as error:
            outcome["error"] = error
    thread = threading.Thread(target=log_in)
    thread.start()
    time.sleep(0.25)
    assert service.stop(30) == 0
    thread.join()
    assert "error" not in outcome, outcome
    assert outcome["page"].status_code in (200, 303)


def fingerprint(service):
    context = ssl.create_default_context(cafile=service.ca_file)
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as s:
            return hashlib.sha256(s.getpeercert(True)).hexdigest(), s.version()


def test_the_certificate_is_exchanged_without_restart(make_service):
    service = make_service(tls=True, fill=False)
    before, version = fingerprint(service)
    assert version in ("TLSv1.2", "TLSv1.3")
    with service.session() as http:
        assert http.get(service.issuer + "/health/live", timeout=60).status_code == 200
        service.new_certificate()
        service.reload()
        end = time.monotonic() + 60
        while fingerprint(service)[0] == before:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert http.get(service.issuer + "/health/live", timeout=60).status_code == 200


def test_old_tls_versions_are_refused(make_service):
    service = make_service(tls=True, fill=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(service.ca_file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as raw:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(raw, server_hostname="localhost")


def test_plain_http_is_refused_except_on_loopback(make_service):
    service = make_service(start=False)
    service.options["server"]["listen"] = "0.0.0.0:1"
    service.write_config()
    done = subprocess.run([service.build + "/authd", "-n", "-c", service.conf_path], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "loopback" in done.stderr + done.stdout


@pytest.mark.parametrize("role", ["web", "verifier", "signer", "courier", "clerk"])
def test_children_hold_no_capability_and_no_new_privileges(make_service, role):
    service = make_service(fill=False)
    for pid in service.roles()[role]:
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        assert int(status["CapEff"], 16) == 0, role
        assert int(status["CapPrm"], 16) == 0, role
        assert status["NoNewPrivs"].strip() == "1", role
        assert status["Seccomp"].strip() == "2", role
        if os.geteuid() == 0 and service.options["user"]:
            assert "0" not in status["Uid"].split(), role
