"""Judges bad input in a process of its own each, and tells what it cost, a line for each."""

import os
import resource
import sys

import orjson

from certificates.verification.offline import verify_document
from tests.certificates.seals import AT
from tests.certificates.verification.bad_input import TABLE
from tests.mutants.city import BUNDLE, PEM


def main() -> None:
    for number, bad in enumerate(TABLE):
        shown = bad.made()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
            before = resource.getrusage(resource.RUSAGE_SELF)
            verdict = verify_document(shown, PEM, AT, bundle=BUNDLE)
            after = resource.getrusage(resource.RUSAGE_SELF)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            said = [verdict.genuine, verdict.reasons[0].code if verdict.reasons else "", seconds, after.ru_maxrss]
            os.write(write, orjson.dumps(said))
            os._exit(0)
        os.close(write)
        _, status = os.waitpid(child, 0)
        told = orjson.loads(os.read(read, 4096) or b"[null,null,null,null]")
        os.close(read)
        sys.stdout.write(orjson.dumps([number, status, *told]).decode() + "\n")


if __name__ == "__main__":
    main()
