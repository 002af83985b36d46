"""The control socket and what its acts leave behind; refusals come before successes."""
import json
import os
import pwd
import socket
import subprocess

import pytest


def control_path(service):
    return service.options["run_dir"] + "/authctl.sock"


def with_key(service, line):
    """What authctl adds: the text of the file beside the socket."""
    with open(control_path(service) + ".key", "rb") as file:
        key = b'"key":"' + file.read() + b'"'
    return line.replace(b"{", b"{" + key + (b"" if line.startswith(b"{}") else b","), 1)


def ask(service, line):
    """Sends bytes to the control socket; the last line of the answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(control_path(service))
        try:
            client.sendall(line)
        except BrokenPipeError:
            pass  # it answered before it had read everything
        answer = b""
        while True:
            try:
                part = client.recv(65536)
            except ConnectionResetError:
                break
            if not part:
                break
            answer += part
    return json.loads(answer.splitlines()[-1])


def test_a_stranger_may_not_command(service):
    path = control_path(service)
    mode = os.stat(path).st_mode
    os.chmod(path, 0o666)  # what the kernel says must suffice
    code = ("import socket,sys;s=socket.socket(socket.AF_UNIX);"
            "s.connect(sys.argv[1]);sys.stdout.write(s.recv(65536).decode())")
    command = ["/usr/bin/python3", "-c", code, path]
    # Becoming somebody else takes root; an ordinary user who runs ./dev has sudo.
    other = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    command = command if other else ["sudo", "-n", "-u", "nobody", *command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                              cwd="/", **other)
    finally:
        os.chmod(path, mode)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["error"]["kind"] == "denied" and "user id" in answer["error"]["text"]


@pytest.mark.parametrize("line", [
    b"\n", b"hello\n", b"{}\n", b'{"command":"keys"}\n', b'{"command":7}\n',
    b'{"command":"migrate"}\n', b'{"command":"keys list","arguments":[]}\n',
    b'{"command":"keys list","arguments":{"nonsense":1}}\n',
    b'{"command":"keys list","command":"status"}\n', b"\xff\xfe\n", b"{" * 2000 + b"\n",
    b'{"command":"keys revoke","arguments":{"kid":{}}}\n',
    b'{"command":"identity show","arguments":{"id":"\' OR 1=1 --"}}\n',
], ids=lambda line: repr(line)[:40])
def test_what_is_not_a_request_is_refused(service, line):
    assert ask(service, with_key(service, line))["error"]["kind"] in ("input", "limit")
    assert "result" in ask(service, with_key(service, b'{"command":"status"}\n'))


def test_a_request_without_end_is_refused(service):
    assert ask(service, b"x" * 600000)["error"]["kind"] == "limit"
    assert "result" in ask(service, with_key(service, b'{"command":"status"}\n'))


@pytest.mark.parametrize("line", [
    b'{"command":"status"}\n', b'{"key":"","command":"status"}\n', b'{"key":7,"command":"status"}\n',
    b'{"key":"%s","command":"status"}\n' % (b"0" * 64), b"{}\n", b"[]\n"])
def test_who_cannot_open_a_file_may_not_command(service, line):
    """A sandboxed process of the daemon's own user can connect; see test_promise_hijacked_web."""
    mark = service.log_mark()
    answer = ask(service, line)
    assert answer["error"]["kind"] == "denied" and ".key" in answer["error"]["text"]
    assert "event=admin.command" in service.log()[mark:] and "outcome=refused" in service.log()[mark:]
    assert os.stat(control_path(service) + ".key").st_mode & 0o777 == 0o600


