"""Waiting for what a test expects to become true."""
import time


def until(holds, seconds=60):
    """What `holds` says when that is true."""
    end = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return answer
