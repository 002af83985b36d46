#!/usr/bin/python3
"""Lines of our code that no test reached, by gcov's counters.

    report.py BUILD-DIR SOURCE-DIR                 a line for each room
    report.py BUILD-DIR SOURCE-DIR FOLDER…         the unreached lines of these folders"""
import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile

ROOMS = ("keys/", "authd/", "client-lib/src/", "client-lib/base/", "client-lib/jose/", "client-lib/checkup/")


def counted(build, source):
    """{file: {line: times}} over all objects."""
    data = [os.path.join(folder, name) for folder, _, names in os.walk(build) for name in names if name.endswith(".gcda")]
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for i in range(0, len(data), 200):
        with tempfile.TemporaryDirectory() as out:
            subprocess.run(["gcov", "--json-format", "--preserve-paths", *data[i:i + 200]], cwd=out, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for name in os.listdir(out):
                with gzip.open(os.path.join(out, name)) as file:
                    told = json.load(file)
                for one in told["files"]:
                    # reached through the include directories of rooms, which are links
                    path = os.path.relpath(os.path.realpath(os.path.join(told["current_working_directory"], one["file"])),
                                           os.path.realpath(source))
                    if path.startswith(ROOMS):
                        for line in one["lines"]:
                            lines[path][line["line_number"]] += line["count"]
    return lines


def main():
    build, source, *folders = sys.argv[1:]
    build = os.path.abspath(build)
    lines = counted(build, source)
    if not lines:
        sys.exit("coverage: no counters: run the tests of a build with COVERAGE=ON first")
    rooms = collections.defaultdict(lambda: [0, 0])
    for path, of in sorted(lines.items()):
        room = os.path.dirname(path)
        rooms[room][0] += sum(1 for n in of.values() if n)
        rooms[room][1] += len(of)
        if any(path.startswith(f.rstrip("/") + "/") or path == f for f in folders):
            with open(os.path.join(source, path), encoding="utf-8") as file:
                text = file.read().splitlines()
            for line, n in sorted(of.items()):
                if n == 0:
                    print(f"{path}:{line}: {text[line - 1].strip()}")
    if not folders:
        for room, (reached, all_) in sorted(rooms.items()):
            print(f"{room:30} {reached:6} of {all_:6} lines  {100 * reached / all_:5.1f} %")


if __name__ == "__main__":
    main()
