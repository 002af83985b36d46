"""docs/operations.md as an administrator would follow it: back up, erase, restore, replay, upgrade; block by block, as the
text stands, on an installation made like the packages'."""
import re

import pytest
from harness.installed import Installed
from harness.oidc import Attempt
from harness.postgres import ROOT
from harness.service import CommandFailed
from harness.world import BUILD, drop_postgres, new_postgres, populate

BEFORE = "export AUTHD_CONFIG=/etc/authd/authd.conf CREDENTIALS_DIRECTORY=/etc/authd/secrets\n"
MOMENT = "2026-11-22 14:00:00+07"


def blocks():
    with open(ROOT + "/docs/operations.md") as text:
        parts = re.split(r"\n## (.+)\n", text.read())
    return {heading: re.findall(r"```sh\n(.*?)```", body, re.S) for heading, body in zip(parts[1::2], parts[2::2])}


BLOCKS = blocks()


@pytest.fixture
def machine():
    cluster = new_postgres()
    one = Installed(cluster, BUILD)
    try:
        one.migrate()
        one.start()
        yield populate(one)
    finally:
        one.close()
        assert "AddressSanitizer" not in one.last_log and "runtime error:" not in one.last_log
        drop_postgres(cluster)


def follow(where, block):
    return where.run(BEFORE + block)


def test_back_up_erase_restore_replay_upgrade(machine):
    once, nightly, elsewhere = BLOCKS["Back up"]
    follow(machine, once)
    machine.wait_ready()
    follow(machine, nightly)
    follow(machine, elsewhere)

    # after the backup: a service is registered, a person enters the archive's part of the restore …
    tokens = machine.first.log_in(machine.binh, scope="openid profile offline_access")
    gone = machine.first.log_in(machine.an, scope="openid profile offline_access")
    an = machine.ctl("identity", "show", machine.an.number)["id"]
    moment = machine.query("SELECT clock_timestamp()")[0][0].isoformat(" ")
    # … and somebody is erased
    erase, = BLOCKS["Erase somebody"]
    follow(machine, erase.replace("001190000001", machine.an.number))
    assert machine.first.refresh(gone["refresh_token"]).status_code == 400

    restore, replay = BLOCKS["Restore"]
    assert MOMENT in restore
    machine.waits = False
    follow(machine, restore.replace(MOMENT, moment))
    machine.waits = True
    # the erased person is in the database again, and nobody can be told anything
    assert machine.query("SELECT count(*) FROM identity_key WHERE identity_id = %s", an) == [(1,)]
    assert machine.query("SELECT count(*) FROM erasure") == [(0,)]
    machine.wait_log("event=erasures.refused", seconds=60)
    answer = machine.get("/health/ready")
    assert answer.status_code == 503 and "keys" in answer.json()["missing"]
    assert "lacks 1 erasures of the ledger" in machine.log_lines("erasures.refused")[-1]

    told = follow(machine, replay)
    assert "1" in told
    machine.wait_ready()
    assert machine.query("SELECT count(*) FROM identity_key WHERE identity_id = %s", an) == [(0,)]
    with pytest.raises(CommandFailed) as unknown:
        machine.ctl("identity", "show", machine.an.number)
    assert "nobody has this personal number" in str(unknown.value)
    # what was acknowledged before the moment is there, the last minute included; others go on
    answer = machine.first.refresh(tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert machine.first.userinfo(answer.json()["access_token"]).json()["name"] == machine.binh.name
    assert machine.first.log_in(machine.cuong)["access_token"]
    browser = machine.first.browser()
    assert browser.open(machine.first.url(Attempt())).kind == "login"

    upgrade, = BLOCKS["Upgrade"]
    before = machine.process
    assert "ready" in follow(machine, upgrade)
    machine.adopt(machine.ctl("status")["pid"])
    assert machine.process.pid != before.pid
    assert machine.first.log_in(machine.cuong)["access_token"]
