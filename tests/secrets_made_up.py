"""Secrets that nobody has, made from a fixed seed: no scanner of a code host takes them for real
ones, as none of them stands in a file.
"""

from __future__ import annotations

import base64
import json
import random
import string

_DRAW = random.Random(7)
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


def drawn(count: int, alphabet: str = _ALNUM) -> str:
    """Letters with a digit and both cases among them, where the alphabet has such."""
    head = "".join(_DRAW.choice([c for c in alphabet if kind(c)] or alphabet) for kind in _KINDS)
    rest = "".join(_DRAW.choice(alphabet) for _ in range(max(0, count - len(head))))
    text = [*(head + rest)[:count]]
    _DRAW.shuffle(text)
    return "".join(text)


_KINDS = (str.isdigit, str.islower, str.isupper, str.isdigit)


def _jwt() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': '1', 'n': 7})}.{drawn(43)}"


def _pem(kind: str, end: str = "\n") -> str:
    lines = [drawn(64, _ALNUM + "+/") for _ in range(6)]
    return end.join([f"-----BEGIN {kind}-----", *lines, drawn(20) + "==", f"-----END {kind}-----"])


def _card(start: str, size: int) -> str:
    digits = start + drawn(size - len(start) - 1, string.digits)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return digits + str(-total % 10)


U = string.ascii_uppercase + string.digits
D = string.digits
L = string.ascii_lowercase + string.digits
W = _ALNUM + "_-"

KEYS = {
    "openai project": "sk-proj-" + drawn(74, W),
    "openai old": "sk-" + drawn(20) + "T3BlbkFJ" + drawn(20),
    "openai service account": "sk-svcacct-" + drawn(60, W),
    "openai admin": "sk-admin-" + drawn(60, W),
    "anthropic": "sk-ant-api03-" + drawn(93, W) + "AA",
    "anthropic admin": "sk-ant-admin01-" + drawn(80, W),
    "deepseek": "sk-" + drawn(32, _HEX),
    "moonshot": "sk-" + drawn(48),
    "dashscope": "sk-" + drawn(32, _HEX),
    "litellm": "sk-" + drawn(22, W.replace("-", "")),
    "gemini": "AIza" + drawn(35, W),
    "gemini new": "AQ.Ab8" + drawn(44, W),
    "openrouter": "sk-or-v1-" + drawn(64, _HEX),
    "groq": "gsk_" + drawn(52),
    "xai": "xai-" + drawn(80),
    "perplexity": "pplx-" + drawn(48),
    "together": "tgp_v1_" + drawn(43, W),
    "fireworks": "fw_" + drawn(24),
    "zhipu": drawn(32, _HEX) + "." + drawn(16),
    "cerebras": "csk-" + drawn(48, L),
    "azure openai": drawn(52) + "JQQJ99" + drawn(26),
    "hugging face": "hf_" + drawn(34),
    "replicate": "r8_" + drawn(37),
    "nvidia": "nvapi-" + drawn(64, W),
    "elevenlabs": "sk_" + drawn(48, _HEX),
    "langsmith": "lsv2_pt_" + drawn(32, _HEX) + "_" + drawn(10, _HEX),
    "aws id": "AKIA" + drawn(16, U),
    "aws temporary id": "ASIA" + drawn(16, U),
    "aws bedrock": "ABSK" + drawn(128),
    "google oauth": "ya29." + drawn(60, W),
    "google client": "GOCSPX-" + drawn(28, W),
    "azure client": drawn(3) + "8Q~" + drawn(34),
    "github": "ghp_" + drawn(36),
    "github oauth": "gho_" + drawn(36),
    "github server": "ghs_" + drawn(36),
    "github fine": "github_pat_" + drawn(22) + "_" + drawn(59),
    "gitlab": "glpat-" + drawn(20, W),
    "gitlab runner": "glrt-" + drawn(20, W),
    "atlassian": "ATATT3xFfGF0" + drawn(60, W),
    "slack bot": f"xoxb-{drawn(12, D)}-{drawn(12, D)}-{drawn(24)}",
    "slack app": f"xapp-1-A{drawn(10, U)}-{drawn(13, D)}-{drawn(64, _HEX)}",
    "slack webhook": f"https://hooks.slack.com/services/T{drawn(8, U)}/B{drawn(8, U)}/{drawn(24)}",
    "stripe": "sk_live_" + drawn(24),
    "stripe restricted": "rk_test_" + drawn(40),
    "webhook secret": "whsec_" + drawn(32),
    "npm": "npm_" + drawn(36),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + drawn(120, W),
    "discord bot": "M" + drawn(25) + "." + drawn(6, W) + "." + drawn(38, W),
    "discord webhook": f"https://discord.com/api/webhooks/{drawn(18, D)}/{drawn(68, W)}",
    "telegram": drawn(10, "123456789") + ":AA" + drawn(33, W),
    "jwt": _jwt(),
    "sendgrid": "SG." + drawn(22, W) + "." + drawn(43, W),
    "mailgun": "key-" + drawn(32, _HEX),
    "mailchimp": drawn(32, _HEX) + "-us14",
    "twilio": "SK" + drawn(32, _HEX),
    "shopify": "shpat_" + drawn(32, _HEX),
    "digitalocean": "dop_v1_" + drawn(64, _HEX),
    "docker": "dckr_pat_" + drawn(27, W),
    "databricks": "dapi" + drawn(32, _HEX),
    "vault": "hvs." + drawn(90, W),
    "notion": "ntn_" + drawn(46),
    "linear": "lin_api_" + drawn(40),
    "figma": "figd_" + drawn(40, W),
    "new relic": "NRAK-" + drawn(27, U),
    "grafana": "glsa_" + drawn(32) + "_" + drawn(8, _HEX),
    "tailscale": "tskey-auth-" + drawn(12) + "-" + drawn(32),
    "supabase": "sbp_" + drawn(40, _HEX),
    "rubygems": "rubygems_" + drawn(48, _HEX),
    "age": "AGE-SECRET-KEY-1" + drawn(58, U),
}  # fmt: skip
"""Those that tell by their form whose they are, by a name for the test."""

