"""What `httpx` meets behind the proxy: argv is proxy, wrong proxy, origins, authority."""

import asyncio
import hashlib
import json
import ssl
import sys

import httpx

PROXY, WRONG, PLAIN, SECURE, CA = sys.argv[1:]
DATA = bytes((at ^ (at >> 8) ^ (at >> 17)) & 255 for at in range(1_000_000))
TRUST = ssl.create_default_context(cafile=CA)


def client(proxy):
    return httpx.AsyncClient(proxy=proxy, verify=TRUST, timeout=60)


async def pieces():
    for at in range(0, len(DATA), 70_001):
        yield DATA[at : at + 70_001]


async def sha256(keeping, url):
    return hashlib.sha256((await keeping.get(url)).content).hexdigest()


async def wrong(origin):
    try:
        async with client(WRONG) as made:
            return (await made.get(origin + "/echo")).status_code
    except httpx.ProxyError as error:
        return str(error)


async def echo(keeping, origin):
    if origin == PLAIN:
        return (await keeping.get(origin + "/echo")).json()
    # A tunnel is kept: only a client of its own gets another exit.
    async with client(PROXY) as made:
        return (await made.get(origin + "/echo")).json()


async def meet(origin):
    async with client(PROXY) as keeping:
        answers = await asyncio.gather(*(keeping.get(origin + "/echo") for _ in range(20)))
        return {
            "echoes": [await echo(keeping, origin) for _ in range(6)],
            "bytes": await sha256(keeping, origin + "/bytes/1000000"),
            "chunked": await sha256(keeping, origin + "/chunked/1000000"),
            "upload": (await keeping.post(origin + "/echo", content=DATA)).json(),
            "stream": (await keeping.post(origin + "/echo", content=pieces())).json(),
            "missing": (await keeping.get(origin + "/status/404")).status_code,
            "wrong": await wrong(origin),
            "concurrent": [answer.status_code for answer in answers],
        }


async def main():
    print(json.dumps({"plain": await meet(PLAIN), "secure": await meet(SECURE)}))


asyncio.run(main())
