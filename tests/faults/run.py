"""The fault campaign: two nodes on one database, load from several clients, faults in seeded random order, and a verdict
from what the clients sent and heard.  See README.md.

    ./dev faults [--minutes N] [--seed S] [--keep DIR] [FAULT…]
    ./dev faults --check HISTORY        judges a kept history again
"""
import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from faults import history as histories  # noqa: E402
from faults.history import History, now  # noqa: E402
from faults.inject import FAULTS, NEEDS_MOUNT  # noqa: E402
from faults.rules import check  # noqa: E402
from faults.rules.service import RECOVERY_S  # noqa: E402
from faults.world import LIFETIMES, World  # noqa: E402
from harness.world import BUILD  # noqa: E402

KINDS = ("ok", "refused", "away", "lost", "late", "bad")
SETTLE_S = 90
SAID_MAX = 5


def arguments():
    parser = argparse.ArgumentParser(prog="./dev faults", description="Breaks two nodes of authd and their database "
                                     "under load and judges what clients saw.", epilog="Faults: " + " ".join(FAULTS))
    parser.add_argument("--minutes", type=float, default=5, help="how long to inject faults (5)")
    parser.add_argument("--seed", type=int, help="order of faults and behaviour of clients; printed when not given")
    parser.add_argument("--keep", metavar="DIR", help="keep history and logs here even when nothing is found")
    parser.add_argument("--memory", action="store_true", help="also fail when the memory of authd keeps growing")
    parser.add_argument("--check", metavar="HISTORY", help="judge a kept history and exit")
    parser.add_argument("fault", nargs="*", metavar="FAULT", help="only these")
    given = parser.parse_args()
    unknown = [f for f in given.fault if f not in FAULTS]
    if unknown:
        parser.error("unknown fault: " + " ".join(unknown) + "; there are: " + " ".join(FAULTS))
    return given


def all_went_on(world, since, seconds=SETTLE_S):
    """Waits until each client has been answered after a moment; the seconds it took, or None."""
    waiting = {a.name for a in world.actors if not a.broken and a.is_alive()}
    end = now() + seconds
    while waiting and now() < end:
        for event in world.history.events[-400:]:
            if event["call"] >= since and event.get("got") in ("ok", "refused"):
                waiting.discard(event["who"])
        time.sleep(0.1)
    return None if waiting else now() - since


