"""Clients under a sector_identifier_uri: their addresses stand in the document there, which the courier fetches
(OpenID Registration section 5)."""
import json

import pytest
from harness.oidc import jwt_parts
from harness.publisher import Publisher
from harness.service import CommandFailed
from harness.world import new_client

HERE = ["http://localhost:9999/one", "http://127.0.0.1:9999/one"]


@pytest.fixture
def publisher():
    made = Publisher()
    made.url = made.url.replace("/jwks", "/sector.json")
    yield made
    made.close()


def listed(publisher, *uris):
    publisher.body = json.dumps(uris).encode()


def update(service, client, change):
    service.ctl_text("client", "update", client.id, "--json", "-", stdin=change)


def new(service, name, publisher, uris=None, **over):
    return new_client(service, name, redirect_uris=uris or HERE, sector_identifier_uri=publisher.url, **over)


@pytest.mark.parametrize("uris", [[], HERE[:1], [u + "/" for u in HERE], [u.upper() for u in HERE]], ids=str)
def test_an_address_that_is_not_listed_is_refused(service, register, publisher, uris):
    """spec: OpenID Core §8.1:fetch, OpenID Registration §5:fetch, §5:listed"""
    listed(publisher, *uris)
    with pytest.raises(CommandFailed, match="does not stand in the document behind sector_identifier_uri"):
        register(service, "unlisted", redirect_uris=HERE, sector_identifier_uri=publisher.url)
    assert publisher.asked == 1


@pytest.mark.parametrize("spoil, why", [
    ({"status": 404}, "answered 404"),
    ({"status": 302, "headers": {"Location": "/elsewhere"}}, "answered 302"),
    ({"body": b"<html>"}, "json"),
    ({"body": b'{"redirect_uris": []}'}, "no JSON array"),
    ({"body": b"[1]"}, "something else than texts"),
    ({"body": b"[" + b" " * 65536 + b"]"}, "sector_identifier_uri"),
], ids=lambda v: str(v)[:30])
def test_what_is_no_document_is_refused_with_its_cause(service, register, publisher, spoil, why):
    for member, value in spoil.items():
        setattr(publisher, member, value)
    with pytest.raises(CommandFailed, match=why):
        register(service, "spoilt", redirect_uris=HERE, sector_identifier_uri=publisher.url)


def test_nothing_is_fetched_from_an_address_that_is_not_public(make_service, publisher):
    service = make_service({"development": {"courier_loopback": False}}, fill=False)
    listed(publisher, *HERE)
    inside = publisher.url
    for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "localhost"):
        publisher.url = inside.replace("http://127.0.0.1", "https://" + host)
        with pytest.raises(CommandFailed, match="guard"):
            new(service, "inside", publisher)
    assert not publisher.asked


def test_clients_of_one_sector_know_a_person_by_one_name(service, publisher):
    listed(publisher, *HERE, "http://localhost:9999/two")
    one = new(service, "sector-one", publisher)
    two = new(service, "sector-two", publisher, uris=["http://localhost:9999/two"])
    subs = [jwt_parts(client.log_in(service.an)["id_token"])[1]["sub"] for client in (one, two)]
    assert subs[0] == subs[1]
    assert publisher.asked == 2


def test_the_document_is_asked_again_only_when_addresses_change(service, publisher):
    listed(publisher, *HERE)
    client = new(service, "sector-moves", publisher)
    update(service, client, {"client_name": "Another name"})
    assert publisher.asked == 1
    more = HERE + ["http://localhost:9999/more"]
    with pytest.raises(CommandFailed, match="does not stand"):
        update(service, client, {"redirect_uris": more})
    listed(publisher, *more)
    update(service, client, {"redirect_uris": more})
    assert publisher.asked == 3
    shown = service.ctl("client", "show", client.id)
    assert shown["redirect_uris"] == more and shown["sector"] == "127.0.0.1"
