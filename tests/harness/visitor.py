"""A person who walks through portals: follows every redirect, to the provider and back, logs in and agrees when
asked, and ends on a page of the portal."""
import time
from urllib.parse import urljoin

from harness.browser import Browser, Left, Page


class Visitor(Browser):
    def __init__(self, service, person=None, language="vi"):
        super().__init__(service.issuer, service.ca_file, language)
        self.person = person or service.an
        self.trail = []  # every URL of the last walk

    def go(self, url, fields=None, log_in=True, **other):
        """The page where the walk that begins at url ends; fields: begins with a POST of them.  log_in=False: stops
        where the provider asks something."""
        self.trail = []
        for _ in range(20):
            self.trail.append(url)
            if url.startswith(self.issuer + "/"):
                try:
                    return self._at_provider(self.open(url), log_in)
                except Left as left:
                    url = left.url
                continue
            method = "get" if fields is None else "post"
            answer = self.session.request(method, url, data=fields, allow_redirects=False, timeout=60, **other)
            fields, other = None, {}
            if answer.status_code not in (301, 302, 303, 307, 308):
                return Page(answer)
            url = urljoin(answer.url, answer.headers["Location"])
        raise AssertionError("too many redirects: " + " ".join(self.trail))

    def _at_provider(self, page, log_in):
        if page.kind == "logout":
            return self.press(page, "logout", "logout")
        if log_in and page.kind in ("login", "consent", "select"):
            raise self.finish(page, self.person)
        return page

    def until(self, url, holds, seconds=60, **other):
        """Looks at a page again and again until it is so."""
        end = time.monotonic() + seconds
        while True:
            page = self.go(url, **other)
            if holds(page):
                return page
            assert time.monotonic() < end, page.text[:2000]
            time.sleep(0.1)
