"""The faults.  Each is a function of the world that breaks something, mends it, and returns when the part it broke
answers again; what it says about itself (which part, how long) goes into the history."""
import errno
import os
import signal
import time

import requests

from faults.history import now

HOUR_S = 3600


def kill_one(role):
    def fault(world):
        node = world.random.randrange(len(world.nodes))
        pids = world.nodes[node].roles().get(role, [])
        for pid in pids if world.random.random() < 0.3 else pids[:1]:
            gone(pid)
        return {"node": node}
    return fault


def gone(pid, how=signal.SIGKILL):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def kill_webs(world):
    for node in world.nodes:
        for pid in node.roles().get("web", []):
            gone(pid)


def kill_parent(world):
    """The parent dies, its children with it; the service manager starts the node again."""
    number = world.random.randrange(len(world.nodes))
    node = world.nodes[number]
    children = node.children()
    node.process.kill()
    node.process.wait()
    for pid in children:
        end = time.monotonic() + 20
        while os.path.exists(f"/proc/{pid}"):
            if time.monotonic() > end:
                raise AssertionError(f"process {pid} outlived its parent")
            time.sleep(0.02)
    node.start(wait=False)
    return {"node": number}


def kill_database(world):
    world.database.kill()
    pause(world, 0, 3)
    world.database.start()


def kill_backend(world):
    """One server process dies, PostgreSQL restarts all of them."""
    pids = [r[0] for r in world.database.query("SELECT pid FROM pg_stat_activity WHERE usename = 'authd_web'")]
    if pids:
        gone(world.random.choice(pids))
    time.sleep(0.2)
    world.database.wait()


def freeze_database(world):
    pids = world.database.processes()
    for pid in pids:
        gone(pid, signal.SIGSTOP)
    pause(world, 1, 10)
    for pid in pids:
        gone(pid, signal.SIGCONT)
    world.database.wait()


def full_disk(world):
    """Fills the file system of PostgreSQL, waits for the refusals, frees it."""
    filler = world.database.directory + "/filler"
    with open(filler, "wb", buffering=0) as file:
        block = b"\0" * 262144
        while block:
            try:
                file.write(block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                block = block[:len(block) // 2]
        pause(world, 4, 8)
        try:  # who wants to write needs room, and gets none
            world.database.query("CREATE TABLE IF NOT EXISTS room (t text); INSERT INTO room "
                       "SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
            refused = False
        except Exception:
            refused = True
    os.unlink(filler)
    if not world.database.is_running():
        world.database.start()
    world.database.wait()
    world.database.query("DROP TABLE IF EXISTS room")
    if not refused:
        raise AssertionError("the disk was not full")


def step_node(world):
    number = world.random.randrange(len(world.clocks))
    seconds = world.random.choice([HOUR_S, -HOUR_S])
    world.clocks[number].step(seconds)
    # spec: DESIGN.md section 6: a node whose clock is more than 5 s off says it is not ready
    until(lambda: "clock" in readiness(world.nodes[number]), "the node noticed its clock")
    pause(world, 0, 5)
    world.clocks[number].step(0)
    until(lambda: readiness(world.nodes[number]) == [], "the node is ready again")
    return {"node": number, "seconds": seconds}


def step_database(world):
    """Forward or back, and back again: each step is an event of its own, for the checker counts by this clock."""
    for seconds in (world.random.choice([HOUR_S, -HOUR_S]), 0):
        call = now()
        world.database.clock.step(seconds)
        world.history.add("database", "clock", call, now(), offset=seconds)
        shown = world.database.query("SELECT extract(epoch FROM now())")[0][0]
        if abs(float(shown) - time.time() - seconds) > 60:
            raise AssertionError(f"the database's clock did not follow: {shown}")
        pause(world, 3, 8)


def network(command, least, most, argument=None):
    def fault(world):
        relays = world.relays if world.random.random() < 0.4 else [world.random.choice(world.relays)]
        for relay in relays:
            relay.tell(command if argument is None else f"{command} {argument}")
        pause(world, least, most)
        for relay in relays:
            relay.tell("open")
        return {"relays": [world.relays.index(r) for r in relays]}
    return fault


def lost_answers(world):
    """Again and again: what was asked of the database happens, and its answer does not arrive."""
    relay = world.random.choice(world.relays)
    for _ in range(world.random.randrange(3, 12)):
        relay.tell("answer")
        pause(world, 0.1, 0.6)
    relay.tell("open")


def readiness(node):
    try:
        return node.get("/health/ready").json()["missing"]
    except (requests.RequestException, ValueError):
        return ["an answer"]


def until(holds, what, seconds=60):
    end = now() + seconds
    while not holds():
        if now() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def pause(world, least, most):
    time.sleep(least + world.random.random() * (most - least))


def kill_pair(world):
    """Two things at once: a process of one node while the database is away."""
    node = world.random.choice(world.nodes)
    role = world.random.choice(["web", "signer", "verifier", "clerk"])
    world.database.kill()
    for pid in node.roles().get(role, []):
        gone(pid)
    pause(world, 0.5, 3)
    world.database.start()
    return {"role": role}


FAULTS = {
    "kill-web": kill_one("web"), "kill-verifier": kill_one("verifier"), "kill-signer": kill_one("signer"),
    "kill-courier": kill_one("courier"), "kill-clerk": kill_one("clerk"), "kill-admin": kill_one("admin"),
    "kill-parent": kill_parent, "kill-all-web": kill_webs,
    "database-killed": kill_database, "backend-killed": kill_backend, "database-frozen": freeze_database,
    "database-and-process": kill_pair,
    "disk-full": full_disk,
    "clock-node": step_node, "clock-database": step_database,
    "network-cut": network("cut", 0.5, 6), "network-hole": network("hole", 1, 9),
    "network-mute": network("mute", 0.5, 8), "network-half": network("half", 0.2, 4),
    "network-slow": network("delay", 3, 8, 120), "answers-lost": lost_answers,
}
NEEDS_MOUNT = {"disk-full"}
# While only these are on, keys and discovery are there: no process of ours is hurt.
OF_DATABASE = {"database-killed", "backend-killed", "database-frozen", "disk-full", "network-cut", "network-hole",
               "network-mute", "network-half", "network-slow", "answers-lost"}