def test_without_a_daemon_the_status_is_three(service, tmp_path):
    done = subprocess.run([service.build + "/authctl", "--socket", str(tmp_path / "none"), "status"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "is authd running" in done.stderr


def test_wrong_usage_is_two_and_a_refusal_is_one(service):
    assert service.ctl_run("keys", "list", "--nonsense").returncode == 2
    assert service.ctl_run("--yes", "keys", "revoke", "no-such-key").returncode == 1
    assert service.ctl_run("client", "show", "no-such-client").returncode == 1


def test_every_act_names_the_operator_and_no_value(make_service):
    service = make_service()
    service.ctl_text("identity", "show", service.an.number, "--reason", "case 12")
    service.ctl_text("identity", "lock", service.an.number, "--ground", "own request")
    service.ctl_text("identity", "unlock", service.an.number, "--ground", "own request")
    service.ctl_text("client", "rotate-secret", "first")
    service.ctl_text("client", "update", "first", "--json", "-", stdin={"client_name": "Other"})
    service.ctl_text("--yes", "client", "disable", "second")
    service.ctl_text("resource", "add", "--audience", "https://api.example/", "--name", "Api")
    service.ctl_text("keys", "rotate", "--alg", "ES256")
    service.ctl_text("--yes", "session", "end", service.an.number)
    rows = service.query("SELECT event, operator, ground, coalesce(detail, '') FROM audit")
    done = {event: (operator, ground) for event, operator, ground, _ in rows if operator != "clerk"}
    own = pwd.getpwuid(os.geteuid()).pw_name
    for event in ("identity.added", "identity.shown", "identity.locked", "identity.unlocked",
                  "client.created", "client.secret_rotated", "client.updated", "client.disabled",
                  "resource.registered", "key.rotated", "logout"):
        assert event in done, sorted(done)
        assert done[event][0].split(" for ")[0] == own
    assert done["identity.shown"][1] == "case 12"
    assert done["identity.locked"][1] == "own request"
    told = json.dumps(rows) + service.log()
    for secret in (service.an.number, service.an.name, service.an.password, service.first.secret):
        assert secret not in told


def test_a_ground_is_needed_to_lock(service):
    assert service.ctl_run("identity", "lock", service.an.number).returncode == 2


def test_generated_people_can_log_in(make_service):
    service = make_service(fill=False)
    made = json.loads(service.ctl_text("--json", "identity", "generate", "--count", "70", "--seed", "3",
                                       "--password-for-first", "2", stdin="ba con mèo gặm bánh xèo\n"))
    assert made["made"] == 70 and made["skipped"] == 0 and len(made["rows"]) == 70
    again = json.loads(service.ctl_text("--json", "identity", "generate", "70", "--seed", "3"))
    assert again["made"] == 0 and again["skipped"] == 70
    assert service.query("SELECT count(*) FROM identity") == [(70,)]
    assert service.query("SELECT count(*) FROM credential") == [(2,)]
    # buckets that several people share have one key
    assert service.query("SELECT max(version) FROM bucket_key") == [(1,)]
    assert service.query("SELECT count(*) FROM identity i WHERE NOT EXISTS "
                         "(SELECT FROM bucket_key b WHERE i.bucket = b.bucket)") == [(0,)]
    from harness.world import new_client
    client = new_client(service, "portal")

    class Somebody:
        number, password = made["rows"][0]["personal_number"], "ba con mèo gặm bánh xèo"
    assert "id_token" in client.log_in(Somebody)


def test_an_organisation_is_entered_and_shown(service):
    added = json.loads(service.ctl_text(
        "--json", "identity", "add", "--organisation-code", "0100109106", "--name",
        "Tập đoàn Thử nghiệm", "--ground", "registration"))
    shown = json.loads(service.ctl_text("--json", "identity", "show", added["id"]))
    assert shown["kind"] == "organisation" and shown["account_level"] == 0
    assert shown["attributes"]["organisation_code"] == "0100109106"
    refused = service.ctl_run("identity", "add", "--organisation-code", "0100109106", "--name", "Khác")
    assert refused.returncode == 1


def test_a_client_keeps_what_an_update_does_not_name(service, register):
    client = register(service, "update-me", client_uri="https://portal.example/")
    service.ctl_text("client", "update", client.id, "--json", "-", stdin={"client_name": "New"})
    shown = service.ctl("client", "show", client.id)
    assert shown["client_name"] == "New" and shown["client_uri"] == "https://portal.example/"
    service.ctl_text("client", "update", client.id, "--json", "-", stdin={"client_uri": None})
    assert "client_uri" not in service.ctl("client", "show", client.id)
    refused = service.ctl_run("client", "update", client.id, "--json", "-",
                              stdin={"redirect_uris": ["http://evil.example/"]})
    assert refused.returncode == 1
    refused = service.ctl_run("client", "update", client.id, "--json", "-", stdin={"client_id": "x"})
    assert refused.returncode == 1


def test_commands_survive_the_death_of_signers(make_service):
    service = make_service()
    for pid in service.roles()["signer"]:
        os.kill(pid, 9)
    shown = json.loads(service.ctl_text("--json", "identity", "show", service.an.number))
    assert shown["attributes"]["name"] == service.an.name
    assert "id_token" in service.first.log_in(service.an)
