"""``python -m readerstudy`` is the ``readerstudy`` command."""

from readerstudy.cli import main

if __name__ == "__main__":
    main()
