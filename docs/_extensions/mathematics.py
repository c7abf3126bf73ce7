"""Formulas of docstrings, written as plain text, as TeX.

Formulas are written like ``w -= eta g / (sqrt(r) + eps)``: a space multiplies, a name that touches
a bracket is a function of it, and ``_`` begins an index.
"""

import re

TOKEN = re.compile(r" *(\d+(?:\.\d+)?(?: %)?|[A-Za-z]\w*'?|[-+]=|[<>]=|==|[-+*/^=<>~,.|()\[\]_])")
CAPITALS = {"Phi"}
GREEK = {"alpha", "beta", "delta", "eta", "mu", "pi", "rho", "tau", *CAPITALS}
RELATIONS = {
    "<": "<",
    ">": ">",
    "=": "=",
    "<=": r"\le",
    ">=": r"\ge",
    "~": r"\sim",
    "+=": r"\mathrel{+}=",
    "-=": r"\mathrel{-}=",
}
#: Functions that have a notation of their own, and those that need no brackets.
FUNCTIONS = {"sqrt": r"\sqrt{%s}", "abs": r"\lvert %s \rvert", "log1p": r"\log(1 + %s)"}
NAMED = {n: "\\" + n for n in ("cos", "exp", "log", "max", "min", "sum", "tanh")}
NAMED |= {"log2": r"\log_2", "erf": r"\operatorname{erf}", "sign": r"\operatorname{sign}"}


class NotMathematics(ValueError):
    """The text cannot be read as a formula."""


class Reader:
    """Reads a formula from left to right."""

    def __init__(self, text):
        self.text, self.place = text, 0

    def peek(self):
        """Return the next token, or None at the end."""
        found = TOKEN.match(self.text, self.place)
        if found is None and self.text[self.place :].strip():
            raise NotMathematics(self.text)
        return found[1] if found else None

    def take(self, *expected):
        """Go on by a token, which must be one of those expected."""
        token = self.peek()
        if token is None or (expected and token not in expected):
            raise NotMathematics(self.text)
        self.place = TOKEN.match(self.text, self.place).end()
        return token

    def touches(self, character):
        """Return whether the next character, without a space, is this one."""
        return self.text[self.place : self.place + 1] == character

    def relation(self):
        """Read expressions with signs of relations between them."""
        parts = [self.sum()]
        while self.peek() in RELATIONS:
            parts += [RELATIONS[self.take()], self.sum()]
        return " ".join(parts)

    def sum(self):
        """Read terms with signs of addition and subtraction between them."""
        parts = [self.take()] if self.peek() == "-" else []
        parts.append(self.product())
        while self.peek() in ("+", "-"):
            parts += [self.take(), self.product()]
        return " ".join(parts)

    def product(self):
        """Read quotients with dots between them."""
        text = self.quotient()
        while self.peek() == "*":
            self.take()
            text = rf"{text} \cdot {self.quotient()}"
        return text

    def quotient(self):
        """Read factors; a fraction takes all that stands before it."""
        text = self.scalar()
        while True:
            token = self.peek()
            if token == "/":
                self.take()
                text = rf"\frac{{{bare(text)}}}{{{bare(self.scalar())}}}"
            elif token is not None and (token[0].isalnum() or token == "("):
                text = rf"{text} \, {self.scalar()}"
            else:
                return text

    def scalar(self):
        """Read a power, or a product of vectors."""
        text = self.power()
        while self.touches("."):
            self.take()
            text = rf"{text} \cdot {self.power()}"
        return text

    def power(self):
        """Read an atom with its index and exponent."""
        text = self.atom()
        while self.touches("_") or self.touches("^"):
            sign = self.take()
            minus = self.take() if self.peek() == "-" else ""
            text = rf"{text}{sign}{{{minus}{bare(self.atom())}}}"
        return text

    def atom(self):
        """Read a number, a name, a call, or what is in brackets."""
        token = self.take()
        if token == "|":
            inner = self.sum()
            self.take("|")
            return rf"\lvert {inner} \rvert"
        if token in "([":
            return self.bracket(token)
        if token[0].isdigit():
            return token.replace(" %", r"\,\%")
        if token[0].isalpha():
            return self.name(token)
        raise NotMathematics(self.text)

    def bracket(self, opening):
        """Read what is in brackets, which may be the ends of an interval."""
        parts = [self.relation()]
        while self.peek() == ",":
            self.take()
            parts.append(self.relation())
        closing = self.take(")", "]")
        return rf"\left{opening}{', '.join(parts)}\right{closing}"

    def name(self, token):
        """Read what follows a name: an argument, if it is a function."""
        if token == "e" and self.touches("^"):
            return "e"
        head, _, index = token.partition("_")
        if token in FUNCTIONS:
            return FUNCTIONS[token] % bare(self.atom())
        if head in NAMED:
            name = NAMED[head] + (f"_{index}" if index else "")
            if not self.peek():
                return name
            argument = self.power()
            simple = head == "sum" and not re.search(r" [-+] ", argument)
            return f"{name} {bare(argument) if simple else argument}"
        text = symbol(token)
        if self.touches("(") or self.touches("["):
            text += self.bracket(self.take())
        return text


