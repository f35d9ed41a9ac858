"""A small reader of C++ text: enough to find lambdas, not a parser."""
import re

SKIP = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s\\]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.S)
COROUTINE = re.compile(r"\bco_(await|return|yield)\b")
PAIRS = {"(": ")", "[": "]", "{": "}"}


def blank(text):
    """The same text with comments and literals replaced by blanks; offsets stay."""
    return SKIP.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def closing(text, at):
    """The offset of the bracket that closes the one at `at`, or -1."""
    opened, close, depth = text[at], PAIRS[text[at]], 0
    for i in range(at, len(text)):
        if text[i] == opened:
            depth += 1
        elif text[i] == close:
            depth -= 1
            if depth == 0:
                return i
    return -1


def starts_lambda(text, at):
    """Is the '[' at `at` a capture list, and not a subscript, an attribute or an array?"""
    if text[at:at + 2] == "[[" or text[at - 1:at + 1] == "[[":
        return False
    before = text[:at].rstrip()
    if not before:
        return False
    if before[-1] in ")]":
        return False
    if before[-1].isalnum() or before[-1] == "_":
        word = re.search(r"\w+$", before).group(0)
        return word in ("return", "co_return", "co_await", "co_yield", "else", "do")
    return True


def lambdas(text):
    """(offset, captures, body) of each lambda in blanked text."""
    for match in re.finditer(r"\[", text):
        at = match.start()
        if not starts_lambda(text, at):
            continue
        end = closing(text, at)
        if end < 0:
            continue
        rest = end + 1
        while rest < len(text) and text[rest].isspace():
            rest += 1
        if rest < len(text) and text[rest] == "(":
            rest = closing(text, rest) + 1
            if rest == 0:
                continue
        # Specifiers and a return type may stand before the body.
        body = re.compile(r"[^;{}()]*(\([^;{}]*?\)[^;{}()]*)?\{").match(text, rest)
        if not body:
            continue
        opened = body.end() - 1
        closed = closing(text, opened)
        if closed > 0:
            yield at, text[at + 1:end].strip(), text[opened:closed]


def capturing_coroutine_lambdas(text):
    """Offsets of lambdas that capture something and whose own body is a coroutine."""
    plain = blank(text)
    for at, captures, body in lambdas(plain):
        if not captures:
            continue
        own = body
        for inner_at, _, inner in lambdas(body):
            own = own.replace(inner, "", 1) if inner else own
        if COROUTINE.search(own):
            yield at
