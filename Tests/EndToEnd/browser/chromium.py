"""One headless Chromium, driven through its driver: sizes, colour schemes, screenshots, and what it complained of."""

import base64
import json
import shutil
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness.checks import PATIENCE_SECONDS


class Browser:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        options = Options()
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en"):
            options.add_argument(flag)
        options.binary_location = shutil.which("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.driver.set_page_load_timeout(PATIENCE_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def look(self, width, scheme):
        """Sets the window's width, and whether the reader likes it dark."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, path):
        self.driver.get(self.endpoint + path)
        return self

    def shoot(self, file, height=4_000):
        """The page as a picture, down to so many pixels."""
        size = self.driver.execute_script(
            "const page = document.documentElement; return [page.clientWidth, Math.min(page.scrollHeight, arguments[0])]",
            height)
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "format": "png", "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}})
        file.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        """What the browser wrote into its console since last time."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def text(self):
        return self.script("return document.querySelector('main').innerText")

    def find(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def fresh(self, css, act):
        """Does something with an element; a page that was refreshed meanwhile is asked again."""
        for _ in range(10):
            found = self.find(css)
            assert found, f"no {css} on {self.driver.current_url}"
            try:
                return act(found[0])
            except StaleElementReferenceException:
                continue
        raise AssertionError(f"{css} never stands still on {self.driver.current_url}")

    def click(self, css):
        def act(element):
            self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
            element.click()

        self.fresh(css, act)

    def send(self, css):
        """Clicks what sends a form, and waits for the page that answers."""
        self.script("window.isOld = true")
        self.click(css)
        self.until(lambda: self.script("return !window.isOld && document.readyState === 'complete'"))

    def fill(self, css, text):
        def act(element):
            element.clear()
            element.send_keys(text)

        self.fresh(css, act)

    def keys(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        """The element that has the focus, as one would name it."""
        return self.script(
            "const a = document.activeElement; return a.tagName + ' ' + (a.getAttribute('href') || a.name || a.id || '')")

    def until(self, condition, seconds=PATIENCE_SECONDS):
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value or time.monotonic() > deadline:
                return value
            time.sleep(0.02)


TAB = Keys.TAB


def printed(value):
    return json.dumps(value, ensure_ascii=False)[:300]
