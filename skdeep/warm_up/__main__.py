"""Compile ahead what common fits and predictions need: ``python -m skdeep.warm_up``."""

import argparse

from skdeep.warm_up import PRECISIONS, warm_up


def main(arguments=None):
    """Read the command line, compile, and say what was done.

    Parameters
    ----------
    arguments : list of str, default=None
        None for those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m skdeep.warm_up", description=__doc__)
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    for name in ("sparse", "regularised"):
        parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=True)
    done = warm_up(**vars(parser.parse_args(arguments)))
    print(
        f"{done.fits} fits: {done.compiled} functions compiled, {done.loaded} loaded, "
        f"in {done.seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
