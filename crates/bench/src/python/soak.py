"""What lanes are soaked with: some work, now and then threads or an exception."""

import threading


class SoakError(Exception):
    pass


def handler(event, context):
    rows = [{"number": number, "name": f"row {number}", "half": number / 2} for number in range(20)]
    if event["threads"]:
        threads = [threading.Thread(target=rows.append, args=({"number": number},)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if event["raise"]:
        raise SoakError(f"call {event['call']}")
    return {"call": event["call"], "rows": len(rows), "payload": event["payload"]}
