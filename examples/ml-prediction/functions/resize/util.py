"""What PP-OCR models expect: 48 pixels high, BGR, planes one after the other, values from -1 to 1."""

from PIL import Image

HEIGHT = 48
MAX_ASPECT = 50  # Wider lines would cost more than one line of text is worth.
COLUMN_WIDTH = 8  # The model looks at the image in columns of this many pixels.

# Six decimals are finer than the 256 levels of a byte.
LEVELS = [round(value / 127.5 - 1, 6) for value in range(256)]


def resize(image):
    """The image at the model's height, as wide as its proportions say, in whole columns."""
    columns = max(1, round(image.width * HEIGHT / image.height / COLUMN_WIDTH))
    return image.resize((columns * COLUMN_WIDTH, HEIGHT), Image.BICUBIC)


def tensor(image):
    red, green, blue = image.split()
    values = [LEVELS[value] for plane in (blue, green, red) for value in plane.tobytes()]
    return {"shape": [1, 3, image.height, image.width], "values": values}
