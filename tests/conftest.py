"""Fixtures of the tests in Python.  BUILD_DIR names the programs under test (default build/)."""
import os
import shutil
import sys
import tempfile

import pytest

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, TESTS)

from harness.oidc import Client  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.receiver import Receiver  # noqa: E402
from harness.service import Person, Service  # noqa: E402

BUILD = os.path.abspath(os.environ.get("BUILD_DIR") or os.path.join(os.path.dirname(TESTS), "build"))
SCOPES = "openid profile email phone address offline_access"


def people():
    return [Person("001090004821", "Nguyễn Văn An", "1990-03-14", "an@example.vn"),
            Person("079185007316", "Trần Thị Bình", "1985-11-02", "binh@example.vn"),
            Person("048095001234", "Lê Hoàng Cường", "1995-06-30", "cuong@example.vn", level=1)]


def new_postgres():
    directory = tempfile.mkdtemp(prefix="authd-pg-")
    os.chmod(directory, 0o711)
    postgres = Postgres(directory)
    postgres.start()
    return postgres


def drop_postgres(postgres):
    postgres.drop()
    shutil.rmtree(postgres.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def build():
    return BUILD


@pytest.fixture(scope="session")
def postgres():
    made = new_postgres()
    yield made
    drop_postgres(made)


@pytest.fixture
def own_postgres():
    """A PostgreSQL that the test may stop and kill."""
    made = new_postgres()
    yield made
    drop_postgres(made)


def populate(service):
    """Three people and two confidential clients, as attributes."""
    service.people = people()
    service.ctl_text("identity", "generate", "--count", "3", "--seed", "7")
    for person in service.people:
        service.new_person(person)
    service.an, service.binh, service.cuong = service.people
    service.first = new_client(service, "first")
    service.second = new_client(service, "second")
    return service


def new_client(service, client_id, **over):
    metadata = {"client_id": client_id, "client_name": "Test " + client_id,
                "redirect_uris": [f"http://localhost:9999/{client_id}"],
                "post_logout_redirect_uris": [f"http://localhost:9999/{client_id}/bye"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "client_secret_basic", "scope": SCOPES}
    metadata.update(over)
    metadata = {k: v for k, v in metadata.items() if v is not None}
    registration = service.new_client(metadata)
    return Client(service, dict(metadata, **registration),
                  redirect_uri=(metadata.get("redirect_uris") or [None])[0])


@pytest.fixture
def register():
    return new_client


@pytest.fixture(scope="session")
def service(postgres):
    """The authd most stories share: they must leave people, clients and keys as they found them."""
    made = Service(postgres, BUILD)
    made.migrate()
    made.start()
    try:
        yield populate(made)
    finally:
        made.close()


@pytest.fixture
def make_service(postgres):
    """An authd of the test's own: make_service({"keys": {…}}, tls=True, postgres=…)."""
    made = []

    def make(overrides=None, tls=False, on=None, start=True, fill=True):
        one = Service(on or postgres, BUILD, overrides, tls)
        made.append(one)
        one.migrate()
        if start:
            one.start()
            if fill:
                populate(one)
        return one
    yield make
    for one in made:
        one.close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_defects(request):
    """Whatever a test does, the shared authd must not have found a defect of its own."""
    if "service" not in request.fixturenames:
        yield
        return
    service = request.getfixturevalue("service")
    mark = service.log_mark()
    yield
    lines = service.log()[mark:]
    for bad in ("event=internal.error", "event=process.died", "AddressSanitizer", "runtime error:"):
        assert bad not in lines, lines[-3000:]
