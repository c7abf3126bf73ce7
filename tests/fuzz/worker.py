"""The child process: checks cases that come in, one a line, and writes what became of them.

Faults of compiled code end this process, and not the fuzzer.
"""

import faulthandler
import json
import os
import sys
import traceback

from tests.fuzz.checking import Outcome, check


def main():
    """Check cases until the input ends."""
    faulthandler.enable()
    answers = os.fdopen(os.dup(1), "w")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # of verbose=True
    for line in sys.stdin:
        try:
            outcome = check(json.loads(line))
        except Exception as error:
            detail = traceback.format_exc(limit=-6)
            outcome = Outcome("failed", f"raises {type(error).__name__}", detail)
        answers.write(json.dumps(outcome) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
