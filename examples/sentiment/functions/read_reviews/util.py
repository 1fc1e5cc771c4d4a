"""Reads the shop's export: one CSV record per review, its text as the customer's browser sent it."""

import csv


def read_reviews(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [{**row, "stars": int(row["stars"])} for row in csv.DictReader(file)]
