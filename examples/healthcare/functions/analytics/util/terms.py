"""Finds medical terms and measurements in English text."""

import re

CONDITIONS = ["asthma", "atrial fibrillation", "chronic kidney disease", "hypertension", "type 2 diabetes"]
MEDICATIONS = ["amlodipine", "apixaban", "lisinopril", "metformin", "salbutamol"]


def conditions(text):
    return mentioned(CONDITIONS, text)


def medications(text):
    return mentioned(MEDICATIONS, text)


def mentioned(words, text):
    return [word for word in words if re.search(rf"\b{word}\b", text, re.IGNORECASE)]


def measurements(text):
    """The first of each kind, or null."""
    pressure = re.search(r"\b(\d{2,3})/(\d{2,3}) mmHg", text)
    sugar = re.search(r"HbA1c (?:of )?(\d+\.\d) ?%", text)
    return {
        "systolic": int(pressure[1]) if pressure else None,
        "diastolic": int(pressure[2]) if pressure else None,
        "hba1c": float(sugar[1]) if sugar else None,
    }
