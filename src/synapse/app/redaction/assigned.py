"""Secrets that tell by what stands before them: `password=`, `Authorization:`, `curl -u`.

Whoever masks too little gives a secret away, whoever masks too much makes a conversation about
code unreadable. So a value that may as well be a name in a program (`token = parser`), a place for
one (`<password>`, `${TOKEN}`) or a word of a manual is no finding; and one that is likely to be
harmless (`password: secret`) is masked, but not warned about.
"""

from __future__ import annotations

import re

from synapse.app.redaction.kinds import KEY, MASK, PASSWORD, TOKEN, Finding, Kind
from synapse.app.redaction.plausible import is_password, is_random, is_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PASSWORD_NAME = re.compile(
    r"passw(?:or[dt]|d)|passphrase|passcode|pwd|kennwort|contrase[nñ]a|mot de passe|"
    r"пароль|密码|密碼|パスワード|비밀번호|(?<![a-z])(?:pass|pw)$"
)
_SECRET_NAME = re.compile(
    r"secret|token|credential|(?:^|[_\"-])auth$|[_-]key|(?:api|access|private|auth|account|signing|"
    r"encryption|master|license|subscription)[ ]?key"
)
_STEMS = ("pass", "pw", "secret", "token", "key", "auth", "credential", "kennwort", "contrase")
_FOREIGN_STEMS = ("пароль", "密码", "密碼", "パスワード", "비밀번호")
_SIGN = (
    r"""[\w-]{0,24}[\]"'`*)}]{0,3}(?:[ \t]{0,8}(?:[:=|>：]|->)|[ ]["'`]|["']?\s{1,4}value|"""
    r"[ ](?:is|was|lautet|ist|est|es)[ :])"
)
_NAMED = {stem: re.compile(rf"{stem}(?={_SIGN})", re.ASCII) for stem in (*_STEMS, *_FOREIGN_STEMS)}
"""A search for fixed characters is ten times as fast as one for any of several words."""
_OPTION = re.compile(
    r"--(?:[a-z0-9-]{0,24}-)?(?:password|passphrase|passwd|pass|pwd|token|secret|api-?key|"
    r"(?:access|secret|client|auth)-(?:key|secret|token))[ =](?=\S)"
)
_AFTER = re.compile(
    r"""(?P<rest>[\w-]{0,24})(?P<close>[\]"'`*)}]{0,3})
    (?:
        (?:[ \t]*:[ ]?[A-Za-z_][\w\[\].|\ ]{0,30}?)?   # password: str = "…"
        [ \t]{0,8}(?P<sign>=>|:=|={1,2}|->|:|：)[*_]{0,3}[ \t]{0,8}(?:\n[ \t]{2,16}(?=["']))?
      | (?P<tag>>)[ \t]?
      | ["']?\s{1,4}value\s?=\s?
      | [ ](?:is|was|lautet|ist|est|es)[ :]{1,2}(?P<said>)
      | [ \t]{0,8}(?P<cell>\|)[ \t]{0,8}
      | [ ](?P<argument>)(?=["'`])
    )
    """,
    re.VERBOSE | re.ASCII,
)
_QUOTED = re.compile(
    r"""[fFbBrRuU]{0,2}(?P<q>\\?["'`]|\*\*|“|„|«)(?P<value>[^\n"'`“”»]{1,512}?)(?P=q)?(?=\\?["'`”»]|\*\*)"""
)
_BARE = re.compile(r"""[^\s"'`,;<>(){}\[\]|\\“”„«»，。；、）（]{1,2048}""")
_NO_SECRET_AT_ALL = re.compile(
    r"(?:^|_|-)(?:public|primary|foreign|cache|sort|partition|max|min|num|n|total|input|output|"
    r"prompt|completion|pad|eos|bos|unk|sep|cls|mask|special|next|prev|last|first|stop)(?:_|-)|"
    r"(?:tokens|tokenizer|tokenize|secretary|passwordless)",
    re.IGNORECASE,
)
_OF_ANOTHER_THING = re.compile(
    r"(?:id|ids|name|names|type|count|length|len|url|uri|file|path|env|expires?|expiry|lifetime|"
    r"size|limit|regex|pattern|field|label|prompt|policy|class|icon|help|hint|text|title|"
    r"placeholder|error|message|cmd|command|index|ttl|at|in|version|store|manager|arn|ref)$",
    re.IGNORECASE,
)


def assigned(text: str, lowered: str) -> Iterator[Finding]:
    """What is given to a name that is one of a secret. `lowered` is as long as `text`."""
    for stem in _STEMS if text.isascii() else (*_STEMS, *_FOREIGN_STEMS):
        if stem in lowered:
            for match in _NAMED[stem].finditer(lowered):
                finding = _after_name(text, lowered, match.start(), match.end())
                if finding is not None:
                    yield finding
    if "--" in lowered:
        for match in _OPTION.finditer(lowered):
            finding = _after_option(text, match)
            if finding is not None:
                yield finding


