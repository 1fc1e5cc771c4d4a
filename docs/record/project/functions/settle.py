def handler(event, context):
    return {"orders": len(event)}
