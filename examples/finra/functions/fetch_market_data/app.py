"""Fetches one trading day of public market data, by the type of the portfolio.

This is the only function of the workflow that talks to the outside, and it never sees a trade.
"""

import os

import requests

import util

session = requests.Session()  # Kept between calls, as connections are on Lambda.


class MarketDataUnavailable(Exception):
    """The service cannot answer now; trying again helps."""


class UnknownMarket(Exception):
    """The service has no such market; trying again does not help."""


def lambda_handler(event, context):
    market, day = event["market"], event["tradingDay"]
    url = f"{os.environ['MARKET_DATA_URL']}/v1/markets/{market}/days/{day}"
    try:
        response = session.get(url, timeout=10)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise MarketDataUnavailable(f"no answer from {url}") from error
    if response.status_code == 404:
        raise UnknownMarket(f"no market data for {market} on {day}")
    if response.status_code >= 500:
        raise MarketDataUnavailable(f"{response.status_code} from {url}")
    response.raise_for_status()
    return util.condense(response.json())