def _after_option(text: str, option: re.Match[str]) -> Finding | None:
    match = _QUOTED.match(text, option.end()) or _OPTION_VALUE.match(text, option.end())
    if match is None or not is_password(match["value"], quoted=True):
        return None
    sure = is_random(match["value"])
    if "token" in option.group():
        return _finding(text, match.span("value"), TOKEN, "token", sure)
    if "pass" in option.group() or "pwd" in option.group():
        return _finding(text, match.span("value"), PASSWORD, "password", sure)
    return _finding(text, match.span("value"), KEY, "api-key", sure)


_OPTION_VALUE = re.compile(r"(?P<value>[^\s\"'`;|<>()\[\]{}$-][^\s\"'`;|<>()]{3,512})")


def _after_name(text: str, lowered: str, start: int, end: int) -> Finding | None:
    after = _AFTER.match(text, end)
    if after is None:
        return None
    first = start
    while first > max(0, start - 40) and (text[first - 1].isalnum() or text[first - 1] in "_-."):
        first -= 1
    name = text[first : after.end("rest")]
    folded = lowered[first : after.end("rest")]
    if text[first - 1 : first] == " " and folded in ("key", "de"):  # of two words: "api key"
        folded = lowered[max(0, first - 12) : after.end("rest")].rpartition("\n")[2]
    elif text[first - 1 : first] == '"':
        folded = '"' + folded
    is_password_name = _PASSWORD_NAME.search(folded) is not None
    if not is_password_name and (
        not _SECRET_NAME.search(folded) or _NO_SECRET_AT_ALL.search(folded)
    ):
        return None
    rest = after["rest"]
    if rest and (_OF_ANOTHER_THING.search(rest) or (is_password_name and len(rest) > 16)):
        return None
    quoted = _QUOTED.match(text, after.end())
    if after["argument"] is not None and (quoted is None or "passw" not in folded):
        return None  # `PASSWORD 'x'` of SQL; a word alone follows any word
    if after["tag"] is not None and text[first - 1 : first] != "<":
        return None
    if after["cell"] is not None and text[:first].rstrip(" \t*`")[-1:] != "|":
        return None
    if quoted is None:
        return _bare(text, after, first, name, is_password_name)
    span = quoted.span("value")
    value = quoted["value"].strip("\\")
    if is_password_name:
        if not is_password(value, quoted=True):
            return None
        return _finding(text, span, PASSWORD, "password", is_random(value))
    if not is_secret(value, quoted=True):
        return None
    return _finding(text, span, *_kind_of(folded), sure=is_random(value) and len(value) >= 16)


_BEFORE_A_LINE = re.compile(
    r"(?:^|\n|`)[ \t>#|*-]{0,32}(?:(?:export|set|ENV|\$)[ \t]{1,4}|\$env:)?\Z", re.I
)


def _bare(
    text: str, after: re.Match[str], first: int, name: str, is_password_name: bool
) -> Finding | None:
    match = _BARE.match(text, after.end())
    if match is None or (value := match.group().rstrip(".*")) == "":
        return None
    if "&" in value:  # the next field of a query
        value = value.partition("&")[0]
    end = match.start() + len(value)
    following = text[match.end() : match.end() + 1]
    if following and following in "([{" and not MASK.match(text, match.end()):
        return None  # a call, or a place for a value
    span = (match.start(), end)
    before = _BEFORE_A_LINE.search(text, max(0, first - 40), first)
    is_line = following in ("", "\n", "\r", "`") and before is not None
    if after["sign"] == "=" and name.isupper() and text[after.end() - 1] == "=":
        is_line = True  # NAME=value of a shell, wherever it stands
    if is_password_name:
        said = after["said"] is not None
        if not is_password(value, quoted=False, is_line=is_line and not said):
            return None
        return _finding(text, span, PASSWORD, "password", is_random(value))
    if not is_secret(value, quoted=False, is_line=is_line and name.isupper()):
        return None
    sure = is_random(value) and len(value) >= 16
    return _finding(text, span, *_kind_of(name.lower()), sure=sure)


def _kind_of(word: str) -> tuple[Kind, str]:
    if "token" in word:
        return TOKEN, "token"
    return (KEY, "secret") if "secret" in word or "cred" in word else (KEY, "api-key")


def _finding(
    text: str, span: tuple[int, int], kind: Kind, label: str, sure: bool = True
) -> Finding:
    return Finding(
        start=span[0], end=span[1], kind=kind, label=label, value=text[slice(*span)], sure=sure
    )


