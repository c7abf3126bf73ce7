"""Every benchmark, one after another: tables, CSV files and pictures in one folder."""

import argparse
from pathlib import Path

from benchmarks import (
    activations,
    adversarial,
    attention,
    cores,
    cpu,
    images,
    perceptron,
    recurrent,
    roofline,
    scaling,
    search,
    startup,
    translation,
)

COMPILED = "64-(100)-10, batch 200|54-(256,256)-7, batch 256|784-(512,512)-10, batch 128"


def main(arguments=None):
    """Run everything from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder")
    parser.add_argument("--repeats", type=int, help="measurements of every job, 5 unless told")
    parser.add_argument("--quick", action="store_true", help="3 repeats, the small table of shapes")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--patience", type=float, default=0.0, help="as in benchmarks.cpu")
    options = parser.parse_args(arguments)
    repeats = options.repeats or (3 if options.quick else 5)
    common = ["--output", str(options.output), "--repeats", str(repeats), "--dtype", options.dtype]
    common += ["--patience", str(options.patience)]
    table = common if options.quick else [*common, "--full"]
    results = cpu.main(table)
    roofline.finish(results, options.dtype, repeats, options.output)
    cores.main(table)
    activations.main(common)
    search.main(common)
    perceptron.main(common)
    recurrent.main(common)
    attention.main(common)
    translation.main(common)
    images.main(common)
    adversarial.main(common)
    scaling.main(common)
    compiled = ["--peers", "torch", "torch.compile", "--stem", "compile", "--shapes", COMPILED]
    cpu.main([*common, *compiled])
    startup.main(["--quick"] if options.quick else ["--repeats", str(repeats)])


if __name__ == "__main__":
    main()
