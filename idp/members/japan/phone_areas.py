"""Where a Japanese landline number is split: the length of its area code.

Facts of the national numbering plan, condensed from libphonenumber's metadata for Japan. Only for
showing numbers; a split that is off by a digit changes no number.
"""

from typing import Final

# Area codes of three digits (045 …): the first two digits behind the 0, and the digits that follow.
_THREE: Final = {
    "11": "235678", "17": "7", "18": "8", "19": "69", "22": "1237", "23": "01269", "24": "59",
    "25": "12357", "26": "24", "27": "1235", "28": "169", "29": "0238", "42": "1345678",
    "43": "0123457", "44": "0123456789", "45": "0123456789", "46": "248", "47": "2347",
    "48": "123456789", "49": "29", "52": "0123456789", "53": "0459", "54": "012369", "55": "29",
    "58": "02389", "59": "0123", "72": "02346789", "73": "4", "75": "0123456789", "76": "0249",
    "77": "57", "78": "0123456789", "79": "2345", "82": "124589", "83": "279", "84": "9",
    "86": "01245", "87": "0123468", "88": "68", "89": "019", "92": "123456789",
    "93": "123456789", "94": "15", "95": "138", "96": "123", "97": "156", "98": "189",
    "99": "1289",
}  # fmt: skip
_TWO: Final = ("3", "6", "420", "429", "471")

# First four digits behind the 0 that split otherwise than their neighbours.
_EXCEPTIONS: Final = {
    head: length
    for length, heads in {
        2: "4700 4701 4709",
        3: "1540 1541 1548 1550 1551 1557 2500 2501 2540 2541 2560 2561 2580 2581 2780 2781 2788 "
        "2789 2830 2831 2833 2834 2917 4220 4221 4291 4297 4298 4750 4751 4759 4790 4791 4799 "
        "5980 5981 5989 5990 5991 5999 7960 7961 7966 7967 8360 8380 8381 8510 8511 8636 8660 "
        "8661 8680 8681 8689 8690 8691 8694 8695 8699 9940 9941 9947 9948",
        4: "2232 2233 2557 2558 2572 2573 2574 2642 2643 2644 2645 2896 2897 2898 2899 2932 2933 "
        "2934 4282 4283 4287 4288 4289 5399 7946 7947 7948 7952 7953 7954 7957 7958 8244 8245 "
        "8246 8247 8248 8293 8294 8295 8297 8298 8372 8373 8374 8375 8376 8654 8655 8656 8657",
        5: "1267 1372 1374 1377 1392 1397 1398 1456 1457 1466 1547 1558 1564 1586 1587 1632 1634 "
        "1635 1648 1654 1655 1656 1658 4992 4994 4996 4998 5769 5979 7468 8387 8388 8389 8396 "
        "8477 9802 9912 9913 9969",
    }.items()
    for head in heads.split()
}


def area_code_length(national: str) -> int:
    """Tell how many digits the area code has, its 0 counted, in a ten-digit landline number."""
    behind = national[1:]
    if behind[:4] in _EXCEPTIONS:
        return _EXCEPTIONS[behind[:4]]
    if behind.startswith(_TWO):
        return 2
    return 3 if behind[2] in _THREE.get(behind[:2], "") else 4
