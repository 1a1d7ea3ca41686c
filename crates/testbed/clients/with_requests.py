"""What `requests` meets behind the proxy: argv is proxy, wrong proxy, origins, authority."""

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import requests

PROXY, WRONG, PLAIN, SECURE, CA = sys.argv[1:]
DATA = bytes((at ^ (at >> 8) ^ (at >> 17)) & 255 for at in range(1_000_000))


def session(proxy):
    made = requests.Session()
    made.proxies = {"http": proxy, "https": proxy}
    made.verify = CA
    return made


def pieces():
    for at in range(0, len(DATA), 70_001):
        yield DATA[at : at + 70_001]


def sha256(answer):
    return hashlib.sha256(answer.content).hexdigest()


def wrong(origin):
    try:
        return session(WRONG).get(origin + "/echo").status_code
    except requests.exceptions.ProxyError as error:
        return str(error)


def meet(origin):
    # A session keeps its connections: only plain requests rotate on one.
    keeping = session(PROXY)
    fresh = (lambda: keeping) if origin == PLAIN else (lambda: session(PROXY))
    with ThreadPoolExecutor(10) as threads:
        numbers = range(20)
        concurrent = list(threads.map(lambda _: keeping.get(origin + "/echo").status_code, numbers))
    return {
        "echoes": [fresh().get(origin + "/echo").json() for _ in range(6)],
        "bytes": sha256(keeping.get(origin + "/bytes/1000000")),
        "chunked": sha256(keeping.get(origin + "/chunked/1000000")),
        "upload": keeping.post(origin + "/echo", data=DATA).json(),
        "stream": keeping.post(origin + "/echo", data=pieces()).json(),
        "missing": keeping.get(origin + "/status/404").status_code,
        "wrong": wrong(origin),
        "concurrent": concurrent,
    }


print(json.dumps({"plain": meet(PLAIN), "secure": meet(SECURE)}))