def symbol(name):
    """Return a variable: a letter with its index, or a word."""
    if name == "eps":
        return r"\varepsilon"
    head, _, index = name.rstrip("'").partition("_")
    if not index and re.fullmatch(r"[a-z]\d", head):
        head, index = head
    if name.isupper():
        return " ".join(name)
    if len(head) > 1 and head not in GREEK:
        return rf"\mathrm{{{name}}}".replace("_", r"\_")
    head = "\\" + head if head in GREEK else head
    index = rf"_\mathrm{{{index}}}" if len(index) > 2 else f"_{{{index}}}" if index else ""
    return head + "'" * name.count("'") + index


def bare(text):
    r"""Leave out the brackets around the whole of a text.

    >>> bare(r"\left(a + b\right)"), bare(r"\left(a\right) \left(b\right)")
    ('a + b', '\\left(a\\right) \\left(b\\right)')
    """
    if not (text.startswith(r"\left(") and text.endswith(r"\right)")):
        return text
    depth = 0
    for found in re.finditer(r"\\(left|right)[(\[|)\]]", text):
        depth += 1 if found[1] == "left" else -1
        if depth == 0:
            return text[6:-7] if found.end() == len(text) else text
    return text


def tex(text):
    """Return a formula as TeX, or None if it is none.

    Parameters
    ----------
    text : str

    Returns
    -------
    tex : str or None

    Examples
    --------
    >>> print(tex("w -= eta g / (sqrt(r) + eps)"))
    w \\mathrel{-}= \\frac{\\eta \\, g}{\\sqrt{r} + \\varepsilon}
    >>> print(tex("penalty=3"), tex("l1_ratio"))
    None None
    """
    if text not in CAPITALS and re.fullmatch(r"[A-Za-z]{2,}\w*(=\S+)?|\w+_\w{3,}", text):
        return None
    reader = Reader(text)
    try:
        result = reader.relation()
        if reader.peek():
            return None
        return result if "frac" in result else re.sub(r"\\(left|right)(?=[(\[\])])", "", result)
    except NotMathematics:
        return None


def typeset(text, mathematics, code):
    """Return a docstring in which its formulas are mathematics.

    Parameters
    ----------
    text : str
    mathematics, code : str
        What a formula, and what is none, becomes, with ``%s`` for itself.

    Returns
    -------
    text : str

    Examples
    --------
    >>> print(typeset("``a^2`` with ``alpha``", "$%s$", "`%s`"))
    $a^{2}$ with `alpha`
    """

    def replace(found):
        formula = tex(" ".join(found[1].split()))
        return code % found[1] if formula is None else mathematics % formula

    return re.sub(r"``(.+?)``", replace, text, flags=re.DOTALL)
