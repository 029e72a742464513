"""FEEL, the expression language of DMN: parsed whole, compiled to native code in its typed subset.

For whom: the analyst who writes rules and tables, and the policy that runs them on one payment or on millions, with equal bits.
How: text → tokens → tree (names with blanks, by the scope) → typed graph (scaled integers, codes, three-valued logic) → numba.
Where it fails: constructs outside the subset (text functions, lists as values, contexts, iteration) are refused when loaded. Scaled
numbers are exact up to 2**53 units and rounded to float64 beyond. Dates and times are UTC; a literal must name its offset.
"""

from huitong.decisions.feel.compiled import CompiledExpressions, compile_expressions
from huitong.decisions.feel.native import NativeExpression, native_expression, native_test
from huitong.decisions.feel.parser import KnownNames, parse_expression, parse_unary_tests
from huitong.decisions.feel.place import NOWHERE, Place, Position, label_words, policy_error
from huitong.decisions.feel.symbols import UNKNOWN, Symbols
from huitong.decisions.feel.types import (
    BOOLEAN,
    COUNT,
    DATE,
    DATE_TIME,
    DURATION,
    FLOAT,
    FUNCTION_NAMES,
    MONEY,
    NULL,
    STRING,
    Kind,
    Scope,
    Type,
    Variable,
)
from huitong.decisions.feel.values import Value, decode, encode

__all__ = [
    "BOOLEAN",
    "COUNT",
    "DATE",
    "DATE_TIME",
    "DURATION",
    "FLOAT",
    "FUNCTION_NAMES",
    "MONEY",
    "NOWHERE",
    "NULL",
    "STRING",
    "UNKNOWN",
    "CompiledExpressions",
    "Kind",
    "KnownNames",
    "NativeExpression",
    "Place",
    "Position",
    "Scope",
    "Symbols",
    "Type",
    "Value",
    "Variable",
    "compile_expressions",
    "decode",
    "encode",
    "label_words",
    "native_expression",
    "native_test",
    "parse_expression",
    "parse_unary_tests",
    "policy_error",
]
