"""How long an entry takes from the flush on the primary to a viewer of a test's scene."""
import asyncio
import time

LINES = 100
SOON_S = 60     # well below 0.1 s on a quiet machine


async def delays(scene):
    """The delays of so many lines in seconds, the shortest first. A line is written when the one before has come."""
    came = {}
    for n in range(LINES):
        await asyncio.to_thread(scene.post, f"soon {n}")
        while (message := await scene.viewer.next("commentary")).get("message") != f"soon {n}":
            pass
        came[message["seq"]] = time.time()
    flushed = scene.primary.sql("SELECT seq, extract(epoch FROM flushed_at) FROM commentary.entry"
                                f" WHERE match_id = {scene.match} AND op = 'insert'").split("\n")
    return sorted(came[int(seq)] - float(at) for seq, at in (line.split("|") for line in flushed))


async def is_soon(scene):
    """Prints the delays, as README.md has a figure of them; fails when half of them are longer than SOON_S."""
    found = await delays(scene)
    figures = ", ".join(f"p{percent} {found[percent * LINES // 100] * 1000:.0f} ms" for percent in (50, 95, 99))
    print(f"# delay: {figures}", flush=True)
    scene.assertLess(found[LINES // 2], SOON_S)
