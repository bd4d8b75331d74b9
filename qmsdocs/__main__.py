"""`python -m qmsdocs` is the same as `qmsdocs`."""

from qmsdocs.cli import main

if __name__ == "__main__":
    main()
