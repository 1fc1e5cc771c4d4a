"""A local stand-in for a market-data vendor: one trading day of minute bars per market.

`GET /v1/markets/MARKET/days/DAY` answers some hundred kilobytes of JSON: 16 invented symbols, 390 minutes each.
All prices follow from the symbol and the day by integer arithmetic, so every run sees the same market.
The first request for a market's day answers 503, as a vendor that still fills its cache does.

The first line on stdout is the base URL. Only the standard library is used.
"""

import json
import re
import threading
import zlib
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

SYMBOLS = {
    # symbol: (sector, price in cents around which the day starts, watch lists the symbol is on)
    "ALFA": ("technology", 14250, []),
    "BRVO": ("technology", 8830, []),
    "CHRL": ("energy", 5120, [3]),
    "DLTA": ("transport", 4475, []),
    "ECHO": ("technology", 23310, [1, 12]),
    "FXTR": ("finance", 6740, []),
    "GOLF": ("leisure", 3895, []),
    "HOTL": ("leisure", 11260, [7]),
    "INDG": ("materials", 2980, []),
    "JULI": ("health", 17640, []),
    "KILO": ("materials", 7215, [4, 16]),
    "LIMA": ("food", 5560, []),
    "MIKE": ("health", 9905, []),
    "NVMB": ("energy", 12480, []),
    "OSCR": ("media", 3340, [9]),
    "PAPA": ("food", 6655, []),
}
MARKETS = {"us-equities": list(SYMBOLS)}
MINUTES_PER_DAY = 390  # 09:30 to 16:00
OPENING_MINUTE = 9 * 60 + 30


def trading_day(market, day):
    return {"market": market, "day": day, "symbols": [symbol_day(symbol, day) for symbol in MARKETS[market]]}


def symbol_day(symbol, day):
    sector, base, watch_lists = SYMBOLS[symbol]
    draw = drawer(zlib.crc32(f"{symbol} {day}".encode()))
    price = base + draw(201) - 100
    bars = []
    for minute in range(MINUTES_PER_DAY):
        opened = price
        price = max(100, price + draw(41) - 20)
        bars.append(
            {
                "t": clock(OPENING_MINUTE + minute),
                "o": opened / 100,
                "h": (max(opened, price) + draw(6)) / 100,
                "l": (min(opened, price) - draw(6)) / 100,
                "c": price / 100,
                "v": 100 * (1 + draw(60)),
            }
        )
    return {"symbol": symbol, "sector": sector, "watchLists": watch_lists, "bars": bars}


def drawer(seed):
    """Numbers below n, the same on every Python (Knuth's MMIX generator; `random` promises that only partly)."""
    state = seed

    def draw(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n

    return draw


def clock(minute_of_day):
    return f"{minute_of_day // 60:02}:{minute_of_day % 60:02}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requested = set()
    lock = threading.Lock()

    def do_GET(self):
        match = re.fullmatch(r"/v1/markets/([^/]+)/days/(\d{4}-\d\d-\d\d)", self.path)
        if not match or match[1] not in MARKETS:
            return self.answer(404, {"message": f"no such market: {self.path}"})
        with self.lock:
            first = self.path not in self.requested
            self.requested.add(self.path)
        if first:
            return self.answer(503, {"message": "filling the cache, try again"})
        return self.answer(200, trading_day(match[1], match[2]))

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Silent: the caller's own log says what went wrong."""


class Server(ThreadingTCPServer):
    # Not http.server's own class: that one looks up the machine's name, which can be slow without a network.
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
