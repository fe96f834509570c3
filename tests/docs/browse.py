# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens the manual in a browser that nobody sees, from the overview on, page after page.

Each link must lead to a page, and to a place in it, that exists; each image must show; nothing may
be said on the browser's console; and each page that was written must be reached from the overview
over others that were written, not by gi-docgen's lists.

usage: browse.py MANUAL PAGES [SCREENSHOTS [PAGE...]]

PAGES is the folder of what was written. With SCREENSHOTS pictures of the pages named, or of all
that were written, are put into that folder, in light and in dark: browse.py … /tmp overview.html
"""

import contextlib
import functools
import http.server
import pathlib
import sys
import threading
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

START = "overview.html"

# What a page shows of itself, once all its images are there or are known to be missing.
LOOK = """
const done = arguments[0];
const images = Array.from(document.images);
Promise.all(images.map(image => image.decode().catch(() => null))).then(() => done({
  title: document.title,
  links: Array.from(document.links, link => link.href),
  places: Array.from(document.querySelectorAll('[id]'), element => element.id),
  missing: images.filter(image => !image.naturalWidth).map(image => image.src),
  speechless: images.filter(image => !image.alt).map(image => image.src),
  broad: document.documentElement.scrollWidth > document.documentElement.clientWidth,
}));
"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        # Browsers ask for it by themselves.
        if self.path == "/favicon.ico":
            self.send_response(http.HTTPStatus.NO_CONTENT)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def served(folder):
    """The folder on a port of this machine, since in file: pages scripts may do little."""
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextlib.contextmanager
def browser():
    options = Options()
    # Root, as in a container, may not have the sandbox; there is nothing foreign to be opened.
    for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                     "--window-size=1200,900", "--force-device-scale-factor=1"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("chromedriver"))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()


def prefer(driver, scheme):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})


def crawl(driver, base, written):
    """All pages that can be reached, by address; and what is wrong."""
    pages, wrong = {}, []
    waiting = [base + START]
    while waiting:
        address = waiting.pop()
        if address in pages:
            continue
        driver.get(address)
        page = pages[address] = driver.execute_async_script(LOOK)
        name = address[len(base):]
        wrong += [f"{name}: {entry['message']}" for entry in driver.get_log("browser")]
        wrong += [f"{name}: the image {image} does not show" for image in page["missing"]]
        wrong += [f"{name}: the image {image} has no words for it" for image in page["speechless"]]
        if page["broad"] and name in written:
            wrong.append(f"{name} is broader than the window")
        for link in page["links"]:
            target = urllib.parse.urldefrag(link).url
            if target.startswith(base):
                waiting.append(target)
            # The second kind are buttons of gi-docgen's own.
            elif not target.startswith(("https://", "javascript:void")):
                wrong.append(f"{name}: {link} is no address")
    return pages, wrong


def check_reach(pages, base, written):
    reached, waiting = set(), [base + START]
    while waiting:
        address = waiting.pop()
        if address not in reached and address[len(base):] in written:
            reached.add(address)
            waiting += [urllib.parse.urldefrag(link).url for link in pages[address]["links"]
                        if link.startswith(base)]
    for name in written:
        if base + name not in reached:
            yield f"{name} is not reached from {START}"


def check_places(pages, base):
    for address, page in pages.items():
        for link in page["links"]:
            target, place = urllib.parse.urldefrag(link)
            place = urllib.parse.unquote(place)
            if place and target in pages and place not in pages[target]["places"]:
                yield f"{address[len(base):]}: there is no #{place} in {target[len(base):]}"


def take_pictures(driver, base, folder, names):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        for scheme in "light", "dark":
            prefer(driver, scheme)
            driver.get(base + name)
            driver.execute_async_script(LOOK)
            height = driver.execute_script("return document.documentElement.scrollHeight")
            driver.set_window_size(1200, max(900, min(height + 150, 6000)))
            driver.save_screenshot(f"{folder}/{name[:-len('.html')]}-{scheme}.png")
            driver.set_window_size(1200, 900)


def main(manual, written, screenshots=None, *names):
    written = sorted(page.stem + ".html" for page in pathlib.Path(written).glob("*.md"))
    with served(manual) as base, browser() as driver:
        if screenshots:
            take_pictures(driver, base, screenshots, names or written)
            return 0
        pages, wrong = crawl(driver, base, written)
        wrong += check_places(pages, base)
        wrong += check_reach(pages, base, written)
        wrong += [f"{address} has the title of a missing page" for address, page in pages.items()
                  if page["title"].startswith("Error response")]
    print("\n".join(wrong))
    print(f"{len(pages)} pages, {len(wrong)} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
