"""How bytes reach a card: PC/SC readers, a socket for emulated cards, or a card in this process."""
