"""What a public notice must not say (domain.md sections 6 and 13; PIPL arts. 6, 25 and 28; 未成年人保护法 art. 4).

Prosecutors acted on village boards and online lists with whole ID numbers, accounts and addresses (杭州钱塘 2023,
蕲春 2025). The notice itself is made of a whitelist; this reads the words people typed into it. When in doubt it finds
something: a notice held back is read once more by a person, a notice put up cannot be taken out of heads again.
"""
