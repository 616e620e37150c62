"""Mutants that survive with good reason: what they change, nobody could see.

Each is named by its function and its text before and after, so that moved lines keep their entry.
"""

# ruff: noqa: E501 - keys are the text itself

GHOST = "a ghost is the judge's memory: the machine does the same, and only the judge sees less"
STILL = "all that it allows, or does, besides leaves the state as it was"
UNLISTED = "`free` has just made the row list nothing at that index"
DECODES = "without drafts it is a `decode` and its `collect` in one"
LENGTHS = (
    "of two prefixes of one length, one extends the other only if they are one, which comes first"
)
PROTECTED = "the row reads the tree's page at that index already; the language has no index below 0"
EXTENDS = "all that it allows besides is what `extend` may do: launch the next known token"

EQUIVALENT: dict[str, str] = {
    "free_tail: s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n))  ->  s.committed[r] = s.least(s.committed[r], n)": GHOST,
    "free_tail: s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n))  ->  s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n) + 1)": GHOST,
    "free_tail: s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n))  ->  s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.faithful[r])": GHOST,
    "free_tail: s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n))  ->  s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), n)": GHOST,
    "cut_tokens: s.faithful[s.slot[x]] = s.least(s.faithful[s.slot[x]], n)  ->  pass": GHOST,
    "cut_tokens: s.faithful[s.slot[x]] = s.least(s.faithful[s.slot[x]], n)  ->  s.faithful[s.slot[x]] = s.least(s.faithful[s.slot[x]], n) + 1": GHOST,
    "cut_tokens: s.faithful[s.slot[x]] = s.least(s.faithful[s.slot[x]], n)  ->  s.faithful[s.slot[x]] = s.faithful[s.slot[x]]": GHOST,
    "cut_tokens: s.faithful[s.slot[x]] = s.least(s.faithful[s.slot[x]], n)  ->  s.faithful[s.slot[x]] = n": GHOST,
    "start: s.cursor[r], s.faithful[r] = (n, n)  ->  s.cursor[r], s.faithful[r] = (n, n + 1)": GHOST,
    "commit: if s.committed[r] <= s.faithful[r]:  ->  if True:": GHOST,
    "commit: if s.committed[r] <= s.faithful[r]:  ->  if s.committed[r] <= s.faithful[r] + 1:": GHOST,
    "commit: s.faithful[r] = n  ->  s.faithful[r] = n + 1": GHOST,
    "finish: s.faithful[r] = s.least(s.faithful[r], n)  ->  pass": GHOST,
    "finish: s.faithful[r] = s.least(s.faithful[r], n)  ->  s.faithful[r] = s.least(s.faithful[r], n) + 1": GHOST,
    "finish: s.faithful[r] = s.least(s.faithful[r], n)  ->  s.faithful[r] = s.faithful[r]": GHOST,
    "finish: s.faithful[r] = s.least(s.faithful[r], n)  ->  s.faithful[r] = n": GHOST,
    "cut_tokens: if s.slot[x] != NIL:  ->  if False:": GHOST,
    "detach: cut_tokens(s, x, history_len(s, x))  ->  pass": GHOST,
    "detach: cut_tokens(s, x, history_len(s, x))  ->  cut_tokens(s, x, history_len(s, x) + 1)": GHOST,
    "resume: if s.committed[r] < s.allocated[r]:  ->  if True:": STILL,
    "resume: if s.committed[r] < s.allocated[r]:  ->  if s.committed[r] <= s.allocated[r]:": STILL,
    "keep: if n < s.allocated[r]:  ->  if n <= s.allocated[r]:": STILL,
    "reserve: require(s.allocated[r] < upto <= s.least(s.tokens[t], s.limit[t]) + s.lookahead)  ->  require(s.allocated[r] <= upto <= s.least(s.tokens[t], s.limit[t]) + s.lookahead)": STILL,
    "extend: require(s.launched[r] < upto <= s.allocated[r] and upto <= s.tokens[t])  ->  require(s.launched[r] <= upto <= s.allocated[r] and upto <= s.tokens[t])": STILL,
    "slide: require(s.length(s.whole(upto)) == upto and s.cursor[r] < upto)  ->  require(s.length(s.whole(upto)) == upto and s.cursor[r] <= upto)": STILL,
    "unlock: for i in s.span(0, hi): (no. 2)  ->  for i in s.span(0, hi + 1):": UNLISTED,
    "decode: require(s.prompt[t] < s.tokens[t] and s.launched[r] + 1 == s.tokens[t])  ->  require(s.launched[r] + 1 == s.tokens[t])": EXTENDS,
    "decode: require(s.prompt[t] < s.tokens[t] and s.launched[r] + 1 == s.tokens[t])  ->  require(s.prompt[t] <= s.tokens[t] and s.launched[r] + 1 == s.tokens[t])": EXTENDS,
    "collect: require(running(s, t) and unread(s, s.row[t]))  ->  require(running(s, t))": STILL,
    "verify: require(drafts != 0 and accepted <= drafts)  ->  require(accepted <= drafts)": DECODES,
    "extends: return s.last[c] <= s.last[d] and s.ancestor[d, s.last[c]] == c  ->  return s.last[c] < s.last[d] and s.ancestor[d, s.last[c]] == c": LENGTHS,
    "publish: for i in s.span(lo, new):  ->  for i in s.span(lo - 1, new):": PROTECTED,
}
