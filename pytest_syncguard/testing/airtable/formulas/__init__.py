r"""Airtable's formulas: `compile_formula` in `formulas.parse` makes a `Formula`, which is evaluated in a `Scope`.

What Airtable's documents do not say, and nobody here has tried on the real service, is decided like this:

- Words: only "Invalid formula. Please check your formula text." and "Unknown field names: ..." are known to be
  Airtable's; those about functions and numbers of arguments are made up in their likeness.
- Text: ``1e3`` is a number; an escape of another letter than n, r and t is that letter, so that ``\\d`` makes a
  regular expression's ``\d``; there are no comments. Only IF and SWITCH may have arguments left empty.
- Blank equals 0, "" and false; 0 does not equal "". A number equals the text that shows it. No text is a number to
  arithmetic (not even "2"): that is #ERROR!, as is a date, so that dates cannot be subtracted but by DATETIME_DIFF.
- A checkbox as text is 1 or 0. AND and OR evaluate all of their arguments. Infinity lets a record pass a filter.
- Numbers: SUM, AVERAGE, MAX and MIN leave text out; ROUND takes halves away from 0; MOD has the sign of the dividend;
  CEILING and FLOOR to multiples of 0 are NaN; VALUE("5%") is 5.
- Dates: functions of a blank date are #ERROR!, and it is neither before nor after any date to < and >. WEEKNUM is as
  in moment.js, the first week having January 1st, also when weeks begin with Monday. DATEADD by an unknown unit is
  #ERROR!. DATETIME_FORMAT without a format is in ISO format. IS_SAME without a unit compares milliseconds.
  Of locales only de, en, es, fr, it, nl and pt are known; others are English.
- REGEX_EXTRACT without a match is #ERROR!, and with groups it still gives the whole match; in replacements $1 is a
  group and $& the match. What takes more than about a second for one record is #ERROR!.
- Positions and lengths count characters beyond U+FFFF twice, as JavaScript does; half of one is left where it is cut.
"""