# ------------------------------------------------------------------- headers, URLs, commands

_HEADER = re.compile(
    r"""authorization["'*`]{0,3}\s{0,2}[:=,]\s{0,2}\\?["'`]{0,2}\s?
    (?:[fbru]{0,2}["'])?
    (?:(?:bearer|basic|token|apikey|api-key|bot|negotiate|ntlm|splunk|sso-key|key|glpat)\s{1,3}
      (?P<value>[^\s"'`<>{}\\,$]{4,})
      |(?:digest|aws4-hmac-sha256|signature|oauth|hawk)\s(?P<line>[^\n\r{}]{8,})
      |(?P<only>[^\s"'`<>{}\\,$()]{12,}))""",
    re.VERBOSE | re.ASCII,
)
_BEARER = re.compile(r"bearer(?<!\w.{6})\s{1,3}([a-z0-9_.~+/=-]{16,})", re.A)
_COOKIE = re.compile(
    r"cookie(?<!\w.{6})[\"']?\s?:\s?[\"']?((?=[^\n\"'=]{1,99}=)[^\n\r\"'`<>{}]{8,})", re.A
)
_URL_PASSWORD = re.compile(
    r"://(?P<user>[^\s/@:\"'<>|]{0,128}):(?P<value>[^\s/?#\"'<>`|]{1,256})@(?=[\w\[.-])"
)
_URL_TOKEN = re.compile(r"://([A-Za-z0-9_.~-]{20,255})(?=@[\w.-]+)")
_ORACLE = re.compile(r":(?:thin|oci8?):[\w.-]{1,64}/([^@\s/\"']{1,128})@", re.IGNORECASE)
_CURL = re.compile(
    r"(?:\s-u|--user|--proxy-user|\s-U)[ =]?[\"']?[\w.@+-]{1,64}:(?P<value>[^\s'\"`]{2,128})"
)
_SHELL = re.compile(
    r"\b(?:sshpass\s-p|mysql(?:dump|admin)?\s(?:[^\n|;]{0,200}?\s)?-p|"
    r"docker\slogin\s[^\n|;]{0,80}?\s-p|redis-cli\s[^\n|;]{0,80}?-a|htpasswd\s[^\n|;]{0,80}?\s-b\w*\s\S+\s\S+)"
    r"[ ]?[\"']?(?P<value>[^\s\"'`;|-][^\s\"'`;|]{2,128})",
    re.ASCII,
)
_LOGIN = re.compile(r"\blogin\s{1,9}\S{1,128}\s{1,9}password\s{1,9}(\S{2,128})", re.ASCII)
_IDENTIFIED = re.compile(
    r"\bidentified\s+(?:with\s+\w+\s+)?by\s+[\"']([^\"'\n]{1,128})", re.I | re.A
)


def announced(text: str, lowered: str) -> Iterator[Finding]:
    """What a header, a URL or a command's option shows to be a secret."""
    if "authorization" in lowered:
        for match in _HEADER.finditer(lowered):
            group = match.lastgroup or "value"
            value = text[slice(*match.span(group))]
            if is_password(value, quoted=True) and (group != "only" or is_random(value)):
                yield _finding(text, match.span(group), TOKEN, "authorization", is_random(value))
    if "bearer" in lowered:
        for match in _BEARER.finditer(lowered):
            if is_random(match[1]):
                yield _finding(text, match.span(1), TOKEN, "token")
    if "cookie" in lowered:
        for match in _COOKIE.finditer(lowered):
            if is_random(match[1]):
                yield _finding(text, match.span(1), TOKEN, "cookie", sure=False)
    if "://" in text and "@" in text:
        for match in _URL_PASSWORD.finditer(text):
            value = match["value"]
            if is_password(value, quoted=True):
                yield _finding(text, match.span("value"), PASSWORD, "password", is_random(value))
        for match in _URL_TOKEN.finditer(text):
            if is_secret(match[1], quoted=True):
                yield _finding(text, match.span(1), TOKEN, "token")
    for word, pattern in _COMMANDS:
        if word in lowered:
            for match in pattern.finditer(text):
                value = match[match.lastindex or 0]
                if is_password(value, quoted=True):
                    span = match.span(match.lastindex or 0)
                    yield _finding(text, span, PASSWORD, "password", is_random(value))


_COMMANDS = (
    ("jdbc:", _ORACLE), (" -u", _CURL), ("-user", _CURL), ("sshpass", _SHELL), ("mysql", _SHELL),
    ("docker login", _SHELL), ("redis-cli", _SHELL), ("htpasswd", _SHELL), ("login ", _LOGIN),
    ("identified", _IDENTIFIED),
)  # fmt: skip
