"""From marks in columns to characters and words."""


def characters(marks):
    """Neighbouring columns with one label are one character, as sure as its best column (CTC decoding)."""
    found = []
    for column, label, probability in marks:
        if found and found[-1]["label"] == label and found[-1]["last"] == column - 1:
            found[-1]["last"] = column
            found[-1]["probability"] = max(found[-1]["probability"], probability)
        else:
            found.append({"label": label, "probability": probability, "first": column, "last": column})
    return found


def words(found):
    """Lists of characters, parted at spaces."""
    parts = [[]]
    for character in found:
        if character["label"] == " ":
            parts.append([])
        else:
            parts[-1].append(character)
    return [part for part in parts if part]
