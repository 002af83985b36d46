"""Promise 3: a short campaign, the same every time: one web process, one signer and the database are killed in turn
while a few clients work, and nothing that was acknowledged is lost.  The long one is `./dev faults`."""
import pytest

from faults.history import History
from faults.inject import FAULTS
from faults.rules import check
from faults.run import all_went_on, defects_logged, inject
from faults.world import LIFETIMES, World
from harness.world import BUILD


@pytest.fixture
def world():
    made = World(BUILD, History(), seed=1, pause_s=0.3).populate(chains=2, surfers=1, wardens=0, keepers=1)
    yield made
    made.close()


def test_what_was_acknowledged_survives_kills_of_processes_and_database(world):
    """DESIGN.md promise 3"""
    for actor in world.actors:
        actor.start()
    assert all_went_on(world, 0) is not None
    for name in ("kill-web", "kill-signer", "database-killed"):
        assert name in FAULTS
        assert inject(world, name), f"not everybody went on after {name}"
    assert world.settle() == []
    for node in world.nodes:
        node.wait_ready()
    world.tell_audit()
    events = world.history.events
    assert check(events, LIFETIMES) == []
    assert defects_logged(world) == []
    assert sum(1 for e in events if e["op"] == "refresh" and e["got"] == "ok") > 5
    assert {e["fault"] for e in events if e["op"] == "fault"} == {"kill-web", "kill-signer", "database-killed"}
