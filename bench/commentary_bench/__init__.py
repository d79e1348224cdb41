"""The benchmarks of commentary: what the studies share. bench/README.md says how to use it.

The package needs nothing but Python's standard library. Its modules, the lowest first:

    summaries, tables, figures, goals           arithmetic, Markdown, the CSV file
    page, chart, samples, perf, plans           the report of a study
    console, places, processes                  what a person is told; folders; programs
    machine, reference, noise                   this machine, and whether it is quiet
    cluster, pooler, servers, certificates      what is measured
    sessions                                    what each process of PostgreSQL uses
    viewers, listeners, wrk                     the load: those who read
    sentences, pgbench, inserts                 and those who write
    costs, pairs                                what an entry costs a primary
    section, run, bounds                        the frame of a study
    studies                                     the studies, a module each
    tree                                        the delays of a tree of relays, on paper
    schedule, __main__                          `make bench`, and the command line
"""