_PASSWORD = drawn(12, _ALNUM + "!#")
ASSIGNED = {
    "aws secret": ("aws_secret_access_key = {}", drawn(40, _ALNUM + "/+")),
    "aws secret in env": ("export AWS_SECRET_ACCESS_KEY={}", drawn(40, _ALNUM + "/+")),
    "mistral in env": ("MISTRAL_API_KEY={}", drawn(32)),
    "cohere in env": ('CO_API_KEY="{}"', drawn(40)),
    "deepinfra in env": ("DEEPINFRA_TOKEN={}", drawn(32)),
    "cloudflare in env": ("CLOUDFLARE_API_KEY={}", drawn(40, W)),
    "together old": ('TOGETHER_API_KEY: "{}"', drawn(64, _HEX)),
    "azure in code": ('client = AzureOpenAI(api_key="{}")', drawn(32, _HEX)),
    "password in env": ("PASSWORD={}", _PASSWORD),
    "password of words in env": ("DB_PASSWORD={}", "swordfish"),
    "pass in env": ("DB_PASS={}", "tr0ub4dor"),
    "password in yaml": ("database:\n  user: app\n  password: {}\n", "correcthorse7"),
    "word in yaml": ("password: {}", "swordfish"),
    "password in json": ('{{"user": "x", "password": "{}"}}', "Tr0ub4dor&3"),
    "password in python": ("connect(user='x', password='{}')", "hunter2"),
    "password with blanks": ('passphrase: "{}"', "correct horse battery staple"),
    "password typed": ('password: str = "{}"', "hunter2x"),
    "password in ini": ("[db]\npassword = {}\n", "s3cr3t-pw"),
    "password in toml": ("[db]\npassword = '{}'\n", "s3cr3t-pw"),
    "password said": ("my password is {} by the way", "hunter2"),
    "password said in ticks": ("the password is `{}`.", "swordfish"),
    "password in German": ("Passwort: {}", "geheim123"),
    "password in Chinese": ("密码：{}", "abc12345"),
    "password in a URL": ("postgres://app:{}@db.example.com:5432/x", "p4ssw0rd!"),
    "password in a URL with an at sign": ("mysql://app:{}@db/x", "p@ss.w0rd"),
    "password without user": ("redis://:{}@cache:6379/0", "r3d1spw"),
    "mongo": ("mongodb+srv://app:{}@c0.mongodb.net/?w=1", "m0ng0pw"),
    "token in a URL": ("git clone https://{}@github.com/x/y.git", drawn(40, _HEX)),
    "odbc": ("Server=db;Database=x;User Id=sa;Password={};Encrypt=yes", "Sql!pw99"),
    "pwd of odbc": ("Driver={{x}};UID=sa;PWD={};", "Sql!pw99"),
    "libpq": ("host=db user=app password={} dbname=x", "l1bpqpw"),
    "jdbc": ("jdbc:mysql://db/x?user=app&password={}&ssl=true", "jdbcpw1"),
    "oracle": ("jdbc:oracle:thin:scott/{}@db:1521:x", "t1gerx"),
    "azure storage": ("AccountName=x;AccountKey={}==;EndpointSuffix=core", drawn(86)),
    "azure bus": ("Endpoint=sb://x/;SharedAccessKey={}=", drawn(43)),
    "azure signature": ("https://x.blob.core.windows.net/c?sv=2024&sig={}%3D", drawn(43)),
    "authorization": ("Authorization: Bearer {}", drawn(40)),
    "authorization basic": ("Authorization: Basic {}", "YW5uYTpodW50ZXIyeA=="),
    "authorization in curl": ('curl -H "Authorization: Bearer {}" https://x', drawn(24)),
    "authorization in code": ('headers = {{"Authorization": "token {}"}}', drawn(40, _HEX)),
    "authorization in f-string": ("h = {{'Authorization': f'Bearer {}'}}", drawn(40)),
    "x-api-key": ("x-api-key: {}", drawn(32)),
    "x-auth-token": ("X-Auth-Token: {}", drawn(32)),
    "private-token": ("curl -H 'PRIVATE-TOKEN: {}' https://x", drawn(20)),
    "cookie": ("Cookie: sessionid={}", drawn(32)),
    "curl -u": ("curl -u anna:{} https://x", "hunter2x"),
    "curl --user": ("curl --user 'anna:{}' https://x", "hunter2x"),
    "--password": ("tool --user x --password {} go", "hunter2x"),
    "--password=": ("tool --password={} go", "hunter2x"),
    "--token": ("tool --token {} go", drawn(32)),
    "sshpass": ("sshpass -p '{}' ssh x", "hunter2x"),
    "mysql -p": ("mysql -u root -p{} db", "hunter2x"),
    "docker login": ("docker login -u anna -p {} registry", "hunter2x"),
    "netrc": ("machine x login anna password {}", "hunter2x"),
    "sql": ("CREATE USER x IDENTIFIED BY '{}';", "hunter2x"),
    "postgres role": ("CREATE ROLE x LOGIN PASSWORD '{}';", "hunter2x"),
    "xml": ("<password>{}</password>", "hunter2x"),
    "xml attribute": ('<add key="ApiKey" value="{}"/>', drawn(32)),
    "client secret": ('"client_secret": "{}"', drawn(32, W)),
    "client secret uuid": (
        "client_secret: {}",
        f"{drawn(8, _HEX)}-{drawn(4, _HEX)}-{drawn(4, _HEX)}-{drawn(4, _HEX)}-{drawn(12, _HEX)}",
    ),
    "django": ("SECRET_KEY = '{}'", "django-insecure-" + drawn(50, L + "!@#$^&*(-_=+)")),
    "npmrc": ("//registry.example.com/:_authToken={}", drawn(36)),
    "auth in docker": ('"auths": {{"x": {{"auth": "{}"}}}}', drawn(40)),
    "ruby": ("api_key => '{}'", drawn(32)),
    "go": ('apiKey := "{}"', drawn(32)),
    "js": ("const apiKey = `{}`;", drawn(32)),
    "table": ("| password | {} |", "hunter2x"),
    "bold": ("**Password:** {}", "hunter2x"),
    "shadow": ("anna:{}:19000:0:99999:7:::", "$6$" + drawn(8) + "$" + drawn(86)),
    "bcrypt": ("hash {}", "$2b$12$" + drawn(53)),
}  # fmt: skip
"""Those that tell by what stands around them, and the text around."""

