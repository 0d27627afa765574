"""What strangers wrote, on an operator's terminal: none of it moves the cursor, renames the window or turns a line around."""


def plain(text: str) -> str:
    """The text as one line in which every character that does something instead of being seen is written out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
