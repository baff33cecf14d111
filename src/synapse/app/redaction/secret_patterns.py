"""Secrets that tell by their form whose they are: one table, a row a form.

A row: the label of its mask, what every one of them holds, and its form. Nothing is looked for in
a text that holds none of the second column, which makes a table of any length cheap. What is
found has SHORTEST characters at least and no blank. No form can be matched in two ways, so that
none takes more than linear time.
"""

from __future__ import annotations

import re

from synapse.app.redaction.kinds import KEY, PASSWORD, TOKEN, Kind

SHORTEST = 19
"""Characters of the shortest secret of this table."""

_ROWS: tuple[tuple[str, str, str], ...] = (
    # ---- providers of PROVIDERS and their like
    ("anthropic-key", "sk-ant-", r"sk-ant-[\w-]{16,}"),
    ("openrouter-key", "sk-or-", r"sk-or-[\w-]{16,}"),
    ("openai-key", "sk-proj-", r"sk-proj-[\w-]{16,}"),
    ("openai-key", "sk-svcacct-", r"sk-svcacct-[\w-]{16,}"),
    ("openai-key", "sk-admin-", r"sk-admin-[\w-]{16,}"),
    ("openai-key", "T3BlbkFJ", r"sk-[\w-]{10,160}T3BlbkFJ[\w-]{10,}"),
    ("api-key", "sk-", r"sk-(?=[\w-]{0,80}[0-9])(?:[a-z]{2,4}-)?[A-Za-z0-9_]{16,}[\w:-]*"),
    ("google-key", "AIza", r"AIza[\w-]{35,}"),
    ("google-key", "AQ.", r"AQ\.Ab[\w-]{30,}"),
    ("google-token", "ya29.", r"ya29\.[\w.-]{20,}"),
    ("google-secret", "GOCSPX-", r"GOCSPX-[\w-]{20,}"),
    ("google-token", "1//0", r"1//0[\w-]{35,}"),
    ("groq-key", "gsk_", r"gsk_[A-Za-z0-9]{32,}"),
    ("xai-key", "xai-", r"xai-[A-Za-z0-9]{32,}"),
    ("perplexity-key", "pplx-", r"pplx-[A-Za-z0-9]{32,}"),
    ("together-key", "tgp_v1_", r"tgp_v1_[\w-]{30,}"),
    ("fireworks-key", "fw_", r"fw_(?=\w{0,40}[0-9])[A-Za-z0-9]{20,}"),
    ("cerebras-key", "csk-", r"csk-[a-z0-9]{32,}"),
    ("cloudflare-token", "cfut_", r"cfut_[\w-]{30,}"),
    ("cloudflare-token", "cfat_", r"cfat_[\w-]{30,}"),
    ("azure-key", "JQQJ99", r"[A-Za-z0-9]{40,60}JQQJ99[A-Za-z0-9]{10,}"),
    ("hugging-face-token", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    ("hugging-face-token", "api_org_", r"api_org_[A-Za-z0-9]{30,}"),
    ("replicate-token", "r8_", r"r8_[A-Za-z0-9]{32,}"),
    ("nvidia-key", "nvapi-", r"nvapi-[\w-]{40,}"),
    ("jina-key", "jina_", r"jina_[\w-]{40,}"),
    ("tavily-key", "tvly-", r"tvly-[\w-]{20,}"),
    ("langsmith-key", "lsv2_", r"lsv2_[a-z]{2}_[0-9a-f]{32}_[0-9a-f]{8,}"),
    ("elevenlabs-key", "sk_", r"sk_[0-9a-f]{40,}"),
    # ---- clouds
    ("aws-key", "AKIA", r"AKIA[A-Z0-9]{16}(?![A-Z0-9])"),
    ("aws-key", "ASIA", r"ASIA[A-Z0-9]{16}(?![A-Z0-9])"),
    ("aws-key", "ABIA", r"ABIA[A-Z0-9]{16}(?![A-Z0-9])"),
    ("aws-key", "ACCA", r"ACCA[A-Z0-9]{16}(?![A-Z0-9])"),
    ("aws-key", "ABSK", r"ABSK[A-Za-z0-9+/]{60,}={0,2}"),
    ("azure-key", "AccountKey=", r"AccountKey=([A-Za-z0-9+/]{40,}={0,2})"),
    ("azure-key", "SharedAccessKey=", r"SharedAccessKey=([A-Za-z0-9+/]{30,}={0,2})"),
    ("azure-signature", "sig=", r"sig=([A-Za-z0-9%+/_-]{40,}={0,2})"),
    ("azure-secret", "Q~", r"[A-Za-z0-9_.-]{3}\dQ~[A-Za-z0-9_.~-]{31,34}"),
    ("digitalocean-token", "_v1_", r"do[opr]_v1_[0-9a-f]{40,}"),
    ("databricks-token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    ("heroku-key", "HRKU-", r"HRKU-[\w-]{30,}"),
    ("vault-token", "hvs.", r"hvs\.[\w-]{20,}"),
    ("vault-token", "hvb.", r"hvb\.[\w-]{20,}"),
    ("terraform-token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{50,}"),
    ("tailscale-key", "tskey-", r"tskey-[a-z]{3,10}-[\w-]{16,}"),
    ("fly-token", "fm1", r"fm1[ar]?_[A-Za-z0-9+/=_-]{40,}"),
    ("supabase-key", "sbp_", r"sbp_[0-9a-f]{40}"),
    ("supabase-key", "sb_secret_", r"sb_secret_[\w-]{20,}"),
    ("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.-]{30,}"),
    ("doppler-token", "dp.", r"dp\.(?:st|pt|ct|sa|scim|audit)\.[\w.-]{20,}"),
    ("netlify-token", "nfp_", r"nfp_[A-Za-z0-9]{30,}"),
    ("vercel-token", "vc", r"vc[a-z]_[A-Za-z0-9]{24,}"),
    ("pulumi-token", "pul-", r"pul-[0-9a-f]{40}"),
    # ---- where code is kept and packages are published
    ("github-token", "ghp_", r"ghp_[A-Za-z0-9]{30,}"),
    ("github-token", "gho_", r"gho_[A-Za-z0-9]{30,}"),
    ("github-token", "ghu_", r"ghu_[A-Za-z0-9]{30,}"),
    ("github-token", "ghs_", r"ghs_[A-Za-z0-9_.-]{30,}"),
    ("github-token", "ghr_", r"ghr_[A-Za-z0-9]{30,}"),
    ("github-token", "github_pat_", r"github_pat_\w{36,}"),
    ("gitlab-token", "gl", r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,}"),
    ("gitlab-token", "GR1348941", r"GR1348941[\w-]{20,}"),
    ("atlassian-token", "AT", r"AT(?:ATT3|CTT3|BB)[\w=-]{24,}"),
    ("npm-token", "npm_", r"npm_[A-Za-z0-9]{36,}"),
    ("pypi-token", "pypi-", r"pypi-[\w-]{40,}"),
    ("rubygems-key", "rubygems_", r"rubygems_[0-9a-f]{40,}"),
    ("crates-token", "cio", r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    ("nuget-key", "oy2", r"oy2[a-z0-9]{43}(?![A-Za-z0-9])"),
    ("docker-token", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}"),
    ("sentry-token", "sntry", r"sntry[su]_[\w=+/-]{40,}"),
    # ---- what people pay, write and call with
    ("stripe-key", "sk_", r"sk_(?:live|test|org)_[A-Za-z0-9]{16,}"),
    ("stripe-key", "rk_", r"rk_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{20,}"),
    ("square-token", "sq0", r"sq0[a-z]{3}-[\w-]{20,}"),
    ("square-token", "EAAA", r"EAAA[\w-]{56,}"),
    ("facebook-token", "EAA", r"EAA[A-Za-z0-9]{80,}"),
    ("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    ("sendgrid-key", "SG.", r"SG\.[\w-]{16,64}+\.[\w-]{16,}"),
    ("mailgun-key", "key-", r"key-[0-9a-f]{32}(?![0-9a-f])"),
    ("mailchimp-key", "-us", r"[0-9a-f]{32}-us\d{1,2}(?!\d)"),
    ("brevo-key", "xkeysib-", r"xkeysib-[0-9a-f]{60,80}-\w{12,}"),
    ("twilio-key", "SK", r"SK[0-9a-f]{32}(?![0-9a-f])"),
    ("slack-token", "xox", r"xox[abeoprs](?:\.xox[bp])?-[\w-]{14,}"),
    ("slack-token", "xapp-", r"xapp-\d-[\w-]{14,}"),
    ("slack-webhook", "hooks.slack.com/", r"hooks\.slack\.com/[a-z]+/([\w/-]{20,})"),
    ("discord-webhook", "api/webhooks/", r"api/webhooks/(\d{10,}/[\w-]{20,})"),
    ("discord-token", ".", r"[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6,7}\.[\w-]{27,40}"),
    ("telegram-token", ":AA", r"\d{8,10}:AA[\w-]{32,34}"),
    ("notion-token", "ntn_", r"ntn_[A-Za-z0-9]{40,}"),
    ("notion-token", "secret_", r"secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    ("linear-key", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("figma-token", "figd_", r"figd_[\w-]{30,}"),
    ("postman-key", "PMAK-", r"PMAK-[0-9a-f]{20,40}-[0-9a-f]{30,}"),
    ("new-relic-key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    ("grafana-token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    ("grafana-token", "glc_", r"glc_[A-Za-z0-9+/=]{32,}"),
    ("airtable-token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{60,}"),
    ("dropbox-token", "sl.", r"sl\.(?:u\.)?[\w-]{60,}"),
    ("1password-token", "ops_eyJ", r"ops_eyJ[\w-]{40,}"),
    ("age-key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-[A-Z0-9-]{40,}"),
    # ---- of no vendor
    ("jwt", "eyJ", r"eyJ[\w-]{8,2048}+\.(?:eyJ)?[\w-]{8,}+\.[\w-]*(?:\.[\w-]+){0,2}"),
    ("zhipu-key", ".", r"[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![A-Za-z0-9])"),
)  # fmt: skip

_TOKENS = ("-token", "jwt", "-signature", "-webhook")


class Form:
    """A row of the table. Its pattern is compiled when the first text needs it."""

    __slots__ = ("_pattern", "_source", "holds", "kind", "label")

    def __init__(self, label: str, holds: str, source: str) -> None:
        self.label = label
        self.holds = holds
        self.kind: Kind = TOKEN if label.endswith(_TOKENS) else KEY
        self._source = source
        self._pattern: re.Pattern[str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """Its first group, if it has one, is what is secret."""
        if self._pattern is None:
            self._pattern = re.compile(_from_its_start(self.holds, self._source), re.ASCII)
        return self._pattern


def _from_its_start(holds: str, source: str) -> str:
    """The form with "no letter or digit before it" said behind its first characters: a search for
    fixed characters, or one of a class, is ten times as fast as one that looks back first.
    """
    start = re.escape(holds)
    if source.startswith(start):
        return rf"{start}(?<![A-Za-z0-9].{{{len(holds)}}}){source[len(start) :]}"
    if source.startswith(holds):
        return rf"{start}(?<![A-Za-z0-9].{{{len(holds)}}}){source[len(holds) :]}"
    if source[0] == "[":
        first, _, rest = source.partition("]")
        number = re.match(r"\{(\d+)(,\d*)?\}", rest)
        if number is None:
            return rf"{first}](?<![A-Za-z0-9].){rest}"
        least = int(number[1]) - 1
        most = f",{int(number[2][1:]) - 1}" if number[2] else ""
        return rf"{first}](?<![A-Za-z0-9].){first}]{{{least}{most}}}{rest[number.end() :]}"
    return rf"(?<![A-Za-z0-9]){source}"


FORMS = tuple(Form(*row) for row in _ROWS)

CRYPT = Form(
    "password-hash", "$", r"\$(?:2[abxy]|1|5|6|y|argon2id?|scrypt)\$[A-Za-z0-9./+=,$-]{20,}"
)
CRYPT.kind = PASSWORD
