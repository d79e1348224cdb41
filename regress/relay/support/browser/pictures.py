"""Pictures of the page, at four widths, light and dark, which are kept beside the test's log. In none of
them may anything be cut off or covered, and axe-core may find nothing against WCAG 2.2 A and AA."""
import os

from support.base.stack import wait_for
from support.browser.page import Page

WIDTHS = (320, 390, 768, 1280)
# A theme changes no widths, so not each width is seen in both. Axe checks each theme once, at the ends of the widths.
LOOKS = {320: ("light", "dark"), 390: ("light",), 768: ("dark",), 1280: ("light", "dark")}
CHECKED = ((320, "dark"), (1280, "light"))
AXE = os.path.join(os.environ.get("COMMENTARY_NODE_MODULES", ""), "axe-core", "axe.min.js")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# The elements that reach beyond the sides of the window.
CUT_OFF = """
const found = [];
for (const node of document.querySelectorAll('body *')) {
    const { left, right, width, height } = node.getBoundingClientRect();
    if (!node.checkVisibility() || width <= 1 || height <= 1 || node.closest('.unseen, .skip, pre, svg'))
        continue;
    if (left < -1 || right > innerWidth + 1)
        found.push(`${node.tagName}.${node.className} ${Math.round(left)} to ${Math.round(right)}`);
}
return found.slice(0, 5);
"""

# Whether the button for news would stand over the score.
COVERED = """
const news = document.getElementById('news'), board = document.getElementById('scoreboard');
news.hidden = false;
news.textContent = '12 new entries';
const isCovered = news.getBoundingClientRect().top < board.getBoundingClientRect().bottom;
news.hidden = true;
return isCovered;
"""


class Pictures(Page):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = os.environ.get("COMMENTARY_PICTURES", "pictures")
        os.makedirs(cls.folder, exist_ok=True)
        cls.axe = None
        if os.path.exists(AXE):
            with open(AXE, encoding="utf-8") as file:
                cls.axe = file.read()

    def setUp(self):
        self.need_chromium("have the size of a phone")

    def look(self, name, widths=WIDTHS, checked=CHECKED, place=None):
        """Takes pictures of what is shown, or of the element `place`, and checks each of them; those of `checked`
        with axe, too."""
        for width in widths:
            self.driver.set_window_size(width, 900)
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
            for theme in LOOKS[width]:
                self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
                    {"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})
                with self.subTest(name, width=width, theme=theme):
                    wait_for(lambda: self.driver.execute_script("return [document.documentElement.dataset.theme, innerWidth]")
                             == [theme, width], f"the page is {theme}, and {width} wide")
                    if place:
                        self.driver.execute_script("document.querySelector(arguments[0]).scrollIntoView({ block: 'end' })", place)
                    self.driver.save_screenshot(f"{self.folder}/{name}-{width}-{theme}.png")
                    self.assertEqual(self.driver.execute_script(CUT_OFF), [])
                    if self.driver.execute_script("return !document.getElementById('scoreboard').hidden"
                                                  " && document.getElementById('match').checkVisibility()"):
                        self.assertFalse(self.driver.execute_script(COVERED), "the news covers the score")
                    if (width, theme) in checked:
                        self.assertEqual(self.violations(), [])

    def violations(self):
        if self.axe is None:
            return []
        if not self.driver.execute_script("return 'axe' in window"):
            self.driver.execute_script(self.axe)
        return self.driver.execute_async_script(
            "const done = arguments[1];"
            "axe.run(document, { runOnly: arguments[0] }).then(({ violations }) => done(violations.map("
            "({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(' ')}`)))", TAGS)
