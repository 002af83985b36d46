"""Fixtures of the tests in Python.  BUILD_DIR names the programs under test (default build/)."""
import os
import secrets
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness.portal import Portal, Town  # noqa: E402
from harness.receiver import Receiver  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.world import BUILD, drop_postgres, new_client, new_postgres, populate  # noqa: E402


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


@pytest.fixture
def register():
    """register(service, "name", member=value…) gives a client with its registration, under a name of its own."""
    def fresh(service, name, **over):
        return new_client(service, f"{name}-{secrets.token_hex(3)}", **over)
    return fresh


@pytest.fixture(scope="session")
def service(postgres):
    """The authd most stories share: they must leave people, clients and keys as they found them."""
    made = Service(postgres, BUILD)
    try:
        made.migrate()
        made.start()
        yield populate(made)
    finally:
        made.close()


@pytest.fixture
def make_service(postgres):
    """An authd of the test's own: make_service({"keys": {…}}, tls=True, on=own_postgres)."""
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
        log = one.last_log
        assert "AddressSanitizer" not in log and "runtime error:" not in log, log[-4000:]


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def town(service):
    """Both demo portals and their API."""
    made = Town(service)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def portal():
    """portal(host=…, NAME=value…) makes one more, for this test."""
    made = []

    def make(**over):
        made.append(Portal(**dict({"SERVICE": "residence"}, **over)))
        return made[-1]
    yield make
    for one in made:
        one.close()


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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Who reads only why a test failed also reads what the shared authd warned of last."""
    report = (yield).get_result()
    service = getattr(item, "funcargs", {}).get("service")
    if report.failed and isinstance(service, Service) and report.longrepr is not None:
        warned = [line for line in service.log().splitlines() if " level=info " not in line][-4:]
        report.longrepr = "\n".join([str(report.longrepr)] + ["E   log: " + line for line in warned])
