"""What the command `cgraph-edu` does, a module for each idea; cli.py is the command."""