PRIVATE_KEYS = {
    kind or "pkcs8": _pem(f"{kind} PRIVATE KEY".strip())
    for kind in ("", "RSA", "EC", "OPENSSH", "ENCRYPTED", "DSA")
} | {
    "pgp": _pem("PGP PRIVATE KEY BLOCK"),
    "in JSON": _pem("PRIVATE KEY", "\\n"),
    "crlf": _pem("PRIVATE KEY", "\r\n"),
    "indented": _pem("RSA PRIVATE KEY", "\n    "),
    "quoted": _pem("RSA PRIVATE KEY", "\n> "),
    "cut off": _pem("RSA PRIVATE KEY").rpartition("\n")[0],
}

CARDS = {
    "visa": _card("4", 16),
    "visa known": "4111111111111111",
    "mastercard": _card("55", 16),
    "mastercard 2": _card("2345", 16),
    "amex": _card("37", 15),
    "discover": _card("6011", 16),
    "jcb": _card("3530", 16),
    "diners": _card("36", 14),
    "unionpay": _card("6212", 16),
}

PERSONAL = {
    "e-mail": "anna.schmidt+news@mail.example.co.uk",
    "e-mail umlaut": "jörg@müller.example",
    "phone": "+49 (0)30 1234567",
    "phone plain": "+4915112345678",
    "phone us": "+1 (555) 234-5678",
    "phone us national": "(555) 234-5678",
    "phone dots": "+33.1.23.45.67.89",
    "private ip": "192.168.17.23",
    "private ip 10": "10.20.30.40",
    "private ip 172": "172.20.1.2",
    "cgnat": "100.64.3.2",
    "link-local": "169.254.17.2",
    "ula": "fd12:3456:789a::1",
    "link-local 6": "fe80::1ff:fe23:4567:890a",
}
"""What a mask takes the place of, whole."""

