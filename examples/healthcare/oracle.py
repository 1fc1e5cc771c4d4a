"""The healthcare workflow in plain Python; `python oracle.py EVENT.json` prints its output."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from plain_python import Failed, Function, main, retry, service  # noqa: E402  (found through the line above)

CONSENT_MISSING = "The record came without a consent form that says yes or no to storing and to analytics."


def handle(event):
    consent = event.get("consent", {})
    if not all(isinstance(consent.get(use), bool) for use in ("store", "analytics")):
        raise Failed("ConsentMissing", CONSENT_MISSING)
    functions = HERE / "functions"
    with service(HERE / "services" / "medical_nlp.py") as nlp_url:
        phi_identifier = Function(functions / "phi_identifier", env={"MEDICAL_NLP_URL": nlp_url, "MIN_SCORE": "0.5"})
        try:
            request = {"recordId": event["recordId"], "text": event["text"], "language": event["language"]}
            entities = phi_identifier(request)["entities"]
        except Exception as error:
            if type(error).__name__ != "UnreadableRecord":
                raise
            return rejected(event, error)

    record = {"recordId": event["recordId"], "text": event["text"], "entities": entities}
    return {
        "outcome": "PROCESSED",
        "recordId": event["recordId"],
        "phiFound": len(entities),
        "stored": store(record) if consent["store"] else None,
        "analytics": analyse(record) if consent["analytics"] else None,
    }


def store(record):
    with service(HERE / "services" / "document_store.py") as store_url:
        store_protected = Function(HERE / "functions" / "store_protected", env={"DOCUMENT_STORE_URL": store_url})
        return retry(["StoreUnavailable"], store_protected, record)


def analyse(record):
    anonymised = Function(HERE / "functions" / "anon_record")(record)
    analytics = Function(HERE / "functions" / "analytics", handler="index.handler")
    return analytics({"text": anonymised["text"]})


def rejected(event, error):
    return {
        "outcome": "REJECTED",
        "recordId": event["recordId"],
        "error": type(error).__name__,
        "reason": f"{event['recordId']} was not handled: {error}",
    }


if __name__ == "__main__":
    main({"HealthcareMachine": handle})
