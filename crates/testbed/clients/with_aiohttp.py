"""What `aiohttp` meets behind the proxy: argv is proxy, wrong proxy, origins, authority."""

import asyncio
import hashlib
import json
import ssl
import sys

import aiohttp

PROXY, WRONG, PLAIN, SECURE, CA = sys.argv[1:]
DATA = bytes((at ^ (at >> 8) ^ (at >> 17)) & 255 for at in range(1_000_000))
TRUST = ssl.create_default_context(cafile=CA)


async def pieces():
    for at in range(0, len(DATA), 70_001):
        yield DATA[at : at + 70_001]


async def status(session, url, proxy=PROXY):
    async with session.get(url, proxy=proxy, ssl=TRUST) as answer:
        await answer.read()
        return answer.status


async def read(session, url):
    async with session.get(url, proxy=PROXY, ssl=TRUST) as answer:
        return await answer.read()


async def post(session, url, data):
    async with session.post(url, data=data, proxy=PROXY, ssl=TRUST) as answer:
        return json.loads(await answer.read())


async def wrong(session, origin):
    try:
        return await status(session, origin + "/echo", WRONG)
    except aiohttp.ClientHttpProxyError as error:
        return error.status


async def echo(keeping, origin):
    if origin == PLAIN:
        return json.loads(await read(keeping, origin + "/echo"))
    # A tunnel is kept: only a session of its own gets another exit.
    async with aiohttp.ClientSession() as made:
        return json.loads(await read(made, origin + "/echo"))


async def meet(origin):
    async with aiohttp.ClientSession() as keeping:
        url = origin + "/echo"
        return {
            "concurrent": await asyncio.gather(*(status(keeping, url) for _ in range(20))),
            "echoes": [await echo(keeping, origin) for _ in range(6)],
            "bytes": hashlib.sha256(await read(keeping, origin + "/bytes/1000000")).hexdigest(),
            "chunked": hashlib.sha256(await read(keeping, origin + "/chunked/1000000")).hexdigest(),
            "upload": await post(keeping, url, DATA),
            "stream": await post(keeping, url, pieces()),
            "missing": await status(keeping, origin + "/status/404"),
            "wrong": await wrong(keeping, origin),
        }


async def main():
    print(json.dumps({"plain": await meet(PLAIN), "secure": await meet(SECURE)}))


asyncio.run(main())
