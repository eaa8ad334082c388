"""What all pages of the provider share: pages, problems, headers, cookies, forms, language.

Knows no member, no policy and no store; the packages above hand it plain values.
"""
