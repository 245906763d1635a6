"""The ratio gate: `assay bench --against REV` runs this tree and another revision alternately and fails when this one
is slower.

    revision.py   a revision of the checkout, unpacked and built beside
    worker.py     a process that runs one case of one package on one core (started as a script)
    race.py       two workers in turns; one ratio for each pair of processes
    verdict.py    what the ratios allow to say
    cases.py      the built-in cases
    run.py        all of it
"""
