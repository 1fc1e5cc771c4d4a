def handler(event, context):
    print("echo", context.function_name)
    return event
