"""What an agent does with the page."""

import re

from playwright.sync_api import Page, expect


class Desk:
    """What an agent does with the page."""

    def __init__(self, page: Page, address: str):
        self.page = page
        self.address = address
        self.line = page.locator("#line")
        self.cards = page.locator(".card")
        self.status = page.locator("#status")
        self.toast = page.locator("#toast")

    def open(self, path="/"):
        self.page.goto(self.address + path)
        return self

    def ask(self, question):
        """Type a question and wait until its answer stands there."""
        with self.page.expect_response("**/ask"):
            self.line.fill(question)
        return self.answered(question)

    def answered(self, question):
        """Wait until the answer to a question is drawn to its last card."""
        expect(self.page.locator("#ask")).to_have_attribute("data-answered", question.strip())
        expect(self.page.locator("#results")).not_to_have_attribute("aria-busy", "true")
        expect(self.status).to_have_text(re.compile("条"))
        return self

    def press(self, *keys):
        """Press keys; they count from the moment the page is loaded."""
        for key in keys:
            self.page.wait_for_load_state()
            self.page.keyboard.press(key)
        return self

    def chip_key(self, word):
        """The letter of the chip with a word."""
        return self.page.locator(".chip", has_text=word).get_attribute("data-key")

    def titles(self):
        return [text.strip() for text in self.page.locator(".card .title").all_inner_texts()]

    def clipboard(self):
        return self.page.evaluate("navigator.clipboard.readText()")
