"""Reads a trade blotter: one CSV line per trade, as the back office exports it."""

import csv


def read_trades(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [typed(row) for row in csv.DictReader(file)]


def typed(row):
    return {**row, "quantity": int(row["quantity"]), "price": float(row["price"])}
