"""authctl audit list: what happened, told to whoever has a reason; refusals come first."""
import json
import os
import re

import pytest
from harness.service import CommandFailed
from harness.postgres import ROOT


def entries(service, *arguments):
    return service.ctl("audit", "list", *arguments)


@pytest.mark.parametrize("arguments,hint", [
    (["--event", "no.such.event"], "no.such.event"),
    (["--request", "xyz"], "request"),
    (["--limit", "0"], "limit"),
    (["--limit", "1001"], "limit"),
    (["--since", "yesterday"], "2027"),
    (["--addresses"], "reason"),
    (["001090004821"], "reason"),
    (["001090004821", "--request", "7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90", "--reason", "x"], "either"),
], ids=str)
def test_what_can_not_be_asked_is_refused_with_the_cure(service, arguments, hint):
    with pytest.raises(CommandFailed) as refused:
        entries(service, *arguments)
    assert hint in str(refused.value)


def test_reading_about_a_person_is_written_down_first_and_names_the_reason(service):
    service.first.log_in(service.binh)
    before = service.query("SELECT count(*) FROM audit WHERE event = 'audit.read' AND subject_id = %s",
                           service.binh.answer["id"])[0][0]
    refused = service.ctl_run("audit", "list", service.binh.number)
    assert refused.returncode != 0
    told = entries(service, service.binh.number, "--reason", "complaint 17")
    assert service.query("SELECT count(*) FROM audit WHERE event = 'audit.read' AND subject_id = %s AND ground = %s",
                         service.binh.answer["id"], "complaint 17") == [(before + 1,)]
    assert told[0]["event"] == "audit.read" and told[0]["ground"] == "complaint 17" and told[0]["operator"]
    assert {"login", "grant.issued", "token.code"} <= {entry["event"] for entry in told}
    assert {entry["subject"] for entry in told} == {service.binh.answer["id"]}
    assert service.binh.number not in json.dumps(told) and service.binh.name not in json.dumps(told)


def test_addresses_are_opened_only_when_asked_for(service):
    service.first.log_in(service.cuong)
    arguments = [service.cuong.number, "--reason", "complaint 18", "--event", "login"]
    assert {entry["address"] for entry in entries(service, *arguments)} == {None}
    assert "127.0.0.1" in {entry["address"] for entry in entries(service, *arguments, "--addresses")}
    assert service.query("SELECT detail FROM audit WHERE ground = 'complaint 18' AND detail LIKE '%%true%%'")


def test_whose_entries_they_are_is_seen_with_a_reason_only(service):
    """Else a span of time would tell about everybody, and nobody would see it."""
    service.first.log_in(service.an)
    who, session = service.an.answer["id"], service.query("SELECT session_id::text FROM audit WHERE event = 'login' "
                                                          "ORDER BY at DESC LIMIT 1")[0][0]
    unseen = entries(service, "--event", "login")
    by_request = entries(service, "--request", unseen[0]["request"])
    assert {entry["subject"] for entry in unseen + by_request} == {None}
    assert who not in json.dumps([unseen, by_request]) and session not in json.dumps([unseen, by_request])
    seen = entries(service, "--event", "login", "--reason", "complaint 19")
    assert who in {entry["subject"] for entry in seen}
    assert service.query("SELECT subject_id, operator IS NOT NULL FROM audit WHERE event = 'audit.read' "
                         "AND ground = 'complaint 19'") == [(None, True)]


def test_entries_are_found_by_event_client_request_and_time(service):
    service.first.log_in(service.an)
    found = entries(service, "--event", "token.code", "--client", service.first.id, "--limit", "5")
    assert found and {entry["event"] for entry in found} == {"token.code"}
    assert {entry["client"] for entry in found} == {service.first.id} and len(found) <= 5
    assert [entry["at"] for entry in found] == sorted((entry["at"] for entry in found), reverse=True)
    same = entries(service, "--request", found[0]["request"])
    assert found[0] in same and {entry["request"] for entry in same} == {found[0]["request"]}
    assert entries(service, "--event", "token.code", "--until", "2020-01-01T00:00:00Z") == []
    assert entries(service, "--event", "token.code", "--since", "2020-01-01T00:00:00Z", "--limit", "1000")


def test_every_event_of_the_audit_is_explained():
    with open(os.path.join(ROOT, "authd/store/audit.h")) as file:
        names = re.findall(r'X\(AUDIT_\w+, "([a-z_.]+)"', file.read())
    with open(os.path.join(ROOT, "docs/logs.md")) as file:
        explained = re.findall(r"^\| `([a-z_.]+)` \|", file.read(), re.M)
    assert names and set(names) == set(explained)