HOMES = {
    "linux": ("/home/{}/project/x.py", "annaschmidt"),
    "mac": ("/Users/{}/Documents", "annaschmidt"),
    "windows": ("C:\\Users\\{}\\Desktop\\x.txt", "annaschmidt"),
    "windows blank": ("C:\\Users\\{}\\Desktop", "Anna Schmidt"),
    "windows in JSON": ('"C:\\\\Users\\\\{}\\\\x"', "annaschmidt"),
    "windows slashes": ("C:/Users/{}/x", "annaschmidt"),
    "wsl": ("/mnt/c/Users/{}/x", "annaschmidt"),
    "tilde": ("~{}/x", "annaschmidt"),
    "file url": ("file:///home/{}/x.html", "annaschmidt"),
    "end": ("it is in /home/{}", "annaschmidt"),
}

CONTEXTS = {
    "alone": "{}",
    "prose": "I sent you {} yesterday.",
    "end of a sentence": "Take {}. Then go on.",
    "quoted": 'he said "{}", didn\'t he',
    "single quotes": "x = '{}'",
    "brackets": "see ({}) and [{}]",
    "ticks": "use `{}` here",
    "fence": "```sh\nrun --with {}\n```",
    "table": "| a | b |\n|---|---|\n| x | {} |",
    "json": '{{"a": ["{}"]}}',
    "json of json": '{{"a": "[\\"{}\\"]"}}',
    "yaml": "a:\n  - b: {}\n",
    "bold": "**{}**",
    "CJK": "我的是{}。谢谢",
    "CJK beside": "密钥「{}」和",
    "comma": "a,{},b",
    "html": "<b>{}</b>",
    "equals": "X={}",
    "query": "https://x.example/?a={}&b=1",
    "link": "[x](https://x.example/?a={})",
    "new line": "a\n{}\nb",
    "tab": "a\t{}\tb",
    "escaped line": "a\\n{}\\nb",
    "semicolon": "a;{};b",
    "angle": "<{}>",
    "diff": "+{}",
    "colon": "key:{}",
}
