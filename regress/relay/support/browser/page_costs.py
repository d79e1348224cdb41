"""What the page costs the device of a fan, measured in Chromium by its own protocol: for tests, and for bench-browser."""
import os
import time

# A phone at the edge of its network: time to the answer, and bytes in a second (400 kbit/s).
RTT_MS, BYTES_A_SECOND = 400, 50000
SEEN = ("new MutationObserver((_, me) => { if (!document.querySelector('[id^=seq-], [data-seq]')) return;"
        " me.disconnect(); requestAnimationFrame(() => { window.seenMs ??= performance.now(); }); })"
        ".observe(document, { childList: true, subtree: true })")
LOADED = ("return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
          ".map(({ name, transferSize }) => [name, transferSize])")
IS_LIVE = "return document.getElementById('connection').dataset.state === 'live'"
DEADLINE_S = 120


def await_true(driver, script):
    deadline = time.monotonic() + DEADLINE_S
    while not driver.execute_script(script):
        if time.monotonic() > deadline:
            raise TimeoutError(f"never came true: {script}")
        time.sleep(0.05)


def throttle(driver, latency_ms, bytes_a_second, cpu=1):
    """Slows the network of the page down, and its CPU by this factor."""
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": False, "latency": latency_ms, "downloadThroughput": bytes_a_second, "uploadThroughput": bytes_a_second,
        "connectionType": "cellular3g"})
    driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": cpu})


def first_entry(driver, url, is_cached=False, cpu=1):
    """(ms until the first entry is seen over a slow line, [(address, bytes)] of all that was loaded until it follows)"""
    driver.get("about:blank")
    if not is_cached:
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    throttle(driver, RTT_MS, BYTES_A_SECOND, cpu)
    script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SEEN})
    try:
        driver.get(url)
        await_true(driver, "return Boolean(window.seenMs)")
        await_true(driver, IS_LIVE)
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
        throttle(driver, 0, -1)
    return driver.execute_script("return window.seenMs"), driver.execute_script(LOADED)


def stat_of(pid):
    """The fields of /proc/PID/stat behind the name; None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def parent_of(pid):
    stat = stat_of(pid)
    return int(stat[1]) if stat else 0


def used_s(pid):
    stat = stat_of(pid)
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK") if stat else 0


class BrowserCpu:
    """The CPU time that all processes of a browser use from now on, also of those that come and go."""

    def __init__(self, driver):
        self.driver = driver
        self.began_s = time.monotonic()
        self.used = self.by_process()

    def by_process(self):
        family = {self.driver.pid}
        parents = {int(pid): parent_of(pid) for pid in os.listdir("/proc") if pid.isdigit()}
        for _ in range(5):
            family |= {pid for pid, parent in parents.items() if parent in family}
        return {pid: used_s(pid) for pid in family}

    def cores(self):
        """The CPU time until now, in cores."""
        cpu_s = sum(max(0, now_s - self.used.get(pid, 0)) for pid, now_s in self.by_process().items())
        return cpu_s / (time.monotonic() - self.began_s)


def show_all(driver, first):
    """Scrolls to the beginning of the match, whose text is `first`, and back to the newest line."""
    deadline = time.monotonic() + DEADLINE_S
    while not driver.execute_script(
            "const b = document.querySelector('.earlier'); scrollTo({ top: document.body.scrollHeight, behavior: 'instant' });"
            " if (!b.hidden) b.click(); return document.querySelector('#timeline').innerText.includes(arguments[0])", first):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{first} is not reached")
        time.sleep(0.05)
    driver.execute_script("scrollTo({ top: 0, behavior: 'instant' })")


def page_metrics(driver):
    """Chromium's metrics by name: seconds of scripts and layout since the page began, bytes of its heap, nodes."""
    driver.execute_cdp_cmd("Performance.enable", {})
    driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    return {one["name"]: one["value"] for one in driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}


def drawing_ms(before, after):
    """The time of scripts, style and layout between two page_metrics()."""
    names = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    return 1000 * sum(after[name] - before[name] for name in names)
