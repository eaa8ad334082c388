"""`python -m relying_parties.card`: the card as a program of its own."""

from relying_parties.card.cli import main

if __name__ == "__main__":
    main()
