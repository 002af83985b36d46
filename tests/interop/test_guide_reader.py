"""The reader of guides must notice what is wrong in one: otherwise the tests of guides prove nothing."""
import os

import pytest
from harness.guide import Guide, GuideFailed, alive

GOOD = """# A page
```text file=greeting
hello
```
```sh run
export NAME=world
cat greeting
```
```text shows
hel…
```
```sh serve
echo "$NAME" >served; exec sleep 60
```
"""


@pytest.fixture
def follow(tmp_path):
    made = []

    def follow(text, **other):
        page = tmp_path / "page.md"
        page.write_text(text, encoding="utf-8")
        made.append(Guide(str(page), **other))
        return made[-1].follow()
    yield follow
    for guide in made:
        guide.close()
        assert not os.path.exists(guide.directory) and not any(alive(pid) for pid, _ in guide.servers)


@pytest.mark.parametrize("wrong, right", [
    ("```sh\n", "```sh run\n"), ("```text files=greeting", "```text file=greeting"), ("cat greting", "cat greeting"),
    ("help…", "hel…"), ("false\ncat greeting", "cat greeting"), ("echo $NOBODY; cat greeting", "cat greeting"),
    ("hello\n\n\n", "hello\n```\n")], ids=repr)
def test_a_page_changed_wrongly_fails(follow, wrong, right):
    assert right in GOOD
    with pytest.raises(GuideFailed):
        follow(GOOD.replace(right, wrong, 1))


def test_an_address_that_no_page_has_cannot_be_moved(follow):
    with pytest.raises(GuideFailed):
        follow(GOOD, moved={"id.example.vn": "localhost"})


def test_a_right_page_is_followed_in_one_shell(follow):
    guide = follow(GOOD)
    assert guide.log == "hello\n" and len(guide.servers) == 1 and alive(guide.servers[0][0])
