class Declined(Exception):
    pass


def handler(event, context):
    raise Declined("card 7")
