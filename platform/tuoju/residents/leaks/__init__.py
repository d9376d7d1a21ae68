"""What a public notice must not say (domain.md sections 6 and 13; PIPL arts. 6, 25 and 28; 未成年人保护法 art. 4).

Prosecutors acted on village boards and online lists with whole ID numbers, accounts and addresses (杭州钱塘 2023,
蕲春 2025). The fields of a notice are a fixed list; this package checks the text that people typed into it. In doubt it
reports a leak: a notice that is held back is read again by a person, but what was published cannot be undone.
"""
