"""`python -m local_stack`: the command line behind ./green-freight."""

from local_stack.cli import main

main()
