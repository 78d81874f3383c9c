"""The same run on a Ray cluster, to the bytes of a run in one process: offline, with a language model, synthesis.

Where to run what, and what to do when a worker or a node dies, is Ray's business; nothing here schedules.

    parts       outcomes of a block of items as one Parquet part, named by its content
    cluster     a cluster that is joined, or started on this machine
    run         a run: questions out in blocks, parts back, final files
    offline     the actor of a run with the offline teacher
    llm         the actor of a run with a language model
    desk        the limits that all actors of a run share, in one place
    control     the same limits as an actor's client sees them
    synth       synthetic questions, made by tasks of Ray
"""

from medreason.engine_ray.parts import IDENTITY, PARTS, read_parts, write_part
from medreason.engine_ray.run import run_ray

__all__ = ["IDENTITY", "PARTS", "read_parts", "run_ray", "write_part"]
