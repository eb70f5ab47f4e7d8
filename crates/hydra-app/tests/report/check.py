"""Opens a report in Chromium and uses it as a person would. Says what is wrong; exit status 77: there is no browser.

    python3 check.py PAGE

The page is of the sweep that `report_browser.rs` runs. REPORT_SCREENSHOTS names a folder for pictures of it.
"""

import os
import sys

import chromium

SKIPPED = 77
HOSTILE = "<script>alert(1)</script>"

# The job numbers in the order of the rows.
ROWS = "[...document.querySelectorAll('#table tbody tr')].map((row) => Number(row.querySelector('th').textContent))"
PATHS = "[...document.querySelectorAll('#plot .lines path')]"


def heading(name, what):
    """Does something with the heading of a column."""
    found = f"[...document.querySelectorAll('thead th')].find((th) => th.textContent.trim() === {name!r})"
    return f"(() => {{ const th = {found}; {what} }})()"


class Check:
    def __init__(self, browser):
        self.browser = browser
        self.failures = []

    def equal(self, what, found, expected):
        if found != expected:
            self.failures.append(f"{what}: {found!r}, expected {expected!r}")

    def holds(self, what, condition):
        if not condition:
            self.failures.append(what)

    def ask(self, expression):
        return self.browser.ask(expression)

    def click(self, selector, index=0):
        self.ask(f"document.querySelectorAll({selector!r})[{index}].click()")
        self.browser.settle()

    def enter(self, selector, value, event):
        self.ask(
            f"(() => {{ const field = document.querySelector({selector!r}); field.value = {value!r};"
            f" field.dispatchEvent(new Event({event!r}, {{ bubbles: true }})) }})()"
        )
        self.browser.settle()

    def sort(self, name):
        self.ask(heading(name, "th.querySelector('button').click()"))
        return self.ask(ROWS)

    # Each of these is one thing that the page has to do.

    def sorting(self):
        self.equal("rows at first", self.ask(ROWS), [0, 1, 2, 3, 4, 5])
        self.equal("sorted by a number", self.sort("lr"), [4, 5, 2, 3, 0, 1])
        self.equal("aria-sort", self.ask(heading("lr", "return th.getAttribute('aria-sort')")), "ascending")
        self.equal("sorted backwards", self.sort("lr"), [0, 1, 2, 3, 4, 5])
        self.equal("aria-sort", self.ask(heading("lr", "return th.getAttribute('aria-sort')")), "descending")
        # What is equal stays in the order that it had.
        self.equal("sorted by a text", self.sort("note"), [0, 2, 4, 1, 3, 5])
        # The lost loss is last in both directions.
        self.equal("what is no number is last", self.sort("last loss")[-1], 0)
        self.equal("what is no number is last", self.sort("last loss")[-1], 0)
        self.sort("job")

    def curves(self):
        drawn = self.ask(PATHS + ".map((path) => path.getTotalLength())")
        self.equal("curves", len(drawn), 6)
        self.holds("every curve has a length", all(length > 50 for length in drawn))
        self.equal("crosses", self.ask("document.querySelectorAll('#plot .lost').length"), 1)
        before = self.ask(PATHS + "[2].getAttribute('d')")
        self.enter("#smoothing", "0.9", "input")
        self.holds("smoothing changes curves", self.ask(PATHS + "[2].getAttribute('d')") != before)
        self.equal("curves under it", self.ask("document.querySelectorAll('#plot .raw path').length"), 6)
        self.enter("#smoothing", "0", "input")
        self.click("#log")
        self.holds("a logarithmic axis changes curves", self.ask(PATHS + "[2].getAttribute('d')") != before)
        self.click("#log")
        self.equal("and back", self.ask(PATHS + "[2].getAttribute('d')"), before)
        self.enter("#metric", "1", "change")
        best = self.ask("document.querySelector('#best').textContent")
        self.holds(f"more accuracy is better: {best!r}", best.startswith("highest accuracy"))
        self.enter("#metric", "0", "change")

    def choosing(self):
        self.click("#table tbody tr:nth-child(3) td", 3)
        chosen = "[...document.querySelectorAll('#plot .lines path.chosen')].map((path) => path.dataset.job)"
        self.equal("a row singles its curve out", self.ask(chosen), ["2"])
        self.equal("said", self.ask("document.querySelector('#job-2 th button').getAttribute('aria-pressed')"), "true")
        self.click("#clear")
        self.click("#legend button", 4)
        self.equal("a legend entry, too", self.ask(chosen), ["4"])
        self.ask("document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))")
        self.equal("Escape shows all", self.ask(chosen), [])

    def pointing(self):
        left, top = self.ask(
            "(() => { const plot = document.querySelector('#plot'); const box = plot.getBoundingClientRect();"
            " const path = plot.querySelector('.lines [data-job=\"5\"]').getAttribute('d');"
            " const [left, top] = path.split(/[ML]/)[31].split(' ').map(Number);"
            " return [box.left + left, box.top + top] })()"
        )
        self.browser.move_to(left + 2, top + 2)
        tip = self.ask("document.querySelector('#tip').hidden ? '' : document.querySelector('#tip').textContent")
        self.holds(f"the nearest point is told: {tip!r}", tip.startswith("#5 lr=0.003 note=it's") and "step 31" in tip)
        self.ask(
            "document.querySelector('#plot').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))"
        )
        tip = self.ask("document.querySelector('#tip').textContent")
        self.holds(f"an arrow key goes on: {tip!r}", "step 32" in tip)
        self.browser.move_to(2, 2)

    def filtering(self):
        self.enter("#filter", "failed lr=0.02", "input")
        self.equal("filtered rows", self.ask(ROWS), [3])
        self.equal("filtered curves", self.ask(PATHS + ".length"), 1)
        self.equal("counted", self.ask("document.querySelector('#count').textContent"), "1 of 6 jobs")
        self.enter("#filter", "nothing of it", "input")
        self.equal("nothing is left", self.ask(ROWS), [])
        self.enter("#filter", "", "input")

    def texts(self):
        cell = "document.querySelector('#job-0 td:nth-of-type(3)').textContent"
        self.equal("markup in a value is text", self.ask(cell), HOSTILE)
        self.equal("scripts", self.ask("document.scripts.length"), 2)
        log = "document.querySelector('#failure-list pre').textContent"
        self.equal("the log of a failure", self.ask(log), "it was the <b>third</b> one")
        visible = "document.querySelector('#consequences-label').checkVisibility()"
        self.equal("a control without a purpose is shown", self.ask(visible), False)
        link = "document.querySelector('#job-3 a').getAttribute('href')"
        self.equal("a link to the directory", self.ask(link), "./3")

    def pictures(self):
        self.ask("Promise.all([...document.querySelectorAll('#album img')].map((image) => image.decode()))")
        widths = "[...document.querySelectorAll('#album img')].map((image) => image.naturalWidth)"
        self.equal("pictures", self.ask(widths), [2, 2])
        self.click("#album button")
        self.holds("a picture is enlarged", self.ask("document.querySelector('#picture').open"))
        self.ask("document.querySelector('#picture').close()")

    def appearance(self):
        paper = "getComputedStyle(document.documentElement).backgroundColor"
        stroke = f"getComputedStyle({PATHS}[0]).stroke"
        light = self.ask(f"[{paper}, {stroke}]")
        self.browser.media("dark")
        dark = self.ask(f"[{paper}, {stroke}]")
        self.holds(f"dark differs: {light}, {dark}", light[0] != dark[0] and light[1] != dark[1])
        self.shoot("dark")
        self.browser.media("dark", "print")
        self.equal("paper is light", self.ask(paper), light[0])
        self.shoot("print")
        self.browser.media("light")
        self.shoot("light")
        for width in (600, 360):
            self.browser.size(width, 800)
            wide = "document.documentElement.scrollWidth"
            self.holds(f"{width} pixels are enough", self.ask(wide) <= width)
        self.shoot("narrow")

    def shoot(self, name):
        folder = os.environ.get("REPORT_SCREENSHOTS")
        if folder:
            os.makedirs(folder, exist_ok=True)
            self.browser.screenshot(os.path.join(folder, f"report-{name}.png"))


def main(page):
    program = chromium.find()
    if program is None:
        print("there is no Chromium; CHROMIUM names one that is not on the PATH", file=sys.stderr)
        return SKIPPED
    with chromium.Browser(program) as browser:
        browser.size(1280, 900)
        browser.media("light")
        browser.open(page)
        check = Check(browser)
        for step in ("sorting", "curves", "choosing", "pointing", "filtering", "texts", "pictures", "appearance"):
            try:
                getattr(check, step)()
            except AssertionError as error:
                check.failures.append(f"{step}: {error}")
        check.equal("complaints of the browser", browser.complaints, [])
        outside = [url for url in browser.requests if not url.startswith(("data:", "file:"))]
        check.equal("requests", outside, [])
        files = [url for url in browser.requests if url.startswith("file:")]
        check.equal("files that were opened", len(files), 1)
    for failure in check.failures:
        print(failure, file=sys.stderr)
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