def memory_kib(world):
    total = 0
    for node in world.nodes:
        for pid in [node.process.pid] + node.children():
            try:
                with open(f"/proc/{pid}/status", encoding="ascii") as file:
                    total += sum(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
            except FileNotFoundError:
                pass
    return total


def bag(names, seed):
    """Every fault once, in random order, again and again."""
    order = random.Random(f"{seed}/order")
    while True:
        shuffled = list(names)
        order.shuffle(shuffled)
        yield from shuffled


def inject(world, name):
    call = now()
    print(f"  {time.strftime('%H:%M:%S')} {name:<22}", end="", flush=True)
    told = FAULTS[name](world) or {}
    end = now()
    took = all_went_on(world, end)
    world.history.add("breaker", "fault", call, end, fault=name, settled=round(took or SETTLE_S, 3), **told)
    print(f"{end - call:6.1f} s, everybody goes on after " + (f"{took:.1f} s" if took else f"more than {SETTLE_S} s"),
          flush=True)
    return took is not None


def campaign(world, names, minutes, seed, memory):
    """Faults until the time is over; what else was found besides the checker's violations."""
    findings, early = [], None
    for actor in world.actors:
        actor.start()
    begin = now()
    if all_went_on(world, begin) is None:
        return ["clients did not get started"] + world.settle()
    for name in bag(names, seed):
        if now() > begin + minutes * 60 or any(a.broken for a in world.actors):
            break
        if not inject(world, name):
            findings.append(f"not everybody went on after {name}")
        if memory and early is None and now() > begin + minutes * 15:
            early = memory_kib(world)
        time.sleep(0.5 + world.random.random() * 2)
    late = memory_kib(world)
    if early:
        print(f"  memory {early} KiB after a quarter, {late} KiB at the end")
        if late > early * 1.5 + 32768:
            findings.append("memory keeps growing")
    return findings + world.settle()


def defects_logged(world):
    """internal.error is also told of parts that are away, which is what we cause."""
    return [line for node in world.nodes for line in node.log_lines("internal.error")
            if "err=unavailable" not in line and "err=timeout" not in line]


def table(events, found):
    faults = [e for e in events if e["op"] == "fault"]
    numbered = {e["n"]: e for e in events}
    shown = []
    for name in sorted({f["fault"] for f in faults}) + ["(none)"]:
        spans = [(f["call"], f["end"] + f["settled"]) for f in faults if f["fault"] == name]
        during = set()
        for e in events:
            if "got" not in e:
                continue
            inside = [f for f in faults if f["call"] <= e["end"] and e["call"] <= f["end"] + f["settled"]]
            if (not inside and name == "(none)") or any(f["fault"] == name for f in inside):
                during.add(e["n"])
        kinds = Counter(numbered[n]["got"] for n in during)
        bad = sum(1 for _, _, numbers in found if numbers and numbers[-1] in during)
        shown.append((name, len(spans), len(during), *(kinds[k] for k in KINDS), bad))
    shown.append(("all", len(faults), sum(1 for e in events if "got" in e),
                  *(sum(1 for e in events if e.get("got") == k) for k in KINDS), len(found)))
    head = ("fault", "times", "requests", *KINDS, "violations")
    lines = [f"  {r[0]:<22}" + "".join(f"{c:>{max(9, len(h) + 2)}}" for h, c in zip(head[1:], r[1:]))
             for r in [head] + shown]
    return "\n".join(lines)


def keep(directory, world, seed):
    logs = {f"node{i}.log": node.log_path for i, node in enumerate(world.nodes)}
    logs["postgres.log"] = world.database.directory + "/log/postgres.log"
    for name, path in logs.items():
        if os.path.exists(path):
            shutil.copy(path, f"{directory}/{name}")
    with open(directory + "/seed", "w", encoding="ascii") as file:
        file.write(f"{seed}\n")


def report(events, findings):
    found = check(events, LIFETIMES)
    print(table(events, found))
    said = Counter()
    for rule, sentence, numbers in found:
        said[rule] += 1
        if said[rule] > SAID_MAX:
            continue
        print(f"  VIOLATION {rule}: {sentence}" + (f"  [events {' '.join(map(str, numbers))}]" if numbers else ""))
    for rule, times in said.items():
        if times > SAID_MAX:
            print(f"  VIOLATION {rule}: {times} in all")
    for finding in findings:
        print("  FOUND    ", finding)
    return not found and not findings


def main():
    given = arguments()
    if given.check:
        return 0 if report(histories.read(given.check), []) else 1
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10 ** 6)
    names = given.fault or list(FAULTS)
    can_mount = os.geteuid() == 0
    if not can_mount and any(n in NEEDS_MOUNT for n in names):
        print("  a full disk needs root rights to mount a small one: left out")
        names = [n for n in names if n not in NEEDS_MOUNT]
    print(f"  seed {seed}, {given.minutes:g} minutes", flush=True)
    work = tempfile.mkdtemp(prefix="authd-faults-")
    history = History(work + "/history.jsonl")
    world = World(BUILD, history, seed, small_disk=can_mount).populate()
    kept = True
    try:
        findings = campaign(world, names, given.minutes, seed, given.memory)
        for node in world.nodes:
            node.wait_ready(60)
        world.tell_audit()
        findings += defects_logged(world)[:5]
        kept = not report(history.events, findings)
        return 1 if kept else 0
    finally:
        if kept or given.keep:
            place = given.keep or os.path.join(BUILD, "faults", f"seed-{seed}")
            os.makedirs(place, exist_ok=True)
            shutil.copy(work + "/history.jsonl", place)
            keep(place, world, seed)
            print(f"  kept in {place}: history.jsonl, logs; again: ./dev faults --seed {seed} "
                  f"--minutes {given.minutes:g} {' '.join(given.fault)}")
        world.close()
        history.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
