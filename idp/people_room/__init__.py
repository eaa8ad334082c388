"""The room of the console where the staff itself is kept: who is here, who comes, who leaves."""
