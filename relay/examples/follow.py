#!/usr/bin/env python3
"""Follows a match with websockets: follow.py wss://relay.example/ws 7

Prints each line once, in order, also after a lost connection: it resumes behind the last seq that it has.
"""
import asyncio
import json
import random
import sys

import websockets


async def follow(url, match):
    place, wait_s = None, 1
    while True:
        try:
            async with websockets.connect(url, subprotocols=["commentary.v1"]) as relay:
                await relay.send(json.dumps({"type": "subscribe", "match": match, "history": 50} |
                                            ({"since": place} if place else {})))
                async for text in relay:
                    place = take(json.loads(text), place)
                    wait_s = 1
        except (OSError, websockets.WebSocketException) as error:
            print(f"lost: {error}", file=sys.stderr)
        await asyncio.sleep(random.uniform(0, wait_s))
        wait_s = min(2 * wait_s, 30)


def take(message, place):
    """What it holds after a message: {epoch, seq}."""
    if message["type"] == "error":
        sys.exit(message["message"])
    if message["type"] == "subscribed" and not message["recovered"]:
        return {"epoch": message["epoch"], "seq": 0}
    if message["type"] not in ("commentary", "match") or message["seq"] <= place["seq"]:
        return place
    if message["type"] == "commentary":
        print(message.get("minute", ""), message["op"], message.get("message", ""), flush=True)
    return place | {"seq": message["seq"]}


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], int(sys.argv[2])))
