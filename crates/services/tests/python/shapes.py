"""Shapes as botocore has them, as far as they are looked at."""


class Shape:
    def __init__(self, type_name, **more):
        self.type_name = type_name
        self.__dict__.update(more)


STRING, NUMBER, BLOB, TIME = (Shape(kind) for kind in ("string", "integer", "blob", "timestamp"))


def structure(**members):
    return Shape("structure", members=members)


def array(member):
    return Shape("list", member=member)


def mapping(value):
    return Shape("map", value=value)
