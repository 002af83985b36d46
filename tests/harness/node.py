"""What tests take from npm: the folder node_modules of tests/node, installed when it is missing."""
import functools
import os
import subprocess

from harness.postgres import ROOT


@functools.cache
def modules():
    build = os.environ.get("BUILD_DIR") or os.path.join(ROOT, "build")
    done = subprocess.run([os.path.join(ROOT, "tests", "node", "install"), build], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
